"""What stands before a wall and is no crack: how often a crack detector flags an intact wall because of it.

    python benchmarks/detector_things.py [CLASSIFIER ...] [--n 100] [--json docs/measured/detector_things.json]
        [--page docs/things.md]

One thing at a time is drawn before intact walls, ``n`` of each of three kinds as far as there are so many: METU's
grouped test split, asphalt (SUT-Crack, photographs kept for judging), drawn walls of surfaces that no detector is
taught. Then before cracked ones, to see whether a detector that learns the thing still finds a crack beside it. Prints
the share of tiles at or above the classifier's own threshold, with the 95 % interval (Wilson) over all three kinds.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from other_things import DRAWN_OTHERWISE, OTHER_THINGS
from scipy.ndimage import gaussian_filter
from surface_sets import SIZE_PX, TILES_PX, Asked, asphalt_names, metu

from fissura.classifier import Classifier, load
from fissura.data import data_folder
from fissura.data.synthetic import synthetic_scenes
from fissura.data.synthetic.distractors import OBJECTS
from fissura.data.synthetic.overlay import Overlay
from fissura.data.synthetic.view import View, random_view
from fissura.data.teaching import HELD_OUT
from fissura.data.tiles import read_tiles
from fissura.metrics import Measure, measure_as_dict, wilson

Tiles = npt.NDArray[np.uint8]
Thing = Callable[[View, float, np.random.Generator], Overlay]
SEED = 95_000_001  # no training draws with it
TAUGHT = "taught"
OTHERWISE = "taught in other drawings"
NEVER = "never taught"


@dataclass(frozen=True, eq=False)
class Walls:
    """Tiles of one kind of wall, ``(n, 224, 224)`` each."""

    name: str
    intact: Tiles
    cracked: Tiles


@dataclass(frozen=True)
class Row:
    """Of one thing: (flagged, of) for intact tiles of each kind of wall, and for cracked ones of all kinds."""

    thing: str
    kind: str
    intact: tuple[tuple[int, int], ...]
    cracked: tuple[int, int]


def walls(data_dir: Path, n: int) -> Iterator[Walls]:
    """Every kind of wall that the data folder allows."""
    patches = metu(Asked(data_dir, 2 * n))
    yield Walls("METU", patches.images[patches.labels == 0][:n], patches.images[patches.labels == 1][:n])
    folder = data_dir / "sut-crack"
    if folder.is_dir():
        tiles, _ = read_tiles(folder, SIZE_PX, TILES_PX[1])
        kept = asphalt_names(folder, Asked(data_dir))
        here = np.array([name.rsplit("-", 2)[0] in kept for name in tiles.names])
        random = np.random.default_rng(SEED)
        parts = [random.permutation(np.flatnonzero(here & (tiles.labels == label)))[:n] for label in (0, 1)]
        yield Walls("asphalt", *(tiles.images[np.sort(part)] for part in parts))
    drawn = synthetic_scenes(2 * n, (SIZE_PX, SIZE_PX), SEED, surfaces=HELD_OUT, split="test").images
    yield Walls("drawn", drawn.images[drawn.labels == 0], drawn.images[drawn.labels == 1])


def with_thing(tiles: Tiles, thing: Thing) -> Tiles:
    """The tiles with one such thing before each, another one for each tile; taken out of focus now and then."""
    made = []
    for number, tile in enumerate(tiles):
        random = np.random.default_rng([SEED, number])
        light = tile.astype(np.float32) / 255
        picture = thing(random_view((SIZE_PX, SIZE_PX), random), float(light.mean()), random).over(light)
        if random.random() < 0.5:
            picture = gaussian_filter(picture, random.uniform(0.4, 1.2))
        noisy = picture * 255 + random.normal(0.0, 2.0, picture.shape)
        made.append(np.clip(np.rint(noisy), 0, 255).astype(np.uint8))
    return np.stack(made)


def measured(classifiers: dict[str, Classifier], on: list[Walls]) -> dict[str, list[Row]]:
    """A row for each thing, by classifier; every classifier sees the same tiles."""
    rows: dict[str, list[Row]] = {name: [] for name in classifiers}
    things: list[tuple[str, str, Thing | None]] = [("nothing", "", None)]
    things += [(name, TAUGHT, thing) for name, thing in OBJECTS.items()]
    things += [(name, OTHERWISE if name in DRAWN_OTHERWISE else NEVER, thing) for name, thing in OTHER_THINGS.items()]
    for name, kind, thing in things:
        intact = [each.intact if thing is None else with_thing(each.intact, thing) for each in on]
        cracked = [each.cracked if thing is None else with_thing(each.cracked, thing) for each in on]
        for title, classifier in classifiers.items():
            of_cracked = [_flagged(classifier, tiles) for tiles in cracked]
            found = (sum(each[0] for each in of_cracked), sum(each[1] for each in of_cracked))
            rows[title].append(Row(name, kind, tuple(_flagged(classifier, tiles) for tiles in intact), found))
            print(f"{title}: {_line(rows[title][-1])}", flush=True)
    return rows


def _flagged(classifier: Classifier, tiles: Tiles) -> tuple[int, int]:
    assert classifier.decision is not None
    return int(np.count_nonzero(classifier.scores(tiles) >= classifier.decision.threshold)), len(tiles)


def _line(row: Row) -> str:
    share = _share(row)
    kinds = " | ".join(f"{100 * flagged / of:.0f} %" for flagged, of in row.intact)
    total = f"{100 * share.value:.1f} [{100 * share.low:.1f}, {100 * share.high:.1f}] %"
    return f"{row.thing} | {row.kind} | {kinds} | {total} | {100 * row.cracked[0] / row.cracked[1]:.0f} %"


def _share(row: Row) -> Measure:
    """Flagged of all intact tiles."""
    return wilson(sum(each[0] for each in row.intact), sum(each[1] for each in row.intact))


def as_dict(row: Row) -> dict[str, Any]:
    """A row as JSON."""
    found = wilson(*row.cracked)
    return {
        "thing": row.thing,
        "kind": row.kind,
        "n": sum(each[1] for each in row.intact),
        "flagged": measure_as_dict(_share(row)),
        "found": measure_as_dict(found),
    }


def page(rows: list[Row], on: list[Walls], command: str, fingerprint: str) -> str:
    """The rows as a document."""
    counts = ", ".join(f"{len(each.intact)} {each.name}" for each in on)
    names = " | ".join(each.name for each in on)
    lines = [
        "# Things before a wall\n",
        "How often the built-in detector flags an intact wall when one thing that is no crack is drawn before it, at",
        "the threshold that is shipped; and how many cracked tiles it still finds beside it. The walls are intact",
        "patches of METU's grouped test split, asphalt kept for judging (SUT-Crack, tiles of 160 px), and drawn walls",
        "of surfaces that it was not taught, on which other things may lie already. Things *taught* stood before some",
        "of the drawn walls that it learned from; those *taught in other drawings* as well, drawn by other rules than",
        "here, and laid on photographs too; those *never taught* tell what it does with things that nobody thought of,",
        "though some resemble what is taught (netting grilles, needles grass). How much of the last step's weights was",
        "taken was chosen on this very table, which therefore flatters a little (docs/decisions/0005-detector.md).",
        "Drawn things are not photographed ones: the order says more than the decimals.\n",
        f"Intact tiles: {counts}. Intervals are of 95 % (Wilson), over all kinds together.\n",
        f"Written by `{command}` for the classifier {fingerprint[:12]}.\n",
        f"| before the wall | | {names} | flagged, all intact | found, all cracked |",
        f"|---|---|{'---:|' * len(on)}---:|---:|",
        *(f"| {_line(row)} |" for row in rows),
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("classifiers", nargs="*", default=["built-in"])
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--n", type=int, default=100)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--page", type=Path)
    asked = parser.parse_args()
    on = list(walls(data_folder(asked.data_dir), asked.n))
    classifiers = {name: load(name) for name in asked.classifiers}
    rows = measured(classifiers, on)
    first = asked.classifiers[0]
    fingerprint, command = classifiers[first].fingerprint, f"python benchmarks/detector_things.py --n {asked.n}"
    if asked.json is not None:
        told = {"fingerprint": fingerprint, "command": command, "rows": [as_dict(row) for row in rows[first]]}
        asked.json.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8", newline="\n")
    if asked.page is not None:
        asked.page.write_text(page(rows[first], on, command, fingerprint), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
