"""One photograph to its ``Inspection``: read, judged fit or unfit, scanned, traced, measured; and many at once."""

from __future__ import annotations

import hashlib
import math
import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fissura import images
from fissura.classifier import BUILT_IN, Classifier, load
from fissura.errors import DataError, FissuraError, SettingsError
from fissura.images import Pixels
from fissura.inspection.beyond import goes_on
from fissura.inspection.edges import ANY_BLUR_PX
from fissura.inspection.findings import findings
from fissura.inspection.measure import measured
from fissura.inspection.record import CELL_PX, UNFIT, Inspection, Map, Settings
from fissura.inspection.scale import Scale, as_scale
from fissura.inspection.scan import WindowEvidence, folded, log_odds_map, window_evidence
from fissura.inspection.trace import CoarseTrace, coarse_traces
from fissura.kinds import PATH, check_kind, check_whole
from fissura.language import N_
from fissura.processes import processors
from fissura.threads import side_by_side

Photo = str | os.PathLike[str] | bytes | Pixels

MOST_FINDINGS = 1000  # of a photograph; the longest are kept
TINY_PX = 48
_BLURRED_PX = 2.5
_SHARP = {8: 0.22, 32: 0.12}
"""By how far apart two pixels are: the share of their difference that neighbours have at least where it is sharp."""

_LOOKED_AT = 12  # windows of a photograph, evenly spread, that say whether it is unlike the training data
_AT_ONCE = 3


def inspect(
    photo: Photo,
    classifier: Classifier | str | Path = BUILT_IN,
    *,
    scale: Scale | float | None = None,
    settings: Settings | None = None,
    name: str | None = None,
) -> Inspection:
    """The cracks on one photograph, measured.

    Args:
        photo: a file, its bytes, or its pixels, uint8: grey ``(h, w)``, or ``(h, w, 3)`` red, green, blue.
        classifier: one whose network gives a map, or its file; by default the built-in detector.
        scale: millimetres per pixel, a number of any kind or a ``Scale``; None: lengths stay in pixels.
        settings: what else it depends on.
        name: what to call the photograph; None: its path.

    Raises:
        ImageError: the file cannot be read.
        ClassifierFileError: the classifier cannot.
        SettingsError: a setting or the scale is no usable number, or the classifier has no map.
        DataError: it is none of these, or the pixels are of another kind or shape.
    """
    check_kind("settings", settings, Settings | None, "fissura.inspection.Settings")
    check_kind("name", name, str | None, N_("a text"))
    check_kind("classifier", classifier, Classifier | PATH, N_("a Classifier, or its file"))
    settings = settings or Settings()
    settings.check()
    known = classifier if isinstance(classifier, Classifier) else load(classifier)
    known_scale = as_scale(scale)
    called, sha256, pixels = _read(photo, settings, name)
    return inspect_pixels(pixels, known, scale=known_scale, settings=settings, name=called, sha256=sha256)


def inspect_all(
    photos: Iterable[Photo] | Path | str,
    classifier: Classifier | str | Path = BUILT_IN,
    *,
    scales: Iterable[Scale | None] | None = None,
    settings: Settings | None = None,
    at_once: int | None = None,
) -> Iterator[Inspection]:
    """The inspections of many photographs, in their order, ``at_once`` in work at a time (None: one per processor).

    ``photos`` are files, or what else ``inspect`` takes; ``scales`` has one for each of them, in their order. One that
    cannot be read comes out with its ``error``; the others are inspected all the same.

    Raises:
        SettingsError: as for ``inspect``, ``photos`` or ``scales`` are no list, or ``at_once`` is no number from 1.
    """
    check_kind("photos", None if isinstance(photos, bytes) else photos, Iterable | PATH, N_("a list of files"))
    check_kind("settings", settings, Settings | None, "fissura.inspection.Settings")
    check_kind("classifier", classifier, Classifier | PATH, N_("a Classifier, or its file"))
    if at_once is not None:
        check_whole("at_once", at_once, 1)
    check_kind("scales", scales, Iterable | None, N_("a list, with one for each photograph"))
    settings = settings or Settings()
    settings.check()
    known = classifier if isinstance(classifier, Classifier) else load(classifier)
    workers = at_once or processors()
    given = iter(scales) if scales is not None else None
    waiting: deque[Future[Inspection]] = deque()
    with ThreadPoolExecutor(workers) as pool:
        for photo in [photos] if isinstance(photos, str | os.PathLike) else photos:
            scale = next(given, None) if given is not None else None
            waiting.append(pool.submit(attempt, photo, known, scale=scale, settings=settings))
            if len(waiting) > workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def attempt(
    photo: Photo, classifier: Classifier, *, scale: Scale | None = None, settings: Settings | None = None
) -> Inspection:
    """As ``inspect``, but a photograph that cannot be read gives an inspection that says why."""
    settings = settings or Settings()
    try:
        return inspect(photo, classifier, scale=scale, settings=settings)
    except SettingsError:
        raise
    except FissuraError as error:
        return unseen(
            _called(photo), "", (0, 0), scale=scale, settings=settings, model=classifier.fingerprint, error=error
        )


@np.errstate(divide="warn", over="warn", under="ignore", invalid="warn")  # NumPy's own, whatever the caller has set
def inspect_pixels(
    pixels: Pixels, classifier: Classifier, *, scale: Scale | None, settings: Settings, name: str, sha256: str
) -> Inspection:
    """The inspection of grey pixels ``(h, w)`` that were read; on some nothing is looked for (``UNFIT``)."""
    unfit = unfitness(pixels)
    height, width = pixels.shape
    begun = unseen(
        name,
        sha256,
        (height, width),
        scale=scale,
        settings=settings,
        model=classifier.fingerprint,  # over all weights: taken once
        warnings=unfit,
    )
    if set(unfit) & set(UNFIT):
        nowhere = np.full((-(-height // CELL_PX), -(-width // CELL_PX)), np.nan, dtype=np.float32)
        return replace(begun, log_odds=nowhere)
    cells = log_odds_map(classifier, pixels, two_scales=settings.two_scales)
    windows = window_evidence(classifier, cells)
    unlike = unlikeness(pixels, classifier)
    found = inspected(begun, pixels, cells, windows.probability, windows)
    strange = unlike is not None and unlike > 1
    return replace(found, unlike=unlike, warnings=(*found.warnings, "unlike") if strange else found.warnings)


def unlikeness(pixels: Pixels, classifier: Classifier) -> float | None:
    """How far the photograph lies from what the classifier was taught on: the median over a dozen of its windows.

    Above 1 it is unlike the training data; None where the classifier does not know, or the photograph is too small.
    """
    size_hw = (pixels.shape[0], pixels.shape[1])
    if classifier.familiarity is None or classifier.too_small(size_hw, "") is not None:
        return None
    parts = classifier.windows(size_hw)
    some = parts[:: -(-len(parts) // _LOOKED_AT)]
    looker = folded(classifier)

    def of_some(first: int) -> npt.NDArray[np.float64] | None:
        seen = [classifier.seen(pixels, window) for window in some[first : first + _AT_ONCE]]
        return looker.described(np.stack(seen), first_look=True)[1]

    unlike = [each for each in side_by_side(of_some, range(0, len(some), _AT_ONCE)) if each is not None]
    return float(np.median(np.concatenate(unlike)))


def unseen(
    name: str,
    sha256: str,
    size_hw: tuple[int, int],
    *,
    scale: Scale | None = None,
    settings: Settings | None = None,
    model: str = "",
    warnings: tuple[str, ...] = (),
    error: FissuraError | None = None,
) -> Inspection:
    """The inspection of a photograph on which nothing was looked for, or not yet."""
    return Inspection(
        name=name,
        sha256=sha256,
        size_hw=size_hw,
        scale=scale,
        log_odds=np.zeros((0, 0), dtype=np.float32),
        findings=(),
        probability=None,
        blur_px=None,
        unlike=None,
        warnings=warnings,
        settings=settings or Settings(),
        model=model,
        error=error,
    )


def inspected(
    begun: Inspection, pixels: Pixels, log_odds: Map, probability: float, windows: WindowEvidence | None = None
) -> Inspection:
    """An inspection ``begun`` gone on with, once the map ``log_odds`` is known, wherever it comes from.

    Where ``windows`` say what is around a trace, one in whose every window a crack is improbable is no finding: a short
    dark piece of a joint is such.
    """
    settings, warnings = begun.settings, begun.warnings
    threshold = math.log(settings.threshold / (1 - settings.threshold))
    traces = coarse_traces(log_odds, threshold, begun.size_hw, settings.shortest_px)
    if windows is not None:
        traces = [trace for trace in traces if _believed(trace, windows, settings.threshold)]
    traces.sort(key=lambda trace: -sum(len(line.points_rc) for line in trace.lines))
    if len(traces) > MOST_FINDINGS:
        traces, warnings = traces[:MOST_FINDINGS], (*warnings, "many")
    found, blur = measured(pixels, traces)
    found = [replace(trace, goes_on=goes_on(pixels, trace)) for trace in found]
    if blur is not None and blur[0] > _BLURRED_PX and "blurred" not in warnings:
        warnings = (*warnings, "blurred")
    edges_px = ANY_BLUR_PX if blur is None else blur[0]
    return replace(
        begun,
        log_odds=log_odds,
        findings=findings(found, begun.size_hw, begun.sha256, edges_px, begun.model),
        probability=probability,
        blur_px=None if blur is None else blur[0],
        warnings=warnings,
    )


def _believed(trace: CoarseTrace, windows: WindowEvidence, threshold: float) -> bool:
    return windows.around(np.concatenate([line.points_rc for line in trace.lines])) >= threshold


def unfitness(pixels: Pixels) -> tuple[str, ...]:
    """Codes of ``WARNINGS``: what makes a photograph unfit for inspection, by its grey values alone."""
    if min(pixels.shape) < TINY_PX:
        return ("tiny",)
    if blank := images.blankness(pixels):
        return (blank,)
    return ("blurred",) if _is_blurred(pixels) else ()


def _is_blurred(pixels: Pixels) -> bool:
    """Whether the picture holds next to no detail finer than about ten pixels.

    Of a sharp photograph of a wall, neighbouring pixels differ by a good part of what pixels eight apart do; blurred by
    a Gaussian of deviation s, differences over one pixel shrink to about 1 / (2 s) of those over many. Up to 64 rows,
    spread evenly from top to bottom, are asked in pieces of 64 px, along the rows alone: what blurs up and down only is
    not noticed. The sharpest tenth of the pieces decides, since walls have empty places. Of strong blur nothing is left
    to differ over eight pixels; where nothing sharp does either, pixels 32 apart tell.
    """
    height, width = pixels.shape
    rows = np.linspace(0, height - 1, min(height, 64)).astype(int)
    lines = pixels[rows].astype(np.float32)
    usual = width - width % 64
    if usual < 64:
        return False
    blocks = lines[:, :usual].reshape(-1, 64)
    near = np.abs(blocks[:, 1:] - blocks[:, :-1]).mean(axis=1)
    for apart_px, sharp in _SHARP.items():
        far = np.abs(blocks[:, apart_px:] - blocks[:, :-apart_px]).mean(axis=1)
        telling = far > 2.0
        ratio = near[telling] / far[telling]
        if len(ratio) >= 20:
            return bool(np.percentile(ratio, 90) < sharp)
        if (ratio >= sharp).any():
            return False
    return False


def _read(photo: Photo, settings: Settings, name: str | None) -> tuple[str, str, Pixels]:
    """(printable name, SHA-256, grey pixels)."""
    if isinstance(photo, np.ndarray):
        called = name or _called(photo)
        pixels = images.as_grey(photo, called)
        head = f"{photo.shape}".encode()
        return called, hashlib.sha256(head + np.ascontiguousarray(photo).tobytes()).hexdigest(), pixels
    if not isinstance(photo, str | bytes | os.PathLike):
        raise DataError(
            "The photograph is a {kind}; wanted one file, its bytes, or its pixels. fissura.inspection.inspect_all "
            "takes several files.",
            kind=type(photo).__name__,
        )
    if isinstance(photo, bytes):
        called = name or _called(photo)
        pixels = images.read_grey(photo, max_pixels=settings.max_pixels, name=called)
        return called, hashlib.sha256(photo).hexdigest(), pixels
    path = Path(photo)
    called = name or _called(path)
    pixels, sha256 = images.read_hashed(path, max_pixels=settings.max_pixels, name=called)
    return called, sha256, pixels


def _called(photo: object) -> str:
    """What a photograph is called that nobody gave a name."""
    if isinstance(photo, str | os.PathLike):
        return images.printable_name(os.fspath(photo))
    return "pixels" if isinstance(photo, np.ndarray) else "image"
