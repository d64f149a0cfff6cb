"""What there is on the disk, as tables and lines: the crack images, decoded images kept, a split."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from fissura.data.photographs import Photographs
from fissura.data.pixel_cache import CacheEntry
from fissura.data.split_manifest import PARTS
from fissura.examination import CracksThere
from fissura.language import N_, Language
from fissura.reporting.cells import NOTHING, Table, split_name

_PRESENT, _ABSENT = N_("present"), N_("absent")
_DRAWN, _UNFINISHED = N_("drawn by fissura train built-in"), N_("unfinished or damaged")
_MEGABYTE = 10**6


def crack_rows(there: CracksThere, language: Language) -> Table:
    """The crack images of each class in the data folder, or that there are none."""
    state = language.say(_ABSENT if there.folder is None else _PRESENT)
    title = f"cracks{language.colon}{state}" + (f", {there.folder}" if there.folder is not None else "")
    rows = [(name, language.number(count)) for name, count in there.counts.items()] or [(NOTHING, NOTHING)]
    if there.counts:
        rows.append((language.say("All"), language.number(sum(there.counts.values()))))
    columns = (language.say("Class"), language.say("Images"))
    return Table(title, columns, tuple(rows), total=bool(there.counts))


def cache_line(entries: Sequence[CacheEntry], place: Path, language: Language) -> str:
    """How much the images that are kept take and where they are."""
    return language.count(
        "Decoded and drawn images: {n} set, {megabytes} MB in {place}. Remove it with: fissura data clean",
        "Decoded and drawn images: {n} sets, {megabytes} MB in {place}. Remove them with: fissura data clean",
        len(entries),
        megabytes=_megabytes(entries, language),
        place=place,
    )


def cache_rows(entries: Sequence[CacheEntry], place: Path, language: Language) -> Table:
    """A row for each set of decoded or drawn images that is kept, and their sum."""
    rows = [
        (
            entry.folder or language.say(_DRAWN if entry.drawn else _UNFINISHED),
            language.number(entry.images),
            "{} × {}".format(*entry.size_hw) if any(entry.size_hw) else NOTHING,
            _megabytes([entry], language),
            entry.made[:16].replace("T", " ") or NOTHING,
        )
        for entry in entries
    ]
    images = sum(entry.images for entry in entries)
    rows.append((language.say("All"), language.number(images), "", _megabytes(entries, language), ""))
    columns = (
        language.say("Origin"),
        language.say("Images"),
        language.say("Height × width in pixels"),
        language.say("MB"),
        language.say("Made (UTC)"),
    )
    return Table(language.say("Decoded and drawn images in {place}", place=place), columns, tuple(rows), total=True)


def split_rows(photographs: Photographs, language: Language) -> Table:
    """A row for each part: how many images of each class, and how many with a twin in another part."""
    images, parts = photographs.images, photographs.parts
    groups = np.arange(len(images)) if images.groups is None else images.groups
    numbers = parts.part_numbers()
    rows = []
    for number, name in enumerate(PARTS):
        inside = numbers == number
        counts = np.bincount(images.labels[inside], minlength=len(images.classes))
        twins = int(np.isin(groups[inside], groups[~inside]).sum())
        cells = (*counts.tolist(), int(inside.sum()), twins)
        rows.append((split_name(name, language), *(language.number(count) for count in cells)))
    columns = (
        language.say("Part"),
        *images.classes,
        language.say("All"),
        language.say("With a twin in another part"),
    )
    title = language.say("{how} split, seed {seed}", how=N_(parts.how), seed=parts.seed)
    return Table(title, columns, tuple(rows))


def split_as_dict(photographs: Photographs) -> dict[str, Any]:
    """The sizes of the parts and the test images with a twin, for JSON."""
    parts, leaks = photographs.parts, photographs.leaks
    return {
        "how": parts.how,
        "seed": parts.seed,
        "sizes": dict(zip(PARTS, parts.sizes, strict=True)),
        "leaking_test_images": {
            "test": leaks.n,
            "in_training": leaks.in_training,
            "in_validation": leaks.in_validation,
            "in_either": leaks.in_either,
        },
    }


def cache_as_dict(entries: Sequence[CacheEntry], place: Path, removed: Sequence[CacheEntry]) -> dict[str, Any]:
    """What was kept, and how much of it was removed, for JSON."""
    return {
        "place": str(place),
        "entries": [
            {
                "folder": each.folder,
                "drawn": each.drawn,
                "images": each.images,
                "size_hw": list(each.size_hw),
                "bytes": each.bytes,
            }
            for each in entries
        ],
        "removed": len(removed),
    }


def _megabytes(entries: Sequence[CacheEntry], language: Language) -> str:
    return language.number(sum(entry.bytes for entry in entries) / _MEGABYTE, 1)
