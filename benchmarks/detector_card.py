"""The built-in detector's card, from what the other benchmarks measured, with a picture of its surest mistakes.

    python benchmarks/detector_card.py [--n 300] [--words-only]

Reads docs/measured/detector_surfaces.json, detector_robustness.json, detector_unlike.json and detector_things.json,
which must be of the same weights, and writes built-in.md, built-in.fr.md and built-in-failures.png beside the weights;
the picture is left as it is with ``--words-only``.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from surface_sets import Asked, drawn, sets

from fissura.classifier import BUILT_IN, WEIGHTS, Classifier, load
from fissura.data import data_folder
from fissura.files import write_whole
from fissura.images import resized
from fissura.judgement import Judgement
from fissura.language import language
from fissura.reporting.card import write_cards
from fissura.reporting.card_numbers import Measured
from fissura.reporting.drawing import sheet, short

MEASURED = Path(__file__).parent.parent / "docs" / "measured"
FAILURES = "built-in-failures.png"
ACROSS, SHOWN_PX = 4, 112


def failures(classifier: Classifier, asked: Asked, synthetic: int, kept: Path | None) -> bytes:
    """PNG: of every surface the surest miss, then the surest false alarms, the worst first."""
    assert classifier.decision is not None
    misses, alarms = [], []
    for images in (*sets(asked), *(each.images for each in drawn(synthetic, kept))):
        scores = classifier.scores(images.images).astype(np.float64)
        told = Judgement(images, scores, classifier.decision.threshold)
        misses += [(call.score, images.origin, images.images[call.index]) for call in told.misses(1)]
        alarms += [(call.score, images.origin, images.images[call.index]) for call in told.false_alarms(1)]
    chosen = sorted(misses, key=lambda it: it[0])[:ACROSS]
    chosen += sorted(alarms, key=lambda it: -it[0])[: 2 * ACROSS]
    spoken = language("en")
    titles = [
        f"{spoken.probability(score)}\n{short(origin.removeprefix('synthetic: '), 13)}" for score, origin, _ in chosen
    ]
    pixels = [resized(image, (SHOWN_PX, SHOWN_PX)) for _, _, image in chosen]
    return sheet(np.stack(pixels), titles, ACROSS, spoken)


def measured(fingerprint: str) -> Measured:
    """What stands in docs/measured about these weights."""
    found = {name: _read(name, fingerprint) for name in ("surfaces", "robustness", "unlike", "things")}
    return Measured(
        surfaces=found["surfaces"].get("surfaces", {}),
        masks=found["surfaces"].get("masks", {}),
        corruptions=found["robustness"].get("rows", ()),
        unlike=found["unlike"].get("rows", ()),
        things=found["things"].get("rows", ()),
        command="python benchmarks/detector_surfaces.py",
        failures=FAILURES,
    )


def _read(name: str, fingerprint: str) -> dict[str, Any]:
    path = MEASURED / f"detector_{name}.json"
    if not path.is_file():
        print(f"{path.name} is not there: left out of the card")
        return {}
    content = json.loads(path.read_text(encoding="utf-8"))
    for found in (content, *(value for value in content.values() if isinstance(value, dict))):
        if found.get("fingerprint") == fingerprint:
            return dict(found)
    print(f"{path.name} is of other weights: left out of the card")
    return {}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("classifier", nargs="?", default=BUILT_IN)
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--n", type=int, default=300)
    parser.add_argument("--synthetic", type=int, default=24)
    parser.add_argument("--kept", type=Path, help="an .npz file that keeps the drawn tiles for the next time")
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    parser.add_argument("--words-only", action="store_true", help="the cards alone, without the picture")
    asked = parser.parse_args()
    classifier = load(asked.classifier)
    if not asked.words_only:
        write_whole(
            asked.out / FAILURES,
            failures(classifier, Asked(data_folder(asked.data_dir), asked.n), asked.synthetic, asked.kept),
        )
    write_cards(classifier, BUILT_IN, asked.out, measured(classifier.fingerprint), BUILT_IN)
    print(f"written: {asked.out / BUILT_IN}.md, .fr.md{'' if asked.words_only else f', {FAILURES}'}")


if __name__ == "__main__":
    main()
