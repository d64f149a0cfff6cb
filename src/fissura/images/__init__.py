"""Photographs as arrays: a file or its bytes to upright 8-bit pixels, within a limit. The only place that decodes.

**Grey** is luma everywhere: 0.299 R + 0.587 G + 0.114 B of ITU-R BT.601. A JPEG holds it as its first component, so its
grey is decoded without the colours; Pillow's mode ``L`` computes it from them, clipped and rounded. On 400 cracked METU
patches 4 pixels in 10,000 differ, on 400 intact ones 1, by at most 4 levels.
**Transparent** pixels are laid on white. **More than 8 bits** are scaled to 8 (65535 is 255). Of several frames or
pages the first is read. Colour profiles are not applied.

Every function here may be called from several threads at once.
"""

from fissura.images.blank import blankness, nothing_seen
from fissura.images.colours import Colours, open_colours
from fissura.images.decoding import MAX_PIXELS
from fissura.images.eight_bits import Pixels
from fissura.images.exif import CameraFacts, camera_facts, head_size, taken_hw
from fissura.images.facts import FileFacts, facts, has_image_name
from fissura.images.masks import where_white
from fissura.images.problems import PROBLEMS, ImageError, printable_name, short_of_memory
from fissura.images.reading import (
    as_grey,
    file_bytes,
    file_sha256,
    read_grey,
    read_hashed,
    read_mask,
    read_rgb,
    resized,
)

__all__ = [
    "MAX_PIXELS",
    "PROBLEMS",
    "CameraFacts",
    "Colours",
    "FileFacts",
    "ImageError",
    "Pixels",
    "as_grey",
    "blankness",
    "camera_facts",
    "facts",
    "file_bytes",
    "file_sha256",
    "has_image_name",
    "head_size",
    "nothing_seen",
    "open_colours",
    "printable_name",
    "read_grey",
    "read_hashed",
    "read_mask",
    "read_rgb",
    "resized",
    "short_of_memory",
    "taken_hw",
    "where_white",
]
