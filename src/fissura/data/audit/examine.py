"""The whole audit, in the order in which one finding needs another."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from fissura.data.audit.copies import Reader, find_copies
from fissura.data.audit.looking import looking
from fissura.data.audit.overlaps import find_overlaps
from fissura.data.audit.overview import overview
from fissura.data.audit.record import Audit, FileProblem, conflicts
from fissura.data.audit.wrong_labels import suspects
from fissura.data.labelled import LabelledImages
from fissura.errors import DataError
from fissura.language import N_, Phrase

STEPS = (N_("copies"), N_("overlapping views"), N_("a first look"), N_("doubtful labels"))


def audit(
    images: LabelledImages,
    read: Reader | None = None,
    digests: Sequence[bytes] | None = None,
    problems: Sequence[FileProblem] = (),
    sizes_hw: Sequence[tuple[int, int]] | None = None,
    on_step: Callable[[Phrase], None] = lambda _: None,
    seed: int = 12,
    workers: int = 2,
) -> Audit:
    """Everything that can be found out about ``images`` without training a network.

    Args:
        images: grey, all of one size; their pixels may be a memory map. About 112 px is enough.
        read: gives an image at full resolution, for the decision whether two are copies; without it ``images`` decide.
        digests: of each file's bytes, to tell identical files.
        problems: of the files, also of those that are not among ``images``; kept as they are.
        sizes_hw: of each file.
        on_step: told which of ``STEPS`` begins.
        seed: of the model that doubts labels.
        workers: threads; with more than one, the first look has a process of its own.

    Raises:
        DataError: there are no images, or ``digests`` or ``sizes_hw`` are not one for each.
    """
    _check(images, digests, sizes_hw)
    with looking(images.images, workers) as looked_at:
        on_step(STEPS[0])
        copies = find_copies(images.images, read, digests, workers)
        on_step(STEPS[1])
        overlaps, groups = find_overlaps(images.images, copies.groups, workers)
        on_step(STEPS[2])
        seen = looked_at()
    first_look = overview(images.images, images.labels, len(images.classes), seen, sizes_hw)
    on_step(STEPS[3])
    doubted, probabilities = suspects(seen.features, images.labels, len(images.classes), groups, seed, workers)
    return Audit(
        origin=images.origin,
        names=images.names,
        labels=images.labels,
        classes=images.classes,
        problems=tuple(problems),
        copies=copies,
        overlaps=overlaps,
        groups=groups,
        conflicts=conflicts(copies.groups, images.labels),
        suspects=doubted,
        probabilities=probabilities,
        overview=first_look,
    )


def _check(images: LabelledImages, digests: Sequence[bytes] | None, sizes_hw: Sequence[tuple[int, int]] | None) -> None:
    if len(images) == 0:
        raise DataError(
            "{origin} holds no images; there is nothing to check. Give a folder with images.", origin=images.origin
        )
    for what, given in ((N_("digests"), digests), (N_("sizes"), sizes_hw)):
        if given is not None and len(given) != len(images):
            raise DataError(
                "{origin}: {got} {what} for {images} images; wanted one for each.",
                origin=images.origin,
                got=len(given),
                what=what,
                images=len(images),
            )
