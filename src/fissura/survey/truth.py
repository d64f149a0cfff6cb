"""Which mask is the truth of which photograph."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from fissura.errors import SettingsError
from fissura.images import has_image_name, printable_name
from fissura.names import by_small_letters, composed
from fissura.survey.listing import Entry


def masks_of(entries: Iterable[Entry], folder: Path) -> dict[str, Path]:
    """The mask of each photograph that has one, by the photograph's name: the same name, whatever its ending.

    Where no mask is spelt like the photograph, the one mask that differs from it by capitals alone is its.
    Masks lie in ``folder`` as the photographs lie in theirs, or all directly in it.

    Raises:
        SettingsError: it is no folder, no mask in it has the name of a photograph, or one has that of several.
    """
    if not folder.is_dir():
        raise SettingsError(
            "--truth {folder} is not a folder; wanted one with a mask for each photograph, of the same name.",
            folder=printable_name(str(folder)),
        )
    there: dict[str, Path] = {}
    for path in sorted(folder.rglob("*")):
        if has_image_name(path.name) and path.is_file():
            there.setdefault(composed(path.relative_to(folder).with_suffix("").as_posix()), path)
    alike = by_small_letters(there)

    def as_called(name: str) -> Path | None:
        return there.get(name if name in there else alike.get(name.casefold(), name))

    found: dict[str, Path] = {}
    whose: dict[Path, list[str]] = {}
    for entry in entries:
        stem = PurePosixPath(composed(entry.name)).with_suffix("")
        mask = as_called(stem.as_posix()) or as_called(stem.name)
        if mask is not None:
            found[entry.name] = mask
            whose.setdefault(mask, []).append(entry.name)
    for mask, names in whose.items():
        if len(names) > 1:
            raise SettingsError(
                "--truth {folder} holds one mask, {mask}, for several photographs of that name: {names}. Put the masks "
                "into folders as the photographs lie in theirs.",
                folder=printable_name(str(folder)),
                mask=printable_name(mask.name),
                names=", ".join(names[:5]),
            )
    if not found:
        raise SettingsError(
            "--truth {folder} holds no mask with the name of a photograph. Wanted, for instance, {folder}/wall.png for "
            "wall.jpg: white where there is a crack.",
            folder=printable_name(str(folder)),
        )
    return found
