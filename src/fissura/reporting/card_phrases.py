"""What a model card borrows from records made for programs, in the reader's words: surfaces, reasons of a threshold."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from fissura.language import N_, Language
from fissura.reporting.cells import images, three_digits

_SURFACE = re.compile(r"(?:(?P<kind>drawn|synthetic): )?(?P<name>.*?)(?P<new> \(not taught\))?")
_WISH = re.compile(r"flags at most (\d+)% of intact windows")
_UNSURE = ("quay",)  # settling.UNSURE, which takes a second to import
_NAMES = {
    "drawn": N_("drawn"),
    "synthetic": N_("drawn"),
    "METU": "METU",
    "grouped test split": N_("test part of the grouped split"),
    "asphalt": N_("asphalt"),
    "asphalt (sut-crack)": N_("asphalt (SUT-Crack)"),
    "cracked tiles": N_("cracked tiles"),
    "drawn surfaces not taught": N_("drawn surfaces not taught"),
    "quay": N_("quay"),
    "ashlar": N_("ashlar"),
    "blocks": N_("blocks"),
    "boards": N_("boards"),
    "brick": N_("brick"),
    "coarse concrete": N_("coarse concrete"),
    "dry stone": N_("dry stone"),
    "fine concrete": N_("fine concrete"),
    "grooved concrete": N_("grooved concrete"),
    "joinery": N_("joinery"),
    "leaves": N_("leaves"),
    "old brick": N_("old brick"),
    "painted": N_("painted wall"),
    "panels": N_("panels"),
    "paving": N_("paving"),
    "plaster": N_("plaster"),
    "render": N_("render"),
    "sky": N_("sky"),
    "slates": N_("slates"),
    "speckled asphalt": N_("speckled asphalt"),
    "stained": N_("stained wall"),
    "stone": N_("stone"),
    "tiles": N_("tiled wall"),
    "washed concrete": N_("washed concrete"),
    "wet": N_("wet wall"),
    "leafless creeper": N_("creepers without leaves"),
    "bolts": N_("bolts"),
    "branch shadow": N_("shadows of branches"),
    "cable": N_("cables"),
    "cobweb": N_("cobwebs"),
    "edge": N_("edges"),
    "frame": N_("frames"),
    "frame corner": N_("corners of frames"),
    "grille": N_("grilles"),
    "ivy": N_("ivy"),
    "netting": N_("netting"),
    "other wall": N_("another wall"),
    "pine needles": N_("pine needles"),
    "pipe": N_("pipes"),
    "railing shadow": N_("shadows of railings"),
    "rope": N_("ropes"),
    "shadow": N_("shadows"),
    "sheeting": N_("sheeting"),
    "sign": N_("signs"),
    "snail trail": N_("snail trails"),
    "spalls": N_("spalled places"),
    "splashes": N_("splashes that have run"),
    "tufts of grass": N_("tufts of grass"),
    "twigs": N_("twigs"),
    "tyre marks": N_("tyre marks"),
}


def surface_words(surface: str, language: Language) -> str:
    """``synthetic: wet (not taught)`` as a person would say it, or a thing before a wall; what is not known is kept."""
    found = _SURFACE.fullmatch(surface)
    assert found is not None
    parts = [language.say(_NAMES[part]) if part in _NAMES else part for part in _parts(found["name"])]
    kind = language.say(_NAMES[found["kind"]]) + language.colon if found["kind"] else ""
    return f"{kind}{', '.join(parts)}" + (f" ({language.say('not taught')})" if found["new"] else "")


def _parts(name: str) -> list[str]:
    return [name] if name in _NAMES else name.split(", ")


def chosen_words(chosen: Mapping[str, Any], language: Language) -> str:
    """Why the threshold is where it is: the wish, and what it was settled on."""
    wish, at_most = str(chosen.get("wish", "")), chosen.get("at_most")
    known = _WISH.fullmatch(wish)
    if known is not None:
        return _flagged_at_most(language.percent(int(known[1]) / 100, 0), chosen, language)
    if wish in ("miss", "alarm") and at_most is not None:
        said = {
            "share": f"{three_digits(100 * at_most, language)}\N{NO-BREAK SPACE}%",
            "images": images(int(chosen.get("validation_images", 0)), language),
        }
        if wish == "miss":
            return language.say(
                "The threshold was chosen on validation images ({images}) so that at most {share} of those of the "
                "class that is looked for are missed.",
                **said,
            )
        return language.say(
            "The threshold was chosen on validation images ({images}) so that at most {share} of those of the other "
            "class raise a false alarm.",
            **said,
        )
    plain = ", ".join(f"{key} {value}" for key, value in chosen.items() if isinstance(value, str | int | float))
    return language.say("The threshold was chosen so: {chosen}.", chosen=plain)


def _flagged_at_most(share: str, chosen: Mapping[str, Any], language: Language) -> str:
    """What a threshold was settled on; the surfaces themselves are named after it."""
    walls = int(chosen.get("walls", 0))
    if walls:
        said = language.say(
            "The threshold was chosen so that at most {share} of intact windows are flagged, each surface counting "
            "the same: on the intact tiles of the surfaces named below and on {patches} of METU's validation part.",
            share=share,
            patches=language.count("{n} intact patch", "{n} intact patches", walls),
        )
    else:
        said = language.say(
            "The threshold was chosen so that at most {share} of intact windows are flagged, each surface counting "
            "the same: on the intact tiles of the surfaces named below.",
            share=share,
        )
    if not any(each.startswith(_UNSURE) for each in chosen.get("surfaces", ())):
        return said
    unsure = language.say("The quay's tiles had no say in the threshold: there are cracks on them that nobody marked.")
    return f"{said} {unsure}"
