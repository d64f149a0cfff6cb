"""The audit of a folder as one self-contained HTML page, with the pictures that a person has to judge."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from fissura import __version__
from fissura.data.audit import KINDS, MEASURES, Audit, Overview, Pair, write_groups
from fissura.data.audit.symmetry import IDENTITY
from fissura.data.labelled import LabelledImages
from fissura.examination import Examination, Seen
from fissura.files import REPORT, write_json, write_text, write_whole
from fissura.language import N_, Language, Phrase
from fissura.reporting import audit_figures as figures
from fissura.reporting import audit_tables as tables
from fissura.reporting.cells import shown_of
from fissura.reporting.rendering import Picture, rendered

_PAIRS, _CONFLICTS, _SINGLE, _COPIES_SHOWN, _SENTENCES = 4, 12, 24, 6, 20
_CUT = N_("Shown: {shown} of {n}")
_VERSIONS = ("numpy", "pillow", "simplejpeg", "scikit-learn")
_SYMMETRY_KINDS = tuple(KINDS)[2:-1]  # by the number of the symmetry; the first is none


@dataclass(frozen=True)
class Exhibit:
    """Photographs side by side: ``(address, what it shows)`` of each, and the lines below them."""

    photographs: tuple[tuple[str, str], ...]
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Gallery:
    """Exhibits under a title."""

    title: str
    exhibits: tuple[Exhibit, ...]


def audit_page(examination: Examination, language: Language, command: str) -> str:
    """Everything that was found out, with pictures; ``command`` is what to type to have it again."""
    audit = examination.audit
    overlapping = [audit.overlaps[k] for k in tables.crossing(audit)]
    return _rendered(
        language,
        title=language.say("{origin}: the images examined", origin=audit.origin),
        command=command,
        needs_a_person=examination.needs_a_person,
        findings=tables.findings(audit, examination.twins, language),
        summary=tables.summary_rows(audit, examination.twins, language),
        formats=tables.format_rows(examination.formats, language),
        problems=tables.problem_rows(audit, language),
        sentences=_sentences(audit, language),
        kinds=tables.kind_rows(audit, language),
        pairs=[_pairs(examination, kind, language) for kind in audit.kinds],
        crossing=_gallery(
            N_("Overlapping views under two labels"),
            overlapping,
            (_pair(examination, pair, language) for pair in _spread(overlapping)),
            language,
        ),
        conflicts=_conflicts(examination, language),
        suspects=_suspects(examination, language),
        judged=audit.probabilities is not None,
        **_look(audit.overview, examination.images, examination, language),
    )


def look_page(seen: Seen, language: Language, command: str) -> str:
    """A first look at images: counts, sizes, samples, mean images, distributions, oddities."""
    return _rendered(
        language,
        title=language.say("{origin}: a first look", origin=_origin(seen.images, language)),
        command=command,
        findings=None,
        **_look(seen.overview, seen.images, seen, language),
    )


def write_audit(examination: Examination, folder: Path, language: Language, command: str) -> Path:
    """Write ``audit.json``, ``groups.json`` and ``report.html`` into ``folder``; returns where the report is.

    Raises:
        OutputError: they cannot be written.
    """
    write_json(folder / "audit.json", examination.as_dict())
    write_groups(folder / "groups.json", examination.audit.group_names())
    write_text(folder / REPORT, audit_page(examination, language, command))
    return folder / REPORT


def write_look(seen: Seen, folder: Path, language: Language, command: str) -> Path:
    """Write the three pictures and ``report.html`` into ``folder``; returns where the report is.

    Raises:
        OutputError: they cannot be written.
    """
    classes = seen.images.classes
    write_whole(folder / "samples.png", figures.samples(seen.images, language))
    write_whole(folder / "mean-images.png", figures.mean_images(seen.overview, classes, language))
    write_whole(folder / "distributions.svg", figures.distributions(seen.overview, classes, language))
    write_text(folder / REPORT, look_page(seen, language, command))
    return folder / REPORT


def _rendered(language: Language, **context: Any) -> str:
    versions = {"fissura": __version__, **{name: version(name) for name in _VERSIONS}}
    return rendered("audit.html.j2", language, versions=versions, **context)


def _look(overview: Overview, images: LabelledImages, seen: Seen | Examination, language: Language) -> dict[str, Any]:
    """What both pages show of all images."""
    classes = images.classes
    return {
        "n": len(images),
        "size_hw": images.size_hw,
        "classes": classes,
        "counts": tables.class_rows(overview, classes, language),
        "sizes": tables.size_rows(overview, language),
        "samples": Picture(
            figures.samples(images, language),
            language.say("Samples of each class."),
            language.say(
                "Five images of each class, spread over all its names. Above each: its class with its number, its file."
            ),
        ),
        "means": Picture(
            figures.mean_images(overview, classes, language),
            language.say("The mean image of each class."),
            language.say(
                "The mean of all images of a class, all stretched by the same factor so that it can be seen; above it "
                "its class and its darkest and brightest grey level. What shows here is what all images of a class "
                "have in common, for instance where in the image the thing lies that the class is named after."
            ),
        ),
        "distributions": Picture(
            figures.distributions(overview, classes, language),
            language.say("Distributions of brightness, contrast and sharpness in each class."),
            language.say(
                "Brightness is the mean of an image, contrast its standard deviation, sharpness how much a pixel "
                "differs from its neighbours. Where the classes lie apart, a network may learn that instead of what is "
                "shown."
            ),
        ),
        "oddities": _oddities(overview, images, seen, language),
    }


def _origin(images: LabelledImages, language: Language) -> str:
    return language.say(images.origin) if isinstance(images.origin, Phrase) else images.origin


def _sentences(audit: Audit, language: Language) -> list[str]:
    """Why files were left out, at most 20 of them and what else there is."""
    errors = [each.error for each in audit.problems if each.error is not None]
    said = [language.error(error) for error in errors[:_SENTENCES]]
    if len(errors) > _SENTENCES:
        said.append(
            language.count("And {n} more, in audit.json.", "And {n} more, all in audit.json.", len(errors) - _SENTENCES)
        )
    return said


def _pairs(examination: Examination, kind: str, language: Language) -> Gallery:
    audit = examination.audit
    ones = [pair for pair in (*audit.copies.pairs, *audit.overlaps) if pair.kind == kind]
    ones.sort(key=lambda pair: (pair.difference, pair.first, pair.second))
    shown = (_pair(examination, pair, language) for pair in _spread(ones))
    return _gallery(KINDS[kind], ones, shown, language)


def _pair(examination: Examination, pair: Pair, language: Language) -> Exhibit:
    """The two images as they are; of an overlap with what both show in a frame, the first one turned to fit."""
    audit = examination.audit
    names = [f"{audit.names[i]} ({audit.classes[int(audit.labels[i])]})" for i in (pair.first, pair.second)]
    lines = [names[0], names[1]]
    both = examination.read(pair.first), examination.read(pair.second)
    if pair.kind == "overlap":
        both = figures.common_part(pair, examination.read, examination.images.size_hw)
        lines.append(language.say("{share} in common (framed)", share=language.share(pair.overlap, 0)))
        if pair.symmetry != IDENTITY:
            kind = KINDS[_SYMMETRY_KINDS[pair.symmetry]]
            lines.append(language.say("The first is shown {how}.", how=kind))
    lines.append(
        language.say(
            "Difference {difference} grey levels, correlation {correlation}",
            difference=language.number(pair.difference, 1),
            correlation=language.number(pair.correlation, 2),
        )
    )
    return Exhibit(
        tuple((figures.photograph(each), name) for each, name in zip(both, names, strict=True)), tuple(lines)
    )


def _conflicts(examination: Examination, language: Language) -> Gallery:
    audit = examination.audit
    exhibits = (
        Exhibit(
            tuple(_shown(examination, i) for i in conflict[:_COPIES_SHOWN]),
            tuple(f"{audit.classes[int(audit.labels[i])]}{language.colon}{audit.names[i]}" for i in conflict),
        )
        for conflict in audit.conflicts[:_CONFLICTS]
    )
    return _gallery("", audit.conflicts, exhibits, language)


def _suspects(examination: Examination, language: Language) -> Gallery:
    audit = examination.audit
    exhibits = (
        Exhibit(
            (_shown(examination, each.image),),
            (
                audit.names[each.image],
                language.say(
                    "labelled {label} ({probability})",
                    label=audit.classes[each.label],
                    probability=language.probability(each.probability),
                ),
                language.say("perhaps {suggested}", suggested=audit.classes[each.suggested]),
            ),
        )
        for each in audit.suspects[:_SINGLE]
    )
    return _gallery("", audit.suspects, exhibits, language)


def _oddities(overview: Overview, images: LabelledImages, seen: Seen | Examination, language: Language) -> Gallery:
    exhibits = (
        Exhibit(
            (_shown(seen, each.image),),
            (
                f"{images.names[each.image]} ({images.classes[int(images.labels[each.image])]})",
                language.say(
                    "{measure} {value}, median {median}",
                    measure=MEASURES[each.measure],
                    value=language.number(each.value, 1),
                    median=language.number(each.median, 1),
                ),
            ),
        )
        for each in overview.oddities
    )
    return _gallery(N_("Images unlike the others"), overview.oddities, exhibits, language)


def _shown(seen: Seen | Examination, index: int) -> tuple[str, str]:
    images = seen.images
    return figures.photograph(seen.read(index)), f"{images.names[index]} ({images.classes[int(images.labels[index])]})"


def _spread(pairs: Sequence[Pair], most: int = _PAIRS) -> list[Pair]:
    """At most ``most`` of them, evenly from the first to the last."""
    if len(pairs) <= most:
        return list(pairs)
    return [pairs[round(k * (len(pairs) - 1) / (most - 1))] for k in range(most)]


def _gallery(title: str, every: Sequence[object], exhibits: Iterable[Exhibit], language: Language) -> Gallery:
    """The exhibits, and in the title how many of how many they are where it is not all."""
    shown = tuple(exhibits)
    said = language.say(title)
    said = said[:1].upper() + said[1:]
    if said or len(shown) == len(every):
        return Gallery(shown_of(said, len(shown), len(every), language), shown)
    return Gallery(language.say(_CUT, shown=language.number(len(shown)), n=language.number(len(every))), shown)
