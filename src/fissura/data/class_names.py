"""What the names of class folders mean: which of two is the class that is looked for."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

_PRESENT = frozenset(
    (
        *("positive", "pos", "positif", "positifs", "true", "yes", "oui", "1", "nok", "ko", "bad"),
        *("crack", "cracks", "cracked", "fissure", "fissures", "fissuree", "fissurees", "fracture", "fractures"),
        *("defect", "defects", "defective", "defaut", "defauts", "damage", "damaged", "anomaly", "abnormal"),
    )
)
_ABSENT = frozenset(
    (
        *("negative", "neg", "negatif", "negatifs", "false", "no", "non", "0", "ok", "good", "none", "clean", "plain"),
        *("intact", "intacte", "intacts", "sain", "saine", "sains", "saines", "sound", "healthy", "normal", "normale"),
        *("background", "free", "crackfree", "defectfree", "damagefree"),
    )
)
_WITHOUT = ("no", "non", "not", "un", "without", "sans", "pas")
_WITH = ("with", "avec")
_SDNET2018 = (("cd", "ud"), ("cp", "up"), ("cw", "uw"))  # cracked and uncracked deck, pavement, wall


def folded(name: str) -> str:
    """``name`` without capitals, accents and all that is neither letter nor digit.

    >>> folded("Fissurée (2)")
    'fissuree2'
    """
    plain = unicodedata.normalize("NFKD", name).casefold()
    return "".join(sign for sign in plain if sign.isalnum())


def positive_of(names: Sequence[str]) -> str | None:
    """Which of two class names is the one that is looked for; None where the names do not say, or are not two.

    Understood, whatever the capitals, accents and signs between words: ``Positive`` and ``Negative`` and words for
    cracks, damage and their absence in English and French; a name and the same with ``no``, ``non``, ``un``,
    ``without``, ``sans`` before it, such as ``rust`` and ``no_rust``; the ``CD`` and ``UD`` of SDNET2018.

    >>> positive_of(["no_crack", "Crack"])
    'Crack'
    >>> positive_of(["cat", "dog"]) is None
    True
    """
    if len(names) != 2:
        return None
    pairs = ((names[0], names[1]), (names[1], names[0]))
    found = [name for name, other in pairs if _is_absence(_plain(other), _plain(name))]
    return found[0] if len(found) == 1 else None


def is_positive(name: str) -> bool | None:
    """Whether a name alone says that what is looked for is there (True) or is not (False); None where it says neither.

    >>> is_positive("Fissures"), is_positive("uncracked"), is_positive("walls")
    (True, False, None)
    """
    plain = _plain(name)
    if plain in _PRESENT or plain in {pair[0] for pair in _SDNET2018}:
        return True
    negated = any(plain == word + present for word in _WITHOUT for present in _PRESENT)
    return False if negated or plain in _ABSENT or plain in {pair[1] for pair in _SDNET2018} else None


def _is_absence(other: str, name: str) -> bool:
    """Whether ``other`` says that what ``name`` says is not there."""
    if (name, other) in _SDNET2018 or (name and any(other == word + name for word in _WITHOUT)):
        return True
    negated = any(other == word + present for word in _WITHOUT for present in _PRESENT)
    return name in _PRESENT and (other in _ABSENT or negated)


def _plain(name: str) -> str:
    """``name`` folded, and ``with crack`` as ``crack``."""
    name = folded(name)
    word = next((word for word in _WITH if name.startswith(word) and not name.startswith("without")), "")
    return name.removeprefix(word)
