"""What to answer when a name that the user typed is not one of those known: the nearest one, and the whole list.

And what makes two names one to the eye one for the program too.
"""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable

from fissura.errors import SettingsError


def nearest(word: str, choices: Iterable[str]) -> str:
    """The choice most like ``word``, whatever its capitals; the first of those that are equally like it.

    >>> nearest("minst", ["digits", "mnist"])
    'mnist'
    """
    folded = word.casefold()
    return max(choices, key=lambda choice: difflib.SequenceMatcher(None, choice.casefold(), folded).ratio())


def composed(name: str) -> str:
    """``name`` with each accent in one sign with its letter: files from a Mac have it as a sign of its own.

    >>> composed("e\N{COMBINING ACUTE ACCENT}te\N{COMBINING ACUTE ACCENT}.jpg") == "\xe9t\xe9.jpg"
    True
    """
    return unicodedata.normalize("NFC", name)


def unknown(what: str, word: object, choices: Iterable[str]) -> SettingsError:
    """The error to raise for a ``word`` that is none of ``choices``, of which there must be at least one.

    ``what`` is the kind of name, or the option or key as the user writes it (``recipe``, ``--model``). ``word`` may be
    anything, since it may come from a file.
    """
    known = tuple(choices)
    return SettingsError(
        "{what}: {word} is not known. The nearest name is {nearest}; choose one of: {choices}.",
        what=what,
        word=repr(word),
        nearest=str(nearest(str(word), known)),  # as it is typed, whatever the language
        choices=", ".join(known),
    )
