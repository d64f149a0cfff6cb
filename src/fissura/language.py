"""The reader's language: gettext catalogues, and how numbers are written in it.

English is what the code says; every other language is a catalogue in ``locale/LANGUAGE/LC_MESSAGES``. An error keeps
its template apart from its values (see ``errors``), so that it can be said in any language after it was raised.
"""

from __future__ import annotations

import errno
import gettext
import os
from dataclasses import dataclass
from pathlib import Path

from fissura.errors import FissuraError, SettingsError, Stopped

LANGUAGES = ("en", "fr")
DOMAIN = "fissura"
LOCALE_FOLDER = Path(__file__).parent / "locale"

_NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"
_NARROW_SPACE = "\N{NARROW NO-BREAK SPACE}"
_MOST_DECIMALS = 9


class Phrase(str):
    """A text of ours that is translated when it is said, also as a value inside a sentence."""

    __slots__ = ()


class Number(float):
    """A number in a sentence that is written as the reader's language has it: an error's, say, is said later.

    >>> "{n}".format(n=Number(1234.5)), language("fr").say("{n}", n=Number(1234.5))
    ('1,234.5', '1\u202f234,5')
    """

    __slots__ = ()

    @property
    def decimals(self) -> int:
        """As many as it has, of nine."""
        return _decimals_of(float(self), _MOST_DECIMALS)

    def __str__(self) -> str:
        return f"{float(self):,.{self.decimals}f}"

    def __format__(self, spec: str) -> str:
        return format(float(self), spec) if spec else str(self)


def N_(text: str) -> Phrase:  # noqa: N802 - gettext's customary name for "to be translated later"
    """``text`` marked for the catalogues where it can't be translated yet."""
    return Phrase(text)


# as Linux words them; the system itself would say them in English to everybody
_CAUSES = {
    errno.EPERM: N_("Operation not permitted"),
    errno.ENOENT: N_("No such file or directory"),
    errno.EIO: N_("Input/output error"),
    errno.EACCES: N_("Permission denied"),
    errno.EBUSY: N_("Device or resource busy"),
    errno.EEXIST: N_("File exists"),
    errno.ENOTDIR: N_("Not a directory"),
    errno.EISDIR: N_("Is a directory"),
    errno.ENFILE: N_("Too many open files in system"),
    errno.EMFILE: N_("Too many open files"),
    errno.EFBIG: N_("File too large"),
    errno.ENOSPC: N_("No space left on device"),
    errno.EROFS: N_("Read-only file system"),
    errno.ENAMETOOLONG: N_("File name too long"),
    errno.ELOOP: N_("Too many levels of symbolic links"),
    errno.ESTALE: N_("Stale file handle"),
    errno.EDQUOT: N_("Disk quota exceeded"),
    errno.ENETUNREACH: N_("Network is unreachable"),
    errno.ECONNRESET: N_("Connection reset by peer"),
    errno.ECONNREFUSED: N_("Connection refused"),
    errno.EHOSTUNREACH: N_("No route to host"),
}


def cause(error: BaseException) -> str:
    """Why ``error`` came, in the system's few words, which are translated when they are said; else its kind.

    >>> language("fr").say("{reason}", reason=cause(PermissionError(errno.EACCES, "Permission denied")))
    'droits insuffisants'
    """
    if not isinstance(error, OSError):
        return type(error).__name__
    return _CAUSES.get(error.errno or 0) or error.strerror or type(error).__name__


@dataclass(frozen=True)
class Language:
    """One language: its code, its catalogue, its way of writing numbers."""

    code: str
    catalogue: gettext.NullTranslations

    def say(self, template: str, **values: object) -> str:
        """``template`` in this language with its fields filled; errors and phrases among them are translated too."""
        said = {name: self._said(value) for name, value in values.items()}
        return (self.catalogue.gettext(str(template)) if template else "").format(**said)

    def count(self, one: str, many: str, n: int, **values: object) -> str:
        """``one`` or ``many`` as the language has it for ``n`` things; ``{n}`` is their number, with thousands apart.

        >>> [language(code).count("{n} image", "{n} images", 0) for code in LANGUAGES]
        ['0 images', '0 image']
        """
        said = {name: self._said(value) for name, value in values.items()}
        return self.catalogue.ngettext(one, many, n).format(n=self.number(n), **said)

    @property
    def colon(self) -> str:
        """A colon with the spaces that belong around it."""
        return f"{_NO_BREAK_SPACE if self.code == 'fr' else ''}: "

    @property
    def semicolon(self) -> str:
        """A semicolon with the spaces that belong around it."""
        return f"{_NO_BREAK_SPACE if self.code == 'fr' else ''}; "

    @property
    def between_numbers(self) -> str:
        """What parts the numbers of a list: commas where they are not decimal."""
        return self.semicolon if self.code == "fr" else ", "

    def _said(self, value: object) -> object:
        if isinstance(value, FissuraError):
            return self.error(value)
        if isinstance(value, Number):
            return self.number(value, value.decimals)
        return self.catalogue.gettext(str(value)) if isinstance(value, Phrase) and value else value

    def error(self, error: FissuraError | Stopped) -> str:
        """The sentence of an error in this language."""
        return self.say(error.template, **error.values)

    def number(self, value: float, decimals: int = 0) -> str:
        """``value`` with thousands apart: 225,034 in English, 225 034 in French; 97.28 and 97,28."""
        english = f"{value:,.{decimals}f}"
        if self.code == "fr":
            return english.replace(",", _NARROW_SPACE).replace(".", ",")
        return english

    def plain(self, value: float, most: int = 6, least: int = 0) -> str:
        """``value`` with as many decimals as it has, at most ``most`` and at least ``least``.

        >>> [language("en").plain(value, least=1) for value in (0.15, 2.0, 1 / 3)]
        ['0.15', '2.0', '0.333333']
        """
        return self.number(value, max(least, _decimals_of(value, most)))

    def measured(self, value: float, error: float, unit: str = "") -> str:
        """A measured number with its standard uncertainty: both end at the uncertainty's second digit that counts.

        >>> language("en").measured(34747.2, 8514.1, "mm/m²").replace("\\xa0", " ")
        '34,700 ± 8,500 mm/m²'

        Where the uncertainty is 0 the number stands alone, with six digits that count at most. An angle's ° follows
        without a space. Source: GUM (JCGM 100:2008), 7.2.6.
        """
        if error > 0:
            decimals = min(_MOST_DECIMALS, 1 - int(f"{error:.1e}".partition("e")[2]))
            shown = _NO_BREAK_SPACE.join([self._rounded(value, decimals), "±", self._rounded(error, decimals)])
        else:
            digits, _, exponent = f"{value:.5e}".partition("e")
            shown = self._rounded(value, len(digits.rstrip("0").partition(".")[2]) - int(exponent))
        return f"{shown}{'' if unit in ('', '°') else _NO_BREAK_SPACE}{unit}"

    def _rounded(self, value: float, decimals: int) -> str:
        """``value`` at that many decimals; -2 rounds to hundreds. Zero has no sign."""
        return self.number(round(value, decimals) + 0.0, max(0, decimals))

    def percent(self, share: float, decimals: int = 2) -> str:
        """``share`` in [0, 1] as a percentage: 97.28 % (with a no-break space in both languages)."""
        return f"{self.number(100 * share, decimals)}{_NO_BREAK_SPACE}%"

    def share(self, value: float, decimals: int = 2) -> str:
        """``value`` in [0, 1] in percent, with as many decimals as it takes not to be 0 or 100 % unless it is.

        >>> [language("en").share(value).replace("\\xa0", " ") for value in (0.9728, 59999 / 60000, 1.0)]
        ['97.28 %', '99.998 %', '100.00 %']
        """
        return self.percent(value, _telling(value, decimals + 2) - 2)

    def fraction(self, value: float, decimals: int = 4) -> str:
        """``value`` in [0, 1], an area below a curve, say, likewise never 0 or 1 unless it is; others as they are."""
        return self.number(value, _telling(value, decimals))

    def probability(self, value: float, decimals: int = 1) -> str:
        """``value`` in [0, 1] in percent, and never 0 or 100 % for what is not quite sure.

        >>> [language("en").probability(value, 0).replace("\\xa0", " ") for value in (0.004, 0.97, 0.996)]
        ['< 1 %', '97 %', '> 99 %']
        """
        step, rounded = 10.0**-decimals, round(100 * value, decimals)
        if rounded <= 0:
            return f"<{_NO_BREAK_SPACE}{self.percent(step / 100, decimals)}"
        if rounded >= 100:
            return f">{_NO_BREAK_SPACE}{self.percent(1 - step / 100, decimals)}"
        return self.percent(value, decimals)

    def interval(self, low: float, high: float, decimals: int = 2) -> str:
        """Two shares in [0, 1] as the two ends of an interval in percent, neither 0 nor 100 unless it is.

        >>> language("en").interval(0.9995, 0.99998).replace("\\xa0", " ")
        '99.95 – 99.998 %'
        """
        ends = [self.number(100 * end, _telling(end, decimals + 2) - 2) for end in (low, high)]
        return f"{ends[0]}{_NO_BREAK_SPACE}–{_NO_BREAK_SPACE}{ends[1]}{_NO_BREAK_SPACE}%"

    def seconds(self, value: float) -> str:
        """A length of time: 8.3 s, 47 s, 2 min 05 s, 1 h 02 min."""
        if value < 10:
            return f"{self.number(value, 1)}{_NO_BREAK_SPACE}s"
        whole = round(value)
        if whole < 60:
            return f"{whole}{_NO_BREAK_SPACE}s"
        if whole < 3600:
            return f"{whole // 60}{_NO_BREAK_SPACE}min{_NO_BREAK_SPACE}{whole % 60:02d}{_NO_BREAK_SPACE}s"
        return f"{whole // 3600}{_NO_BREAK_SPACE}h{_NO_BREAK_SPACE}{whole % 3600 // 60:02d}{_NO_BREAK_SPACE}min"


def _telling(value: float, decimals: int) -> int:
    """So many decimals, or of what lies between 0 and 1 as many more as keep it from being written as one of them."""
    value = round(value, _MOST_DECIMALS)  # what a sum of floats lacks of 1 is nothing to tell
    while 0 < value < 1 and round(value, decimals) in (0, 1) and decimals < _MOST_DECIMALS:
        decimals += 1
    return decimals


def language(code: str | None = None) -> Language:
    """The language of that code; without one, the environment's (``LC_ALL``, ``LC_MESSAGES``, ``LANG``) or English.

    >>> language("fr").percent(0.9728)
    '97,28\\xa0%'

    Raises:
        SettingsError: no such language.
    """
    if code is None:
        code = _environment_language()
    if code not in LANGUAGES:
        raise SettingsError(
            "Language {got} is not known. Choose one of: {known}.", got=code, known=", ".join(LANGUAGES)
        )
    return Language(code, gettext.translation(DOMAIN, LOCALE_FOLDER, languages=[code], fallback=True))


def _decimals_of(value: float, most: int) -> int:
    """How many decimals a number has, of ``most``."""
    return len(f"{value:.{most}f}".rstrip("0").partition(".")[2])


def _environment_language() -> str:
    for variable in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(variable, "")
        if value:
            code = value.split("_")[0].split(".")[0].lower()
            return code if code in LANGUAGES else "en"
    return "en"
