"""The model card of a classifier, as Markdown: what it is, what it learned from, what it is for, what it is worth.

Source: M. Mitchell et al. (2019), Model cards for model reporting, Proc. FAT*, 220-229.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fissura.classifier import BUILT_IN, WEIGHTS, Classifier, earlier, learned_from
from fissura.files import write_text
from fissura.language import LANGUAGES, N_, Language, Phrase, language
from fissura.reporting.card_numbers import NOTHING_MEASURED, Measured, bullets, failures, worth
from fissura.reporting.card_phrases import chosen_words, surface_words
from fissura.reporting.cells import images, three_digits


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
    _Source("drawn", N_("drawn surfaces, cracks and things that are no crack, made by this package"), "MIT", "Fissura"),
)


def card(classifier: Classifier, name: str, spoken: Language, measured: Measured = NOTHING_MEASURED) -> str:
    """The whole card; ``name`` is what the classifier is called."""
    say = spoken.say
    parts = [
        f"# {say('Model card: {name}', name=name)}",
        _section(say("What it is"), bullets(_what_it_is(classifier, spoken))),
        _section(say("What it is for"), bullets(_purpose(classifier, spoken))),
        _section(say("What it must not be used for"), bullets(_misuse(classifier, spoken))),
        _section(say("What it learned from"), _data(classifier, spoken)),
        _section(say("What it is worth"), worth(classifier, measured, spoken)),
    ]
    if classifier.decision is not None:
        parts.append(_section(say("What its probabilities mean"), bullets(_probabilities(classifier, spoken))))
    if classifier.scans:
        parts.append(_section(say("Known failures"), failures(measured, spoken)))
    return "\n\n".join(parts) + "\n"


def write_cards(
    classifier: Classifier, name: str, folder: Path, measured: Measured = NOTHING_MEASURED, stem: str = "card"
) -> None:
    """Write the card in each language: ``card.md``, ``card.fr.md``.

    Raises:
        OutputError: they cannot be written.
    """
    for code in LANGUAGES:
        write_text(folder / card_name(code, stem), card(classifier, name, language(code), measured))


def built_in_card(classifier: Classifier, spoken: Language) -> str:
    """The card of the detector that comes with the package, with all that was measured."""
    written = WEIGHTS / card_name(spoken.code, BUILT_IN)
    return written.read_text(encoding="utf-8") if written.is_file() else card(classifier, BUILT_IN, spoken)


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
                "It looks for the class “{positive}”: from a probability of {threshold} on, that is its answer; below, "
                "it is “{negative}”.",
                positive=classifier.classes[classifier.decision.positive],
                negative=classifier.classes[1 - classifier.decision.positive],
                threshold=three_digits(classifier.decision.threshold, language),
            )
        )
    if classifier.scans:
        said.append(
            say(
                "A picture of up to twice the size of its window is looked at whole where it is nearly square (sides "
                "up to 4 : 3), else in overlapping squares as wide as its shorter side; a larger one in overlapping "
                "windows at its own resolution. The most suspicious window counts."
            )
        )
    if classifier.decision is not None and classifier.decision.mirrored is not None:
        said.append(
            say(
                "The window that counts is looked at in its three mirror images as well; its probability is that of "
                "the mean of the four maps."
            )
        )
    return [*said, *_how_it_was_made(classifier, language)]


def _how_it_was_made(classifier: Classifier, language: Language) -> list[str]:
    say, said = language.say, []
    recipe = _in_words(classifier.provenance.recipe)
    if recipe:
        said.append(say("Recipe: {recipe}.", recipe=recipe))
    if kept := classifier.provenance.recipe.get("kept"):
        said.append(
            say(
                "Its weights are a mean of those that the training came to and, with a share of {share}, of those that "
                "it started from.",
                share=language.share(kept, 0),
            )
        )
    for number, start in enumerate(earlier(classifier.provenance.data)):
        recipe = _in_words(start.get("recipe", {}))
        if recipe and not number:
            said.append(say("It goes on from an earlier training, with the recipe: {recipe}.", recipe=recipe))
        elif recipe:
            said.append(say("That one went on from another, with the recipe: {recipe}.", recipe=recipe))
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
                "{images} of {origin}. Whose they are, and on which terms, their owner knows.",
                images=images(int(data.get("n", 0)), language),
                origin=data["origin"],
            )
        )
    else:
        lines.append(say("The file does not say."))
    if data.get("fingerprint"):
        lines += ["", say("Fingerprint of the data: {digest}.", digest=f"`{data['fingerprint']}`")]
    return "\n".join(lines)


def _in_words(recipe: Mapping[str, Any]) -> str:
    return ", ".join(f"{key} {value}" for key, value in recipe.items() if _is_plain(value))


def _amount(said: Any) -> int:
    return len(said) if isinstance(said, list | tuple) else int(said or 0)


def sources_of(data: Mapping[str, Any]) -> list[tuple[_Source, int]]:
    """The known data that a classifier's provenance names, and how much of each; 0 where that is not said.

    What an earlier training learned from, which this one went on from, counts as well; the same scenes once.
    """
    origin = str(data.get("origin", "")).casefold()
    every = learned_from(data)
    scenes = sum({each.get("fingerprint"): each.get("scenes", 0) for each in every}.values())
    found = []
    for source in _SOURCES:
        n = scenes if source.sign == "drawn" else max(_amount(each.get(source.sign)) for each in every)
        if n:
            found.append((source, n))
        elif source.sign in origin:
            found.append((source, int(data.get("n", 0))))
    return found


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
        said.append(chosen_words(decision.chosen, language))
        if decision.chosen.get("surfaces"):
            said.append(
                say(
                    "Probabilities and threshold were settled on tiles of {surfaces}: what is flagged there, and "
                    "the calibration error there, is therefore somewhat better than on a surface that nobody has "
                    "looked at.",
                    surfaces=language.semicolon.join(
                        surface_words(each, language) for each in decision.chosen["surfaces"]
                    ),
                )
            )
    if classifier.familiarity is not None:
        said.append(
            say(
                "It also says how unlike its training data an image is: 1 is what 95 % of held-out images of the "
                "surfaces that it was taught keep below, all taken together; of a single surface it may be more or "
                "fewer. Above it, its probability is worth less."
            )
        )
    return said


def _is_plain(value: object) -> bool:
    return isinstance(value, str | int | float) and value not in ("", False)


def _section(title: str, body: str) -> str:
    return f"## {title}\n\n{body}"
