"""A folder of labelled photographs made ready: decoded once, copies found, parted into train, validation and test."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fissura.data.audit import Audit, FileProblem, Reader, audit, find_copies, find_overlaps, joined
from fissura.data.class_names import folded
from fissura.data.cracks import cracks_folder, find_cracks, no_cracks
from fissura.data.folder import LeftOut, read_folder
from fissura.data.labelled import LabelledImages, TrainTest
from fissura.data.pixel_cache import GROUPS
from fissura.data.pixels import DecodedFolder, open_pixels
from fissura.data.split_manifest import Manifest, read_manifest, write_manifest
from fissura.data.splits import HOWS, SEED, Leaks, Split, leaks, split
from fissura.data.synthetic import synthetic_cracks
from fissura.errors import DataError
from fissura.files import write_json
from fissura.images import MAX_PIXELS, ImageError, read_grey
from fissura.kinds import A_PATH, PATH, check_kind, check_whole
from fissura.language import N_
from fissura.names import nearest, unknown

Progress = Callable[[str, int, int], None]
"""(what is being done, done, total)"""

SIZE_PX = 112
_GROUPS_VERSION = 2
AUTO, CRACKS, SYNTHETIC = "auto", "cracks", "synthetic"
NAMES = (CRACKS, SYNTHETIC, AUTO)
SYNTHETIC_IMAGES = 3000


@dataclass(frozen=True)
class PhotographSettings:
    """How a folder is made ready.

    Attributes:
        size_px: height and width that every photograph is reduced to.
        split: ``grouped`` (copies stay together) or ``random`` (the lab's).
        seed: of the split.
        positive: the class that is looked for; None where its name says it.
        manifest: a split to use again, instead of drawing one.
        cache_dir: where decoded images are kept; None for the usual place.
        audited: find out everything that is wrong with the photographs, not only which are copies.
        classes: the subfolders to take; None for all of them.

    Raises:
        SettingsError: one of them is of another kind, or no such split is known.
    """

    size_px: int = SIZE_PX
    split: str = "grouped"
    seed: int = SEED
    positive: str | None = None
    manifest: Path | str | None = None
    cache_dir: Path | str | None = None
    audited: bool = False
    classes: Sequence[str] | None = None

    def __post_init__(self) -> None:
        check_whole("size_px", self.size_px, least=1)
        check_whole("seed", self.seed, least=0)
        if self.split not in HOWS:
            raise unknown("--split", self.split, HOWS)
        check_kind("positive", self.positive, str | None, N_("a name, such as crack"))
        check_kind("classes", self.classes, list | tuple | None, N_("a list of names"))
        for each in self.classes or ():
            check_kind("classes", each, str, N_("a list of names"))
        for name in ("manifest", "cache_dir"):
            check_kind(name, getattr(self, name), PATH | None, A_PATH)


@dataclass(frozen=True, eq=False)
class Photographs:
    """Labelled photographs, ready to learn from.

    Attributes:
        images: all of them; ``groups`` says which are copies of each other, or belong together by the split's file.
        parts: which are in which part.
        leaks: how many test images have a twin in another part.
        left_out: files that could not be used, and why.
        sha256: of each file; empty for images that were drawn.
        bytes: the length of each file; empty likewise.
        source: the short name for runs and commands.
        embedded: whether these are drawn images that stand in for photographs.
        audit: what is wrong with them; None where it was not asked for.
        grouped_by_file: whether the split's file says of images that they belong together of which that was not found.
        sizes_hw: (height, width) of each photograph in its file, upright; empty for images that were drawn.
    """

    images: LabelledImages
    parts: Split
    leaks: Leaks
    left_out: tuple[LeftOut, ...]
    sha256: tuple[str, ...]
    bytes: tuple[int, ...]
    source: str
    embedded: bool = False
    audit: Audit | None = None
    grouped_by_file: bool = False
    sizes_hw: tuple[tuple[int, int], ...] = ()

    def __repr__(self) -> str:
        train, validation, test = self.parts.sizes
        return (
            f"Photographs({self.images.origin}: {len(self.images)} images of {self.images.classes}, {self.parts.how} "
            f"split: train {train}, validation {validation}, test {test}; left out: {len(self.left_out)})"
        )

    @property
    def data(self) -> TrainTest:
        """The three parts."""
        train, validation, test = self.parts.of(self.images)
        return TrainTest(train, test, self.source, self.embedded, validation, self.grouped_by_file)

    def parted(self, how: str) -> Photographs:
        """The same photographs, split the other way with the same seed."""
        images = self.images
        parts = split(images.names, images.labels, how, images.groups, self.parts.seed)
        return replace(self, parts=parts, leaks=_leaks(parts, images))

    def write_split(self, path: Path | str) -> None:
        """Write which photograph is in which part, with the hash of its content."""
        check_kind("path", path, PATH, A_PATH)
        images = self.images
        write_manifest(
            Path(path),
            self.parts,
            images.names,
            self.sha256 or tuple(image_digest(image) for image in images.images),
            [images.classes[label] for label in images.labels],
            sizes_bytes=self.bytes or None,
            groups=images.groups,
        )


def open_photographs(
    folder: Path | str, settings: PhotographSettings = PhotographSettings(), on_progress: Progress | None = None
) -> Photographs:
    """The photographs below ``folder``, one subfolder per class; ``.data`` of what comes back are their three parts.

    Args:
        folder: with a subfolder for each class, such as ``crack`` and ``intact``, the images in it at any depth.
        settings: how they are made ready: ``fissura.data.photographs.PhotographSettings``.
        on_progress: told now and then what is being done, how much of it is, and of how much.

    Raises:
        DataError: the folder, or the split's file, cannot be used; see ``read_folder``.
        SettingsError: ``positive`` or ``classes`` names no subfolder.
        OutputError: the decoded images cannot be kept.
    """
    check_kind("settings", settings, PhotographSettings, "fissura.data.photographs.PhotographSettings")
    side = settings.size_px
    found = read_folder(folder, settings.positive, settings.classes)
    decoded = open_pixels(
        found,
        (side, side),
        None if settings.cache_dir is None else Path(settings.cache_dir),
        on_progress=None if on_progress is None else lambda done, total: on_progress(N_("decoding"), done, total),
    )
    if on_progress is not None:
        on_progress(N_("looking for copies"), 0, 1)
    found_out = audit_of(decoded, found.root) if settings.audited else None
    groups = groups_of(decoded, found.root) if found_out is None else found_out.groups
    images, parts, by_file = _parted(replace(decoded.images, groups=groups), decoded.sha256, settings)
    return Photographs(
        images,
        parts,
        _leaks(parts, images),
        decoded.left_out,
        decoded.sha256,
        decoded.bytes,
        str(folder),
        audit=found_out,
        grouped_by_file=by_file,
        sizes_hw=decoded.sizes_hw,
    )


def named_photographs(
    source: str,
    data_dir: Path,
    settings: PhotographSettings = PhotographSettings(),
    on_progress: Progress | None = None,
    others: Sequence[str] = (),
) -> Photographs:
    """The photographs that a name stands for.

    Args:
        source: ``cracks`` (the crack images in ``data_dir``), ``synthetic`` (drawn ones), ``auto`` (the first where
            they are there, else the second), or a folder with one subfolder per class.
        data_dir: where the crack images are looked for.
        settings: how they are made ready.
        on_progress: called now and then.
        others: names of other images that might have been meant as well.

    Raises:
        DataError: there are no such images, or they cannot be used.
        OutputError: the decoded images cannot be kept.
    """
    if source == SYNTHETIC:
        return drawn_photographs(settings=settings, on_progress=on_progress)
    if source not in (AUTO, CRACKS):
        if not Path(source).exists():
            raise _no_source(source, (*others, *NAMES))
        return open_photographs(Path(source), settings, on_progress)
    folder = cracks_folder(data_dir)
    if folder is not None:
        return replace(open_photographs(folder, settings, on_progress), source=CRACKS)
    if source == AUTO and (not data_dir.is_dir() or find_cracks(data_dir) is None):  # no archive waits to be unpacked
        return drawn_photographs(settings=settings, on_progress=on_progress)
    raise no_cracks(data_dir)


def drawn_photographs(
    n: int = SYNTHETIC_IMAGES,
    settings: PhotographSettings = PhotographSettings(),
    on_progress: Progress | None = None,
) -> Photographs:
    """``n`` drawn photographs with and without cracks, which stand in where there are no real ones."""
    side = settings.size_px
    images = synthetic_cracks(
        n,
        (side, side),
        settings.seed,
        on_progress=None if on_progress is None else lambda done, total: on_progress(N_("drawing"), done, total or n),
    )
    images = _looked_for(replace(images, groups=np.arange(n)), settings.positive)
    digests = [image_digest(image) for image in images.images]
    images, parts, by_file = _parted(images, digests, settings)
    leaking = _leaks(parts, images)
    return Photographs(images, parts, leaking, (), (), (), SYNTHETIC, embedded=True, grouped_by_file=by_file)


def _parted(
    images: LabelledImages, sha256: Sequence[str], settings: PhotographSettings
) -> tuple[LabelledImages, Split, bool]:
    """(the images, their split, whether their groups are larger than those that were found).

    The split is that of the manifest where one is given, and what belongs together there belongs together here as
    well; else one is drawn.
    """
    if settings.manifest is None:
        return images, split(images.names, images.labels, settings.split, images.groups, settings.seed), False
    manifest = read_manifest(Path(settings.manifest))
    parts = Split.from_manifest(manifest, images.names, sha256)
    named, found = _named_groups(manifest, images.names), images.groups
    if named is None or found is None:
        return images, parts, False
    groups = joined(found, named)
    if len(np.unique(groups)) == len(np.unique(found)):
        return images, parts, False
    return replace(images, groups=groups), parts, True


def _named_groups(manifest: Manifest, names: Sequence[str]) -> npt.NDArray[np.int64] | None:
    """``(n,)``, the same number for images of one group of the manifest; None where it lacks the group of any."""
    given = {name: image.group for name, image in manifest.by_name(names).items()}
    if None in given.values():
        return None
    number = {group: k for k, group in enumerate(dict.fromkeys(given.values()))}
    return np.array([number[given[name]] for name in names], dtype=np.int64)


def _looked_for(images: LabelledImages, positive: str | None) -> LabelledImages:
    """The same images with the class of that name looked for, as label 1.

    Raises:
        SettingsError: none has that name.
    """
    if positive is None:
        return images
    found = [label for label, name in enumerate(images.classes) if folded(name) == folded(positive)]
    if not found:
        raise unknown("--positive", positive, images.classes)
    if found[0] == 1:
        return images
    return replace(images, labels=1 - images.labels, classes=images.classes[::-1])


def groups_of(decoded: DecodedFolder, root: Path) -> npt.NDArray[np.int64]:
    """``(n,)`` the same number for images that are copies or overlap; kept beside the decoded images."""
    known = _read_groups(decoded.place / GROUPS, len(decoded.images))
    if known is not None:
        return known
    pixels = decoded.images.images
    groups = find_overlaps(pixels, find_copies(pixels, reader(decoded, root), digests(decoded)).groups)[1]
    keep_groups(decoded, groups)
    return groups


def audit_of(decoded: DecodedFolder, root: Path) -> Audit:
    """All that is wrong with the photographs below ``root``, as far as it shows without opening each file again."""
    problems = [FileProblem(left.name, (), left.reason) for left in decoded.left_out]
    found = audit(decoded.images, reader(decoded, root), digests(decoded), problems, decoded.sizes_hw)
    keep_groups(decoded, found.groups)
    return found


def reader(decoded: DecodedFolder, root: Path, max_pixels: int = MAX_PIXELS) -> Reader:
    """Gives a photograph at full resolution, for the decision whether two are copies.

    One that has vanished or changed since it was decoded is given as it was decoded.
    """

    def read(index: int) -> npt.NDArray[np.uint8]:
        try:
            return read_grey(root / decoded.files[index].name, max_pixels=max_pixels)
        except ImageError:
            return np.asarray(decoded.images.images[index])

    return read


def digests(decoded: DecodedFolder) -> list[bytes]:
    """The SHA-256 of each file, to tell identical ones."""
    return [bytes.fromhex(digest) for digest in decoded.sha256]


def keep_groups(decoded: DecodedFolder, groups: npt.NDArray[np.int64]) -> None:
    """Remember the groups beside the decoded images, so that training need not look for copies again."""
    write_json(decoded.place / GROUPS, {"version": _GROUPS_VERSION, "groups": groups.tolist()}, shared=True)


def image_digest(image: npt.NDArray[np.uint8]) -> str:
    """SHA-256 of the pixels of an image that lies in no file, as 64 hexadecimal digits."""
    return hashlib.sha256(np.ascontiguousarray(image).tobytes()).hexdigest()


def _no_source(source: str, names: Sequence[str]) -> DataError:
    near = nearest(source, names)
    if near is None:
        return DataError(
            "{source} is neither a folder nor one of {names}. Give one of these, or a folder with one subfolder per "
            "class.",
            source=source,
            names=", ".join(names),
        )
    return DataError(
        "{source} is neither a folder nor one of {names}. The nearest name is {nearest}. Give one of these, or a "
        "folder with one subfolder per class.",
        source=source,
        names=", ".join(names),
        nearest=near,
    )


def _leaks(parts: Split, images: LabelledImages) -> Leaks:
    return leaks(parts, np.arange(len(images)) if images.groups is None else images.groups)


def _read_groups(path: Path, n: int) -> npt.NDArray[np.int64] | None:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        groups = np.array(content["groups"], dtype=np.int64)
        return groups if content["version"] == _GROUPS_VERSION and groups.shape == (n,) else None
    except (OSError, ValueError, KeyError, TypeError, OverflowError):
        return None
