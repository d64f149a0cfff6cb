"""What the numbers of an inspection say, in words: never more than they do, and in the reader's language."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from pathlib import Path

from fissura.inspection.findings import ODDS_LINE_OF
from fissura.inspection.record import NOT_MEASURABLE, REASONS, SIGNS, WARNINGS, Quantity, Settings
from fissura.language import N_, Language
from fissura.reporting.cells import NOTHING
from fissura.reporting.findings.records import Found, Photograph
from fissura.reporting.findings.results import Inspected
from fissura.reporting.findings.severity import Severity, width_text

UNCERTAINTIES = Path(__file__).parent / "uncertainties.json"
ON_INTACT = Path(__file__).parent / "on_intact.json"
NO_BREAK = "\N{NO-BREAK SPACE}"
_SOURCES = {
    "given": N_("given"),
    "distance": N_("from distance and lens"),
    "table": N_("from the file of scales"),
}
_MEASURES = {
    "width_max": N_("the greatest width"),
    "width_p95": N_("the 95th percentile of the widths"),
    "width_mean": N_("the mean width"),
}
_FINDING = ("threshold", "two_scales", "shortest_px")  # the settings that what is found depends on
_SEEN_PX = 3.0  # about as wide a crack can be measured, as ``limits`` says
_LONG_MM = 10_000.0  # from here on lengths are said in metres


def quantity(measured: Quantity, language: Language) -> str:
    """The number with its standard uncertainty and its unit; or why there is none."""
    if measured.value is None or measured.error is None:
        return language.say(NOT_MEASURABLE)
    value, error, unit = measured.value, measured.error, SIGNS.get(measured.unit, measured.unit)
    if measured.unit == "mm" and value >= _LONG_MM:
        value, error, unit = value / 1000, error / 1000, "m"
    return language.measured(value, error, unit)


def width_words(found: Found, photograph: Photograph, language: Language) -> tuple[str, str]:
    """(the greatest width in mm, or else in px, or that it could not be measured; why, or how little of it was)."""
    measured = quantity(found.width_max.in_mm(photograph.scale), language)
    if found.width_max.value is not None and found.width_mean.value is None:  # see docs/measuring.md
        return measured, language.say("measured along less than half of it; it may be wider elsewhere")
    if found.width_max.value is not None or found.width_max.reason not in REASONS:
        return measured, ""
    return measured, language.say(REASONS[found.width_max.reason])


def severity_words(severity: Severity, inspected: Inspected, language: Language) -> str:
    """The class, and which limits the measurement lies on both sides of."""
    if severity.level is None:
        return ""
    said = inspected.scheme.class_name(severity.level, language)
    if not severity.straddles:
        return said
    limits = _listed((inspected.scheme.limits[k].width_mm for k in severity.straddles), language)
    return language.say("{name}, straddles {limits} mm", name=said, limits=limits)


def warnings_words(codes: tuple[str, ...], language: Language) -> list[str]:
    """The sentences of warnings; a code that is not known is said as it is."""
    return [language.say(WARNINGS[code]) if code in WARNINGS else code for code in codes]


def chance(photograph: Photograph, language: Language) -> str:
    """The probability that the photograph shows a crack, in whole percent, never 0 or 100 for what is not sure."""
    return NOTHING if photograph.probability is None else language.probability(photograph.probability, 0)


def warned(inspected: Inspected, language: Language) -> list[str]:
    """Each warning of the photographs once, with the first of those that it is of and how many more there are."""
    found = []
    for code, sentence in WARNINGS.items():
        names = [photograph.name for photograph in inspected.seen if code in photograph.warnings]
        if names:
            more = language.say("and {n} more", n=language.number(len(names) - 1))
            found.append(f"{names[0]}{f' ({more})' if len(names) > 1 else ''}{language.colon}{language.say(sentence)}")
    return found


def copies_words(inspected: Inspected, language: Language) -> str:
    """How many photographs are copies of others, the first of them by name; empty where none is."""
    first: dict[str, str] = {}
    copies = []
    for photograph in inspected.seen:
        if first.setdefault(photograph.sha256, photograph.name) != photograph.name and photograph.sha256:
            copies.append(photograph)
    if not copies:
        return ""
    return language.count(
        "{n} photograph is the copy of another, byte for byte ({copy} of {first}): what is found on it is counted "
        "twice.",
        "{n} photographs are copies of others, byte for byte (among them {copy} of {first}): what is found on "
        "them is counted again each time.",
        len(copies),
        copy=copies[0].name,
        first=first[copies[0].sha256],
    )


def scale_words(photograph: Photograph, language: Language) -> str:
    """Millimetres per pixel with their uncertainty and where they come from."""
    scale = photograph.scale
    if scale is None:
        return language.say("not known: lengths are in pixels")
    source = language.say(_SOURCES[scale.source]) if scale.source in _SOURCES else scale.source
    return f"{language.measured(scale.mm_per_px, scale.error_mm_per_px, 'mm/px')} ({source})"


def key_sentence(inspected: Inspected, language: Language) -> str:
    """What was found, in one sentence, and how many photographs it says nothing of, in another."""
    found = _found(inspected, language)
    if not inspected.unseen or not inspected.seen:
        return found
    unseen = language.say("Photographs not inspected: {n}.", n=language.number(len(inspected.unseen)))
    return f"{found} {unseen}"


def _found(inspected: Inspected, language: Language) -> str:
    said = {
        "n": language.number(len(inspected.seen)),
        "cracked": language.number(sum(bool(each.findings) for each in inspected.seen)),
        "findings": language.number(len(inspected.findings)),
    }
    if not inspected.seen:
        return language.say("No photograph could be inspected.")
    if not inspected.findings:
        if len(inspected.seen) == 1:
            return language.say("Nothing was found on the photograph. This is not proof that there is nothing.")
        return language.say("Nothing was found on {n} photographs. This is not proof that there is nothing.", **said)
    return language.say("Findings: {findings}. Photographs with findings: {cracked} of {n} inspected.", **said)


def no_proof(language: Language) -> str:
    """The first of the limits."""
    return f"{language.say('Finding nothing is not proof of nothing.')} {missed(language)}"


def missed(language: Language) -> str:
    """What is not found, to be said where it has just been said that finding nothing proves nothing."""
    return language.say(
        "Cracks are missed, above all fine ones, and those in shadow, in blur, under dirt or seen at a slant."
    )


def limits(inspected: Inspected, language: Language) -> list[str]:
    """What the report cannot tell; it stands first."""
    said = [
        no_proof(language),
        " ".join([_places(language), *_on_intact(inspected, language)]),
        _probability(inspected, language),
        language.say(
            "Below a width of about three pixels a crack is detected, not measured. Lengths and widths are as the "
            "photograph shows them: a tilted camera or an uneven wall is not corrected."
        ),
        f"{_uncertainty(language)} {_held(language)}",
    ]
    too_coarse = _too_coarse(inspected, language)
    if too_coarse:
        said.append(too_coarse)
    if any(each.scale is not None and each.scale.error_mm_per_px == 0 for each in inspected.seen):
        said.append(
            language.say(
                "A scale was given without an uncertainty: millimetres, and the classes that follow from them, are "
                "told as if it were exactly known. --scale-error, or the column error of a file of scales, gives it."
            )
        )
    copies = copies_words(inspected, language)
    if copies:
        said.append(copies)
    if inspected.seen and not any(each.scale for each in inspected.seen):
        said.append(
            language.say(
                "No scale was given: lengths are in pixels and no width is classified. --mm-per-px or --distance gives "
                "one."
            )
        )
    elif not inspected.scaled and inspected.seen:
        said.append(
            language.say(
                "Some photographs have no scale: their lengths are in pixels, their widths are not classified, and "
                "they stand after those in millimetres, with which they cannot be compared."
            )
        )
    return said


def _places(language: Language) -> str:
    return language.say(
        "A finding is a place to look at, not a diagnosis. Joints, cables, twigs, climbing plants, tyre marks, edges "
        "and stains may be taken for cracks; a person decides."
    )


def _on_intact(inspected: Inspected, language: Language) -> list[str]:
    """How much it finds where no crack is, as benchmarks/findings_on_patches.py found with the usual settings."""
    found = json.loads(ON_INTACT.read_text(encoding="utf-8"))
    asked = Settings(**{name: inspected.settings[name] for name in _FINDING if name in inspected.settings})
    if inspected.model.fingerprint != found["detector"] or asked != Settings():
        return []
    return [
        language.say(
            "On {megapixels} megapixels of concrete that is called intact (patches of METU) this model had {findings} "
            "findings, some of them on cracks all the same.",
            megapixels=language.number(found["megapixels"]),
            findings=language.number(found["findings"]),
        )
    ]


def _too_coarse(inspected: Inspected, language: Language) -> str:
    """Which limits of width these photographs cannot tell, and which could; empty where they tell all of them."""
    coarsest = max((each.scale.mm_per_px for each in inspected.seen if each.scale is not None), default=0.0)
    least = _SEEN_PX * coarsest
    below = [limit.width_mm for limit in inspected.scheme.limits if limit.width_mm < least * (1 - 1e-9)]
    if not below:
        return ""
    return language.say(
        "At {scale} mm per pixel, the coarsest scale here, three pixels are {width} mm: a finding whose width is not "
        "measurable may exceed {limits} mm all the same. Photographs at {finest} mm per pixel, or finer, would tell.",
        scale=_two_digits(coarsest, language),
        width=_two_digits(least, language),
        limits=_listed(below, language),
        finest=width_text(_down(below[0] / _SEEN_PX), language),
    )


def _listed(widths_mm: Iterable[float], language: Language) -> str:
    return language.between_numbers.join(width_text(each, language) for each in widths_mm)


def _down(value: float) -> float:
    """The next lower number of two digits: at a scale rounded up the limit would still not be told."""
    step = 10.0 ** (math.floor(math.log10(value)) - 1)
    return float(f"{math.floor(value / step * (1 + 1e-9)) * step:.2g}")


def _two_digits(value: float, language: Language) -> str:
    return width_text(float(f"{value:.2g}"), language)


def _probability(inspected: Inspected, language: Language) -> str:
    """What the probability of a finding supposes: it was put right for one detector alone."""
    if inspected.model.fingerprint == ODDS_LINE_OF:
        return language.say(
            "The probability of a finding supposes that half of the walls hold a crack; where fewer do, fewer findings "
            "are cracks. That of a photograph is of its most suspicious window, and another number."
        )
    return language.say(
        "The probability of a finding is the mean of this model's map along it, and flatters: how many of its findings "
        "are cracks was not measured. That of a photograph is of its most suspicious window, and another number."
    )


def _uncertainty(language: Language) -> str:
    return language.say(
        "After ± stands the standard uncertainty: the true value should lie within one of it in about 68 cases of 100, "
        "within two in about 95."
    )


def _held(language: Language) -> str:
    """How often it did, as benchmarks/measuring.py found and docs/measuring.md tells in full."""
    found = json.loads(UNCERTAINTIES.read_text(encoding="utf-8"))
    every, walls = found["all"], found["lit wall"]
    return language.say(
        "On {n} drawn cracks of every look, lengths did so in {length} cases of 100 respectively, mean widths in "
        "{mean}, greatest widths in {most}; where a lit inner wall or rubble shows inside the crack, mean widths in "
        "{wall}. Of real cracks it is not known.",
        n=language.number(found["cracks"]),
        length=_both(every["length"], language),
        mean=_both(every["width_mean"], language),
        most=_both(every["width_max"], language),
        wall=_both(walls["width_mean"], language),
    )


def _both(shares: list[int], language: Language) -> str:
    return language.say("{one} and {two}", one=shares[0], two=shares[1])


def straddling_words(inspected: Inspected, language: Language) -> str:
    """How a class is told, and what straddling means."""
    return language.say(
        "What is compared with the limits is {width} of each finding. Where a limit lies within two standard "
        "uncertainties of it, the width is said to straddle the limit: the measurement does not tell on which side it "
        "lies.",
        width=_MEASURES[inspected.scheme.measure],
    )
