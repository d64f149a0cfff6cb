"""The report of a classifier that looks for one of two classes, on labelled pictures, as one HTML page."""

from __future__ import annotations

from collections.abc import Sequence

from fissura.classifier import Classifier
from fissura.field_test import FieldTest
from fissura.judgement import Judgement
from fissura.language import Language
from fissura.reporting.cells import images
from fissura.reporting.judgement_part import JudgementPart
from fissura.reporting.judgement_words import unlike_words
from fissura.reporting.rendering import rendered

_MOST_LEFT_OUT = 50


def judgement_page(
    judged: Judgement,
    part: JudgementPart,
    classifier: Classifier,
    name: str,
    command: str,
    language: Language,
    notes: Sequence[str] = (),
    left_out: Sequence[str] = (),
) -> str:
    """The page; ``name`` is what the classifier is called, ``command`` what to type to make it again."""
    return rendered(
        "field_test.html.j2",
        language,
        title=language.say("How a classifier does on these images"),
        lead=language.say(
            "{classifier} on {images} of {origin}",
            classifier=name,
            images=images(len(judged.images), language),
            origin=judged.images.origin,
        ),
        judged=part,
        notes=notes,
        left_out=left_out,
        command=command,
        fingerprint=classifier.fingerprint,
    )


def field_notes(test: FieldTest, language: Language) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(what is to be known of the pictures, why some of them are not judged), for the page."""
    left_out = [language.error(each.reason) for each in test.left_out[:_MOST_LEFT_OUT]]
    if len(test.left_out) > _MOST_LEFT_OUT:
        left_out.append(language.say("and {n} more", n=language.number(len(test.left_out) - _MOST_LEFT_OUT)))
    unlike = () if test.share_unlike is None else (unlike_words(test.share_unlike, language),)
    return unlike, tuple(left_out)
