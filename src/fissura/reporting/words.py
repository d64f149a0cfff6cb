"""What the numbers of the lab's first part say, in sentences: never more than they do, and in the reader's language.

Three rules. "Not significant" is never called "equal". A test between two trained networks speaks of these two, not of
their recipes. A number that can be left out where it says nothing (one seed's standard deviation) is left out.
"""

from __future__ import annotations

from itertools import combinations, pairwise

from fissura.data.photographs import SYNTHETIC
from fissura.language import Language
from fissura.reporting.phrases import (
    TITLES,
    mean_and_deviation,
    network_in_a_sentence,
    network_title,
    p_value,
    points,
)
from fissura.reporting.results import Contender, Duel, LabResult
from fissura.reporting.worth import learned_from, not_mnist


def conclusion(lab: LabResult, language: Language) -> list[str]:
    """The paragraphs that answer "which network, at what price, and is the difference real?"."""
    paragraphs = []
    if lab.data.embedded and lab.data.source != SYNTHETIC:  # drawn photographs have their own announcement
        last = lab.contenders[-1].first
        paragraphs.append(not_mnist(lab.data, last.test.accuracy, network_in_a_sentence(last.name, language), language))
    contenders = lab.contenders
    duel_of = dict(zip(combinations(range(len(contenders)), 2), lab.duels, strict=True))
    for i, j in pairwise(range(len(contenders))):
        paragraphs.append(_pair(contenders[i], contenders[j], duel_of[i, j], len(duel_of), language))
    firsts = [(each, each.first) for each in contenders]
    remembered = [_gap(each, language) for each, run in firsts if learned_from(run.classifier, run.train.images)]
    paragraphs += [" ".join(remembered)] if remembered else []
    paragraphs.append(_seeds(contenders, language))
    return paragraphs


def key_sentence(lab: LabResult, language: Language) -> str:
    """The conclusion in one sentence: who makes the fewest errors, and from whom the test images can tell it apart."""
    contenders = lab.contenders
    errors = [contender.first.test.errors for contender in contenders]
    best = errors.index(min(errors))
    said = {
        "best": network_in_a_sentence(contenders[best].name, language),
        "errors": language.number(errors[best]),
        "n": language.number(len(lab.data.test)),
    }
    if len(contenders) == 1:
        return language.say("Errors of {best} on the {n} test images: {errors}.", **said)
    unsure = [
        network_in_a_sentence(contenders[i + j - best].name, language)
        for (i, j), duel in zip(combinations(range(len(contenders)), 2), lab.duels, strict=True)
        if best in (i, j) and not duel.real
    ]
    if not unsure:
        return _begun(
            language.say(
                "{best} makes the fewest errors on the {n} test images ({errors}), and these images tell it apart from "
                "every other network here.",
                **said,
            ),
            contenders[best].name,
        )
    return language.say(
        "No other network here makes fewer errors on the {n} test images than {best} ({errors}); but these images "
        "cannot tell it apart from: {others}.",
        **said,
        others=", ".join(unsure),
    )


def _pair(first: Contender, second: Contender, duel: Duel, comparisons: int, language: Language) -> str:
    """The paragraph on two neighbours of the lab: price, errors, and whether the difference is real."""
    names = {
        "first": network_in_a_sentence(first.name, language),
        "second": network_in_a_sentence(second.name, language),
    }
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
    said["share"] = language.share(abs(a - b) / a, 0)
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
        return [_begun(real, duel.second), interval]
    if duel.real:
        worse = language.say("{second} is really the worse of these two trained networks (McNemar, {p}).", **said)
        return [_begun(worse, duel.second), interval]
    sentences = [language.say("The test images cannot tell them apart (McNemar, {p}).", **said), interval]
    if duel.paired.low > 0 or duel.paired.high < 0:
        sentences.append(
            language.count(
                "That interval, an approximation, leaves out 0; but the exact test does not find the evidence enough.",
                "That interval, taken alone, leaves out 0; but {n} comparisons were made at once, and for so many the "
                "evidence is not enough.",
                comparisons,
            )
        )
    sentences.append(language.say("This does not show that they are worth the same."))
    return sentences


def _begun(sentence: str, first: str) -> str:
    """With a capital, where the name of the network ``first`` begins it; a path keeps its letters."""
    return sentence[:1].upper() + sentence[1:] if first in TITLES else sentence


def _gap(contender: Contender, language: Language) -> str:
    train, test = contender.first.train.accuracy, contender.first.test.accuracy
    said = {
        "name": network_title(contender.name, language),
        "train": language.share(train.value),
        "test": language.share(test.value),
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
    seeds = ", ".join(sorted(map(str, first), key=lambda seed: (len(seed), seed)))
    if max(counts) == 1 and len(first) > 1:
        return language.say(
            "Each network was trained once, with a seed of its own ({seeds}). A single training says nothing about "
            "another seed, and McNemar's test compares these trained networks, not the recipes that made them.",
            seeds=seeds,
        )
    if max(counts) == 1:
        return language.say(
            "Each network was trained once, with seed {seed}. A single training says nothing about another seed, and "
            "McNemar's test compares these trained networks, not the recipes that made them.",
            seed=seeds,
        )
    means = language.semicolon.join(
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
