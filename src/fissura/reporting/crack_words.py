"""What the lab's second part comes to, in sentences: its audit, its costs, its conclusion.

Never more than the numbers say: what one training shows is one training's.
"""

from __future__ import annotations

import numpy as np

from fissura.classifier import Classifier
from fissura.data.audit import Audit, has_twin
from fissura.language import N_, Language
from fissura.metrics import share_of
from fissura.reporting.cells import duration, images, with_interval
from fissura.reporting.crack_results import GROUPED, RANDOM, CrackLabResult, Rung
from fissura.reporting.judgement_words import counted_words, wish_words
from fissura.reporting.ladder_words import (
    both_classes,
    dropped_words,
    elsewhere_words,
)
from fissura.reporting.phrases import network_title, points
from fissura.reporting.results import RunResult


def crack_conclusion(result: CrackLabResult, language: Language) -> list[str]:
    """The paragraphs that answer what the network is, what it gets right, and what that is worth."""
    run, ladder = result.run, result.ladder
    paragraphs = [not_photographs(len(result.photographs.images), language)] if result.photographs.embedded else []
    paragraphs.append(cost_words(run, language))
    if run.decided is not None:
        paragraphs.append(counted_words(run.decided.test, language))
    random = ladder.random
    if random is not None:
        paragraphs.append(_compared(random, ladder.grouped, language))
    paragraphs += [elsewhere_words(rung, ladder.grouped, language, whole=False) for rung in ladder.further]
    if run.decided is not None and run.decided.chosen is not None:
        paragraphs += wish_words(run.decided, language)
    shots = result.photographs
    paragraphs.append(worth_words(run.classifier, language, shots.embedded, shots.grouped_by_file))
    return paragraphs


def key_words(result: CrackLabResult, language: Language) -> str:
    """The conclusion in one or two sentences."""
    rung = result.ladder.grouped
    grouped = rung.judgement
    counts = {
        "images": images(len(grouped.images), language),
        "errors": language.number(grouped.here.accuracy.n - grouped.here.accuracy.count),
        "accuracy": with_interval(grouped.here.accuracy, language),
    }
    if rung.leaks is not None and rung.leaks.in_either:
        sentence = N_(
            "Wrongly classified on the test part of the grouped split: {errors} of {images}, an accuracy of {accuracy}."
        )
    else:
        sentence = N_(
            "Wrongly classified on test images of which none has a known twin (a copy, a mirror image or an "
            "overlapping view) elsewhere: {errors} of {images}, an accuracy of {accuracy}."
        )
    said = [language.say(sentence, **counts)]
    for rung in result.ladder.further:
        if both_classes(rung.judgement):
            said.append(
                language.say(
                    "On other photographs, {name}, the same network has a balanced accuracy of {accuracy}.",
                    name=rung.name,
                    accuracy=with_interval(rung.judgement.here.balanced_accuracy, language),
                )
            )
    return " ".join(said)


def not_photographs(images: int, language: Language) -> str:
    """The warning that goes with every number on drawn images."""
    return language.say(
        "NOT PHOTOGRAPHS: these are {n} drawn images that stand in for photographs. The numbers show how the lab "
        "works; none of them says anything about a real wall.",
        n=language.number(images),
    )


def audit_words(result: CrackLabResult, language: Language) -> list[str]:
    """How many of the images are really different, and what that does to a split."""
    photographs, audit = result.photographs, result.audit
    if audit is None:
        return [language.say("Each image was drawn anew, so there are no copies to look for.")]
    said = [_distinct(audit, language), *_grouped(audit, language)]
    random = result.ladder.random
    if random is not None and random.leaks is not None:
        kept = photographs.parted(GROUPED).leaks
        said.append(
            language.say(
                "Test images with a twin (copy, mirror image or overlapping view) in training or validation: {random} "
                "of {n} with the random split, {grouped} of {m} with the grouped one.",
                random=language.number(random.leaks.in_either),
                n=language.number(random.leaks.n),
                grouped=language.number(kept.in_either),
                m=language.number(kept.n),
            )
        )
    return said


def _distinct(audit: Audit, language: Language) -> str:
    """How many of the images are copies of another one."""
    n, distinct = len(audit.names), audit.copies.distinct
    if distinct == n:
        return language.say(
            "No copies were found: {images}, no two of which are the same, saved again, mirrored or turned.",
            images=images(n, language),
        )
    return language.say(
        "Copies of another image, also saved again, mirrored or turned: {copies} of {images}. Distinct images: "
        "{distinct}.",
        copies=language.number(n - distinct),
        images=images(n, language),
        distinct=language.number(distinct),
    )


def _grouped(audit: Audit, language: Language) -> list[str]:
    """How many groups copies and overlapping views make; nothing where no views overlap."""
    groups = int(audit.groups.max()) + 1
    if groups >= audit.copies.distinct:
        return []
    return [
        language.count(
            "Images that show overlapping views of the same place are not independent either; together with the "
            "copies they make a single group.",
            "Images that show overlapping views of the same place are not independent either; together with the "
            "copies they make {n} groups.",
            groups,
        )
    ]


def cost_words(run: RunResult, language: Language) -> str:
    """What the network costs, and which of its epochs was kept."""
    recipe, best = run.classifier.provenance.recipe, run.history.best_epoch
    said = [
        language.say(
            "{network}: {parameters} parameters, {multiply_adds} multiply-adds for one image of {height} x {width} "
            "pixels, trained in {time}.",
            network=network_title(run.name, language),
            parameters=language.number(run.table.parameters),
            multiply_adds=language.number(run.table.multiply_adds),
            height=run.classifier.preprocessing.size_hw[0],
            width=run.classifier.preprocessing.size_hw[1],
            time=duration(run.timing.seconds, language),
        )
    ]
    epochs = len(run.history.losses)
    if best is not None and recipe.get("keep") == "best" and epochs > 1:
        said.append(
            language.say(
                "Of {epochs} epochs, the weights of epoch {best} are kept: it has the lowest validation loss.",
                epochs=epochs,
                best=best,
            )
        )
    return " ".join(said)


def worth_words(
    classifier: Classifier, language: Language, embedded: bool = False, grouped_by_file: bool = False
) -> str:
    """What an accuracy on photographs does not cover; ``grouped_by_file``: a split's file names groups of them."""
    seed = classifier.provenance.recipe.get("seed", "?")
    said = [
        language.say(
            "What this accuracy is worth: it holds for images of the same kind, taken and cut in the same way. The "
            "interval covers the chance of drawing the test images; it covers neither another wall, camera or light "
            "nor another training (this is one, with seed {seed}).",
            seed=seed,
        )
    ]
    if grouped_by_file:
        said.append(
            language.say(
                "Which images belong together is what the file of the split says, beside the copies that were found; "
                "where it does not go by photographs, neighbours that do not overlap may lie on both sides even of the "
                "grouped split."
            )
        )
    elif not embedded:
        said.append(
            language.say(
                "Which photograph an image was cut from is not known: neighbours that do not overlap may lie on both "
                "sides even of the grouped split."
            )
        )
    return " ".join(said)


def memory_words(result: CrackLabResult, language: Language) -> str:
    """On the random split: how the images with a twin in another part fare beside those without one."""
    random, groups = result.ladder.random, result.photographs.images.groups
    if random is None or groups is None:
        return ""
    parts = result.photographs.parted(RANDOM).parts
    twins = has_twin(groups, parts.test, np.concatenate([parts.train, parts.validation]))
    judged = random.judgement
    right = judged.called == judged.positive
    if not twins.any() or twins.all() or len(twins) != len(right):
        return ""
    of_test = groups[parts.test]
    return language.say(
        "On the random split, of the test images with a twin {with_twin} are rightly classified, of those without "
        "{without}. The two kinds may differ in more than that, so this alone proves nothing.",
        with_twin=with_interval(share_of(right[twins], of_test[twins]), language),
        without=with_interval(share_of(right[~twins], of_test[~twins]), language),
    )


def _compared(random: Rung, grouped: Rung, language: Language) -> str:
    """The first two rungs in one breath."""
    first, second = random.judgement.here.accuracy, grouped.judgement.here.accuracy
    leaks = 0 if random.leaks is None else random.leaks.in_either
    numbers = language.say(
        "Accuracy on the random split, where {count} of {n} test images have a twin in another part, {first}; on the "
        "grouped split {second}: {difference} points.",
        count=language.number(leaks),
        n=language.number(len(random.judgement.images)),
        first=with_interval(first, language),
        second=with_interval(second, language),
        difference=points(second.value - first.value, language),
    )
    return f"{numbers} {dropped_words(random, grouped, language)}"
