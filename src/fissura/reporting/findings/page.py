"""The inspection as one page that can be signed: it loads nothing; works on paper, on a phone, without script."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fissura.language import N_, Language
from fissura.metrics import wilson
from fissura.metrics.cracks_found import CracksFound
from fissura.reporting.cells import NOTHING, Table
from fissura.reporting.findings.markdown import blocks
from fissura.reporting.findings.results import Inspected
from fissura.reporting.findings.severity import said, width_text
from fissura.reporting.findings.sketch import HEIGHT, WIDTH, sketch
from fissura.reporting.findings.views import PhotographView, level_name, photograph_views
from fissura.reporting.findings.words import NO_BREAK, key_sentence, limits, quantity, straddling_words
from fissura.reporting.rendering import rendered

_MOST_ROWS = 1000


@dataclass(frozen=True)
class Tile:
    """A number that says much, and what it is."""

    number: str
    words: str


@dataclass(frozen=True)
class ClassRow:
    """A class of widths: its colour, its name, where its limit applies, how many findings are in it."""

    level: str
    name: str
    text: str
    count: int
    straddling: int


def inspection_page(inspected: Inspected, out: Path, language: Language) -> str:
    """The whole page; pictures come from the photographs' folders in ``out``."""
    views = photograph_views(inspected, out, language)
    by_id = {(finding.name, finding.id): finding for view in views for finding in view.findings}
    findings = [by_id[photograph.name, found.id] for photograph, found in inspected.findings]
    spots = sketch(inspected.ranked)
    return rendered(
        "inspection.html.j2",
        language,
        title=language.say("Inspection of photographs: {name}", name=inspected.source),
        inspected=inspected,
        key=key_sentence(inspected, language),
        limits=limits(inspected, language),
        positioned=spots is not None,
        period=_period(inspected),
        tiles=_tiles(inspected, language),
        classes=_classes(inspected, language),
        scheme_title=said(inspected.scheme.title, language),
        scheme_note=said(inspected.scheme.note, language),
        scheme_source=said(inspected.scheme.source, language),
        straddling=straddling_words(inspected, language),
        photographs=views,
        with_findings=[view for view in views if view.findings],
        without_findings=[view for view in views if not view.findings],
        findings=findings[:_MOST_ROWS],
        n_findings=len(findings),
        unseen=[(each.name, language.error(each.error)) for each in inspected.unseen if each.error is not None],
        sketch=spots,
        sketch_size=(WIDTH, HEIGHT),
        spots=_spots(spots.spots, views) if spots is not None else [],
        truth=None if inspected.truth is None else _truth(inspected.truth, language),
        truth_rows=_truth_rows(inspected, language),
        settings=_settings(inspected, language),
        model=_model(inspected, language),
        card=blocks(inspected.card),
        fingerprint=results_fingerprint(inspected),
        bar=None if spots is None else _distance(spots.bar_m, language),
    )


def results_fingerprint(inspected: Inspected) -> str:
    """SHA-256 of what inspection.json says but for the command: a signed page names what it was made from."""
    values = {name: value for name, value in inspected.as_dict().items() if name != "command"}
    text = json.dumps(values, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def _period(inspected: Inspected) -> tuple[str, str] | None:
    days = sorted(each.camera.taken[:10] for each in inspected.seen if each.camera.taken is not None)
    return (days[0], days[-1]) if days else None


def _tiles(inspected: Inspected, language: Language) -> list[Tile]:
    cracked = sum(bool(each.findings) for each in inspected.seen)
    seen, found, unseen = len(inspected.seen), len(inspected.findings), len(inspected.unseen)
    widest, unmeasured = inspected.widest, inspected.unmeasured
    tiles = [
        Tile(language.number(seen), language.count("photograph inspected", "photographs inspected", seen)),
        Tile(language.number(cracked), language.say("of them with findings")),
        Tile(language.number(found), language.count("finding in all", "findings in all", found)),
    ]
    mixed = len(inspected.lengths) > 1
    of_unit = {"mm": language.say("with a scale"), "px": language.say("without a scale")}
    for length in inspected.lengths:
        words = language.say("length of all findings")
        tiles.append(
            Tile(_breakable(quantity(length, language)), f"{words}, {of_unit[length.unit]}" if mixed else words)
        )
    if widest is not None:
        words = language.say("greatest width measured")
        words = f"{words}, {of_unit[widest.unit]}" if mixed else words
        tiles.append(Tile(_breakable(quantity(widest, language)), words))
    if unmeasured:
        words = language.count(
            "finding whose width is not measurable", "findings whose width is not measurable", unmeasured
        )
        tiles.append(Tile(language.number(unmeasured), words))
    if unseen:
        words = language.count("file not inspected", "files not inspected", unseen)
        tiles.append(Tile(language.number(unseen), words))
    return tiles


def _distance(metres: float, language: Language) -> str:
    thousand = metres >= 1000
    return f"{language.number(metres / 1000 if thousand else metres)}{NO_BREAK}{'km' if thousand else 'm'}"


def _breakable(text: str) -> str:
    """A narrow tile may break before the uncertainty."""
    return text.replace(f"{NO_BREAK}±", " ±")


def _classes(inspected: Inspected, language: Language) -> list[ClassRow]:
    """From the widest class down, and what has no class; empty where nothing is classified."""
    scheme = inspected.scheme
    every = [inspected.severity(found, photograph) for photograph, found in inspected.findings]
    if all(each.level is None for each in every):
        return []
    rows = []
    for level in range(len(scheme.limits), -1, -1):
        mine = [each for each in every if each.level == level]
        text = said(scheme.limits[level - 1].text, language) if level else ""
        if text:
            width = width_text(scheme.limits[level - 1].width_mm, language)
            text = language.say("limit {width} mm: {text}", width=width, text=text)
        straddling = sum(bool(each.straddles) for each in mine)
        rows.append(ClassRow(level_name(level), scheme.class_name(level, language), text, len(mine), straddling))
    unclassed = sum(each.level is None for each in every)
    if unclassed:
        name = language.say("not classified")
        why = language.say("no scale, or detected but not measurable: no class is ruled out")
        rows.append(ClassRow(level_name(None), name, why, unclassed, 0))
    return rows


def _spots(spots: tuple[Any, ...], views: list[PhotographView]) -> list[tuple[Any, PhotographView]]:
    """Those with findings last, so that they lie on top."""
    every = [(spot, views[spot.rank]) for spot in spots]
    return sorted(every, key=lambda one: (bool(one[1].findings), -one[0].rank))


def _truth(score: CracksFound, language: Language) -> Table:
    found = wilson(score.found, score.true)
    interval = f" ({language.interval(found.low, found.high, 0)})" if score.true else ""
    rows = (
        (language.say("Cracks found"), f"{score.found} / {score.true}{interval}"),
        (language.say("Cracks missed"), language.number(score.missed)),
        (language.say("Findings where no crack is"), f"{score.alarms} / {score.findings}"),
        (language.say("Centre lines, clIoU (within 4 px)"), _share(score.lines.iou, language)),
        (language.say("Pixels, IoU"), _share(score.pixels.iou, language)),
        (language.say("Pixels, F1"), _share(score.pixels.f1, language)),
        (language.say("Error of the length of all"), _signed(score.length_error, language)),
    )
    title = language.say("Compared with the true masks; photographs with a mask: {n}", n=language.number(score.images))
    return Table(title, ("", ""), rows, 1)


def truth_table(inspected: Inspected, language: Language) -> Table | None:
    """The inspection beside the truth; None where no mask was given."""
    return None if inspected.truth is None else _truth(inspected.truth, language)


def _truth_rows(inspected: Inspected, language: Language) -> Table | None:
    rows = tuple(
        (
            each.name,
            f"{each.truth.found} / {each.truth.true}",
            f"{each.truth.alarms} / {each.truth.findings}",
            _share(each.truth.lines.iou, language),
            _share(each.truth.pixels.iou, language),
            _signed(each.truth.length_error, language),
        )
        for each in inspected.ranked
        if each.truth is not None
    )
    columns = (
        language.say("Photograph"),
        language.say("Cracks found"),
        language.say("False findings"),
        "clIoU",
        "IoU",
        language.say("Length error"),
    )
    return Table(language.say("Each photograph beside its mask"), columns, rows) if rows else None


def _share(value: float, language: Language) -> str:
    return NOTHING if math.isnan(value) else language.number(value, 3)


def _signed(value: float, language: Language) -> str:
    if math.isnan(value):
        return NOTHING
    sign = "+" if value >= 0 else "\N{MINUS SIGN}"
    return f"{sign}{language.percent(abs(value), 1)}"


def _settings(inspected: Inspected, language: Language) -> list[tuple[str, str]]:
    names = {
        "threshold": N_("Threshold of the map"),
        "two_scales": N_("Also looked at half the size"),
        "shortest_px": N_("Shortest finding, px"),
        "max_pixels": N_("Most pixels of a photograph"),
    }
    rows = []
    for name, value in inspected.settings.items():
        if value is None and name not in names:
            continue
        shown = language.say("the model's own") if value is None else _shown(value, language)
        rows.append((language.say(names[name]) if name in names else f"--{name}", shown))
    return rows


def _shown(value: Any, language: Language) -> str:
    if isinstance(value, bool):
        return language.say("yes") if value else language.say("no")
    if isinstance(value, int | float):
        return language.plain(value)
    return str(value)


def _model(inspected: Inspected, language: Language) -> list[tuple[str, str]]:
    model = inspected.model
    rows = [
        (language.say("Model"), model.name),
        (language.say("Network"), model.network),
        (language.say("Parameters"), language.number(model.parameters)),
        (language.say("Fingerprint of the weights"), model.fingerprint),
    ]
    if model.threshold is not None:
        rows.append((language.say("Threshold"), language.number(model.threshold, 4)))
    if model.temperature is not None:
        rows.append((language.say("Temperature"), language.number(model.temperature, 4)))
    return rows
