"""What an inspection found, as tables for the terminal."""

from __future__ import annotations

from fissura.language import Language
from fissura.reporting.cells import NOTHING, Table, shown_of
from fissura.reporting.findings.results import Inspected
from fissura.reporting.findings.words import chance, quantity, severity_words

MOST_ROWS = 20


def photograph_rows(inspected: Inspected, language: Language) -> Table:
    """The photographs with findings, the severest first, at most 20 of them; classes where any finding has one."""
    classed = any(inspected.severity(found, each).level is not None for each, found in inspected.findings)
    with_findings = [each for each in inspected.ranked if each.findings]
    rows = []
    for photograph in with_findings[:MOST_ROWS]:
        widest = photograph.widest
        severest = inspected.findings_of(photograph)[0]
        severity = severity_words(inspected.severity(severest, photograph), inspected, language)
        width = NOTHING if widest is None else quantity(widest.width_max.in_mm(photograph.scale), language)
        rows.append(
            (
                photograph.name,
                *((severity or NOTHING,) if classed else ()),
                language.number(len(photograph.findings)),
                width,
                quantity(photograph.length.in_mm(photograph.scale), language),
                chance(photograph, language),
            )
        )
    title = shown_of(language.say("Photographs with findings"), MOST_ROWS, len(with_findings), language)
    columns = (
        language.say("Photograph"),
        *((language.say("Class"),) if classed else ()),
        language.say("Findings"),
        language.say("Widest measured"),
        language.say("Length"),
        language.say("Probability"),
    )
    return Table(title, columns, tuple(rows), 2 if classed else 1)
