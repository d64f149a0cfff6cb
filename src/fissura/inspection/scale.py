"""How many millimetres of the wall one pixel shows, and how sure that is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from numbers import Real
from pathlib import Path

from fissura.errors import DataError, SettingsError
from fissura.images import printable_name
from fissura.language import N_
from fissura.names import composed
from fissura.table_file import TableFile

_FULL_FRAME_DIAGONAL_MM = math.hypot(36.0, 24.0)
_OF_DISTANCE = 0.02  # of a distance and of a focal length that come without their uncertainty
SMALLEST_MM_PER_PX, LARGEST_MM_PER_PX = 1e-6, 1e6
"""From a nanometre to a kilometre a pixel: what lies beyond is no photograph of a wall, but a slip of the keyboard."""

_NUMBERS = (Real, Decimal)  # Decimal does not call itself real

_TABLE = TableFile(
    ("photo", "mm_per_px"), N_("photo and mm_per_px, and error where it is known"), example="wall.jpg;0,2"
)
_UNITS = {"mm": 1.0, "cm": 10.0, "m": 1000.0, "": 1000.0}


@dataclass(frozen=True)
class Scale:
    """Millimetres per pixel.

    Attributes:
        mm_per_px: positive.
        error_mm_per_px: its standard uncertainty, from 0 to below ``mm_per_px``.
        source: ``"given"``, ``"distance"`` (from distance and lens) or ``"table"`` (a file of scales).
    """

    mm_per_px: float
    error_mm_per_px: float = 0.0
    source: str = "given"

    def check(self) -> None:
        """Refuse what is no scale.

        Raises:
            SettingsError: the scale is not a positive number, or its uncertainty negative, none or at least as large.
        """
        if not (_is_number(self.mm_per_px) and float(self.mm_per_px) > 0):
            raise SettingsError(
                "{got} mm per pixel is not a scale; wanted a number above 0, such as 0.2. Measure something of known "
                "length on the photograph: its millimetres divided by its pixels.",
                got=_shown(self.mm_per_px),
            )
        if not SMALLEST_MM_PER_PX <= float(self.mm_per_px) <= LARGEST_MM_PER_PX:
            raise SettingsError(
                "A scale of {got} mm per pixel cannot be that of a photograph; wanted one from {least} to {most}, such "
                "as 0.2. Measure something of known length on the photograph: its millimetres divided by its pixels.",
                got=self.mm_per_px,
                least=SMALLEST_MM_PER_PX,
                most=f"{LARGEST_MM_PER_PX:.0f}",
            )
        if not (_is_number(self.error_mm_per_px) and float(self.error_mm_per_px) >= 0):
            raise SettingsError(
                "{got} mm per pixel is not an uncertainty of the scale; wanted a number from 0, such as 0.01.",
                got=_shown(self.error_mm_per_px),
            )
        if float(self.error_mm_per_px) >= float(self.mm_per_px):
            raise SettingsError(
                "An uncertainty of {got} mm per pixel is at least as large as the scale itself, {scale}: no millimetre "
                "could be told with it. Wanted a smaller one, such as 3 % of the scale.",
                got=self.error_mm_per_px,
                scale=self.mm_per_px,
            )


def as_scale(scale: object) -> Scale | None:
    """A scale that was given as itself or as a number of millimetres per pixel, of any kind; None stays None.

    Raises:
        SettingsError: it is neither, or cannot be the scale of a photograph.
    """
    if scale is None:
        return None
    found = scale if isinstance(scale, Scale) else Scale(scale)  # type: ignore[arg-type]  # check() says if it is none
    found.check()
    return Scale(float(found.mm_per_px), float(found.error_mm_per_px), found.source)


def _is_number(value: object) -> bool:
    """Real and finite as a float; True and False are none."""
    if not isinstance(value, _NUMBERS) or isinstance(value, bool):
        return False
    try:
        return math.isfinite(float(value))
    except (ValueError, OverflowError):  # a signalling NaN of Decimal; a whole number of 400 digits
        return False


def _shown(value: object) -> object:
    """A number as it is, anything else as it is written in Python, so that ``'0.2'`` is seen to be a text."""
    return value if isinstance(value, _NUMBERS) else printable_name(repr(value))


def from_distance(
    distance_mm: float,
    size_hw: tuple[int, int],
    *,
    focal_mm: float | None = None,
    sensor_width_mm: float | None = None,
    focal_35mm: float | None = None,
    error: float = _OF_DISTANCE,
) -> Scale:
    """The scale of a photograph ``size_hw`` taken straight at a wall from ``distance_mm`` away.

    A thin lens far from the wall: a pixel shows distance by focal length times its own size. Either the focal length
    and the width of the sensor's longer side are known, or the focal length on 35 mm film (EXIF's
    FocalLengthIn35mmFilm), which compares diagonals: 43.27 mm is that of 36 x 24 mm. ``error`` is the relative standard
    uncertainty of distance and of lens, each.

    >>> round(from_distance(1500.0, (3024, 4032), focal_35mm=26.0).mm_per_px, 3)
    0.495

    Raises:
        SettingsError: a number is not positive, or the lens is not known.
    """
    for what, value in (
        (N_("distance"), distance_mm),
        (N_("focal length"), focal_mm),
        (N_("sensor width"), sensor_width_mm),
        (N_("focal length on 35 mm film"), focal_35mm),
    ):
        if value is not None and not (math.isfinite(value) and value > 0):
            raise SettingsError("{got} mm is not a {what}; wanted a number above 0.", what=what, got=value)
    if focal_mm is not None and sensor_width_mm is not None:
        pixel_by_focal = sensor_width_mm / max(size_hw) / focal_mm
    elif focal_35mm is not None:
        pixel_by_focal = _FULL_FRAME_DIAGONAL_MM / math.hypot(*size_hw) / focal_35mm
    else:
        raise SettingsError(
            "A distance alone gives no scale: the photograph does not say through which lens it was taken. Give "
            "--focal-length and --sensor-width, or --mm-per-px."
        )
    scale = Scale(distance_mm * pixel_by_focal, distance_mm * pixel_by_focal * math.sqrt(2) * error, "distance")
    scale.check()
    return scale


def distance_mm(text: str) -> float:
    """``1.5m``, ``150 cm``, ``1500mm`` in millimetres; a bare number is metres.

    >>> distance_mm("1.5m"), distance_mm("150 cm"), distance_mm("2")
    (1500.0, 1500.0, 2000.0)

    Raises:
        SettingsError: it is no positive distance.
    """
    number = text.strip().lower()
    unit = next((unit for unit in ("mm", "cm", "m") if number.endswith(unit)), "")
    try:
        value = float(number.removesuffix(unit).strip().replace(",", ".")) * _UNITS[unit]
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value > 0):
        raise SettingsError("--distance: {got} is no distance; wanted one such as 1.5m, 150cm or 1500mm.", got=text)
    return value


def read_scales(path: Path) -> dict[str, Scale]:
    """Scales by the name of the photograph, from a CSV file with the columns photo, mm_per_px and, if wanted, error.

    Commas or semicolons between, a decimal comma allowed with semicolons; an error with ``%`` is a share. Names are
    composed, and matched by whoever asks.

    Raises:
        DataError: the file cannot be read, lacks a column, holds what is no scale, one for no photograph, or two for
            one; the line is told.
    """
    called = printable_name(str(path))
    between, rows = _TABLE.read(path, called)
    found: dict[str, Scale] = {}
    line_of: dict[str, int] = {}
    for line, row in rows:
        written = {key: row.get(key, "") for key in ("photo", "mm_per_px", "error")}
        try:
            value = float((written["mm_per_px"] or "0").replace(",", "."))
            spread = float((written["error"] or "0").removesuffix("%").replace(",", "."))
            scale = Scale(value, spread / 100 * value if written["error"].endswith("%") else spread, "table")
            scale.check()
        except (ValueError, SettingsError) as problem:
            raise DataError(
                "{name}, line {line}: {got} is no scale; wanted mm_per_px above 0 and, where it is known, error "
                "from 0 and smaller than it, or such as 3%.",
                name=called,
                line=line,
                got=printable_name(between.join(each for each in written.values() if each)),
            ) from problem
        photo = composed(written["photo"])
        if not photo:
            raise DataError(
                "{name}, line {line} has a scale and names no photograph. Write its name, or leave out the line.",
                name=called,
                line=line,
            )
        if found.get(photo, scale) != scale:
            raise DataError(
                "{name}, lines {first} and {line}: two scales for {photo}. Keep the right one.",
                name=called,
                first=line_of[photo],
                line=line,
                photo=printable_name(photo),
            )
        found[photo], line_of[photo] = scale, line
    return found
