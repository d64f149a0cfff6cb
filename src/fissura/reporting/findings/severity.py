"""How severe a width is, by limits that are data: files in ``schemes/``, or the user's own.

A width with its uncertainty that lies on both sides of a limit is said to straddle it: no class is claimed that the
measurement does not support.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from fissura.errors import SettingsError
from fissura.given_file import given_bytes
from fissura.images import printable_name
from fissura.inspection.record import Quantity
from fissura.language import N_, Language, cause
from fissura.names import unknown

FOLDER = Path(__file__).parent / "schemes"
SCHEMES = ("en1992", "aci224r")
MEASURES = ("width_max", "width_p95", "width_mean")
COVERAGE = (
    2.0  # standard uncertainties on either side: 95 % of true widths, if the uncertainty holds (docs/measuring.md)
)
_KEYS = ("format", "title", "source", "note", "measure", "below", "limit")
_WIDEST_MM = 1e6  # of a limit; what no photograph reaches is a slip
_LIMIT_KEYS = ("width_mm", "text", "above")
FORMAT = 1

Text = Mapping[str, str]
"""The same words by language code; ``""`` for all languages."""


@dataclass(frozen=True)
class Limit:
    """A width that a class ends at.

    Attributes:
        width_mm: positive.
        text: where the limit applies.
        above: name of the class from this limit on; empty for one made of the numbers.
    """

    width_mm: float
    text: Text
    above: Text


@dataclass(frozen=True)
class Severity:
    """The class of one width.

    Attributes:
        level: how many limits the width exceeds, from 0; None where there is no width in millimetres.
        straddles: indices of the limits within two standard uncertainties of the width.
    """

    level: int | None
    straddles: tuple[int, ...] = ()


@dataclass(frozen=True)
class Scheme:
    """Limits of crack widths, ascending.

    Attributes:
        name: of the scheme: one of ``SCHEMES``, or the file's.
        title, note: for people; the note may be empty.
        source: where the limits come from.
        measure: which width is compared, one of ``MEASURES``.
        below: name of the class below the first limit; empty for one made of the numbers.
        limits: at least one.
    """

    name: str
    title: Text
    source: Text
    note: Text
    measure: str
    below: Text
    limits: tuple[Limit, ...]

    def severity(self, width: Quantity) -> Severity:
        """The class of a width in millimetres; none where it has no value or is in pixels."""
        if width.value is None or width.error is None or width.unit != "mm":
            return Severity(None)
        reach = COVERAGE * width.error
        straddled = tuple(k for k, limit in enumerate(self.limits) if abs(width.value - limit.width_mm) < reach)
        return Severity(sum(width.value > limit.width_mm for limit in self.limits), straddled)

    def class_name(self, level: int, language: Language) -> str:
        """What the class of that level is called: its own name, or its two limits."""
        own = said(self.below if level == 0 else self.limits[level - 1].above, language)
        if own:
            return own
        if level == 0:
            return language.say("up to {width} mm", width=width_text(self.limits[0].width_mm, language))
        low = width_text(self.limits[level - 1].width_mm, language)
        if level == len(self.limits):
            return language.say("above {width} mm", width=low)
        return language.say("{low} to {high} mm", low=low, high=width_text(self.limits[level].width_mm, language))

    def as_dict(self) -> dict[str, Any]:
        """All of it for JSON."""
        return {
            "name": self.name,
            "title": said(self.title, None),
            "source": said(self.source, None),
            "measure": self.measure,
            "limits": [{"width_mm": each.width_mm, "text": said(each.text, None)} for each in self.limits],
        }


def said(text: Text, language: Language | None) -> str:
    """The words in that language, else in English, else in whatever there is."""
    for code in (*(() if language is None else (language.code,)), "", "en"):
        if code in text:
            return text[code]
    return next(iter(text.values()), "")


def width_text(width_mm: float, language: Language) -> str:
    """0.3, 0.15: at least one decimal, as many as the limit has."""
    return language.plain(width_mm, least=1)


def read_scheme(name_or_file: str) -> Scheme:
    """One of ``SCHEMES`` by name, or the limits in a TOML file.

    Raises:
        SettingsError: no such name or file, or something in it is wrong; says the key, what it is and what is wanted.
    """
    if name_or_file in SCHEMES:
        path, name = FOLDER / f"{name_or_file}.toml", name_or_file
    elif Path(name_or_file).suffix.lower() == ".toml":
        path, name = Path(name_or_file), printable_name(Path(name_or_file).name)
    else:
        raise SettingsError(
            "--severity is {got}; wanted one of {known}, or a .toml file with limits of your own.",
            got=printable_name(name_or_file),
            known=", ".join(SCHEMES),
        )
    try:
        values = tomllib.loads(given_bytes(path).decode("utf-8"))
    except OSError as error:
        raise SettingsError(
            "--severity {file} could not be read ({reason}). Check the name and the permissions.",
            file=name,
            reason=cause(error),
        ) from error
    except (ValueError, RecursionError) as error:  # no TOML, brackets in brackets without end, or no UTF-8
        raise SettingsError(
            "--severity {file} is not a TOML file ({reason}). docs/inspecting.md shows one.", file=name, reason=error
        ) from error
    return _scheme(name, values)


def _scheme(name: str, values: dict[str, Any]) -> Scheme:
    _known(values, _KEYS, name)
    if values.get("format", FORMAT) != FORMAT:
        raise _wrong(name, "format", values["format"], str(FORMAT))
    measure = values.get("measure", MEASURES[0])
    if measure not in MEASURES:
        raise _wrong(name, "measure", measure, ", ".join(MEASURES))
    entries = values.get("limit")
    if entries is None:
        raise SettingsError("--severity {file} has no [[limit]]. docs/inspecting.md shows a whole file.", file=name)
    if not isinstance(entries, list) or not entries:
        raise _wrong(name, "limit", entries, "[[limit]]")
    limits = tuple(_limit(name, entry, k) for k, entry in enumerate(entries, 1))
    widths = [each.width_mm for each in limits]
    for k, (narrow, wide) in enumerate(pairwise(widths), 2):
        if wide <= narrow:
            raise _wrong(name, f"limit {k}: width_mm", wide, f"> {narrow}")
    return Scheme(
        name=name,
        title=_text(name, "title", values.get("title", name)),
        source=_text(name, "source", values.get("source", "")),
        note=_text(name, "note", values.get("note", "")),
        measure=measure,
        below=_text(name, "below", values.get("below", "")),
        limits=limits,
    )


def _limit(name: str, entry: Any, k: int) -> Limit:
    if not isinstance(entry, dict):
        raise _wrong(name, f"limit {k}", entry, "[[limit]]")
    _known(entry, _LIMIT_KEYS, name)
    width = entry.get("width_mm")
    if isinstance(width, bool) or not isinstance(width, int | float) or not 0 < width <= _WIDEST_MM:
        raise _wrong(name, f"limit {k}: width_mm", width, N_("a number above 0"))
    text = _text(name, f"limit {k}: text", entry.get("text", ""))
    return Limit(float(width), text, _text(name, f"limit {k}: above", entry.get("above", "")))


def _text(name: str, key: str, value: Any) -> Text:
    if isinstance(value, str):
        return {"": value}
    if isinstance(value, dict) and all(isinstance(each, str) for each in value.values()):
        return value
    raise _wrong(name, key, value, '"..." / { en = "...", fr = "..." }')


def _known(values: Mapping[str, Any], keys: tuple[str, ...], name: str) -> None:
    for key in values:
        if key not in keys:
            raise unknown(f"--severity {name}", key, keys)


def _wrong(name: str, key: str, got: Any, wanted: str) -> SettingsError:
    return SettingsError(
        "--severity {file}: {key} is {got}; wanted {wanted}. docs/inspecting.md shows a whole file.",
        file=name,
        key=key,
        got=printable_name(repr(got)),
        wanted=wanted,
    )
