"""What detector_surfaces.py measured, told: as tables on the terminal and as a document."""

from __future__ import annotations

from typing import Any

from fissura.language import language


def show(name: str, found: dict[str, Any]) -> None:
    """The table on the terminal."""
    print(f"\n{name}\n{'':28s} {'AUROC':>22s} {'balanced acc.':>22s} {'found':>7s}", end=" ")
    print(f"{'flagged, of intact':>26s} {'ECE':>6s}    n")
    for surface, each in found["surfaces"].items():
        flagged = ranged(each["flagged"], 100)
        share = "" if each["found"]["value"] is None else f"{100 * each['found']['value']:5.1f} %"
        print(
            f"{surface:28s} {ranged(each['auroc']):>22s} {ranged(each['balanced_accuracy']):>22s} {share:>7s} "
            f"{flagged:>26s} {each['calibration_error']:6.3f} {each['n']:4d}"
        )
    for kind, each in found["summary"].items():
        print(
            f"{kind}: mean AUROC {each['mean_auroc']:.4f}, least {each['least_auroc']:.4f} ({each['least_on']}), "
            f"mean balanced accuracy {each['mean_balanced_accuracy']:.4f}"
        )
    for kind, each in found["together"].items():
        print(
            f"together, {kind}: ECE {each['calibration_error']:.3f}, "
            f"by chance {each['calibration_error_by_chance']:.3f}, n = {each['n']} of {each['sets']} sets"
        )
    for surface, each in found.get("masks", {}).items():
        print(
            f"masks, {surface}: IoU {each['iou']:.3f}  F1 {each['f1']:.3f}  clIoU {ranged(each['cliou_4px'])}  "
            f"line precision {each['line_precision']:.3f} recall {each['line_recall']:.3f}  n = {each['n']}"
        )


def page(found: dict[str, Any], command: str, fingerprint: str) -> str:
    """The tables as a document."""
    lines = [
        "# The built-in detector surface by surface\n",
        "Tiles at 224 px; 95 % intervals, in which tiles of one photograph and copies count together. AUROC: how",
        "often a cracked tile scores above an intact one (the area under the ROC curve). *Found*: of cracked",
        "tiles, *flagged*: of intact ones, both at the threshold that is shipped. ECE: expected calibration",
        "error, the mean distance between the probabilities and the shares that came true; *by chance*: what it",
        "would be in the mean if they were right. Surfaces marked *not taught* were left out of training. Of METU",
        "the test part of the grouped split was judged, of asphalt (SUT-Crack) the photographs kept for judging;",
        "the quay (Osaka Metropolitan University) was never learned from, and its boxes miss some cracks, so that",
        "some of its *flagged* are right. Probabilities and threshold were settled on tiles of the quay, of the",
        "asphalt kept for judging and of the surfaces not taught: *flagged* and ECE are somewhat better there",
        "than on a surface that nobody has looked at. The threshold looked at intact patches of METU's validation",
        "part as well.\n",
        f"Written by `{command}` for the classifier {fingerprint[:12]}.\n",
        *_surfaces(found),
        *_together(found),
        *(_masks(found) if found.get("masks") else []),
    ]
    return "\n".join(lines) + "\n"


def _surfaces(found: dict[str, Any]) -> list[str]:
    lines = [
        "| surface | n | AUROC | balanced accuracy | found | flagged | ECE | by chance |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for surface, each in found["surfaces"].items():
        share = "" if each["found"]["value"] is None else f"{100 * each['found']['value']:.1f} %"
        flagged = ranged(each["flagged"], 100)
        lines.append(
            f"| {surface} | {each['n']} | {ranged(each['auroc'])} | {ranged(each['balanced_accuracy'])} | {share} "
            f"| {flagged + ' %' if flagged else ''} | {each['calibration_error']:.3f} "
            f"| {each['calibration_error_by_chance']:.3f} |"
        )
    lines.append("")
    for kind, each in found["summary"].items():
        lines.append(
            f"Mean over {kind} surfaces: AUROC {each['mean_auroc']:.3f}, least {each['least_auroc']:.3f} "
            f"({each['least_on']}), balanced accuracy {each['mean_balanced_accuracy']:.3f}.\n"
        )
    return lines


def _together(found: dict[str, Any]) -> list[str]:
    lines = [
        "## Calibration over several sets\n",
        "Few tiles leave the ECE to chance. Over all sets of a kind together; what lies below *by chance* is not told",
        "from right probabilities, and the surfaces not taught are those that the probabilities were settled on:\n",
        "| kind | sets | n | ECE | by chance |",
        "|---|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {kind} | {each['sets']} | {each['n']} | {each['calibration_error']:.3f} "
        f"| {each['calibration_error_by_chance']:.3f} |"
        for kind, each in found["together"].items()
    ]
    lines.append("")
    return lines


def _masks(found: dict[str, Any]) -> list[str]:
    lines = [
        "## Masks\n",
        "The map at log-odds of at least 0, against true masks, pixels and centre lines summed over all pictures.",
        "clIoU is the centre-line IoU with 4 px tolerance of Benz and Rodehorst (OmniCrack30k, 2024), see",
        "`src/fissura/metrics/masks.py`.\n",
        "| | n | IoU | F1 | clIoU | lines: precision | recall |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for surface, each in found["masks"].items():
        lines.append(
            f"| {surface} | {each['n']} | {each['iou']:.3f} | {each['f1']:.3f} | {ranged(each['cliou_4px'])} "
            f"| {each['line_precision']:.3f} | {each['line_recall']:.3f} |"
        )
    return lines


def ranged(measure: dict[str, Any], times: float = 1.0, interval: str = "[{}, {}]") -> str:
    """A measure as ``measure_as_dict`` gives it, ``times`` 1 or 100, and its interval; "" where it has no value."""
    if measure["value"] is None:
        return ""
    written = {key: "?" if value is None else _written(value, times) for key, value in measure.items() if key != "n"}
    return f"{written['value']} {interval.format(written['low'], written['high'])}"


def _written(value: float, times: float) -> str:
    """With three decimals, or one of 100 times as much; what is no share as ``fraction`` does, never quite 0 or 1."""
    return language("en").fraction(value, 3) if times == 1 else f"{times * value:.1f}"
