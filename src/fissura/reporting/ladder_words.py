"""The ladder of honesty told to a student: what leaks, what the next number says, what another surface shows.

Never more than the numbers say: a difference is called one where its interval does not hold 0, and no cause is named
that nothing shows.
"""

from __future__ import annotations

import math

from fissura.judgement import Judgement
from fissura.language import Language
from fissura.metrics import Measure, Share, difference
from fissura.reporting.cells import area, images, with_interval
from fissura.reporting.crack_results import Ladder, Rung
from fissura.reporting.photograph_words import left_out_line
from fissura.reporting.phrases import points, rung_title


def ladder_words(ladder: Ladder, language: Language) -> list[str]:
    """A paragraph for each rung, for a student: what leaks, what the next number says, what another surface shows."""
    random, grouped = ladder.random, ladder.grouped
    paragraphs = []
    for number, rung in enumerate(ladder.rungs, start=1):
        if rung is random:
            said = [_scored(rung, language), *twin_words(rung, language)]
        elif rung is grouped:
            said = [_scored(rung, language), _kept_apart(rung, language)]
            said += [_difference(random, rung, language), dropped_words(random, rung, language)] if random else []
        else:
            said = [elsewhere_words(rung, grouped, language)]
        paragraphs.append(f"{number}. " + " ".join(said))
    paragraphs.append(
        language.say(
            "The network and the recipe are the same on every rung; what changes is the question. A score is worth "
            "what its question is worth, so it is quoted together with the images that it was measured on."
        )
    )
    return paragraphs


def both_classes(judged: Judgement) -> bool:
    """Whether there is something of each class to judge on."""
    return judged.here.recall.n > 0 and judged.here.specificity.n > 0


def twin_words(rung: Rung, language: Language) -> list[str]:
    """What leaks on the random split."""
    if rung.leaks is None:
        return []
    if rung.leaks.in_either == 0:
        return [
            language.say(
                "Drawn at random, no test image happens to have a known twin in training or validation, so nothing is "
                "given away here."
            )
        ]
    return [
        language.count(
            "Drawn at random, {n} of {all} test images ({share}) has a twin in training or validation: a copy, a "
            "mirror image or a view of the same place. About this one the network is asked what it has been told.",
            "Drawn at random, {n} of {all} test images ({share}) have a twin in training or validation: a copy, a "
            "mirror image or a view of the same place. About these the network is asked what it has been told, so the "
            "number mixes recognising cracks with remembering images.",
            rung.leaks.in_either,
            all=language.number(rung.leaks.n),
            share=language.share(rung.leaks.in_either / max(1, rung.leaks.n), 1),
        )
    ]


def elsewhere_words(rung: Rung, grouped: Rung, language: Language, whole: bool = True) -> str:
    """What photographs from elsewhere show of the network of the grouped split; not ``whole``: without the mistakes."""
    judged, here = rung.judgement, rung.judgement.here
    if not both_classes(judged):
        share = here.recall if here.recall.n else here.specificity
        return language.say(
            "{name}: {images} of a single class; rightly classified: {share}.",
            name=rung.name,
            images=images(len(judged.images), language),
            share=with_interval(share, language),
        )
    said = {
        "name": rung.name,
        "images": images(len(judged.images), language),
        "accuracy": with_interval(here.balanced_accuracy, language),
        "auc": area(judged.auc, language),
    }
    sentences = [
        language.say(
            "{name}: {images} from elsewhere, none identical to one of those that were split; balanced accuracy "
            "{accuracy}, AUC {auc}.",
            **said,
        ),
        *_fall(here.balanced_accuracy, grouped.judgement.here.balanced_accuracy, language),
    ]
    if whole:
        sentences += [_order(judged.auc, language), *_which_mistakes(judged, language)]
    if whole and rung.left_out:
        sentences.append(left_out_line(rung.left_out, language))
    return " ".join(sentences)


def dropped_words(random: Rung, grouped: Rung, language: Language) -> str:
    """Whether the number of the grouped split is lower than that of the random one, and whether that can be told."""
    drop = difference(grouped.judgement.here.accuracy, random.judgement.here.accuracy)
    ends = _ends(drop, language)
    if _holds_0(drop):
        return language.say(
            "The 95 % interval of this difference, {low} to {high} points, holds 0, so these numbers cannot tell "
            "whether the random split flatters. That does not make it right: only the grouped split asks about new "
            "images.",
            **ends,
        )
    if drop.value > 0:
        return language.say(
            "The 95 % interval of this difference, {low} to {high} points, does not hold 0, and the grouped split has "
            "the higher number: the two splits test on other images and train two networks, and that outweighs what "
            "the twins give away.",
            **ends,
        )
    if random.leaks is not None and random.leaks.in_either > 0:
        return language.say(
            "The 95 % interval of this difference, {low} to {high} points, does not hold 0: the drop is more than the "
            "chance of drawing the test images explains, and the twins are the likeliest reason. What the random split "
            "promised was partly memory.",
            **ends,
        )
    return language.say(
        "The 95 % interval of this difference, {low} to {high} points, does not hold 0, but no twins were given away: "
        "the training or the draw of the split made the difference.",
        **ends,
    )


def _holds_0(found: Measure) -> bool:
    return found.low <= 0 <= found.high


def _ends(found: Measure, language: Language, decimals: int = 2) -> dict[str, str]:
    """Both ends, with as many decimals as it takes to see on which side of 0 they lie."""
    ends = {"low": found.low, "high": found.high}
    return {name: points(end, language, _decimals(end, decimals)) for name, end in ends.items()}


def _decimals(end: float, least: int) -> int:
    return next((some for some in range(least, 7) if round(100 * end, some) != 0), least)


def _difference(random: Rung, grouped: Rung, language: Language) -> str:
    first, second = random.judgement.here.accuracy, grouped.judgement.here.accuracy
    return language.say(
        "That is {difference} points from the random split.", difference=points(second.value - first.value, language)
    )


def _scored(rung: Rung, language: Language) -> str:
    return language.say(
        "{rung}: accuracy {accuracy} on {n} test images.",
        rung=rung_title(rung.name, language),
        accuracy=with_interval(rung.judgement.here.accuracy, language),
        n=language.number(len(rung.judgement.images)),
    )


def _kept_apart(rung: Rung, language: Language) -> str:
    if rung.leaks is not None and rung.leaks.in_either:
        return language.count(
            "Still {n} of {all} test images has a twin in training or validation.",
            "Still {n} of {all} test images have a twin in training or validation.",
            rung.leaks.in_either,
            all=language.number(rung.leaks.n),
        )
    return language.say("Twins stay together, so no test image has a known twin among those learned from.")


def _fall(there: Measure, here: Measure, language: Language) -> list[str]:
    """How the balanced accuracy elsewhere compares with that on the grouped split."""
    fall = difference(there, here)
    if math.isnan(fall.low) or math.isnan(fall.high):
        return []
    said = {"difference": points(fall.value, language, 1), **_ends(fall, language, 1)}
    if _holds_0(fall):
        return [
            language.say(
                "That is {difference} points from the grouped split; the 95 % interval of the difference, {low} to "
                "{high}, holds 0, so these images do not show whether anything is lost.",
                **said,
            )
        ]
    if fall.value < 0:
        return [
            language.say(
                "That is {difference} points from the grouped split (95 % interval {low} to {high}), more than the "
                "chance of drawing images explains: what was learned there holds here only in part.",
                **said,
            )
        ]
    return [
        language.say(
            "That is {difference} points from the grouped split (95 % interval {low} to {high}): these images are the "
            "easier ones for it.",
            **said,
        )
    ]


def _order(auc: Measure, language: Language) -> str:
    """What the AUC says, whatever the threshold."""
    if math.isnan(auc.low):
        return language.say(
            "The AUC has no interval: a class of which there is but one image or group does not show how others would "
            "differ."
        )
    if auc.low <= 0.5 <= auc.high:
        return language.say("An AUC of 0.5 is guessing, and its interval holds 0.5: it cannot be told from guessing.")
    if auc.high < 0.5:
        return language.say(
            "An AUC below 0.5 is worse than guessing: what it takes for a sign means the contrary here."
        )
    return language.say(
        "Whatever the threshold: of two images, one of each class, it scores the right one higher in {share} of the "
        "cases.",
        share=language.share(auc.value, 1),
    )


def _which_mistakes(judged: Judgement, language: Language) -> list[str]:
    """Which of the two mistakes prevails, where that can be told."""
    here = judged.here
    said = {
        "missed": with_interval(here.miss_rate, language),
        "alarms": with_interval(here.false_alarm_rate, language),
    }
    sentences = [language.say("At threshold 0.5: missed {missed}, false alarms {alarms}.", **said)]
    if _apart(here.specificity, here.recall):
        sentences.append(
            language.say(
                "So it sees too much here. A higher threshold would trade alarms for misses, but it takes labelled "
                "images from here to choose one."
            )
        )
    elif _apart(here.recall, here.specificity):
        sentences.append(
            language.say(
                "So it sees too little here. A lower threshold would trade misses for alarms, but it takes labelled "
                "images from here to choose one."
            )
        )
    return sentences


def _apart(lower: Share, higher: Share) -> bool:
    """Whether the intervals lie apart: a wall moves both shares, which a difference of independent ones forgets."""
    return lower.high < higher.low
