"""A folder of photographs examined: what each file is, which are copies, whose label is doubtful; or just looked at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from fissura.data.audit import Audit, FileProblem, Overview, Reader, audit, looks, overview
from fissura.data.cracks import CLASSES, cracks_folder, find_cracks, get_cracks, no_cracks
from fissura.data.folder import ImageFolder, LeftOut, read_folder
from fissura.data.labelled import LabelledImages
from fissura.data.photographs import CRACKS, SIZE_PX, SYNTHETIC, Progress, digests, keep_groups, reader
from fissura.data.pixels import DecodedFolder, decoders, open_pixels
from fissura.data.sources import SOURCES
from fissura.data.splits import SEED, Leaks, leaks, split
from fissura.data.synthetic import synthetic_cracks
from fissura.errors import DataError
from fissura.images import MAX_PIXELS, FileFacts, ImageError, facts
from fissura.language import N_, Phrase

AUDIT_FORMAT = "fissura audit 1"
_TOLD_EVERY = 256  # files


@dataclass(frozen=True)
class ExaminationSettings:
    """How photographs are read.

    Attributes:
        size_px: height and width that every photograph is reduced to; copies are decided at full resolution.
        positive: the class that is looked for; None where its name says it.
        cache_dir: where decoded images are kept; None for the usual place.
        max_pixels: images of more are left out.
        classes: the subfolders to take; None for all of them.
    """

    size_px: int = SIZE_PX
    positive: str | None = None
    cache_dir: Path | None = None
    max_pixels: int = MAX_PIXELS
    classes: Sequence[str] | None = None


@dataclass(frozen=True, eq=False)
class Seen:
    """Images and a first look at them.

    Attributes:
        images: all that can be read, reduced.
        overview: the first look.
        read: number of an image -> the image ``(h, w)`` uint8 as large as it is.
        left_out: files that are not among the images, and why.
    """

    images: LabelledImages
    overview: Overview
    read: Reader
    left_out: tuple[LeftOut, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Everything but the pictures, for JSON; images by their names."""
        return {
            "origin": str(self.images.origin),
            "images": len(self.images),
            "classes": list(self.images.classes),
            **self.overview.as_dict(),
            "oddities": [
                {"image": self.images.names[each.image], "measure": each.measure, "value": round(each.value, 3)}
                for each in self.overview.oddities
            ],
            "left_out": [{"file": left.name, "error": str(left.reason)} for left in self.left_out],
        }


@dataclass(frozen=True, eq=False)
class Examination:
    """What ``examine`` gives.

    Attributes:
        audit: everything that was found out.
        images: all that can be read, reduced.
        read: number of an image -> the image ``(h, w)`` uint8 as large as it is.
        formats: ``((format, mode), how many)`` of the files that can be read, by Pillow's names, most frequent first.
        twins: of the test images of a random split (60/20/20, seed 12), how many have a copy in another part, and how
            many a copy or an overlapping view; None where a class is too small to be split.
    """

    audit: Audit
    images: LabelledImages
    read: Reader
    formats: tuple[tuple[tuple[str, str], int], ...]
    twins: tuple[Leaks, Leaks] | None

    @property
    def needs_a_person(self) -> bool:
        """Whether a file cannot be read, or one image stands under two labels."""
        return bool(self.audit.conflicts) or any(isinstance(each.error, ImageError) for each in self.audit.problems)

    def as_dict(self) -> dict[str, Any]:
        """The content of ``audit.json``."""
        twins = None
        if self.twins is not None:
            copies, all_kinds = self.twins
            twins = {"test": copies.n, "with_copy": copies.in_either, "with_copy_or_overlap": all_kinds.in_either}
        return {
            "format": AUDIT_FORMAT,
            "needs_a_person": self.needs_a_person,
            **self.audit.as_dict(),
            "formats": [{"format": kind, "mode": mode, "images": n} for (kind, mode), n in self.formats],
            "random_split": twins,
        }


@dataclass(frozen=True)
class CracksThere:
    """What a data folder holds of the crack images.

    Attributes:
        folder: with one folder per class; None where there is none.
        counts: how many files each class has.
        archive: one that waits to be unpacked; None where there is none.
        problem: what is wrong with the folder, or None.
    """

    folder: Path | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    archive: Path | None = None
    problem: DataError | None = None

    def as_dict(self) -> dict[str, Any]:
        """For JSON, as the other sources."""
        state = "absent" if self.folder is None else "present" if self.problem is None else "damaged"
        return {
            "name": CRACKS,
            "state": state,
            "folder": None if self.folder is None else str(self.folder),
            "archive": None if self.archive is None else str(self.archive),
            "problem": None if self.problem is None else str(self.problem),
            "counts": dict(self.counts),
        }


def cracks_there(data_dir: Path) -> CracksThere:
    """What ``data_dir`` holds of the crack images; it need not exist."""
    found = find_cracks(data_dir) if data_dir.is_dir() else None
    if found is None or not found.is_dir():
        return CracksThere(archive=found)
    try:
        counts = get_cracks(data_dir, archive=found).counts
    except DataError as problem:
        return CracksThere(found, problem=problem)
    return CracksThere(found, dict(zip(CLASSES, counts, strict=True)))


def named_folder(source: str, data_dir: Path) -> Path:
    """The folder that ``source`` names: itself, or for ``cracks`` the crack images in ``data_dir``.

    Raises:
        DataError: there are no crack images, or only their archive; or handwritten digits are meant.
    """
    if source in SOURCES and not Path(source).exists():
        raise DataError(
            "{source} is handwritten digits, not photographs. To see them, type: fissura data", source=source
        )
    if source != CRACKS:
        return Path(source)
    folder = cracks_folder(data_dir)
    if folder is None:
        raise no_cracks(data_dir)
    return folder


def look_at(
    source: str,
    data_dir: Path,
    settings: ExaminationSettings = ExaminationSettings(),
    n: int = 200,
    on_progress: Progress | None = None,
) -> Seen:
    """Images and a first look at them: ``synthetic`` (``n`` drawn ones), ``cracks``, or a folder.

    Raises:
        DataError: there are none, or they cannot be used.
        SettingsError: ``n`` or the size is too small.
        OutputError: the decoded images cannot be kept.
    """
    tell = on_progress or _silent
    size_hw = settings.size_px, settings.size_px
    if source == SYNTHETIC:
        drawn = synthetic_cracks(n, size_hw, on_progress=lambda done, total: tell(N_("drawing"), done, total or n))
        return Seen(drawn, _overview(drawn), drawn.images.__getitem__)
    folder = read_folder(named_folder(source, data_dir), settings.positive, settings.classes)
    decoded = _decoded(folder, settings, tell)
    seen = _overview(decoded.images, decoded.sizes_hw)
    read = reader(decoded, folder.root, settings.max_pixels)
    return Seen(decoded.images, seen, read, decoded.left_out)


def examine(
    folder: Path, settings: ExaminationSettings = ExaminationSettings(), on_progress: Progress | None = None
) -> Examination:
    """All that can be found out about the photographs below ``folder``, one subfolder per class.

    Raises:
        DataError: the folder cannot be used; see ``read_folder``.
        OutputError: the decoded images cannot be kept.
    """
    tell = on_progress or _silent
    found = read_folder(folder, settings.positive, settings.classes)
    every = _facts(found, settings.max_pixels, tell)
    decoded = _decoded(found, settings, tell)
    read = reader(decoded, found.root, settings.max_pixels)

    def on_step(step: Phrase) -> None:
        tell(step, 0, 1)

    result = audit(
        decoded.images,
        read,
        digests(decoded),
        _problems(found, every, decoded),
        decoded.sizes_hw,
        on_step,
        workers=decoders(),
    )
    keep_groups(decoded, result.groups)
    images = replace(decoded.images, groups=result.groups)
    used = set(decoded.images.names)  # a JPEG's head may be whole where the rest is not
    kinds = [each for file, each in zip(found.files, every, strict=True) if file.printable in used]
    formats = Counter((each.format, each.mode or "") for each in kinds if each.format is not None)
    ordered = sorted(formats.items(), key=lambda each: (-each[1], each[0]))
    return Examination(result, images, read, tuple(ordered), _twins(result))


def _silent(_what: str, _done: int, _total: int) -> None:
    return


def _decoded(folder: ImageFolder, settings: ExaminationSettings, tell: Progress) -> DecodedFolder:
    return open_pixels(
        folder,
        (settings.size_px, settings.size_px),
        settings.cache_dir,
        max_pixels=settings.max_pixels,
        on_progress=lambda done, total: tell(N_("decoding"), done, total),
    )


def _overview(images: LabelledImages, sizes_hw: Sequence[tuple[int, int]] | None = None) -> Overview:
    seen = looks(images.images, decoders())
    return overview(images.images, images.labels, len(images.classes), seen, sizes_hw)


def _facts(folder: ImageFolder, max_pixels: int, tell: Progress) -> tuple[FileFacts, ...]:
    def one(index: int) -> FileFacts:
        name = folder.files[index].printable
        return facts(folder.path(index), max_pixels=max_pixels, name=name, whole=False)  # open_pixels decodes it

    found: list[FileFacts] = []
    pool = ThreadPoolExecutor(decoders(), thread_name_prefix="facts")
    try:
        for each in pool.map(one, range(len(folder))):
            found.append(each)
            if len(found) % _TOLD_EVERY == 0 or len(found) == len(folder):
                tell(N_("reading the files"), len(found), len(folder))
    finally:
        pool.shutdown(cancel_futures=True)  # else a stopped command would first read what is left
    return tuple(found)


def _problems(folder: ImageFolder, every: Sequence[FileFacts], decoded: DecodedFolder) -> tuple[FileProblem, ...]:
    """All that is odd about the files, sorted by name; whether one can be read is decided where it was decoded."""
    left_out = {left.name: left.reason for left in decoded.left_out}
    found = []
    for file, each in zip(folder.files, every, strict=True):
        error = left_out.pop(file.printable, None)
        if error is not None:
            code = error.problem if isinstance(error, ImageError) else ""
            found.append(FileProblem(file.printable, (code,) if code else (), error))
        elif each.error is None and each.problems:
            found.append(FileProblem(file.printable, each.problems))
    found += [FileProblem(name, (), error) for name, error in left_out.items()]
    return tuple(sorted(found, key=lambda each: each.name))


def _twins(found: Audit) -> tuple[Leaks, Leaks] | None:
    try:
        parts = split(found.names, found.labels, "random", seed=SEED)
    except DataError:
        return None
    return leaks(parts, found.copies.groups), leaks(parts, found.groups)
