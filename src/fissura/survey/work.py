"""One photograph: read, inspected, beside the truth where there is one, its pictures and record left in its folder.

The record is written last and says what it was made from; whoever finds it there and the same need not do it again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from fissura import __version__
from fissura.classifier import load
from fissura.errors import DataError, FissuraError, OutputError, SettingsError
from fissura.files import cannot_write, write_json, write_text, write_whole
from fissura.images import (
    ImageError,
    camera_facts,
    file_sha256,
    open_colours,
    printable_name,
    read_hashed,
    read_mask,
    short_of_memory,
    where_white,
)
from fissura.inspection import inspect
from fissura.inspection.photograph import TINY_PX, inspect_pixels
from fissura.inspection.record import UNFIT, Inspection, Settings
from fissura.inspection.scale import Scale
from fissura.memory import give_back, is_shortage
from fissura.metrics.cracks_found import CracksFound, cracks_found
from fissura.reporting.findings.pictures import CROPS, FILES, maps, pictures
from fissura.reporting.findings.records import Photograph, photograph
from fissura.reporting.findings.widths import widths_csv
from fissura.survey.listing import Entry

PHOTOGRAPHS = "photographs"
RECORD, WIDTHS = "result.json", "widths.csv"
_TRIAL = np.indices((64, 64), dtype=np.uint8).sum(axis=0, dtype=np.uint8) * 2  # any grey values that differ
METHOD = 17
"""Raised when the same photograph gives other numbers than before, or is refused: no record of before is taken over."""

_CROP = re.compile(r"[0-9a-f]{12}\.jpg")  # called by the finding's id
_WRITERS = 8

Inspector = Callable[[Path, str, Scale | None], Inspection]
"""(the photograph's file, its name, its scale) to what is on it; raises ``FissuraError`` where it can't."""


@dataclass(frozen=True)
class Task:
    """One photograph to do.

    Attributes:
        entry: which.
        out: the folder of the whole inspection.
        settings: of the inspection.
        model: fingerprint of the classifier.
        scale: of the photograph.
        mask: where its truth lies, or None.
    """

    entry: Entry
    out: Path
    settings: Settings
    model: str
    scale: Scale | None = None
    mask: Path | None = None

    @property
    def folder(self) -> Path:
        """Where its pictures and its record go."""
        return self.out / PHOTOGRAPHS / self.entry.folder


def kept(task: Task) -> Photograph | None:
    """What an earlier run left, if it was made from the same photograph, settings, model, scale and truth."""
    record = task.folder / RECORD
    if not record.is_file():
        return None
    try:
        values = json.loads(record.read_text(encoding="utf-8"))
        sha256 = file_sha256(task.entry.path, max_pixels=task.settings.max_pixels, name=task.entry.name)
        if values.get("made_from") != made_from(task, sha256):
            return None
        found = Photograph.from_dict(values["photograph"])
        there = (WIDTHS, *FILES, *(finding.crop for finding in found.findings if finding.crop))
        emptied = not all((task.folder / name).stat().st_size for name in there)  # as when the power fails
    except (FissuraError, OSError, ValueError, KeyError, TypeError, AttributeError, IndexError):
        return None  # the photograph is gone, or the record is damaged: it is made anew, or said why it can't be
    return None if emptied else found


def forget(task: Task) -> None:
    """Remove what an earlier inspection left of another photograph under this name, and nothing else.

    Raises:
        OutputError: something of it could not be removed.
    """
    folder, crops = task.folder, task.folder / CROPS
    if folder.is_symlink():  # no folder of ours
        return
    ours = [folder / name for name in (RECORD, WIDTHS, *FILES)]  # the record first: it vouches for the rest
    ours += [] if crops.is_symlink() else [each for each in crops.glob("*.jpg") if _CROP.fullmatch(each.name)]
    try:
        for path in ours:
            path.unlink(missing_ok=True)
        for empty in (crops, folder):
            if empty.is_dir() and not empty.is_symlink() and not any(empty.iterdir()):
                empty.rmdir()
    except OSError as error:
        raise cannot_write(folder, error) from error


def done(task: Task, inspector: Inspector) -> Photograph:
    """Inspect the photograph and leave everything in its folder; why it could not be stands in the record's ``error``.

    Raises:
        OutputError: something could not be written.
        SettingsError: nothing can be inspected so.
    """
    try:
        return _done(task, inspector)
    except (OutputError, SettingsError):  # of all photographs, not of this one
        raise
    except FissuraError as error:
        return Photograph(task.entry.name, error=error)
    except Exception as error:  # a hundred photographs must not be lost to what one of them brings to light
        if is_shortage(error):
            return Photograph(task.entry.name, error=short_of_memory(task.entry.name))
        return Photograph(task.entry.name, error=_our_error(task.entry.name, error))


def _our_error(name: str, error: Exception) -> DataError:
    return DataError(
        "{name} could not be inspected because of a mistake in fissura ({kind}: {reason}). Please report it, with the "
        "photograph if you can.",
        name=name,
        kind=type(error).__name__,
        reason=printable_name(str(error)),
    )


def _unfit(name: str, code: str) -> DataError:
    """Why nothing was looked for on a photograph: that nothing is found there must not pass for a wall without cracks.

    Whole sentences, one for each code, as other languages need them.
    """
    if code == "tiny":
        return DataError(
            "{name} was not inspected: it is less than {least} px high or wide, too small to find and measure cracks. "
            "Give the original photograph.",
            name=name,
            least=TINY_PX,
        )
    if code == "flat":
        return DataError(
            "{name} was not inspected: it shows one even tone, and nothing can be seen on it. Take the photograph "
            "again.",
            name=name,
        )
    if code == "white":
        return DataError(
            "{name} was not inspected: it is white, or nearly, and nothing can be seen on it. Take the photograph "
            "again.",
            name=name,
        )
    return DataError(
        "{name} was not inspected: it is black, or nearly, and nothing can be seen on it. Take the photograph again.",
        name=name,
    )


def made_from(task: Task, sha256: str) -> dict[str, Any]:
    """Everything that a record depends on, for JSON; ``sha256`` is that of the photograph's file."""
    scale = task.scale
    return {
        "fissura": __version__,
        "method": METHOD,
        "sha256": sha256,
        "name": task.entry.name,
        "settings": {name: getattr(task.settings, name) for name in sorted(vars(task.settings))},
        "model": task.model,
        "scale": None if scale is None else [scale.mm_per_px, scale.error_mm_per_px, scale.source],
        "mask": None if task.mask is None else _mask_sha256(task.mask),
    }


def _mask_sha256(path: Path) -> str:
    try:
        return file_sha256(path)
    except ImageError:
        return ""  # said when it is compared


def _done(task: Task, inspector: Inspector) -> Photograph:
    if task.entry.error is not None:
        raise task.entry.error
    name, most = task.entry.name, task.settings.max_pixels
    camera = camera_facts(task.entry.path, max_pixels=most)  # first: of a PNG Pillow decodes all to tell it
    inspection = inspector(task.entry.path, name, task.scale)
    source = made_from(task, inspection.sha256)
    give_back()
    if inspection.error is not None:
        raise inspection.error
    unfit = next((code for code in inspection.warnings if code in UNFIT), None)
    if unfit is not None:
        return replace(photograph(inspection, name, "", camera), error=_unfit(name, unfit))
    record = photograph(inspection, name, f"{PHOTOGRAPHS}/{task.entry.folder}", camera)
    if task.mask is not None:
        record = _scored(record, inspection, task.mask, most)
    forget(task)  # fewer findings have fewer cut-outs
    for file, image in maps(inspection):
        write_whole(task.folder / file, image)
    write_text(task.folder / WIDTHS, widths_csv(inspection))
    del inspection  # the photograph in colour takes as much memory as all that was before
    give_back()
    record, files = pictures(record, open_colours(task.entry.path, source["sha256"], max_pixels=most, name=name))
    with ThreadPoolExecutor(_WRITERS) as pool:  # a disk takes its time over each file
        list(pool.map(lambda each: write_whole(task.folder / each[0], each[1]), files))
    if not record.remarks:  # a mask that is put right is to be compared the next time
        write_json(task.folder / RECORD, {"made_from": source, "photograph": record.as_dict()})
    return record


def _scored(record: Photograph, inspection: Inspection, mask: Path, max_pixels: int) -> Photograph:
    try:
        return replace(record, truth=_score(inspection, mask, max_pixels))
    except FissuraError as error:
        return replace(record, remarks=(error,))


def _score(inspection: Inspection, path: Path, max_pixels: int) -> CracksFound:
    grey = read_mask(path, max_pixels=max_pixels)
    if grey.shape != inspection.size_hw:
        raise DataError(
            "The mask {mask} is {height} x {width} px (height, width), its photograph {h} x {w}; wanted the same size.",
            mask=path.name,
            height=grey.shape[0],
            width=grey.shape[1],
            h=inspection.size_hw[0],
            w=inspection.size_hw[1],
        )
    return cracks_found(inspection.mask, where_white(grey, path.name))


def detector(model: str, settings: Settings) -> Inspector:
    """What inspects photographs with the classifier of that file, or ``built-in``; loaded once, and tried.

    Raises:
        ClassifierFileError: there is none, or it is damaged.
        SettingsError: it cannot inspect photographs: its network has no map.
    """
    classifier = load(model)
    inspect(_TRIAL, classifier, settings=settings)

    def look(path: Path, name: str, scale: Scale | None) -> Inspection:
        pixels, sha256 = read_hashed(path, max_pixels=settings.max_pixels, name=name)
        return inspect_pixels(pixels, classifier, scale=scale, settings=settings, name=name, sha256=sha256)

    return look


class Once:
    """Makes an inspector the first time it is called, and gives the same one after that; in another process, anew."""

    def __init__(self, make: Callable[[], Inspector]) -> None:
        self._make = make
        self._made: Inspector | None = None

    def __call__(self) -> Inspector:
        """The inspector; raises what ``make`` raises."""
        if self._made is None:
            self._made = self._make()
        return self._made

    def __reduce__(self) -> tuple[type[Once], tuple[Callable[[], Inspector]]]:
        return Once, (self._make,)
