"""What a two-class judgement says, in sentences: what was found and missed, the wish, the probabilities."""

from __future__ import annotations

from fissura.decision import Decided
from fissura.judgement import Judgement
from fissura.language import Language
from fissura.metrics import CalibrationError, ChosenThreshold, Share, upper_bound
from fissura.reporting.cells import images, three_digits, with_interval

_TOO_WIDE = 0.2
"""A calibration error that perfect probabilities reach by chance; where it is larger, hardly any would be refuted."""


def counted_words(judgement: Judgement, language: Language) -> str:
    """What is right and wrong at the threshold, in counts."""
    here = judgement.here
    positive, negative = judgement.class_names
    said = [
        language.say(
            "Rightly classified at threshold {threshold}: {right} of {images}, an accuracy of {accuracy}.",
            images=images(here.accuracy.n, language),
            right=language.number(here.accuracy.count),
            threshold=three_digits(judgement.threshold, language),
            accuracy=with_interval(here.accuracy, language),
        )
    ]
    if here.recall.n:
        said.append(
            language.say(
                "Missed: {count} of {images} of {name}, {share}.",
                count=language.number(here.false_negatives),
                images=images(here.recall.n, language),
                name=positive,
                share=with_interval(here.miss_rate, language),
            )
        )
    if here.specificity.n:
        said.append(
            language.say(
                "False alarms: {count} of {images} of {name}, {share}.",
                count=language.number(here.false_positives),
                images=images(here.specificity.n, language),
                name=negative,
                share=with_interval(here.false_alarm_rate, language),
            )
        )
    return " ".join(said)


def interval_words(judgement: Judgement, language: Language) -> str:
    """What the intervals of a judgement cover, and what not."""
    if judgement.groups is not None and judgement.groups < len(judgement.images):
        return language.count(
            "Intervals are of 95 %. They cover the chance of drawing the test images and no other, and take into "
            "account that the {images} are a single group: images that show the same thing stand or fall together.",
            "Intervals are of 95 %. They cover the chance of drawing the test images and no other, and take into "
            "account that the {images} are only {n} groups: images that show the same thing stand or fall together.",
            judgement.groups,
            images=images(len(judgement.images), language),
        )
    return language.say("Intervals are of 95 %. They cover the chance of drawing the test images and no other.")


def wish_words(decided: Decided, language: Language) -> list[str]:
    """What was wished of the threshold, what was found on validation images, what it came to, what can be promised."""
    chosen, wished = decided.chosen, decided.wished
    if chosen is None or wished is None:
        return [
            language.say(
                "No wish was given, so the threshold stays at 0.5, where a miss and a false alarm weigh the same. A "
                "missed crack may cost more: --miss-at-most 1% chooses the threshold for that."
            )
        ]
    return [
        " ".join([_wish(chosen, wished, language), _came_to(chosen, wished, language)]),
        _promise(chosen, language),
    ]


def _wish(chosen: ChosenThreshold, wished: Judgement, language: Language) -> str:
    positive, negative = wished.class_names
    said = {
        "share": _wished_share(chosen, language),
        "name": positive if chosen.wish.kind == "miss" else negative,
        "threshold": three_digits(chosen.seen.threshold, language),
        "missed": language.number(chosen.seen.missed.count),
        "positives": language.number(chosen.seen.missed.n),
        "alarms": language.number(chosen.seen.alarms.count),
        "negatives": language.number(chosen.seen.alarms.n),
    }
    if chosen.wish.kind == "miss":
        return language.say(
            "The wish: to miss at most {share} of the images of {name}. On the validation images the threshold "
            "{threshold} keeps it with the fewest false alarms (missed: {missed} of {positives}; false alarms: "
            "{alarms} of {negatives}).",
            **said,
        )
    return language.say(
        "The wish: a false alarm on at most {share} of the images of {name}. On the validation images the threshold "
        "{threshold} keeps it with the fewest misses (false alarms: {alarms} of {negatives}; missed: {missed} of "
        "{positives}).",
        **said,
    )


def _came_to(chosen: ChosenThreshold, wished: Judgement, language: Language) -> str:
    """Whether the test images keep the wish."""
    miss = chosen.wish.kind == "miss"
    of = wished.here.recall if miss else wished.here.specificity
    if of.n == 0:
        return language.say("The test images hold none of that class, so they cannot tell whether it is kept.")
    count = of.n - of.count
    said = {
        "count": language.number(count),
        "n": language.number(of.n),
        "share": with_interval(of.complement, language),
    }
    if count <= chosen.wish.at_most * of.n + 1e-9:  # as the threshold was chosen; 1 - 297 / 300 is above 0.01
        return language.say("On the test images it comes to {count} of {n}, {share}: the wish is kept there.", **said)
    if of.complement.low <= chosen.wish.at_most:
        return language.say(
            "On the test images it comes to {count} of {n}, {share}: the wish is not kept there, but the interval "
            "reaches down to it, so that may be the chance of drawing these images.",
            **said,
        )
    # exactly, as of few mistakes Wilson's interval ends too high
    if 1 - upper_bound(of.count, of.n, 0.975) <= chosen.wish.at_most:
        return language.say(
            "On the test images it comes to {count} of {n}, {share}: the wish is not kept there, but with so few "
            "mistakes that may still be the chance of drawing these images.",
            **said,
        )
    return language.say(
        "On the test images it comes to {count} of {n}, {share}: the wish is not kept there, by more than the chance "
        "of drawing these images explains. A threshold fits the images it was chosen on a little too well.",
        **said,
    )


def _promise(chosen: ChosenThreshold, language: Language) -> str:
    """What can be promised for images that nobody has seen yet, or why nothing can."""
    if chosen.careful is None:
        return language.error(chosen.problem) if chosen.problem is not None else ""
    said = {
        "share": _wished_share(chosen, language),
        "threshold": three_digits(chosen.careful.threshold, language),
        "missed": language.number(chosen.careful.missed.count),
        "positives": language.number(chosen.careful.missed.n),
        "alarms": language.number(chosen.careful.alarms.count),
        "negatives": language.number(chosen.careful.alarms.n),
    }
    if chosen.grouped:
        return language.say(
            "To promise with 95 % confidence that at most {share} of all groups of images of this kind hold such a "
            "mistake, the threshold {threshold} is needed instead (on the validation images, missed: {missed} of "
            "{positives}; false alarms: {alarms} of {negatives}).",
            **said,
        )
    return language.say(
        "To promise with 95 % confidence that the wish is kept on all images of this kind, the threshold {threshold} "
        "is needed instead (on the validation images, missed: {missed} of {positives}; false alarms: {alarms} of "
        "{negatives}).",
        **said,
    )


def _wished_share(chosen: ChosenThreshold, language: Language) -> str:
    """``1 %``, ``0.5 %``: with the digits that were given."""
    return f"{three_digits(100 * chosen.wish.at_most, language)}\N{NO-BREAK SPACE}%"


def calibration_words(decided: Decided, language: Language) -> list[str]:
    """Whether the probabilities mean what they say, and what the temperature did to them."""
    return [_temperature(decided, language), _calibrated(decided, language)]


def calibrated_words(judgement: Judgement, language: Language) -> str:
    """Whether the probabilities mean what they say on these images."""
    error = judgement.calibration["mass"]
    said = [
        language.say(
            "The calibration error is the mean distance between the probabilities and the shares that came true. On "
            "these images it is {error}. Perfect probabilities would have {chance} here by chance on average, and in "
            "one case of twenty more than {limit}.",
            error=language.percent(error.value),
            chance=language.percent(error.by_chance),
            limit=language.percent(error.limit),
        )
    ]
    nothing = language.say("So these images hold nothing against the probabilities.")
    said.append(_off_or_not(error, nothing, language))
    return " ".join(said)


def _off_or_not(error: CalibrationError, nothing_against: str, language: Language) -> str:
    """Whether the probabilities are off, where these images can tell."""
    if error.value > error.limit:
        return language.say("So these probabilities are off by more than chance explains: do not bet on them.")
    if error.value <= error.limit <= _TOO_WIDE:
        return nothing_against
    return language.say("So few images cannot tell whether the probabilities hold.")


def unlike_words(unlike: Share, language: Language) -> str:
    """How many pictures are unlike what the classifier was trained on, and what that means."""
    said = language.say(
        "Unlike the training data: {count} of {images}, {share}; of held-out images of all surfaces that it was "
        "taught, taken together, it was 5 %.",
        count=language.number(unlike.count),
        images=images(unlike.n, language),
        share=with_interval(unlike, language),
    )
    return f"{said} {language.say('What is said of such an image is worth less.')}" if unlike.count else said


def _temperature(decided: Decided, language: Language) -> str:
    temperature = decided.temperature
    said = {"n": language.number(temperature.n), "value": three_digits(temperature.value, language)}
    if temperature.limit == "undetermined":
        return language.say(
            "A network is often surer than it should be. Dividing its logits by one number, the temperature, mends "
            "that and changes no decision at 0.5. The {n} validation images leave it open, since every one of them is "
            "on its right side: it stays at {value}.",
            **said,
        )
    if temperature.limit is not None:
        return language.say(
            "A network is often surer than it should be. Dividing its logits by one number, the temperature, mends "
            "that and changes no decision at 0.5. For the {n} validation images the best one lies beyond the range "
            "that is allowed: its end was taken, {value}.",
            **said,
        )
    if not temperature.told_from_1:
        return language.say(
            "A network is often surer than it should be. Dividing its logits by one number, the temperature, mends "
            "that and changes no decision at 0.5. Fitted on {n} validation images it is {value}; these images cannot "
            "tell it from 1, at which the network needs no mending. It is used all the same.",
            **said,
        )
    if temperature.value > 1:
        return language.say(
            "A network is often surer than it should be. Dividing its logits by one number, the temperature, mends "
            "that and changes no decision at 0.5. Fitted on {n} validation images it is {value}: above 1, so the "
            "network was too sure.",
            **said,
        )
    return language.say(
        "A network is often surer than it should be. Dividing its logits by one number, the temperature, mends that "
        "and changes no decision at 0.5. Fitted on {n} validation images it is {value}: below 1, so this network was "
        "not sure enough.",
        **said,
    )


def _calibrated(decided: Decided, language: Language) -> str:
    before, after = decided.uncalibrated.calibration["mass"], decided.test.calibration["mass"]
    said = [
        language.say(
            "The calibration error is the mean distance between the probabilities and the shares that came true. On "
            "the test images it is {before} before the temperature and {after} after. Perfect probabilities would "
            "have {chance} there by chance on average, and in one case of twenty more than {limit}.",
            before=language.percent(before.value),
            after=language.percent(after.value),
            chance=language.percent(after.by_chance),
            limit=language.percent(after.limit),
        )
    ]
    said.append(
        _off_or_not(after, language.say("So the test images hold nothing against these probabilities."), language)
    )
    if after.value > before.value:
        said.append(language.say("The temperature did not bring them nearer on these images."))
    said.append(language.say("All this is for images of the same kind; on another surface it does not hold by itself."))
    return " ".join(said)
