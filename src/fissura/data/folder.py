"""A folder of photographs with one subfolder per class: which images there are, of which class, and what was left out.

Nothing is decoded here. The images come in the order of Python's ``sorted()`` on their names, paths from the folder
with ``/`` between, so it depends neither on the file system nor on the language (and ``10.jpg`` comes before
``2.jpg``): a split drawn on it with a seed is the same everywhere.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fissura.data.class_names import folded, is_positive, positive_of
from fissura.data.listing import below, folders_in
from fissura.errors import DataError, FissuraError, SettingsError
from fissura.images import ImageError, printable_name
from fissura.kinds import A_PATH, PATH, check_kind
from fissura.names import unknown

LEAST_IMAGES = 10
"""Fewer cannot be split 60/20/20 with two classes in each part."""

_PARTS = {"train", "training", "test", "testing", "val", "valid", "validation"}


@dataclass(frozen=True, slots=True)
class ImageFile:
    """One image: ``name`` is its path from the folder with ``/`` between, ``label`` the index of its class."""

    name: str
    label: int

    @property
    def printable(self) -> str:
        """The name as it can be shown and written: see ``fissura.images.printable_name``."""
        return printable_name(self.name)


@dataclass(frozen=True)
class LeftOut:
    """A file or folder that is not among the images: its printable name, and the sentence that says why."""

    name: str
    reason: FissuraError


@dataclass(frozen=True)
class ImageFolder:
    """What ``read_folder`` found.

    Attributes:
        root: the folder that holds the class folders.
        classes: the names of the classes, printable.
        positive: the index of the class that is looked for, always 1; None where it is not known.
        files: the images, sorted by name.
        left_out: what lies in the class folders and is no image, sorted by name.
    """

    root: Path
    classes: tuple[str, ...]
    positive: int | None
    files: tuple[ImageFile, ...]
    left_out: tuple[LeftOut, ...]

    def __len__(self) -> int:
        return len(self.files)

    def path(self, index: int) -> Path:
        """Where image ``index`` lies."""
        return self.root / self.files[index].name

    @property
    def counts(self) -> tuple[int, ...]:
        """How many images each class has, in the order of ``classes``."""
        counts = [0] * len(self.classes)
        for file in self.files:
            counts[file.label] += 1
        return tuple(counts)


def read_folder(
    folder: Path | str,
    positive: str | None = None,
    classes: Sequence[str] | None = None,
    least: int = LEAST_IMAGES,
    of: tuple[str, str] | None = None,
) -> ImageFolder:
    """The images below ``folder``: one subfolder per class, the images in it at any depth.

    A folder that holds nothing but one folder, as an unpacked archive often does, is entered. Hidden files and those
    that systems leave behind (``Thumbs.db``, ``__MACOSX``) do not count. Links are followed, each folder once. What has
    not the name of an image (``has_image_name``) is left out and named.

    Args:
        folder: where to look.
        positive: the class that is looked for, of two; without it, names such as ``crack`` and ``no_crack`` or
            ``Positive`` and ``Negative`` are understood. It gets label 1, the other 0.
        classes: the subfolders to take where not all are to be; their order is the order of the labels, as long as
            no class is positive. Without it they are taken all, sorted.
        least: refuse fewer images than this.
        of: the names of (the other class, the class that is looked for). With them the folder is to be judged, not
            learned from: one class may be absent or empty, and one whose name says nothing is the opposite of the
            other; ``positive`` may then be the absent one.

    Raises:
        DataError: it is not there, is a file, cannot be listed, has no subfolder, one class, an empty class, fewer
            than ``least`` images, or holds photographs and masks.
        SettingsError: ``positive`` or ``classes`` names no subfolder.
    """
    check_kind("folder", folder, PATH, A_PATH)
    folder = Path(folder)
    if of is not None:
        found, _ = folders_in(folder)
        known = any(is_positive(name) is not None for name in found)  # a class folder alone must not be entered
        root, found = (folder, found) if known else _entered(folder)
        _check_no_masks(root, found, classes)
        return _to_judge(root, _chosen(found, classes), positive, of, least)
    root, found = _entered(folder)
    _check_no_masks(root, found, classes)
    chosen = _chosen(found, classes)
    if len(chosen) < 2:
        raise _one_class(root, chosen, found)
    names, index = _in_order(root, chosen, positive)
    return _filled(root, names, index, least)


def classes_in(folder: Path, classes: Sequence[str] | None = None) -> list[str]:
    """The names of the class folders that ``read_folder`` finds, or those of them that ``classes`` choose.

    Raises:
        DataError: it is not there, is a file, cannot be listed, or has no subfolder.
        SettingsError: ``classes`` names no subfolder.
    """
    return _chosen(_entered(folder)[1], classes)


def _check_no_masks(root: Path, found: Sequence[str], classes: Sequence[str] | None) -> None:
    """Fail where photographs would be told from their masks, unless those are the ``classes`` that were asked for."""
    if not classes and sorted(name.casefold() for name in found) == ["images", "masks"]:
        raise DataError(
            "{folder} holds photographs and their masks, not a folder for each class. Name {images} if they are sorted "
            "into classes there, or sort them into folders such as crack and no_crack. As they are, --also can judge "
            "on them, and so can fissura inspect with --truth.",
            folder=printable_name(str(root)),
            images=printable_name(str(root / "images")),
        )


def _filled(root: Path, names: Sequence[str | None], index: int | None, least: int, spare: str = "") -> ImageFolder:
    """The images of the class folders ``names``; None stands for a class without a folder, called ``spare``."""
    files: list[ImageFile] = []
    left_out: list[LeftOut] = []
    for label, name in enumerate(names):
        for inner, reason in () if name is None else below(root, name):
            if reason is None:
                files.append(ImageFile(inner, label))
            else:
                left_out.append(LeftOut(printable_name(inner), reason))
    result = ImageFolder(
        root=root,
        classes=tuple(spare if name is None else printable_name(name) for name in names),
        positive=index,
        files=tuple(sorted(files, key=lambda file: file.name)),
        left_out=tuple(sorted(left_out, key=lambda left: left.name)),
    )
    shut = any(isinstance(left.reason, ImageError) for left in left_out)
    _check_filled(result, least, bool(spare) and (shut or any(name is None for name in names)))
    return result


def _to_judge(root: Path, found: Sequence[str], positive: str | None, of: tuple[str, str], least: int) -> ImageFolder:
    """The folder as two classes of which one may be absent; see ``read_folder``."""
    filled = [name for name in found if any(_may_hold(reason) for _, reason in below(root, name))] or list(found)
    if positive is not None and len(filled) == 1 and folded(positive) == folded(of[1]) != folded(filled[0]):
        return _filled(root, (filled[0], None), 1, least, of[1])
    there = _named("--positive", positive, filled) if positive is not None else positive_of(filled)
    if there is None:
        says = {name: is_positive(name) for name in filled}
        present = [name for name in filled if says[name] is True]
        absent = [name for name in filled if says[name] is False]
        if len(filled) == 1 and absent:
            return _filled(root, (absent[0], None), 1, least, of[1])
        if len(filled) == 2 and len(present) != 1 and len(absent) == 1:
            present = [name for name in filled if name != absent[0]]
        if len(present) != 1:
            raise _says_nothing(root, filled)
        there = present[0]
    others = [name for name in filled if name != there]
    if len(others) > 1:
        raise _says_nothing(root, filled)
    return _filled(root, (others[0] if others else None, there), 1, least, of[0])


def _may_hold(reason: DataError | None) -> bool:
    """Whether what ``below`` gives with that reason is an image, or a shut folder that may hold some."""
    return reason is None or isinstance(reason, ImageError)


def _says_nothing(root: Path, names: Sequence[str]) -> DataError:
    for name in names:
        inner = [each for each in _folders_below(root / name) if is_positive(each) is not None]
        if inner:
            return DataError(
                "{folder} holds the folders {names}, and classes ({classes}) lie in {inner}. Name that one, and judge "
                "the others by themselves.",
                folder=_shown(root),
                names=_shown_list(names),
                classes=_shown_list(inner),
                inner=_shown(root / name),
            )
    return DataError(
        "{folder} holds the classes {classes}, and their names do not say which of two shows cracks. Call the folders "
        "crack and intact, or name the one that does with --positive. With a single other folder, --positive crack "
        "says that this one shows none.",
        folder=_shown(root),
        classes=_shown_list(names),
    )


def _folders_below(folder: Path) -> list[str]:
    """The names of its subfolders, sorted; none where it cannot be listed, which is told elsewhere."""
    try:
        return folders_in(folder)[0]
    except DataError:
        return []


def _entered(folder: Path) -> tuple[Path, list[str]]:
    """The folder that holds the class folders, and their names, sorted."""
    folders, images = folders_in(folder)
    entered = {os.path.realpath(folder)}
    while len(folders) == 1 and not images:
        inner = folder / folders[0]
        inner_folders, images = folders_in(inner)
        if not inner_folders or os.path.realpath(inner) in entered:  # a class, or a link in a circle
            break
        entered.add(os.path.realpath(inner))
        folder, folders = inner, inner_folders
    if not folders:
        raise DataError(
            "{folder} has no subfolder; wanted one for each class, such as crack and no_crack, with the images in them "
            "(it holds {images} images itself). Make the subfolders and move each image into the one of its class.",
            folder=_shown(folder),
            images=images,
        )
    if {folded(name) for name in folders} <= _PARTS:
        raise DataError(
            "{folder} is parted into {parts}, which are no classes. Name one of these folders instead.",
            folder=_shown(folder),
            parts=_shown_list(folders),
        )
    return folder, folders


def _chosen(found: Sequence[str], classes: Sequence[str] | None) -> list[str]:
    if classes is None:
        return list(found)
    return list(dict.fromkeys(_named("--classes", word, found) for word in classes))


def _named(option: str, word: str, names: Sequence[str]) -> str:
    """That of ``names`` which ``word`` means: exactly, else whatever the capitals, accents and signs."""
    if word in names:
        return word
    alike = [name for name in names if folded(name) == folded(word)]
    if len(alike) != 1:
        raise unknown(option, word, [printable_name(name) for name in names])
    return alike[0]


def _in_order(root: Path, names: list[str], positive: str | None) -> tuple[list[str], int | None]:
    """The class folders in the order of their labels, and the label of the positive one."""
    wanted = positive_of(names) if positive is None else _named("--positive", positive, names)
    if wanted is None:
        return names, None
    if len(names) != 2:
        raise SettingsError(
            "--positive {positive} needs two classes, but {folder} has {n}: {classes}. Name two with --classes.",
            positive=printable_name(wanted),
            folder=_shown(root),
            n=len(names),
            classes=_shown_list(names),
        )
    return [*(name for name in names if name != wanted), wanted], 1


def _one_class(root: Path, chosen: Sequence[str], found: Sequence[str]) -> DataError:
    if len(found) > 1:
        return DataError(
            "{folder}: of {found} only {chosen} is taken; wanted two classes at least. Name another with --classes.",
            folder=_shown(root),
            found=_shown_list(found),
            chosen=_shown_list(chosen) or "-",
        )
    return DataError(
        "{folder} holds a single class, {name}; wanted two at least. Put the images of the other class, for instance "
        "without cracks, into a folder beside it.",
        folder=_shown(root),
        name=_shown_list(chosen),
    )


def _check_filled(folder: ImageFolder, least: int, lacking: bool = False) -> None:
    empty = [name for name, count in zip(folder.classes, folder.counts, strict=True) if count == 0]
    if empty and not (lacking and len(folder)):
        for left in folder.left_out:
            if isinstance(left.reason, ImageError):  # a folder that cannot be listed, perhaps the class itself
                raise left.reason
        raise DataError(
            "{folder}: no image in {empty} ({left_out} other files lie in the class folders). Put images there, or "
            "name the other classes with --classes.",
            folder=_shown(folder.root),
            empty=", ".join(empty),
            left_out=len(folder.left_out),
        )
    if len(folder) < least:
        raise DataError(
            "{folder} holds {n} images in all; wanted {least} at least, to train on some and to test on others. Add "
            "images.",
            folder=_shown(folder.root),
            n=len(folder),
            least=least,
        )


def _shown(path: Path) -> str:
    return printable_name(os.fspath(path))


def _shown_list(names: Sequence[str]) -> str:
    return ", ".join(printable_name(name) for name in names)
