"""What to answer when a name that the user typed is not one of those known: the whole list, and the nearest one.

Where none is near, the list alone. And what makes two names one to the eye one for the program too.
"""

from __future__ import annotations

import difflib
import unicodedata
from collections import defaultdict
from collections.abc import Iterable

from fissura.errors import SettingsError

_ALIKE = 0.45  # val and validation are 0.46 alike; regression and detector 0.33


def nearest(word: str, choices: Iterable[str]) -> str | None:
    """The choice most like ``word``, whatever its capitals; the first of those that are equally like it.

    None where none is like it enough to have been meant. The dashes before an option make nothing alike.

    >>> nearest("minst", ["digits", "mnist"])
    'mnist'
    >>> nearest("regression", ["cnn1", "detector"]) is None
    True
    """
    folded = _folded(word)
    like = {each: difflib.SequenceMatcher(None, _folded(each), folded).ratio() for each in choices}
    best = max(like, key=like.__getitem__)
    return best if like[best] >= _ALIKE else None


def _folded(name: str) -> str:
    return name.casefold().lstrip("-")


def composed(name: str) -> str:
    """``name`` with each accent in one sign with its letter: files from a Mac have it as a sign of its own.

    >>> composed("e\N{COMBINING ACUTE ACCENT}te\N{COMBINING ACUTE ACCENT}.jpg") == "\xe9t\xe9.jpg"
    True
    """
    return unicodedata.normalize("NFC", name)


def by_small_letters(names: Iterable[str]) -> dict[str, str]:
    """``GPS.JPG`` by ``gps.jpg``; without those that differ by capitals alone, of which either may be meant.

    >>> by_small_letters(["GPS.JPG", "Wall.jpg", "wall.jpg"])
    {'gps.jpg': 'GPS.JPG'}
    """
    found: dict[str, list[str]] = defaultdict(list)
    for name in names:
        found[name.casefold()].append(name)
    return {small: each[0] for small, each in found.items() if len(each) == 1}


def unknown(what: str, word: object, choices: Iterable[str]) -> SettingsError:
    """The error to raise for a ``word`` that is none of ``choices``, of which there must be at least one.

    ``what`` is the kind of name, or the option or key as the user writes it (``recipe``, ``--model``). ``word`` may be
    anything, since it may come from a file.
    """
    known = tuple(choices)
    near = nearest(str(word), known)
    if near is None:
        return SettingsError(
            "{what}: {word} is not known. Choose one of: {choices}.",
            what=what,
            word=repr(word),
            choices=", ".join(known),
        )
    return SettingsError(
        "{what}: {word} is not known. The nearest name is {nearest}; choose one of: {choices}.",
        what=what,
        word=repr(word),
        nearest=str(near),  # as it is typed, whatever the language
        choices=", ".join(known),
    )
