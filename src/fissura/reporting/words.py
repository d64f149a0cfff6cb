"""What the numbers say, in sentences: never more than they do, and in the reader's language.

Three rules. "Not significant" is never called "equal". A test between two trained networks speaks of these two, not of
their recipes. A number that can be left out where it says nothing (one seed's standard deviation) is left out.
"""

from __future__ import annotations

import math
from itertools import combinations, pairwise

from fissura.classifier import Classifier
from fissura.data.labelled import TrainTest
from fissura.data.mnist import OFFICIAL_ORIGIN
from fissura.evaluation import Evaluation
from fissura.language import N_, Language
from fissura.layers import LayerRow
from fissura.reporting.results import Contender, Duel, LabResult, RunResult

TITLES = {
    "multinomial": N_("Multinomial regression"),
    "cnn1": "CNN 1",
    "cnn2": "CNN 2",
    "cnn3": "CNN 3",
    "cnn3-strided": N_("CNN 3, strided"),
}


def network_title(name: str, language: Language) -> str:
    """The network as the course calls it; its own name where the course does not know it."""
    return language.say(TITLES[name]) if name in TITLES else name


def p_value(p: float, language: Language) -> str:
    """``p = 0.032``, with two digits that count; below a thousandth ``p < 0.001``."""
    if p < 0.001:
        return f"p\N{NO-BREAK SPACE}<\N{NO-BREAK SPACE}{language.number(0.001, 3)}"
    return f"p\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}{language.number(p, 3 if p < 0.1 else 2)}"


def duration(seconds: float, language: Language) -> str:
    """A length of time; a dash where it is not known."""
    return "–" if math.isnan(seconds) else language.seconds(seconds)


def points(difference: float, language: Language, decimals: int = 2) -> str:
    """A difference of shares in [-1, 1] as percentage points with its sign: +0.86."""
    written = language.number(abs(100 * difference), decimals)
    if not any(digit in written for digit in "123456789"):
        return written
    return ("+" if difference > 0 else "\N{MINUS SIGN}") + written


def mean_and_deviation(mean: float, std: float, language: Language) -> str:
    """``96.42 ± 0.15 %`` of two shares; the mean alone where there is no deviation."""
    if math.isnan(std):
        return language.percent(mean)
    return f"{language.number(100 * mean, 2)}\N{NO-BREAK SPACE}±\N{NO-BREAK SPACE}{language.percent(std)}"


def layer_words(row: LayerRow, language: Language) -> str:
    """What a layer is and does: ``2-D convolution, 32 filters 3 x 3, ReLU``."""
    return ", ".join(language.say(each.template, **each.values) for each in row.specification)


def conclusion(lab: LabResult, language: Language) -> list[str]:
    """The paragraphs that answer "which network, at what price, and is the difference real?"."""
    paragraphs = []
    if lab.data.embedded:
        paragraphs.append(not_mnist(lab.data, lab.contenders[-1].first, language))
    contenders = lab.contenders
    duel_of = dict(zip(combinations(range(len(contenders)), 2), lab.duels, strict=True))
    for i, j in pairwise(range(len(contenders))):
        paragraphs.append(_pair(contenders[i], contenders[j], duel_of[i, j], len(duel_of), language))
    remembered = [_gap(each, language) for each in contenders if _learned_from(each.first.classifier, lab.data)]
    paragraphs += [" ".join(remembered)] if remembered else []
    paragraphs.append(_seeds(contenders, language))
    return paragraphs


def key_sentence(lab: LabResult, language: Language) -> str:
    """The conclusion in one sentence: who makes the fewest errors, and from whom the test images can tell it apart."""
    contenders = lab.contenders
    errors = [contender.first.test.errors for contender in contenders]
    best = errors.index(min(errors))
    said = {
        "best": network_title(contenders[best].name, language),
        "errors": language.number(errors[best]),
        "n": language.number(len(lab.data.test)),
    }
    if len(contenders) == 1:
        return language.say("Errors of {best} on the {n} test images: {errors}.", **said)
    unsure = [
        network_title(contenders[i + j - best].name, language)
        for (i, j), duel in zip(combinations(range(len(contenders)), 2), lab.duels, strict=True)
        if best in (i, j) and not duel.real
    ]
    if not unsure:
        return language.say(
            "{best} makes the fewest errors on the {n} test images ({errors}), and these images tell it apart from "
            "every other network here.",
            **said,
        )
    return language.say(
        "No other network here makes fewer errors on the {n} test images than {best} ({errors}); but these images "
        "cannot tell it apart from: {others}.",
        **said,
        others=", ".join(unsure),
    )


def not_mnist(data: TrainTest, run: RunResult, language: Language) -> str:
    """The warning that goes with every number on the embedded digits; ``run`` is to show how wide an interval is."""
    share = run.test.accuracy
    return language.say(
        "NOT MNIST: these are the {train} training and {test} test digits that come with the package. No number here "
        "may be quoted as a result on MNIST. With so few test images intervals are wide: that of {network} spans "
        "{width} percentage points.",
        train=language.number(len(data.train)),
        test=language.number(len(data.test)),
        network=network_title(run.name, language),
        width=language.number(100 * (share.high - share.low), 1),
    )


def doubts(classifier: Classifier, data: TrainTest, language: Language) -> list[str]:
    """What must be known before an accuracy on ``data`` is believed: whether these are the images it learned from."""
    if classifier.provenance.data.get("fingerprint") == data.test.fingerprint:
        return [
            language.say("This classifier learned from these very test images: its accuracy on them is worth nothing.")
        ]
    if not _learned_from(classifier, data):
        return [
            language.say(
                "This classifier was trained on other images than these training images ({origin}), or on a part of "
                "them: its accuracy on them does not tell how well it remembers what it learned from.",
                origin=data.train.origin,
            )
        ]
    return []


def _learned_from(classifier: Classifier, data: TrainTest) -> bool:
    """Whether these are the training images it learned from, as far as its file tells."""
    return bool(classifier.provenance.data.get("fingerprint", data.train.fingerprint) == data.train.fingerprint)


def what_an_accuracy_is_worth(evaluation: Evaluation, language: Language, embedded: bool = False) -> str:
    """A plain paragraph: what the interval covers, how the split was made, and what may leak through it.

    ``embedded`` says that the images are those that come with the package.
    """
    share = evaluation.accuracy
    said = [
        language.say(
            "Of {n} images, {count} are rightly classified: an accuracy of {value}. Had other images of the same kind "
            "been drawn, it would be a little different; the 95 % interval, {interval} (Wilson), covers that chance "
            "and no other. It says nothing about images of another kind: another pen, scanner or country.",
            n=language.number(share.n),
            count=language.number(share.count),
            value=language.percent(share.value),
            interval=language.interval(share.low, share.high),
        )
    ]
    if evaluation.images.split == "train":
        said.append(
            language.say(
                "And these are the images that the network learned from: the number tells how well it remembers them, "
                "not what it is worth on new ones."
            )
        )
    elif evaluation.images.split == "validation":
        said.append(
            language.say(
                "These images were held out of the training images, so the same hands and cameras made both, and they "
                "are there to choose by: what was chosen on them is flattered by them. The test images are kept for "
                "the end."
            )
        )
    elif embedded:
        said.append(
            language.say(
                "The digits that come with the package are 14 filled-in forms, one after the other; the last three are "
                "the test images, so that a hand is not on both sides. But 13 people filled in 14 forms, so one of "
                "them may be. The digits were 8 x 8 pixels and are enlarged: they are not MNIST."
            )
        )
    elif evaluation.images.origin == OFFICIAL_ORIGIN:
        said.append(
            language.say(
                "The test digits of MNIST were written by other people than its training digits, so no handwriting is "
                "on both sides. But for 25 years the whole world has chosen its methods by looking at these test "
                "images: a method that is known to work on them may be a little flattered."
            )
        )
    else:
        said.append(
            language.say(
                "How the images were parted decides what the number is worth: where training and test images show the "
                "same object, writer or wall, it flatters. For these files ({origin}) that is not known here.",
                origin=evaluation.images.origin,
            )
        )
    return " ".join(said)


def _pair(first: Contender, second: Contender, duel: Duel, comparisons: int, language: Language) -> str:
    """The paragraph on two neighbours of the lab: price, errors, and whether the difference is real."""
    names = {"first": network_title(first.name, language), "second": network_title(second.name, language)}
    return " ".join(
        [
            *_price(first, second, names, language),
            _errors(first, second, names, language),
            *_difference(duel, comparisons, names, language),
        ]
    )


def _price(first: Contender, second: Contender, names: dict[str, str], language: Language) -> list[str]:
    a, b = first.first.table, second.first.table
    parameters = {**names, "a": language.number(a.parameters), "b": language.number(b.parameters)}
    work = {"a": language.number(a.multiply_adds), "b": language.number(b.multiply_adds)}
    said = []
    if a.parameters == b.parameters:
        said.append(language.say("Parameters: {b} in both.", **parameters))
    else:
        said.append(
            language.say(
                "Parameters: {b} in {second} against {a} in {first}, {times} times as many.",
                **parameters,
                times=_times(a.parameters, b.parameters, language),
            )
        )
    if a.multiply_adds == b.multiply_adds:
        said.append(language.say("Multiply-adds for one image: {b} in both.", **work))
    else:
        said.append(
            language.say(
                "Multiply-adds for one image: {b} against {a}, {times} times as many.",
                **work,
                times=_times(a.multiply_adds, b.multiply_adds, language),
            )
        )
    return said


def _times(a: int, b: int, language: Language) -> str:
    ratio = b / max(a, 1)
    return language.number(ratio, 0 if ratio >= 100 else 1 if ratio >= 2 else 2)


def _errors(first: Contender, second: Contender, names: dict[str, str], language: Language) -> str:
    a, b, n = first.first.test.errors, second.first.test.errors, len(first.first.test.images)
    said = {**names, "a": language.number(a), "b": language.number(b), "n": language.number(n)}
    if a == b == 0:
        return language.say(
            "Neither makes an error on the {n} test images: they are too easy, or too few, to tell a difference.",
            **said,
        )
    if a == b:
        return language.say("Errors on the {n} test images: {a} with {first} and {b} with {second}.", **said)
    said["change"] = language.number(abs(a - b))
    if a == 0:
        return language.say(
            "Errors on the {n} test images: {a} with {first}, {b} with {second}; that is {change} more.", **said
        )
    said["share"] = language.percent(abs(a - b) / a, 0)
    if b < a:
        return language.say(
            "Errors on the {n} test images: {a} with {first}, {b} with {second}; that is {change} fewer ({share} "
            "fewer).",
            **said,
        )
    return language.say(
        "Errors on the {n} test images: {a} with {first}, {b} with {second}; that is {change} more ({share} more).",
        **said,
    )


def _difference(duel: Duel, comparisons: int, names: dict[str, str], language: Language) -> list[str]:
    said = {
        **names,
        "p": p_value(duel.p_adjusted, language),
        "low": points(duel.paired.low, language),
        "high": points(duel.paired.high, language),
    }
    interval = language.say(
        "Difference of accuracy ({second} minus {first}): between {low} and {high} percentage points (95 % interval).",
        **said,
    )
    if duel.real and duel.paired.difference > 0:
        real = language.say("{second} is really the better of these two trained networks (McNemar, {p}).", **said)
        return [real, interval]
    if duel.real:
        worse = language.say("{second} is really the worse of these two trained networks (McNemar, {p}).", **said)
        return [worse, interval]
    sentences = [language.say("The test images cannot tell them apart (McNemar, {p}).", **said), interval]
    if duel.paired.low > 0 or duel.paired.high < 0:
        sentences.append(
            language.say(
                "That interval, taken alone, leaves out 0; but {m} comparisons were made at once, and for so many the "
                "evidence is not enough.",
                m=language.number(comparisons),
            )
        )
    sentences.append(language.say("This does not show that they are worth the same."))
    return sentences


def _gap(contender: Contender, language: Language) -> str:
    train, test = contender.first.train.accuracy, contender.first.test.accuracy
    said = {
        "name": network_title(contender.name, language),
        "train": language.percent(train.value),
        "test": language.percent(test.value),
        "gap": points(train.value - test.value, language),
    }
    if train.value > test.high:
        return language.say(
            "{name}: {train} on the training images and {test} on the test images ({gap} points), more than the chance "
            "of drawing the test images explains: it knows the images it learned from better than new ones.",
            **said,
        )
    if train.value < test.low:
        return language.say(
            "{name}: {train} on the training images and {test} on the test images ({gap} points): the test images are "
            "the easier ones for it.",
            **said,
        )
    return language.say(
        "{name}: {train} on the training images and {test} on the test images ({gap} points), within the interval of "
        "the test accuracy: no sign here that it learned its images by heart.",
        **said,
    )


def _seeds(contenders: tuple[Contender, ...], language: Language) -> str:
    """What one training, or several, allow to say about the recipe."""
    counts = [len(contender.runs) for contender in contenders]
    first = {contender.first.classifier.provenance.recipe.get("seed", "?") for contender in contenders}
    seeds = ", ".join(sorted(map(str, first)))
    if max(counts) == 1:
        return language.say(
            "Each network was trained once, with seed {seed}. A single training says nothing about another seed, and "
            "McNemar's test compares these trained networks, not the recipes that made them.",
            seed=seeds,
        )
    means = "; ".join(
        language.say(
            "{name} {mean}",
            name=network_title(contender.name, language),
            mean=mean_and_deviation(contender.test_spread.mean, contender.test_spread.std, language),
        )
        for contender in contenders
    )
    return language.say(
        "Over {k} seeds (mean and standard deviation of the test accuracy): {means}. The deviation is that of one "
        "training; it tells what another seed would change. McNemar's test compares the networks of the first seed "
        "({seed}), not the recipes that made them.",
        k=language.number(max(counts)),
        means=means,
        seed=seeds,
    )
