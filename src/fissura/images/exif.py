"""What a camera wrote into its file beside the pixels: when, where the camera stood, through which lens.

EXIF 2.32 (CIPA DC-008). Nothing here is checked by anybody: a camera's clock may be wrong, and a position is the
**camera's**, not that of what it photographed. Entries that are damaged or make no sense are left out, one by one.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fissura.images.decoding import MAX_PIXELS, ORIENTATION, QUIET_PILLOW, known_orientation
from fissura.images.heif import LONGEST_HEAD, is_heif, reads_heif
from fissura.images.problems import printable_name

if TYPE_CHECKING:
    from PIL import Image

_EXIF, _GPS = 0x8769, 0x8825
_MAKE, _MODEL = 0x010F, 0x0110
_TAKEN, _OFFSET, _FOCAL, _FOCAL_35 = 0x9003, 0x9011, 0x920A, 0xA405
_PLANE_X, _PLANE_UNIT = 0xA20E, 0xA210
_PIXELS_X, _PIXELS_Y = 0xA002, 0xA003
_LATITUDE_REF, _LATITUDE, _LONGITUDE_REF, _LONGITUDE = 1, 2, 3, 4
_ALTITUDE_REF, _ALTITUDE, _DIRECTION = 5, 6, 17
_MM_PER_UNIT = {2: 25.4, 3: 10.0, 4: 1.0, 5: 0.001}  # of FocalPlaneResolutionUnit
_TIME = re.compile(r"(\d{4}):(\d{2}):(\d{2}) (\d{2}:\d{2}:\d{2})")
_ZONE = re.compile(r"[+-]\d{2}:\d{2}|Z")
_LONGEST_NAME = 60


@dataclass(frozen=True)
class CameraFacts:
    """What a photograph says of its camera; None for whatever it does not say.

    Attributes:
        taken: by the camera's clock, ``2024-05-31T14:05:09``, with its zone where the camera wrote one.
        latitude_deg: where the camera stood, WGS 84, north is positive, -90 to 90. None unless both are given.
        longitude_deg: likewise, east is positive, -180 to 180.
        altitude_m: of the camera, above sea level.
        direction_deg: where the camera looked, clockwise from north, 0 to 360 (true or magnetic: the file may say).
        focal_mm: focal length of the lens.
        focal_35mm: the focal length that gives the same view on 36 x 24 mm film.
        sensor_width_mm: width of the sensor along the longer side, from the resolution on the focal plane.
        make: of the camera.
        model: of the camera.
        orientation: EXIF's, 1 to 8; 1 is upright.
    """

    taken: str | None = None
    latitude_deg: float | None = None
    longitude_deg: float | None = None
    altitude_m: float | None = None
    direction_deg: float | None = None
    focal_mm: float | None = None
    focal_35mm: float | None = None
    sensor_width_mm: float | None = None
    make: str | None = None
    model: str | None = None
    orientation: int = 1

    def as_dict(self) -> dict[str, Any]:
        """All of it for JSON."""
        return asdict(self)


def camera_facts(source: Path | str | bytes, *, max_pixels: int = MAX_PIXELS) -> CameraFacts:
    """What an image file, or its content, says of its camera; nothing where it is silent or damaged. Never raises.

    Only the head of the file is read, but of a PNG that says nothing there: it may do so after its pixels, which Pillow
    decodes on the way, and is not asked to of more than ``max_pixels``.
    """
    from PIL import Image

    try:
        with _opened(Path(source) if isinstance(source, str) else source) as image:
            far = image.format == "PNG" and image.width * image.height > max_pixels
            head = Image.Image.getexif(image) if far else image.getexif()
            exif, gps = dict(head.get_ifd(_EXIF)), dict(head.get_ifd(_GPS))
            plain = dict(head)
    except Exception:  # on damaged files Pillow raises nearly everything there is
        return CameraFacts()
    latitude = _angle(gps.get(_LATITUDE), gps.get(_LATITUDE_REF), "S", 90)
    longitude = _angle(gps.get(_LONGITUDE), gps.get(_LONGITUDE_REF), "W", 180)
    placed = latitude is not None and longitude is not None and (latitude, longitude) != (0.0, 0.0)  # 0, 0: no fix
    return CameraFacts(
        taken=_time(exif.get(_TAKEN), exif.get(_OFFSET)),
        latitude_deg=latitude if placed else None,
        longitude_deg=longitude if placed else None,
        altitude_m=_altitude(gps) if placed else None,
        direction_deg=_number(gps.get(_DIRECTION), 0, 360),
        focal_mm=_positive(exif.get(_FOCAL)),
        focal_35mm=_positive(exif.get(_FOCAL_35)),
        sensor_width_mm=_sensor_width(exif),
        make=_name(plain.get(_MAKE)),
        model=_name(plain.get(_MODEL)),
        orientation=known_orientation(plain.get(ORIENTATION, 1)),
    )


def taken_hw(path: Path | str) -> tuple[int, int] | None:
    """(height, width) that the camera says it took, not yet upright; None where it doesn't say, or can't be read."""
    try:
        with _opened(Path(path)) as image:
            exif = image.getexif().get_ifd(_EXIF)
            height, width = (_positive_large(exif.get(tag)) for tag in (_PIXELS_Y, _PIXELS_X))
    except Exception:  # on damaged files Pillow raises nearly everything there is
        return None
    if height is None or width is None or min(height, width) < 1:
        return None
    return round(height), round(width)


def head_size(path: Path | str) -> tuple[int, int] | None:
    """(height, width) that the head of an image file promises, not yet upright; None where it can't be read."""
    try:
        with _opened(Path(path)) as image:
            return image.height, image.width
    except Exception:  # on damaged files Pillow raises nearly everything there is
        return None


@contextmanager
def _opened(source: Path | bytes) -> Iterator[Image.Image]:
    """The image of which Pillow has read the head; on damaged files nearly everything there is is raised."""
    from PIL import Image

    if isinstance(source, Path) and not source.is_file():  # a pipe must not even be opened: that would wait for ever
        raise FileNotFoundError(source)
    with QUIET_PILLOW, io.BytesIO(source) if isinstance(source, bytes) else source.open("rb") as stream:
        if is_heif(stream.read(LONGEST_HEAD)):
            reads_heif()
        stream.seek(0)
        with Image.open(stream) as image:
            yield image


def _number(value: Any, least: float, most: float) -> float | None:
    """The value as a finite number within limits, rounded so that fractions repeat in text; None for anything else."""
    try:
        number = float(value)
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return None
    return round(number, 8) if math.isfinite(number) and least <= number <= most else None


def _positive(value: Any) -> float | None:
    """A length in mm; 0 means unknown in EXIF."""
    return _number(value, 0, 1e4) or None


def _angle(value: Any, reference: Any, negative: str, most: float) -> float | None:
    """Degrees, minutes and seconds to degrees; about 1 cm on the ground is kept (7 decimals)."""
    if not isinstance(value, Sequence) or isinstance(value, str | bytes) or len(value) != 3:
        return None
    parts = [_number(part, 0, limit) for part, limit in zip(value, (most, 60, 60), strict=True)]
    degrees = sum(part / 60**k for k, part in enumerate(parts) if part is not None)
    if None in parts or degrees > most or not isinstance(reference, str):
        return None
    sign = -1.0 if reference.strip().upper().startswith(negative) else 1.0
    return round(sign * float(degrees), 7)


def _altitude(gps: Mapping[int, Any]) -> float | None:
    value = _number(gps.get(_ALTITUDE), 0, 1e5)
    sign = -1.0 if gps.get(_ALTITUDE_REF) in (1, b"\x01", 3, b"\x03") else 1.0
    return None if value is None else round(sign * value, 2)


def _time(taken: Any, offset: Any) -> str | None:
    found = _TIME.match(taken) if isinstance(taken, str) else None
    if found is None or found[1] == "0000":
        return None
    zone = offset.strip() if isinstance(offset, str) and _ZONE.fullmatch(offset.strip()) else ""
    return f"{found[1]}-{found[2]}-{found[3]}T{found[4]}{zone}"


def _sensor_width(exif: Mapping[int, Any]) -> float | None:
    """Pixels over pixels per mm, along the longer side; only of values that make a sensor of 1 to 100 mm."""
    per_unit, unit = _positive_large(exif.get(_PLANE_X)), _MM_PER_UNIT.get(exif.get(_PLANE_UNIT, 2))
    sides = [_positive_large(exif.get(tag)) for tag in (_PIXELS_X, _PIXELS_Y)]
    if per_unit is None or unit is None or sides[0] is None or sides[1] is None:
        return None
    width = max(sides[0], sides[1]) * unit / per_unit
    return round(width, 3) if 1 <= width <= 100 else None


def _positive_large(value: Any) -> float | None:
    return _number(value, 0, 1e9) or None


def _name(value: Any) -> str | None:
    """A name as text that prints, without the zeros and spaces that cameras fill it with."""
    if not isinstance(value, str):
        return None
    return printable_name(value.split("\x00")[0].strip()[:_LONGEST_NAME]) or None
