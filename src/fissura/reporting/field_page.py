"""The report of a classifier on a folder of labelled pictures, as one HTML page."""

from __future__ import annotations

from fissura.classifier import Classifier
from fissura.field_test import FieldTest
from fissura.language import Language
from fissura.reporting.judgement_part import field_part
from fissura.reporting.judgement_words import unlike_words
from fissura.reporting.phrases import images
from fissura.reporting.rendering import rendered

_MOST_LEFT_OUT = 50


def field_page(test: FieldTest, classifier: Classifier, name: str, command: str, language: Language) -> str:
    """The page; ``name`` is what the classifier is called, ``command`` what to type to make it again."""
    left_out = [language.error(each.reason) for each in test.left_out[:_MOST_LEFT_OUT]]
    if len(test.left_out) > _MOST_LEFT_OUT:
        left_out.append(language.say("and {n} more", n=language.number(len(test.left_out) - _MOST_LEFT_OUT)))
    return rendered(
        "field_test.html.j2",
        language,
        title=language.say("How a classifier does on these images"),
        lead=language.say(
            "{classifier} on {images} of {origin}",
            classifier=name,
            images=images(len(test.judgement.images), language),
            origin=test.judgement.images.origin,
        ),
        judged=field_part(test.judgement, classifier, language),
        unlike="" if test.share_unlike is None else unlike_words(test.share_unlike, language),
        left_out=left_out,
        command=command,
        fingerprint=classifier.fingerprint,
    )
