"""A split on disk: which image is in which part, with the hash of its content, to be checked and used again."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from fissura import __version__
from fissura.data.natural_names import natural_order
from fissura.errors import DataError
from fissura.files import write_text
from fissura.given_file import given_bytes
from fissura.language import cause
from fissura.names import composed

if TYPE_CHECKING:
    from fissura.data.splits import Split

PARTS = ("train", "validation", "test")
FORMAT, FORMAT_VERSION = "fissura split", 1


@dataclass(frozen=True)
class ManifestImage:
    """One image of a manifest.

    Attributes:
        name: as it was split, with ``/`` between folders.
        sha256: of its file, as 64 hexadecimal digits.
        part: one of ``PARTS``.
        label: the name of its class.
        size_bytes: of its file; None where that was not recorded.
        group: the number of its group; None where nothing was known of groups.
    """

    name: str
    sha256: str
    part: str
    label: str
    size_bytes: int | None = None
    group: int | None = None


@dataclass(frozen=True)
class Manifest:
    """A split as anyone can check and reuse it.

    Attributes:
        images: in the natural order of their names.
        how: ``"grouped"`` or ``"random"``.
        seed: of the draw.
        shares: of train, validation and test.
        made_with: the versions of the packages that drew it, by name.
    """

    images: tuple[ManifestImage, ...]
    how: str
    seed: int
    shares: tuple[float, float, float]
    made_with: Mapping[str, str]

    def by_name(self, names: Sequence[str]) -> dict[str, ManifestImage]:
        """Its images by their names as ``names`` write them: a Mac may have composed the accents otherwise."""
        found = {image.name: image for image in self.images}
        here, exact = {composed(name): name for name in names}, set(names)
        for name in [name for name in found if name not in exact]:
            other = here.get(composed(name))
            if other is not None and other not in found:
                found[other] = found.pop(name)
        return found


def write_manifest(
    path: Path,
    parts: Split,
    names: Sequence[str],
    hashes: Sequence[str],
    labels: Sequence[str],
    *,
    sizes_bytes: Sequence[int] | None = None,
    groups: npt.NDArray[np.int64] | None = None,
) -> None:
    """Write the split of ``n`` images as JSON, one line per image, whole or not at all; the same for any order of them.

    Args:
        path: the file.
        parts: from ``split``.
        names: of the images, as they were split.
        hashes: SHA-256 of each file.
        labels: the name of each image's class.
        sizes_bytes: of each file, where they are known.
        groups: ``(n,)`` int64, where they are known.

    Raises:
        OutputError: it cannot be written.
    """
    numbers = parts.part_numbers()
    rows = []
    for index in natural_order(names).tolist():
        row: dict[str, object] = {"name": names[index], "sha256": hashes[index], "part": PARTS[numbers[index]]}
        row["label"] = labels[index]
        if sizes_bytes is not None:
            row["size_bytes"] = int(sizes_bytes[index])
        if groups is not None:
            row["group"] = int(groups[index])
        rows.append(json.dumps(row))  # escaped: a file name need not be text
    head = {
        "format": FORMAT,
        "version": FORMAT_VERSION,
        "how": parts.how,
        "seed": parts.seed,
        "shares": list(parts.shares),
        "made_with": {"fissura": __version__, "numpy": np.__version__, "scikit-learn": version("scikit-learn")},
        "sizes": dict(zip(PARTS, parts.sizes, strict=True)),
    }
    write_text(path, json.dumps(head, indent=2)[:-2] + ',\n  "images": [\n    ' + ",\n    ".join(rows) + "\n  ]\n}\n")


def read_manifest(path: Path) -> Manifest:
    """The manifest in ``path``.

    Raises:
        DataError: it is missing, damaged, something else, or from a newer version.
    """
    try:
        return _manifest(json.loads(given_bytes(path).decode("utf-8")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise DataError(
            "{path} cannot be read as the manifest of a split ({reason}). Name a file that fissura wrote, or make a "
            "new split.",
            path=path,
            reason=cause(error) if isinstance(error, OSError) else f"{type(error).__name__}: {error}",
        ) from error


def _manifest(content: Any) -> Manifest:
    if content["format"] != FORMAT:
        raise ValueError(f"its format is {content['format']!a}")
    if content["version"] > FORMAT_VERSION:
        raise ValueError(f"version {content['version']!a} is newer than {FORMAT_VERSION}")
    images = tuple(_manifest_image(row) for row in content["images"])
    counts = {part: sum(image.part == part for image in images) for part in PARTS}
    if counts != content["sizes"] or len({image.name for image in images}) != len(images):
        raise ValueError("its images are not those that it counts")
    first, second, third = (float(share) for share in content["shares"])
    made_with = {str(package): str(number) for package, number in content["made_with"].items()}
    return Manifest(images, str(content["how"]), int(content["seed"]), (first, second, third), made_with)


def _manifest_image(row: Mapping[str, Any]) -> ManifestImage:
    image = ManifestImage(**row)
    if image.part not in PARTS or not re.fullmatch("[0-9a-f]{64}", image.sha256):
        raise ValueError(f"{image.name!a} has no part or no SHA-256")
    if image.group is not None and type(image.group) is not int:
        raise ValueError(f"{image.name!a} has the group {image.group!a}")
    return image
