"""The model card of a classifier, as Markdown: what it is, what it learned from, what it is for, what it is worth.

Source: M. Mitchell et al. (2019), Model cards for model reporting, Proc. FAT*, 220-229.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fissura.classifier import Classifier
from fissura.files import write_text
from fissura.language import LANGUAGES, N_, Language, Phrase, language
from fissura.reporting.cells import three_digits

Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Measured:
    """What benchmarks found out about a crack detector; each may be empty.

    Attributes:
        surfaces: a row for each surface, by its name.
        masks: what its map is worth, by kind of picture.
        corruptions: rows of the robustness table.
        unlike: rows on how often pictures are called unlike the training data.
        command: what was measured with.
        failures: the name of a picture of its surest mistakes, beside the card.
    """

    surfaces: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    masks: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    corruptions: Rows = ()
    unlike: Rows = ()
    command: str = ""
    failures: str = ""


@dataclass(frozen=True)
class _Source:
    """Data with its terms."""

    sign: str
    what: Phrase
    terms: str
    credit: str


_SOURCES = (
    _Source(
        "metu",
        N_("METU, concrete walls and floors: patches with a label each"),
        "CC BY 4.0",
        "Ç. F. Özgenel (2019), Concrete Crack Images for Classification, Mendeley Data, doi:10.17632/5y9wdsg2zt",
    ),
    _Source(
        "sut-crack",
        N_("SUT-Crack, asphalt: photographs with masks"),
        "CC BY 4.0",
        "M. Sabouri, A. Sepidbar (2023), SUT-Crack, Data in Brief",
    ),
    _Source("textures", N_("brick, grass, gravel without cracks"), "CC0", "scikit-image"),
    _Source("mnist", N_("MNIST, handwritten digits"), "CC BY-SA 3.0", "Y. LeCun, C. Cortes, C. J. C. Burges"),
    _Source(
        "digits of uci", N_("small handwritten digits"), "CC BY 4.0", "E. Alpaydin, C. Kaynak (1998), UCI; scikit-learn"
    ),
    _Source("drawn", N_("drawn surfaces and cracks, made by this package"), "MIT", "Fissura"),
)


def card(classifier: Classifier, name: str, spoken: Language, measured: Measured = Measured()) -> str:
    """The whole card; ``name`` is what the classifier is called."""
    say = spoken.say
    parts = [
        f"# {say('Model card: {name}', name=name)}",
        _section(say("What it is"), _bullets(_what_it_is(classifier, spoken))),
        _section(say("What it is for"), _bullets(_purpose(classifier, spoken))),
        _section(say("What it must not be used for"), _bullets(_misuse(classifier, spoken))),
        _section(say("What it learned from"), _data(classifier, spoken)),
        _section(say("What it is worth"), _worth(classifier, measured, spoken)),
    ]
    if classifier.decision is not None:
        parts.append(_section(say("What its probabilities mean"), _bullets(_probabilities(classifier, spoken))))
    if classifier.scans:
        parts.append(_section(say("Known failures"), _failures(measured, spoken)))
    return "\n\n".join(parts) + "\n"


def write_cards(
    classifier: Classifier, name: str, folder: Path, measured: Measured = Measured(), stem: str = "card"
) -> None:
    """Write the card in each language: ``card.md``, ``card.fr.md``.

    Raises:
        OutputError: they cannot be written.
    """
    for code in LANGUAGES:
        write_text(folder / card_name(code, stem), card(classifier, name, language(code), measured))


def card_name(code: str, stem: str = "card") -> str:
    """The file of the card in the language of that code."""
    return f"{stem}.md" if code == "en" else f"{stem}.{code}.md"


def _what_it_is(classifier: Classifier, language: Language) -> list[str]:
    say, (height, width) = language.say, classifier.preprocessing.size_hw
    said = [
        say(
            "Network {network} with {n} parameters; input grey, {height} x {width} px.",
            network=f"`{classifier.network}`",
            n=language.number(classifier.parameters),
            height=height,
            width=width,
        )
    ]
    if classifier.decision is None:
        said.append(say("It tells {classes} apart.", classes=", ".join(classifier.classes)))
    else:
        said.append(
            say(
                "It looks for {positive}: from a probability of {threshold} on it says so, else {negative}.",
                positive=classifier.classes[classifier.decision.positive],
                negative=classifier.classes[1 - classifier.decision.positive],
                threshold=three_digits(classifier.decision.threshold, language),
            )
        )
    if classifier.scans:
        said.append(
            say(
                "A picture up to twice the size of its window is looked at whole, a larger one in overlapping windows "
                "at its own resolution; the most suspicious window counts."
            )
        )
    recipe = ", ".join(f"{key} {value}" for key, value in classifier.provenance.recipe.items() if _is_plain(value))
    if recipe:
        said.append(say("Recipe: {recipe}.", recipe=recipe))
    versions = ", ".join(f"{key} {value}" for key, value in classifier.provenance.versions.items())
    if versions:
        said.append(say("Made with {versions}.", versions=versions))
    said.append(say("Fingerprint of its weights: {digest}.", digest=f"`{classifier.fingerprint}`"))
    return said


def _purpose(classifier: Classifier, language: Language) -> list[str]:
    say = language.say
    if not classifier.scans:
        return [say("Images of the same kind, taken in the same way, as those that it learned from; teaching.")]
    return [
        say("Pointing out, on photographs of walls, floors and roads, where a person should look for cracks."),
        say(
            "Photographs with cracks of about 1 to 30 px width, sharp enough for a person to see them, taken square to "
            "the surface or nearly so."
        ),
        say("Sorting many photographs so that the suspicious ones are looked at first."),
    ]


def _misuse(classifier: Classifier, language: Language) -> list[str]:
    say = language.say
    said = [
        say("Deciding alone whether a structure is safe: it sees pixels, not loads, and misses cracks."),
        say("Concluding from its silence that there is no crack."),
        say("Images unlike those that it learned from, without measuring first what it does on them."),
    ]
    if classifier.scans:
        said.append(say("Medical images, faces, documents: it gives them a probability, which means nothing."))
    return said if classifier.scans else said[2:]


def _data(classifier: Classifier, language: Language) -> str:
    say, data = language.say, classifier.provenance.data
    used = sources_of(data)
    lines = []
    if used:
        lines += [
            f"| {say('Data')} | {say('How many')} | {say('Terms')} | {say('Credit')} |",
            "|---|---:|---|---|",
            *(
                f"| {say(source.what)} | {language.number(n) if n else ''} | {source.terms} | {source.credit} |"
                for source, n in used
            ),
        ]
    elif data.get("origin"):
        lines.append(
            say(
                "{n} images of {origin}. Whose they are, and on which terms, their owner knows.",
                n=language.number(int(data.get("n", 0))),
                origin=data["origin"],
            )
        )
    else:
        lines.append(say("The file does not say."))
    if data.get("fingerprint"):
        lines += ["", say("Fingerprint of the data: {digest}.", digest=f"`{data['fingerprint']}`")]
    return "\n".join(lines)


def sources_of(data: Mapping[str, Any]) -> list[tuple[_Source, int]]:
    """The known data that a classifier's provenance names, and how much of each; 0 where that is not said."""
    origin = str(data.get("origin", "")).casefold()
    found = []
    for source in _SOURCES:
        amount = data.get("scenes") if source.sign == "drawn" else data.get(source.sign)
        n = len(amount) if isinstance(amount, list | tuple) else int(amount or 0)
        if n:
            found.append((source, n))
        elif source.sign in origin:
            found.append((source, int(data.get("n", 0))))
    return found


def _worth(classifier: Classifier, measured: Measured, language: Language) -> str:
    say = language.say
    lines = [
        f"- {say(_title(key))}: {_share(value, language)}"
        for key, value in sorted(classifier.provenance.metrics.items())
        if isinstance(value, dict) and value.get("value") is not None and "n" in value
    ]
    if measured.surfaces:
        lines += [
            *([""] if lines else []),
            say(
                "On tiles of 224 px, at the threshold that is shipped; 95 % intervals. Flagged: of intact tiles. ECE: "
                "expected calibration error. Surfaces marked as not taught were left out of training."
            ),
            "",
            _row(
                (say("Surface"), "n", "ROC AUC", say("Balanced accuracy"), say("Found"), say("Flagged"), "ECE"),
            ),
            "|---|---:|---:|---:|---:|---:|---:|",
            *(_surface_row(surface, row, language) for surface, row in measured.surfaces.items()),
        ]
    for kind, row in measured.masks.items():
        lines += [
            "",
            say(
                "Its map against true masks, {kind} (n = {n}): IoU {iou}, F1 {f1}, clIoU with 4 px {cliou}.",
                kind=kind,
                n=row["n"],
                iou=language.number(row["iou"], 3),
                f1=language.number(row["f1"], 3),
                cliou=_interval(row["cliou_4px"], language),
            ),
        ]
    if measured.command:
        lines += ["", say("Measured with {command}.", command=f"`{measured.command}`")]
    return "\n".join(lines) if lines else say("Nothing was measured.")


def _probabilities(classifier: Classifier, language: Language) -> list[str]:
    say, decision = language.say, classifier.decision
    assert decision is not None
    said = [
        say(
            "They were calibrated on images held out from training, and hold for images of that kind; on another "
            "surface, measure with: {command}.",
            command="`fissura evaluate`",
        )
    ]
    if decision.chosen:
        chosen = ", ".join(f"{key} {value}" for key, value in decision.chosen.items() if _is_plain(value))
        said.append(say("The threshold was chosen so: {chosen}.", chosen=chosen))
    if classifier.familiarity is not None:
        said.append(
            say(
                "It also says how unlike its training data an image is: 1 is what 95 % of held-out images of known "
                "surfaces keep below. Above it, its probability is worth less."
            )
        )
    return said


def _failures(measured: Measured, language: Language) -> str:
    say = language.say
    lines = [
        say("Cracks thinner than a pixel, filled with dirt of the wall's own grey, or out of focus are missed."),
        say("Straight dark joints, edges of boards, wires, roots, scratches and shadows can be taken for cracks."),
        say("A photograph of many windows has many chances of a false alarm: look at the window that is named."),
    ]
    lines = _bullets(lines).split("\n")
    worst = [row for row in measured.corruptions if (row.get("auroc") or {}).get("value") is not None]
    if worst:
        least = min(worst, key=lambda row: float(row["auroc"]["value"]))
        lines.append(
            "- "
            + say(
                "Of the corruptions that were tried, {kind} of {strength} on {where} harms most: ROC AUC {auc}.",
                kind=say(_CORRUPTIONS.get(least["kind"], Phrase())),
                strength=f"{least['strength']:g} ({say(_UNITS.get(least['kind'], Phrase()))})",
                where=least["set"],
                auc=_interval(least["auroc"], language),
            )
        )
    for row in measured.unlike:
        if row["group"] == "no wall at all" and row["kind"] != "mean" and row["unlike"]["value"] < 0.95:
            lines.append(
                "- "
                + say(
                    "Of pictures that show no wall ({kind}) only {share} are called unlike the training data.",
                    kind=row["kind"],
                    share=language.percent(row["unlike"]["value"], 0),
                )
            )
    if measured.failures:
        lines += ["", f"![{say('Its surest mistakes')}]({measured.failures})"]
        lines += ["", say("Its surest mistakes on the surfaces above: misses in the first row, then false alarms.")]
    return "\n".join(lines)


_CORRUPTIONS = {"blur": N_("blur"), "darkness": N_("darkness"), "JPEG": N_("JPEG"), "noise": N_("noise")}
_UNITS = {
    "blur": N_("standard deviation in px"),
    "darkness": N_("light left"),
    "JPEG": N_("quality"),
    "noise": N_("standard deviation in grey levels"),
}
_TITLES = {
    "train_accuracy": N_("Accuracy on the training images"),
    "validation_accuracy": N_("Accuracy on the validation images"),
    "test_accuracy": N_("Accuracy on the test images"),
}


def _title(key: str) -> str:
    return _TITLES.get(key, key.replace("_", " "))


def _surface_row(surface: str, row: Mapping[str, Any], language: Language) -> str:
    cells = (
        surface,
        language.number(row["n"]),
        _interval(row["auroc"], language),
        _interval(row["balanced_accuracy"], language),
        "" if row["found"]["value"] is None else language.percent(row["found"]["value"], 1),
        "" if row["flagged"]["value"] is None else _share(row["flagged"], language, 1),
        language.number(row["calibration_error"], 3),
    )
    return _row(cells)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _interval(measure: Mapping[str, Any], language: Language) -> str:
    if measure["value"] is None:
        return ""
    value = language.number(measure["value"], 3)
    if measure["low"] is None:
        return value
    return f"{value} ({language.number(measure['low'], 3)} – {language.number(measure['high'], 3)})"


def _share(share: Mapping[str, Any], language: Language, decimals: int = 2) -> str:
    value = language.percent(share["value"], decimals)
    if share.get("low") is None:
        return value
    return f"{value} ({language.interval(share['low'], share['high'], decimals)})"


def _is_plain(value: object) -> bool:
    return isinstance(value, str | int | float) and value not in ("", False)


def _section(title: str, body: str) -> str:
    return f"## {title}\n\n{body}"


def _bullets(sentences: Sequence[str]) -> str:
    return "\n".join(f"- {sentence}" for sentence in sentences)
