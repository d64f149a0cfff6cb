"""Which parts of a picture a network looks at: geometry alone, from sizes to windows.

A network that is slid over photographs was taught on square windows. What is at most twice as large as such a window
is brought to its size, as training did; what is larger is read in windows at its own resolution, as a hairline would
not survive being reduced. What is far from square is cut into squares instead of being squeezed.
"""

from __future__ import annotations

from dataclasses import dataclass

LARGEST = 2.0  # times the window: a picture of at most that is looked at whole
SQUARE = 4 / 3  # the longer side over the shorter one: up to that, squeezing changes no crack's look
SMALLEST_PX = 16  # a picture less high or wide shows no crack that could be told from anything else


@dataclass(frozen=True)
class Window:
    """A part of a picture, in its pixels; rows and columns from its upper left corner."""

    top: int
    left: int
    height: int
    width: int

    @property
    def box(self) -> tuple[int, int, int, int]:
        """(top, left, bottom, right); bottom and right are the first row and column that do not belong to it."""
        return self.top, self.left, self.top + self.height, self.left + self.width


def windows(size_hw: tuple[int, int], side_px: int) -> tuple[Window, ...]:
    """The windows in which a network for ``side_px`` squares looks at a picture, by rows; together they cover it.

    Squares that overlap by half at least; the last of a row or column ends with the picture. One window, the whole,
    for a picture that is nearly square and at most twice as large.

    >>> windows((227, 227), 224)
    (Window(top=0, left=0, height=227, width=227),)
    >>> [window.left for window in windows((200, 500), 224)]
    [0, 100, 200, 300]
    >>> len(windows((3000, 4000), 224))
    910
    """
    height, width = size_hw
    shorter, longer = min(size_hw), max(size_hw)
    if longer <= LARGEST * side_px and longer <= SQUARE * shorter:
        return (Window(0, 0, height, width),)
    square = shorter if longer <= LARGEST * side_px else min(side_px, shorter)
    return tuple(Window(top, left, square, square) for top in starts(height, square) for left in starts(width, square))


def starts(length: int, side: int) -> tuple[int, ...]:
    """Where windows begin along one side of the picture: every half window, and at the end.

    >>> starts(100, 40), starts(30, 40)
    ((0, 20, 40, 60), (0,))
    """
    last = max(0, length - side)
    step = max(1, side // 2)
    return (*range(0, last, step), last)
