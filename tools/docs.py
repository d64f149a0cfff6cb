"""Hold the documents against the program: the command reference, the README's pictures of output, its links.

python tools/docs.py            write docs/commands.md and the tables of the README and of docs/inspecting.md
python tools/docs.py --check    fail when it is out of date, or when a document names a file that is not there
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import statistics
import sys
from pathlib import Path
from typing import Any
from unittest import mock

from fissura import cli
from fissura.language import language
from fissura.models import build
from fissura.training import RECIPES

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
INSPECTING = ROOT / "docs" / "inspecting.md"
MEASURED = ROOT / "docs" / "measured"
PAGE = ROOT / "docs" / "commands.md"
OF_DATA = ("get", "check", "show", "split", "draw", "clean")
COMMANDS = (
    "",
    "lab",
    "ladder",
    "train",
    "train built-in",
    "inspect",
    "predict",
    "evaluate",
    "compare",
    "models",
    "data",
    *(f"data {name}" for name in OF_DATA),
)
LINK = re.compile(r"\]\((?!https?://|#)([^)#]+)")


def reference() -> str:
    """The command reference: what ``--help`` says of each command."""
    parts = ["# Commands\n\nWritten by `python tools/docs.py` from the program itself.\n"]
    for command in COMMANDS:
        parts.append(f"\n## {f'fissura {command}'.strip()}\n\n```text\n{help_of(command)}```\n")
    return "".join(parts)


def help_of(command: str) -> str:
    out = io.StringIO()
    with (
        mock.patch.dict(os.environ, {"COLUMNS": "100", "TERMINAL_WIDTH": "100"}),
        contextlib.redirect_stdout(out),
        contextlib.suppress(SystemExit),
    ):
        cli.app([*command.split(), "--help"], prog_name="fissura")
    return "\n".join(line.rstrip() for line in out.getvalue().strip().splitlines()) + "\n"


def broken_links() -> list[str]:
    """Every relative link of a document to a file that is not there."""
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    return [
        f"{page.relative_to(ROOT)} links to {target}, which is not there"
        for page in pages
        for target in LINK.findall(page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]


def accuracies() -> str:
    """The table of test accuracies from what benchmarks/accuracies.py gathered."""
    lines = [
        "| recipe | network | parameters | epochs | test accuracy, mean ± sd | lowest – highest | training, median |",
        "|---|---|---:|---:|---:|---:|---:|",
    ]
    entries = json.loads((MEASURED / "accuracies.json").read_text(encoding="utf-8"))
    for entry in entries:
        percents = [100 * value for value in entry["test_accuracy"]]
        lines.append(
            f"| `{entry['recipe']}` | `{entry['network']}` | {entry['parameters']:,} | {entry['epochs']} "
            f"| {statistics.mean(percents):.2f} ± {statistics.stdev(percents):.2f} % "
            f"| {min(percents):.2f} – {max(percents):.2f} % | {statistics.median(entry['training_seconds']):.0f} s |"
        )
    others = [f"`{each['network']}`: {each['device']}" for each in entries if each["device"] != entry["device"]]
    device = f"{entry['device']} ({'; '.join(others)})" if others else entry["device"]
    lines.append(
        f"\n{len(percents)} seeds each ({entry['seeds'][0]} to {entry['seeds'][-1]}), {device}, "
        f"PyTorch {entry['versions']['torch'].split('+')[0]}; n = {entry['n']:,}."
    )
    return "\n".join(lines)


def speed() -> str:
    """The table of ratios from what benchmarks/training_speed.py printed."""
    measured = json.loads((MEASURED / "speed.json").read_text(encoding="utf-8"))
    lines = [
        "| network | training, one thread | evaluating, one thread | training, two threads | evaluating, two threads |",
        "|---|---:|---:|---:|---:|",
    ]
    loads = []
    for network, runs in measured.items():
        cells = []
        for threads in ("1", "2"):
            for what in ("training", "evaluation"):
                ratio = runs.get(threads, {}).get("ratios", {}).get(what)
                if ratio is None:
                    cells.append("–")
                elif threads == "1":
                    cells.append(f"{ratio['processor']:.1f} times")
                else:
                    cells.append(f"{ratio['median']:.1f} times ({ratio['least']:.1f} – {ratio['greatest']:.1f})")
        lines.append(f"| `{network}` | {' | '.join(cells)} |")
        loads += [run["load"] for run in runs.values() if run["load"] is not None]
    lines.append(
        "\n`python benchmarks/training_speed.py` with `--threads 1` and `--threads 2`, medians of the rounds. "
        "One thread: processor time. Two threads: time by the clock (least – greatest). Other work ran beside it: load "
        f"average {min(loads):.0f} to {max(loads):.0f}."
    )
    return "\n".join(lines)


def cracks() -> str:
    """The table of crack accuracies from what benchmarks/crack_accuracy.py gathered."""
    lines = [
        "| recipe | split | test accuracy, mean ± sd | errors per seed | images with a twin | training | parameters |",
        "|---|---|---:|---|---:|---:|---:|",
    ]
    for name, entry in json.loads((MEASURED / "cracks.json").read_text(encoding="utf-8")).items():
        recipe, _, how = name.rpartition("-")
        runs, n = entry["runs"], entry["sizes"][2]
        percents = [100 * run["accuracy"] for run in runs]
        lines.append(
            f"| {_as_today(recipe, entry)} | {how} "
            f"| {statistics.mean(percents):.2f} ± {statistics.stdev(percents):.2f} % "
            f"| {', '.join(str(run['errors']) for run in runs)} of {n:,} | {entry['leaking_test_images']:,} "
            f"| {statistics.median(run['training_s'] for run in runs):.0f} s | {entry['parameters']:,} |"
        )
    lines.append(
        f"\n{sum(entry['sizes']):,} patches of METU, seeds "
        f"{', '.join(str(run['seed']) for run in runs)}, PyTorch {entry['versions']['torch'].split('+')[0]}; "
        "training is the median: `python benchmarks/crack_accuracy.py`. A twin of a test image is a copy, a mirror "
        "image or an overlapping view of it in training or validation."
    )
    return "\n".join(lines)


def _as_today(recipe: str, entry: dict[str, Any]) -> str:
    """The recipe's name; where recipe or network have changed since it was measured, that is said."""
    named = RECIPES[recipe]
    parameters = sum(weights.numel() for weights in build(named.network, (112, 112), 2).parameters())
    same = entry["recipe"] == named.recipe.as_dict() and entry["parameters"] == parameters
    return f"`{recipe}`" if same else f"`{recipe}`, before its last change"


def crackspeed() -> str:
    """The ratios that benchmarks/crack_epoch_speed.py printed."""
    measured = json.loads((MEASURED / "crack_speed.json").read_text(encoding="utf-8"))
    lines = ["| what | how many times faster |", "|---|---:|"]
    named = {
        "ratio": "an epoch, the same recipe",
        "ratio, augmented": "an epoch, ours augmented",
        "ratio of data": "of that, getting the data",
        "ratio of model": "of that, the network",
    }
    for name, said in named.items():
        values = measured[name]
        lines.append(f"| {said} | {statistics.median(values):.1f} ({min(values):.1f} – {max(values):.1f}) |")
    lines.append(
        f"\nMedian of {measured['rounds']} rounds (least – greatest) on {measured['images']} patches, "
        f"{measured['threads']} threads: `python benchmarks/crack_epoch_speed.py`."
    )
    return "\n".join(lines)


def inspectiontime() -> str:
    """The seconds that benchmarks/inspection_speed.py printed."""
    measured = json.loads((MEASURED / "inspection_speed.json").read_text(encoding="utf-8"))
    photographs = measured["photographs"]
    heads = [f"{name}, findings: {each['findings']}" for name, each in photographs.items()]
    lines = [f"| seconds | {' | '.join(heads)} |", f"|---|{'---:|' * len(heads)}"]
    for part in next(iter(photographs.values()))["seconds"]:
        cells = [f"{each['seconds'][part][0]:.2f}" for each in photographs.values()]
        lines.append(f"| {part} | {' | '.join(cells)} |")
    lines.append(
        f"\n{measured['megapixels']:.0f} megapixels, {measured['threads']} threads, the shortest of "
        f"{measured['repeats']}: `python benchmarks/inspection_speed.py --patches METU --json FILE`. "
        f"The same network slid over {measured['tiles'][0]['tiles']} tiles of 227 px, half a tile apart, each "
        "time right after a scan: "
        + "; ".join(
            f"{each['batch']} at a time, {LAYOUTS[each['layout']]}: {each['seconds'][0]:.1f} s, "
            f"{each['seconds'][0] / each['scan'][0]:.1f} times the scan"
            for each in measured["tiles"]
        )
        + f". Highest memory of {measured['memory']['megapixels']:.0f} megapixels: "
        f"{measured['memory']['megabytes']:.0f} MB."
    )
    return "\n".join(lines)


def surfaces() -> str:
    """What the built-in detector is worth, from what benchmarks/detector_surfaces.py gathered."""
    measured = json.loads((MEASURED / "detector_surfaces.json").read_text(encoding="utf-8"))["built-in"]
    both = {name: each for name, each in measured["surfaces"].items() if "auroc" in each}
    lines = [
        "| tiles of | what it learned of that surface | cracked, intact | AUROC | found | flagged |",
        "|---|---|---:|---:|---:|---:|",
    ]
    for name, learned in LEARNED.items():
        each = both[name]
        auroc, low, high = (SPOKEN.fraction(each["auroc"][key], 3) for key in ("value", "low", "high"))
        shares = (f"{SPOKEN.share(each[key]['value'], 1)} ({_ends(each[key])})" for key in HITS)
        cells = (name, learned, _sizes([each]), f"{auroc} ({low} – {high})", *shares)
        lines.append(f"| {' | '.join(cells)} |")
    for ending, learned in ((True, "nothing"), (False, "other drawings of it")):
        drawn = [each for name, each in both.items() if name[:10] == "synthetic:" and ("not taught" in name) == ending]
        values = [each["auroc"]["value"] for each in drawn]
        auroc = f"mean {statistics.mean(values):.3f}, least {min(values):.3f}"
        shares = (f"mean {100 * statistics.mean(each[key]['value'] for each in drawn):.1f} %" for key in HITS)
        lines.append(f"| {' | '.join((f'{len(drawn)} drawn surfaces', learned, _sizes(drawn), auroc, *shares))} |")
    lines.append(
        "\nTiles are squares cut from photographs. AUROC: how often a cracked tile scores above an intact one (the "
        "area under the ROC curve). Found: of the cracked tiles; flagged: of the intact ones, at the threshold that "
        "is shipped; in brackets the 95 % interval. Probabilities were settled on tiles of the asphalt kept for "
        "judging, of the quay and of the four drawn surfaces, the threshold on these without the quay: flagged is "
        "somewhat better there than where nobody has looked. `python benchmarks/detector_surfaces.py "
        f"--n {measured['n']} --synthetic {drawn[0]['n']}`; every surface: "
        f"[docs/surfaces.md](docs/surfaces.md).\n\n{_things()}"
    )
    return "\n".join(lines)


def _things() -> str:
    """What it takes for cracks most often, from what benchmarks/detector_things.py gathered."""
    told = json.loads((MEASURED / "detector_things.json").read_text(encoding="utf-8"))
    plain = next(row["flagged"] for row in told["rows"] if row["thing"] == "nothing")
    worst = sorted(told["rows"], key=lambda row: -row["flagged"]["value"])[:4]
    shares = ", ".join(
        f"{row['thing']}{', never taught,' if row['kind'] == 'never taught' else ''} "
        f"{100 * row['flagged']['value']:.0f} % ({_ends(row['flagged'])})"
        for row in worst
    )
    return (
        f"Some things are cracks to it: of {plain['n']} intact tiles it flags {100 * plain['value']:.1f} % as they "
        f"are; with one thing drawn before each: {shares}. "
        f"`{told['command']}`; every thing: [docs/things.md](docs/things.md)."
    )


def _sizes(sets: list[dict[str, Any]]) -> str:
    return f"{sum(each['cracked'] for each in sets)}, {sum(each['n'] - each['cracked'] for each in sets)}"


def _ends(share: dict[str, float]) -> str:
    return f"{100 * share['low']:.1f} – {100 * share['high']:.1f}"


SPOKEN = language("en")
HITS = ("found", "flagged")
LEARNED = {
    "METU, grouped test split": "other patches of it",
    "asphalt, 160 px": "other photographs of it",
    "quay, 128 px": "nothing",
    "quay, 192 px": "nothing",
}
LAYOUTS = {"usual": "in PyTorch's usual layout", "channels last": "channels last"}
TABLES = {
    README: (accuracies, speed, cracks, crackspeed, surfaces),
    INSPECTING: (inspectiontime,),
}


def filled(path: Path) -> str:
    """A document with its tables written anew."""
    page = path.read_text(encoding="utf-8")
    for written in TABLES[path]:
        name, table = written.__name__, written()
        if page.count(f"<!-- {name}: ") != 1:
            sys.exit(f"{path.name} has no place for the table {name}: <!-- {name}: ... --> and <!-- end -->")
        pattern = re.compile(rf"(<!-- {name}: [^>]*-->\n).*?(<!-- end -->)", flags=re.DOTALL)
        page = pattern.sub(lambda found, table=table: f"{found[1]}{table}\n{found[2]}", page)
    return page


def main() -> int:
    pages = {PAGE: reference(), **{path: filled(path) for path in TABLES}}
    if "--check" not in sys.argv[1:]:
        for path, text in pages.items():
            path.write_text(text, encoding="utf-8")
        return 0
    wrong = broken_links()
    for path, text in pages.items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            wrong.append(f"{path.name} is not what the program says: run python tools/docs.py")
    for sentence in wrong:
        print(sentence)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
