"""What is said of a folder of photographs before anything is trained on it: files left out, its split, twins in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from fissura.data.folder import LeftOut
from fissura.data.labelled import TrainTest
from fissura.data.photographs import SIZE_PX, Photographs
from fissura.data.splits import leaks_of
from fissura.language import Language
from fissura.reporting.cells import images
from fissura.tiling import LARGEST, windows

if TYPE_CHECKING:
    from fissura.training import Recipe

FEW_STEPS = 100
"""With fewer the network for photographs hardly learns: on 120 patches of METU 62 % are right after 9 steps, 94 % after
20, 97 % after 80; on 240 patches 96.5 % after 27 and 97.8 % after 120."""

OVERLAPS_SHOW_PX = 104
"""Below it fewer and fewer overlapping views are found: 300 patches of METU are 188 groups at 112 px, 189 at 104, 211
at 90, and 300 at 64."""


def left_out_line(left_out: Sequence[LeftOut], language: Language) -> str:
    """How many files are left out, and why the first of them."""
    return language.say(
        "Files left out: {n}. The first: {reason}",
        n=language.number(len(left_out)),
        reason=language.error(left_out[0].reason),
    )


def drawn_words(photographs: Photographs, language: Language) -> tuple[str, str]:
    """(title, text) of the announcement that drawn images stand in for photographs."""
    text = language.say(
        "These results come from {n} drawn images of cracks: there are no photographs. They show how the lab works; "
        "they say nothing about real walls. Bring photographs with: fissura data get cracks, or name a folder of your "
        "own.",
        n=language.number(len(photographs.images)),
    )
    return language.say("Not photographs: drawn cracks"), text


def photograph_remarks(photographs: Photographs, language: Language) -> list[str]:
    """What to know of a folder before anything is trained: files left out, copies, twins on both sides."""
    said = []
    if photographs.left_out:
        said.append(left_out_line(photographs.left_out, language))
    leaks, sizes = photographs.leaks, photographs.parts.sizes
    said.append(
        language.say(
            "{images}: {train} to train, {validation} to validate, {test} to test ({how} split)",
            images=images(sum(sizes), language),
            train=language.number(sizes[0]),
            validation=language.number(sizes[1]),
            test=language.number(sizes[2]),
            how=language.say(photographs.parts.how),
        )
    )
    return [*said, _flattered(leaks.in_either, leaks.n, language)] if leaks.in_either else said


def grouping_remarks(photographs: Photographs, language: Language) -> list[str]:
    """That a grouped split was drawn on images reduced so far that views of one place are hardly found on them."""
    side = photographs.images.size_hw[0]
    reduced = any(min(size_hw) > side for size_hw in photographs.sizes_hw)
    if photographs.parts.how != "grouped" or side >= OVERLAPS_SHOW_PX or not reduced:
        return []
    return [
        language.say(
            "At {side} px copies are found, but hardly any overlapping views: some may lie on both sides of this "
            "split. Draw it at {usual} px with fissura data split, and name the manifest in training with "
            "--split-file.",
            side=side,
            usual=SIZE_PX,
        )
    ]


def training_remarks(photographs: Photographs, recipe: Recipe, language: Language, slid: bool = False) -> list[str]:
    """What to know before a network is trained: too few steps for it to learn in; of two classes none looked for.

    ``slid``: it is a detector, which reads photographs in windows where they are larger than what it was taught on.
    """
    said, images = [], photographs.images
    if len(images.classes) == 2 and images.positive is None:
        said.append(
            language.say(
                "Neither {first} nor {second} is known as the class that is looked for: no threshold is chosen and no "
                "probability calibrated. Name that class with --positive.",
                first=images.classes[0],
                second=images.classes[1],
            )
        )
    in_an_epoch = recipe.steps_in_epoch(len(photographs.parts.train))
    if in_an_epoch * recipe.epochs < FEW_STEPS:
        said.append(
            language.say(
                "Steps in all: {steps} ({each} in an epoch), few to learn in. With so few training images it takes "
                "more epochs: --epochs {more}.",
                steps=in_an_epoch * recipe.epochs,
                each=in_an_epoch,
                more=-(-FEW_STEPS // in_an_epoch),
            )
        )
    return [*said, *_reduced(photographs, language)] if slid else said


def _reduced(photographs: Photographs, language: Language) -> list[str]:
    """That a detector is taught and judged on photographs reduced further than ``fissura predict`` reduces them."""
    side = photographs.images.size_hw[0]
    in_windows = sum(len(windows(size_hw, side)) > 1 for size_hw in photographs.sizes_hw)
    if not in_windows:
        return []
    return [
        language.say(
            "Photographs larger than {limit} px or longer than 4 : 3: {n} of {all}. fissura predict reads such in "
            "windows at their own resolution; here the detector is taught and judged on them whole, reduced to {side} "
            "px, so that it will do otherwise there. Choose a larger --size, or cut them into squares of up to {limit} "
            "px.",
            limit=round(LARGEST * side),
            n=language.number(in_windows),
            all=language.number(len(photographs.sizes_hw)),
            side=side,
        )
    ]


def leak_words(data: TrainTest, language: Language) -> str:
    """How many test images have a twin in the other parts; empty where none has one, or it is not known."""
    leaks = leaks_of(data)
    return _flattered(leaks.in_either, leaks.n, language) if leaks is not None and leaks.in_either else ""


def _flattered(in_either: int, n: int, language: Language) -> str:
    return language.count(
        "{n} of {test} test images has a twin (a copy, a mirror image or a view of the same place) in training or "
        "validation: the accuracy will flatter. A grouped split keeps twins together.",
        "{n} of {test} test images have a twin (a copy, a mirror image or a view of the same place) in training or "
        "validation: the accuracy will flatter. A grouped split keeps twins together.",
        in_either,
        test=language.number(n),
    )
