"""Which photograph each image was cut from, where a person knows it: what was on one photograph belongs in one part."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import numpy as np
import numpy.typing as npt

from fissura.errors import DataError
from fissura.images import printable_name
from fissura.language import N_
from fissura.names import composed
from fissura.table_file import TableFile

_TABLE = TableFile(("image", "photograph"), N_("image and photograph"), example="crack/tile, 3.jpg;wall 12")


def read_origins(path: Path, names: Sequence[str]) -> npt.NDArray[np.int64]:
    """``(n,)``, the same number for images of one photograph, by a CSV file with the columns image and photograph.

    An image is called as in ``names`` or, where only one is called so, without its folder. Photographs may be called
    anything; where the cell is empty the image is alone. Lines on images that are none of ``names`` are passed over: an
    image may have been left out since.

    Raises:
        DataError: it cannot be read, lacks one of ``names``, names two photographs for one, or says only a file's name
            that several have.
    """
    called = printable_name(str(path))
    _, rows = _TABLE.read(path, called)
    whole, bare = defaultdict(list), defaultdict(list)
    for index, name in enumerate(map(composed, names)):
        whole[name].append(index)
        bare[PurePosixPath(name).name].append(index)
    photograph_of: dict[int, str] = {}
    line_of: dict[int, int] = {}
    for line, row in rows:
        written = composed(row["image"].replace("\\", "/"))
        indices = whole.get(written) or bare.get(written, [])
        if len(indices) > 1 and written not in whole:
            raise DataError(
                "{name}, line {line}: {image} may be either of {count} images, such as {first} and {second}. Write it "
                "with its folder.",
                name=called,
                line=line,
                image=printable_name(written),
                count=len(indices),
                first=printable_name(names[indices[0]]),
                second=printable_name(names[indices[1]]),
            )
        for index in indices:
            if photograph_of.get(index, row["photograph"]) != row["photograph"]:
                raise DataError(
                    "{name}, lines {first} and {line}: two photographs for {image}. Keep the right one.",
                    name=called,
                    first=line_of[index],
                    line=line,
                    image=printable_name(written),
                )
            photograph_of[index], line_of[index] = row["photograph"], line
    missing = [name for index, name in enumerate(names) if index not in photograph_of]
    if missing:
        raise DataError(
            "{name} does not say which photograph {missing} of {images} images are from, for instance {image}. Add a "
            "line for each; where the photograph is not known, leave its cell empty.",
            name=called,
            missing=len(missing),
            images=len(names),
            image=printable_name(missing[0]),
        )
    numbers: dict[str | int, int] = {}
    keys = [photograph_of[index] or index for index in range(len(names))]
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], dtype=np.int64)
