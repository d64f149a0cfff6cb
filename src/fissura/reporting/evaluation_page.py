"""The report of a classifier of any number of classes on training and test images, as one HTML page."""

from __future__ import annotations

from fissura.classifier import Classifier
from fissura.data.labelled import TrainTest
from fissura.evaluation import Evaluation
from fissura.language import Language
from fissura.reporting.cells import images
from fissura.reporting.crack_words import not_photographs, worth_words
from fissura.reporting.evaluation_part import EvaluationPart, judged_name
from fissura.reporting.lines import interval_line
from fissura.reporting.photograph_words import leak_words
from fissura.reporting.phrases import network_in_a_sentence
from fissura.reporting.rendering import rendered
from fissura.reporting.tables import count_rows
from fissura.reporting.worth import doubts, not_mnist, what_an_accuracy_is_worth


def evaluation_page(
    part: EvaluationPart, classifier: Classifier, data: TrainTest, name: str, command: str, language: Language
) -> str:
    """The page; ``name`` is what the classifier is called, ``command`` what to type to make it again."""
    test = part.evaluation
    return rendered(
        "evaluation.html.j2",
        language,
        title=language.say("How a classifier does on these images"),
        lead=language.say(
            "{classifier} on {images} of {origin}",
            classifier=name,
            images=images(len(data.test), language),
            origin=data.test.origin,
        ),
        banner=embedded_banner(data, test, network_in_a_sentence(classifier.network, language), language),
        doubts=[each for each in (*doubts(classifier, data, language), leak_words(data, language)) if each],
        part=part,
        judged=judged_name(data.test.split, language),
        intervals=interval_line(data.test, language),
        counts=count_rows(data, language),
        worth=accuracy_worth(classifier, test, data, language),
        command=command,
        fingerprint=classifier.fingerprint,
        data=data,
    )


def embedded_banner(data: TrainTest, test: Evaluation, title: str, language: Language) -> str:
    """The warning where the images stand in for others; photographs are what has a validation part."""
    if not data.embedded:
        return ""
    if data.validation is None:
        return not_mnist(data, test.accuracy, title, language)
    return not_photographs(len(data.train) + len(data.validation) + len(data.test), language)


def accuracy_worth(classifier: Classifier, test: Evaluation, data: TrainTest, language: Language) -> str:
    """What an accuracy is worth: of photographs, which have a validation part, or of other images."""
    if data.validation is None:
        return what_an_accuracy_is_worth(test, language, data.embedded)
    return worth_words(classifier, language, data.embedded, data.grouped_by_file)
