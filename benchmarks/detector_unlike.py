"""How often a detector says ``unlike the training data``: of surfaces that it knows, of others, of what is no wall.

    python benchmarks/detector_unlike.py [CLASSIFIER] [--n 200] [--json docs/measured/detector_unlike.json]
        [--page docs/unlike.md] [--at 1] [--page-only]

Prints, for each kind of picture, the share that is called unlike with its 95 % interval, the median score (1 is the
threshold), and the share that is called cracked: what the warning is for. The threshold keeps 95 % of
held-out pictures of known surfaces, all together; ``--at`` tries another one, in units of it. ``--page-only`` measures
nothing and writes the page of an earlier ``--json`` again.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from surface_sets import SIZE_PX, Asked, drawn, sets

from fissura.classifier import Classifier, load
from fissura.data import data_folder, embedded_digits
from fissura.data.synthetic.strangers import STRANGERS, strangers
from fissura.images import resized
from fissura.metrics import measure_as_dict, share_of

SEED = 90_000_002
KNOWN, OTHER, NO_WALL = "known surfaces", "surfaces never taught", "no wall at all"
Pixels = npt.NDArray[np.uint8]


def pictures(asked: Asked, each: int, kept: Path | None = None) -> Iterator[tuple[str, str, Pixels]]:
    """(group, kind, pictures ``(n, 224, 224)``)."""
    for images in sets(asked):
        group = OTHER if images.origin.startswith("quay") else KNOWN
        yield group, images.origin, images.images
    for part in drawn(each, kept):
        yield OTHER if "not taught" in part.images.origin else KNOWN, part.images.origin, part.images.images
    for kind in STRANGERS:
        yield NO_WALL, f"drawn: {kind}", strangers(kind, asked.n, (SIZE_PX, SIZE_PX), SEED)
    written = embedded_digits().test.images[: asked.n]
    yield NO_WALL, "handwritten digits", np.stack([resized(image, (SIZE_PX, SIZE_PX)) for image in written])


def measured(
    classifier: Classifier, asked: Asked, each: int, kept: Path | None = None, at: float = 1.0
) -> list[dict[str, Any]]:
    """A row for each kind of pictures; unlike is what scores more than ``at``."""
    assert classifier.decision is not None
    rows: list[dict[str, Any]] = []
    for group, kind, images in pictures(asked, each, kept):
        probabilities, unlike = classifier.described(images)
        assert unlike is not None
        cracked = probabilities[:, classifier.decision.positive] >= classifier.decision.threshold
        rows.append(
            {
                "group": group,
                "kind": kind,
                "n": len(images),
                "unlike": measure_as_dict(share_of(unlike > at)),
                "median": round(float(np.median(unlike)), 3),
                "called_cracked": measure_as_dict(share_of(cracked)),
            }
        )
    for group in (KNOWN, OTHER, NO_WALL):
        of_group = [row["unlike"]["value"] for row in rows if row["group"] == group]
        rows.append({"group": group, "kind": "mean", "unlike": {"value": round(float(np.mean(of_group)), 4)}})
    return rows


def page(rows: list[dict[str, Any]], command: str, fingerprint: str) -> str:
    """The table as a document."""
    lines = [
        "# Unlike the training data\n",
        "How often the built-in detector gives the warning `unlike the training data`. Its threshold is such that",
        "95 % of held-out pictures of all the surfaces that it was taught, drawn and photographed taken together, get",
        f"no warning. Of the known surfaces below, each counting the same, {_kept(rows, drawn=False)} get none where",
        f"they are photographed and {_kept(rows, drawn=True)} where they are drawn; why it is not looser:",
        "[0005](decisions/0005-detector.md).\n",
        "The score is a distance in the network's own features and a few statistics of the pixels",
        "(`src/fissura/familiarity.py`); 1 is the threshold. The last column is why the warning is needed: how many",
        "of these pictures are called cracked.\n",
        f"Written by `{command}` for the classifier {fingerprint[:12]}; intervals are of 95 %.\n",
        "| | pictures | n | called unlike | median score | called cracked |",
        "|---|---|---:|---:|---:|---:|",
    ]
    for row in rows:
        if row["kind"] == "mean":
            lines.append(f"| {row['group']} | **mean** | | **{100 * row['unlike']['value']:.0f} %** | | |")
        else:
            lines.append(
                f"| {row['group']} | {row['kind']} | {row['n']} | {_said(row['unlike'])} | {row['median']:.2f} "
                f"| {_said(row['called_cracked'])} |"
            )
    lines += [
        "",
        "What it is not: a promise. A smooth sky or a leaf with veins can pass as a wall, and a wall of a kind never",
        "taught can pass as known, as it should where the detector is right about it.",
    ]
    return "\n".join(lines) + "\n"


def _kept(rows: list[dict[str, Any]], drawn: bool) -> str:
    """The mean share of known surfaces that is not called unlike."""
    known = [row for row in rows if row["group"] == KNOWN and row["kind"] != "mean"]
    away = [row["unlike"]["value"] for row in known if row["kind"].startswith("synthetic") == drawn]
    return f"{100 - 100 * float(np.mean(away)):.1f} %" if away else "an unknown share"


def _said(share: dict[str, Any]) -> str:
    return f"{100 * share['value']:.0f} % ({100 * share['low']:.0f} – {100 * share['high']:.0f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("classifier", nargs="?", default="built-in")
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--n", type=int, default=200)
    parser.add_argument("--synthetic", type=int, default=24, help="drawn tiles of each surface")
    parser.add_argument("--kept", type=Path, help="an .npz file that keeps the drawn tiles for the next time")
    parser.add_argument("--at", type=float, default=1.0)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--page", type=Path)
    parser.add_argument("--page-only", action="store_true")
    asked = parser.parse_args()
    if asked.page_only:
        told = json.loads(asked.json.read_text(encoding="utf-8"))
        asked.page.write_text(page(told["rows"], told["command"], told["fingerprint"]), encoding="utf-8", newline="\n")
        return
    classifier = load(asked.classifier)
    if classifier.familiarity is None:
        parser.error(f"{asked.classifier} does not know what its training data are like")
    rows = measured(classifier, Asked(data_folder(asked.data_dir), asked.n), asked.synthetic, asked.kept, asked.at)
    command = f"python benchmarks/detector_unlike.py --n {asked.n} --synthetic {asked.synthetic}"
    command += "" if asked.at == 1 else f" --at {asked.at:g}"
    text = page(rows, command, classifier.fingerprint)
    print(text)
    if asked.json is not None:
        told = {"fingerprint": classifier.fingerprint, "command": command, "rows": rows}
        asked.json.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8", newline="\n")
    if asked.page is not None:
        asked.page.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
