"""How many millimetres a pixel of each photograph shows, by what the user gave: a number, a distance, a table."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from fissura.errors import DataError, FissuraError, SettingsError
from fissura.images import camera_facts, head_size, printable_name, taken_hw
from fissura.inspection.scale import Scale, distance_mm, from_distance, read_scales
from fissura.names import by_small_letters, composed
from fissura.survey.listing import Entry

_SAME_SHAPE = 0.02  # what the sides' proportion may differ by: development of raw files trims a few rows
_OPTIONS = {"mm_per_px": "--mm-per-px", "distance": "--distance", "table": "--scales"}


@dataclass(frozen=True)
class ScaleWish:
    """What was given; at most one of the first three.

    Attributes:
        mm_per_px: of every photograph.
        distance: from the camera to the wall, as it was typed (``1.5m``).
        table: a CSV file with a scale for each photograph.
        error: standard uncertainty: of ``mm_per_px`` in mm per px or, with a ``%``, as a share of it; with ``distance``
            always as a share with a ``%``, of the distance and of the lens, each.
        focal_mm, sensor_width_mm: of the lens and along the longer side; None for what the photograph says.
    """

    mm_per_px: float | None = None
    distance: str | None = None
    table: Path | None = None
    error: str | None = None
    focal_mm: float | None = None
    sensor_width_mm: float | None = None

    def check(self) -> None:
        """Refuse what contradicts itself or can't be read.

        Raises:
            SettingsError: two ways to the scale, an uncertainty or a lens without one, or no number.
        """
        given = [option for name, option in _OPTIONS.items() if getattr(self, name) is not None]
        if len(given) > 1:
            raise SettingsError(
                "{first} and {second} both give the scale; give one of them.", first=given[0], second=given[1]
            )
        if self.error is not None and (not given or self.table is not None):
            raise SettingsError("--scale-error goes with --mm-per-px or --distance; a file of scales has its own.")
        if self.distance is None and (self.focal_mm is not None or self.sensor_width_mm is not None):
            raise SettingsError("--focal-length and --sensor-width go with --distance.")
        for option, got in (("--focal-length", self.focal_mm), ("--sensor-width", self.sensor_width_mm)):
            if got is not None and not 0 < got < math.inf:
                raise SettingsError("{option} is {got}; wanted millimetres, a number above 0.", option=option, got=got)


def scales_of(entries: Iterable[Entry], wish: ScaleWish) -> dict[str, Scale | FissuraError]:
    """The scale of each photograph by its name, or why it could not be found; nothing where none was asked for.

    Raises:
        SettingsError: what was given cannot be used for any photograph.
        DataError: the table cannot be read, or a name in it may be either of two photographs.
    """
    wish.check()
    if wish.mm_per_px is not None:
        scale = Scale(wish.mm_per_px)
        scale.check()
        scale = Scale(wish.mm_per_px, _error(wish.error, wish.mm_per_px))
        scale.check()
        return {entry.name: scale for entry in entries}
    if wish.distance is not None:
        away, share = distance_mm(wish.distance), None if wish.error is None else _share(wish.error)
        by_lens = {entry.name: found for entry in entries if (found := _by_lens(entry, away, share, wish)) is not None}
        if by_lens and not any(isinstance(found, Scale) for found in by_lens.values()):
            raise next(found for found in by_lens.values() if isinstance(found, FissuraError))
        return by_lens
    return {} if wish.table is None else _from_table(list(entries), wish.table)


def _error(text: str | None, of: float) -> float:
    if text is None:
        return 0.0
    value = _from_zero(text.strip().removesuffix("%"))
    if value is None:
        raise SettingsError(
            "--scale-error is {got}; wanted a number from 0, such as 0.005 (mm per px), or a share such as 3%.",
            got=printable_name(text),
        )
    return value / 100 * of if text.strip().endswith("%") else value


def _share(text: str) -> float:
    """Of a distance and of a lens: a bare number is refused, since beside --mm-per-px it would be mm per px."""
    value = _from_zero(text.strip().removesuffix("%")) if text.strip().endswith("%") else None
    if value is None:
        raise SettingsError(
            "--scale-error is {got}; with --distance wanted a share with its %, such as 3%: so well are distance and "
            "lens known, each.",
            got=printable_name(text),
        )
    return value / 100


def _from_zero(text: str) -> float | None:
    """The number, decimal comma or point; None where it is none, or below 0."""
    try:
        value = math.nan if "_" in text else float(text.replace(",", "."))  # Python reads 1_0 as 10
    except ValueError:
        return None
    return value if math.isfinite(value) and value >= 0 else None


def _by_lens(entry: Entry, away_mm: float, share: float | None, wish: ScaleWish) -> Scale | FissuraError | None:
    """None where the photograph cannot be read: that is said when it is inspected."""
    size, facts = head_size(entry.path), camera_facts(entry.path)
    if size is None:
        return None
    taken = taken_hw(entry.path)
    if taken is not None and abs(_proportion(size) / _proportion(taken) - 1) > _SAME_SHAPE:
        return SettingsError(
            "{name} was cut: it has {width} x {height} px, and the camera took {taken_width} x {taken_height}. So "
            "distance and lens give it no scale. Give --mm-per-px, or the photograph as the camera took it.",
            name=entry.name,
            height=size[0],
            width=size[1],
            taken_height=taken[0],
            taken_width=taken[1],
        )
    more = {} if share is None else {"error": share}
    try:
        return from_distance(
            away_mm,
            size,
            focal_mm=facts.focal_mm if wish.focal_mm is None else wish.focal_mm,
            sensor_width_mm=facts.sensor_width_mm if wish.sensor_width_mm is None else wish.sensor_width_mm,
            focal_35mm=facts.focal_35mm if wish.focal_mm is None else None,
            **more,
        )
    except SettingsError as error:
        return error


def _proportion(size_hw: tuple[int, int]) -> float:
    """The longer side by the shorter: turning a photograph may swap its sides and leave what the camera wrote."""
    return max(size_hw) / min(size_hw)


def _from_table(entries: list[Entry], path: Path) -> dict[str, Scale | FissuraError]:
    names = {composed(entry.name) for entry in entries}
    table = _as_called(names, read_scales(path), path)
    bare = _bare(entries, table, path)
    found: dict[str, Scale | FissuraError] = {}
    for entry in entries:
        name = composed(entry.name)
        scale = table.get(name) or bare.get(PurePosixPath(name).name)
        found[entry.name] = scale or DataError(
            "{table} has no scale for {name}.", table=printable_name(path.name), name=entry.name
        )
    if not any(isinstance(each, Scale) for each in found.values()):
        raise SettingsError(
            "--scales {table} names none of these photographs. Wanted, for instance: {name},0.2",
            table=printable_name(path.name),
            name=entries[0].name,
        )
    return found


def _as_called(names: Collection[str], written: Mapping[str, Scale], path: Path) -> dict[str, Scale]:
    """The scales by the photographs' names as they are called here; two spellings of one name have one scale."""
    table: dict[str, Scale] = {}
    spelt: dict[str, str] = {}
    known = {*names, *(PurePosixPath(name).name for name in names)}
    alike = by_small_letters(known - set(written))
    for name, scale in written.items():
        here = _as_here(name, known, alike)
        if table.get(here, scale) != scale:
            raise DataError(
                "{table}: {first} and {second} are one photograph and have two scales. Keep the right one.",
                table=printable_name(path.name),
                first=printable_name(spelt[here]),
                second=printable_name(name),
            )
        table[here], spelt[here] = scale, name
    return table


def _as_here(name: str, known: Collection[str], alike: Mapping[str, str]) -> str:
    """A name that was written on Windows, with ``\\`` between folders, or in other capitals, as it is called here."""
    if name in known:
        return name
    slashed = name.replace("\\", "/")
    return slashed if slashed in known else alike.get(slashed.casefold(), name)


def _bare(entries: list[Entry], table: Mapping[str, Scale], path: Path) -> dict[str, Scale]:
    """The scales whose names stand for photographs in folders.

    A name that is all of a photograph's stands for that one alone, and one that may be either of two for none.
    """
    names = {composed(entry.name) for entry in entries}
    meant: dict[str, list[str]] = defaultdict(list)
    for name in sorted(names - set(table)):
        meant[PurePosixPath(name).name].append(name)
    found = {name: scale for name, scale in table.items() if name not in names}
    for name, either in meant.items():
        if name in found and len(either) > 1:
            raise DataError(
                "{table}: {name} may be {first} or {second}. Write their folders too, one line for each.",
                table=printable_name(path.name),
                name=name,
                first=either[0],
                second=either[1],
            )
    return found
