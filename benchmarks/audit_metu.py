"""What the audit finds in METU, how long it takes, and how often it is right: every number that docs/metu.md states.

    python benchmarks/audit_metu.py DATA            # all of it, some minutes
    python benchmarks/audit_metu.py DATA --sheets FOLDER   # and pictures of true and nearest false pairs, to look at

DATA holds metu/Positive and metu/Negative. The part compared by brute force, the planted copies and the planted wrong
labels are drawn with seed 12.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from audit_by_force import SEED, SIDE, brute_force, brute_force_overlaps, share, title
from PIL import Image
from sklearn.model_selection import train_test_split

from fissura.data.audit import Audit, Pair, audit, has_twin, looks, suspects
from fissura.data.audit import copies as search
from fissura.data.audit.likeness import likeness
from fissura.data.audit.signature import invariants, low_frequencies, near, symmetry_distances
from fissura.data.audit.symmetry import moved
from fissura.data.audit.threads import threads
from fissura.data.labelled import LabelledImages
from fissura.images import read_grey, resized

CLASSES = ("Negative", "Positive")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("data", type=Path)
    arguments.add_argument("--sheets", type=Path)
    given = arguments.parse_args()
    paths = [path for name in CLASSES for path in sorted((given.data / "metu" / name).iterdir(), key=natural)]
    labels = np.array([CLASSES.index(path.parent.name) for path in paths], dtype=np.int64)
    names = tuple(f"{path.parent.name}/{path.name}" for path in paths)
    with tempfile.TemporaryDirectory() as folder:
        pixels, found = timed_audit(paths, names, labels, Path(folder) / "pixels.npy")
        counts(found)
        split(found)
        margins(pixels, paths, found, given.sheets)
        brute_force(pixels, paths, found)
        brute_force_overlaps(pixels, found)
        planted_labels(pixels, found)
        if given.sheets:
            sheets(pixels, found, given.sheets)
        del pixels  # Windows removes no file that is mapped


def natural(path: Path) -> list[int | str]:
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", path.name)]


def timed_audit(paths: list[Path], names: tuple[str, ...], labels: np.ndarray, file: Path) -> tuple[np.ndarray, Audit]:
    title("Time, two threads")
    start, processor = time.perf_counter(), time.process_time()
    pixels = np.lib.format.open_memmap(file, "w+", np.uint8, (len(paths), SIDE, SIDE))

    def decode(index: int) -> bytes:
        content = paths[index].read_bytes()
        pixels[index] = resized(read_grey(content), (SIDE, SIDE))
        return hashlib.sha256(content).digest()

    with ThreadPoolExecutor(2) as pool:
        digests = list(pool.map(decode, range(len(paths))))
    marks = [("decode, digest, resize", time.perf_counter(), time.process_time())]

    def step(words: str) -> None:
        marks.append((words, time.perf_counter(), time.process_time()))

    images = LabelledImages(pixels, labels, CLASSES, names, "METU", "train", positive=1)
    found = audit(images, lambda index: read_grey(paths[index]), digests, on_step=step)
    end = ("", time.perf_counter(), time.process_time())
    print(f"{'decode, digest, resize':26} {marks[0][1] - start:5.1f} s, processor {marks[0][2] - processor:5.1f} s")
    for mark, after in zip(marks[1:], [*marks[2:], end], strict=True):
        print(f"{mark[0]:26} {after[1] - mark[1]:5.1f} s, processor {after[2] - mark[2]:5.1f} s")
    print(f"{'together':26} {end[1] - start:5.1f} s, processor {end[2] - processor:5.1f} s")
    return pixels, found


def counts(found: Audit) -> None:
    title("What there is")
    groups, labels = found.copies.groups, found.labels
    sizes = np.bincount(groups)
    print(f"{len(labels)} patches, {found.copies.distinct} distinct: {len(labels) - found.copies.distinct} are copies")
    print(f"kinds, one per copy: {found.kinds}; compared in pixels: {found.copies.candidates}")
    print("every two copies of one another:", Counter(kind_of_each_two(found)))
    print("copies of one patch:", {int(size): int(np.count_nonzero(sizes == size)) for size in np.unique(sizes)})
    whole = np.bincount(found.groups)
    for label, name in enumerate(CLASSES):
        own = labels == label
        print(
            f"{name}: {own.sum()} patches, {len(np.unique(groups[own]))} distinct, "
            f"with a copy {share(int((sizes[groups[own]] > 1).sum()), int(own.sum()))}, "
            f"with a copy or an overlap {share(int((whole[found.groups[own]] > 1).sum()), int(own.sum()))}"
        )
    crossing = [pair for pair in found.overlaps if labels[pair.first] != labels[pair.second]]
    print(f"one patch under two labels: {len(found.conflicts)}; overlaps between the classes: {len(crossing)}")
    covers = [pair.overlap for pair in found.overlaps]
    print(
        f"overlapping pairs kept: {len(covers)}, sharing {np.median(covers):.0%} of the patch (median), symmetries "
        f"{Counter(pair.symmetry for pair in found.overlaps)}"
    )
    print(
        f"groups by copies and overlaps: {len(whole)}; alone {int((whole == 1).sum())}; "
        f"largest {np.sort(whole)[::-1][:8]}"
    )
    print(f"doubted labels: {len(found.suspects)}: {Counter(CLASSES[each.label] for each in found.suspects)}")
    print([(found.names[each.image], round(each.probability, 2)) for each in found.suspects])
    if found.probabilities is not None:
        right = int((found.probabilities.argmax(axis=1) == labels).sum())
        print(f"the model that doubts them, out of fold: right on {share(right, len(labels))}")


def kind_of_each_two(found: Audit) -> list[str]:
    """The symmetry between every two copies of one patch, by walking the forest; a symmetry and its inverse as one."""
    from fissura.data.audit.symmetry import composed, inverse

    links: dict[int, list[tuple[int, int]]] = {}
    for pair in found.copies.pairs:
        links.setdefault(pair.first, []).append((pair.second, pair.symmetry))
        links.setdefault(pair.second, []).append((pair.first, inverse(pair.symmetry)))
    kinds = []
    for start in links:
        reached, waiting = {start: 0}, [start]
        while waiting:
            here = waiting.pop()
            for there, symmetry in links[here]:
                if there not in reached:
                    reached[there] = composed(reached[here], symmetry)
                    waiting.append(there)
        kinds += [("as it is", *list(search.KINDS)[3:])[symmetry] for end, symmetry in reached.items() if end > start]
    return kinds


def split(found: Audit) -> None:
    title("The lab's random split: 60/20/20 in two steps, stratified, random state 12, names sorted naturally")
    everything = np.arange(len(found.labels))
    rest, test = train_test_split(everything, test_size=0.2, stratify=found.labels, random_state=12)
    train, validation = train_test_split(rest, test_size=0.25, stratify=found.labels[rest], random_state=12)
    print(f"train {len(train)}, validation {len(validation)}, test {len(test)}")
    for what, groups in (("copy", found.copies.groups), ("copy or overlap", found.groups)):
        for name, label in (("all", None), *((name, label) for label, name in enumerate(CLASSES))):
            part = test if label is None else test[found.labels[test] == label]
            in_train, in_rest = has_twin(groups, part, train).sum(), has_twin(groups, part, rest).sum()
            print(
                f"test, {name:8} {what:16} in train {share(int(in_train), len(part))}; "
                f"in train or validation {share(int(in_rest), len(part))}"
            )


def margins(pixels: np.ndarray, paths: list[Path], found: Audit, folder: Path | None) -> None:
    """How far what was accepted and what was not lie from each other, among all pairs that the signatures named."""
    title("Margin of the decision in pixels, all candidates at 227 px")
    with threads(2) as pool:
        coefficients = np.concatenate([low_frequencies(pixels[s : s + 64], 8) for s in range(0, len(pixels), 64)])
        candidates = near(invariants(coefficients), search._RELATIVE, search._ABSOLUTE, search._MOST_NEAR, pool)[0]
        symmetries = symmetry_distances(coefficients[candidates[:, 0]], coefficients[candidates[:, 1]]).argmin(axis=1)

        def compare(row: int) -> tuple[float, float, float, bool]:
            one, other = (read_grey(paths[index]) for index in candidates[row])
            alike = likeness(moved(one, int(symmetries[row])), other)
            return alike.correlation, alike.apart, alike.difference, alike.same

        seen = np.array(list(pool.map(compare, range(len(candidates)))))
    same = seen[:, 3] > 0
    overlapping = ~same & (found.groups[candidates[:, 0]] == found.groups[candidates[:, 1]])
    for name, which in (("copies", same), ("overlaps, not copies", overlapping), ("neither", ~same & ~overlapping)):
        if which.any():
            least, most = (
                np.percentile(seen[which], [0, 1, 50], axis=0),
                np.percentile(seen[which], [50, 99, 100], axis=0),
            )
            print(
                f"{name}: {which.sum()}; correlation min, 1 %, median {least[:, 0].round(3)}, 99 %, max "
                f"{most[1:, 0].round(3)}; detail apart median, 99 %, max {most[:, 1].round(2)}, "
                f"min {least[0, 1].round(2)}; mean difference max {most[2, 2].round(2)}"
            )
    close = seen[~same & (seen[:, 0] >= 0.4)]
    print(f"not copies with a correlation of 0.4 or more: {len(close)}; detail apart from {close[:, 1].min():.2f}")
    print("correlation, all candidates, by 0.05 from -0.1:", np.histogram(seen[:, 0], np.arange(-0.1, 1.01, 0.05))[0])
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
        for name, which, order in (("copies_least_alike", same, 1), ("not_copies_most_alike", ~same, -1)):
            rows = np.flatnonzero(which)
            rows = rows[np.argsort(order * seen[rows, 0])][:32]
            strips = [
                [moved(pixels[candidates[row, 0]], int(symmetries[row])), pixels[candidates[row, 1]]] for row in rows
            ]
            write_sheet(folder / f"{name}.png", strips)


def planted_labels(pixels: np.ndarray, found: Audit) -> None:
    title("Wrong labels: one in a hundred changed, whole groups of copies together")
    random = np.random.default_rng(SEED)
    wrong = np.isin(
        found.copies.groups, random.choice(found.copies.distinct, found.copies.distinct // 100, replace=False)
    )
    labels = np.where(wrong, 1 - found.labels, found.labels)
    doubted, _ = suspects(looks(pixels).features, labels, 2, found.groups)
    flagged = np.zeros(len(labels), bool)
    flagged[[each.image for each in doubted]] = True
    print(
        f"changed {wrong.sum()}; flagged of them {share(int((flagged & wrong).sum()), int(wrong.sum()))}; "
        f"of the flagged, changed {share(int((flagged & wrong).sum()), int(flagged.sum()))}"
    )


def sheets(pixels: np.ndarray, found: Audit, folder: Path) -> None:
    least = sorted(found.overlaps, key=lambda pair: pair.correlation)
    crossing = [pair for pair in least if found.labels[pair.first] != found.labels[pair.second]]
    write_sheet(folder / "overlaps_least_alike.png", [overlap_strip(pixels, pair) for pair in least[:32]])
    write_sheet(folder / "overlaps_between_classes.png", [overlap_strip(pixels, pair) for pair in crossing[:32]])
    write_sheet(folder / "doubted_labels.png", [[pixels[each.image]] for each in found.suspects], columns=8)


def overlap_strip(pixels: np.ndarray, pair: Pair) -> list[np.ndarray]:
    first, second = moved(pixels[pair.first], pair.symmetry), pixels[pair.second]
    down, right = pair.shift_px
    laid = np.full_like(second, 128)
    rows = slice(max(0, -down), min(SIDE, SIDE - down))
    columns = slice(max(0, -right), min(SIDE, SIDE - right))
    laid[rows, columns] = second[rows.start + down : rows.stop + down, columns.start + right : columns.stop + right]
    return [first, laid, second]


def write_sheet(path: Path, strips: list[list[np.ndarray]], columns: int = 4) -> None:
    if not strips:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    tiles = [np.pad(np.concatenate(strip, axis=1), ((0, 4), (0, 4)), constant_values=255) for strip in strips]
    tiles += [np.full_like(tiles[0], 255)] * (-len(tiles) % columns)
    rows = [np.concatenate(tiles[start : start + columns], axis=1) for start in range(0, len(tiles), columns)]
    Image.fromarray(np.concatenate(rows)).save(path)


if __name__ == "__main__":
    main()
