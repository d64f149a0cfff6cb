"""``fissura models``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from fissura import terminal
from fissura.cli.options import BUILT_IN, Json, Lang, SamePadding, at_least, check_network, print_json
from fissura.errors import SettingsError
from fissura.language import Language, language

if TYPE_CHECKING:
    from fissura.classifier import Classifier
    from fissura.layers import LayerTable

Name = Annotated[
    str | None,
    typer.Argument(help="Show this network's layers; built-in: the crack detector's card.", show_default=False),
]
Side = Annotated[
    int | None,
    typer.Option(
        "--size", help="Height and width of the images in pixels; else what it is made for.", show_default=False
    ),
]
ClassCount = Annotated[
    int | None, typer.Option("--classes", help="Number of classes; else what it is made for.", show_default=False)
]
_MOST_PX, _MOST_CLASSES = 10_000, 100_000


def models(
    name: Name = None,
    same_padding: SamePadding = False,
    size: Side = None,
    classes: ClassCount = None,
    lang: Lang = None,
    as_json: Json = False,
) -> None:
    """List the networks, or show the layers of one: dimensions, parameters, formulas, multiply-adds.

    Example: fissura models cnn2
    """
    from fissura.models import MODELS
    from fissura.reporting.tables import layer_rows, layers_note, layers_title, network_rows

    spoken = language(lang)
    if name == BUILT_IN:
        _built_in(spoken, as_json)
        return
    at_least("--size", 1 if size is None else size, 1, _MOST_PX)
    at_least("--classes", 2 if classes is None else classes, 2, _MOST_CLASSES)
    options = {"same_padding": True} if same_padding else {}
    if name is None and same_padding:
        raise SettingsError("--same-padding goes with one network: fissura models cnn2 --same-padding.")
    if name is not None:
        check_network(name, options, size or 28)
    made_for = {
        known: (size or spec.size_px, classes or spec.classes)
        for known, spec in MODELS.items()
        if name in (None, known)
    }
    tables = _tables(made_for, options)
    if as_json:
        described = [_sizes(known, *made_for[known], table) for known, table in tables.items()]
        print_json(described if name is None else {**described[0], "layers": tables[name].as_dicts()})
    elif name is None:
        terminal.show(network_rows(tables, made_for, spoken))
    else:
        side, n = made_for[name]
        terminal.show(layer_rows(tables[name], spoken, layers_title(name, (side, side), n, spoken)))
        if note := layers_note(name, tables[name], spoken):
            terminal.say(note)


def _tables(made_for: dict[str, tuple[int, int]], options: dict[str, Any]) -> dict[str, LayerTable]:
    """The layers of each network, ``made_for`` images of so many pixels a side and so many classes."""
    import torch

    from fissura.layers import layer_table
    from fissura.models import build

    with torch.device("meta"):  # shapes alone: nothing is allocated or computed, however large the images
        return {
            known: layer_table(build(known, (side, side), n, **options), (1, side, side))
            for known, (side, n) in made_for.items()
        }


def _sizes(name: str, side: int, classes: int, table: LayerTable) -> dict[str, Any]:
    return {
        "network": name,
        "size_hw": [side, side],
        "classes": classes,
        "parameters": table.parameters,
        "multiply_adds": table.multiply_adds,
    }


def _built_in(spoken: Language, as_json: bool) -> None:
    """The card of the detector that comes with the package, or what its file says of it."""
    from fissura.classifier import load
    from fissura.reporting.card import built_in_card

    classifier = load(BUILT_IN)
    if as_json:
        print_json(_described(classifier))
        return
    for line in built_in_card(classifier, spoken).splitlines():
        terminal.say(line)


def _described(classifier: Classifier) -> dict[str, Any]:
    """What a classifier's file says of it, without its weights."""
    from dataclasses import asdict

    return {
        "network": classifier.network,
        "parameters": classifier.parameters,
        "classes": list(classifier.classes),
        "preprocessing": asdict(classifier.preprocessing),
        "decision": None if classifier.decision is None else asdict(classifier.decision),
        "provenance": asdict(classifier.provenance),
        "fingerprint": classifier.fingerprint,
    }
