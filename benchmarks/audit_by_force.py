"""How often the audit is right, by brute force: every two images of some laid over each other, in each way there is.

``audit_metu.py`` prints it with all else; the images and the planted copies are drawn with seed 12.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import simplejpeg

from fissura.data.audit import Audit, find_copies, find_overlaps
from fissura.data.audit.copies import Forest
from fissura.data.audit.likeness import likeness, tile_correlations
from fissura.data.audit.symmetry import COUNT, moved
from fissura.data.audit.threads import threads
from fissura.images import read_grey, resized
from fissura.metrics import wilson

SEED, SIDE = 12, 112
SMALL = 32
LIMIT = 0.92  # between the copies and the others


def title(text: str) -> None:
    print(f"\n## {text}")


def share(count: int, n: int) -> str:
    each = wilson(count, n)
    return f"{count} of {n} = {100 * each.value:.2f} % ({100 * each.low:.2f} to {100 * each.high:.2f})"


def brute_force(pixels: np.ndarray, paths: list[Path], found: Audit) -> None:
    """2,500 patches and 500 planted copies: every pair in all eight symmetries by the detail at 32 px."""
    title("Brute force: 2,500 patches, half of them twins, and 500 planted copies")
    random = np.random.default_rng(SEED)
    full = [read_grey(paths[index]) for index in some_with_twins(len(pixels), found, random)]
    sources = plant(full, random)
    images = np.stack([resized(each, (SIDE, SIDE)) for each in full])
    groups = find_copies(images, full.__getitem__).groups
    scores = detail_scores(np.stack([resized(each, (SMALL, SMALL)) for each in images]))
    upper = np.triu(np.ones(scores.shape, bool), 1)
    together = (groups[:, None] == groups) & upper
    apart = (groups[:, None] != groups) & upper
    tell_scores(scores, together, apart)
    truly = np.array([groups[source] == groups[2500 + row] for row, source in enumerate(sources)])
    print(f"planted copies found: {share(int(truly.sum()), len(truly))}")
    tell_disagreements(full, scores, together, apart)


def some_with_twins(n: int, found: Audit, random: np.random.Generator) -> np.ndarray:
    """2,500 of ``n`` images: 625 pairs of copies, and others."""
    pairs = random.choice(len(found.copies.pairs), 625, replace=False)
    with_twins = [index for row in pairs for index in (found.copies.pairs[row].first, found.copies.pairs[row].second)]
    chosen = np.unique(with_twins)
    rest = np.setdiff1d(np.arange(n), chosen)
    return np.concatenate([chosen, random.choice(rest, 2500 - len(chosen), replace=False)])


def plant(full: list[np.ndarray], random: np.random.Generator) -> list[int]:
    """Add 500 copies, moved, in another light and saved again; of which image each is one."""
    sources = []
    for _ in range(500):
        source, symmetry, quality = (
            int(random.integers(2500)),
            int(random.integers(COUNT)),
            int(random.integers(70, 96)),
        )
        light = int(random.integers(-20, 21))
        copy = np.clip(moved(full[source], symmetry).astype(int) + light, 0, 255).astype(np.uint8)
        content = simplejpeg.encode_jpeg(np.ascontiguousarray(copy)[..., None], quality=quality, colorspace="GRAY")
        full.append(simplejpeg.decode_jpeg(content, colorspace="GRAY")[..., 0])
        sources.append(source)
    return sources


def tell_scores(scores: np.ndarray, together: np.ndarray, apart: np.ndarray) -> None:
    print(f"{(together | apart).sum()} pairs; found to be copies {together.sum()}")
    edges = np.arange(-0.1, 1.01, 0.1)
    print("brute-force correlation by 0.1 from -0.1; copies:", np.histogram(scores[together], edges)[0])
    print("brute-force correlation by 0.1 from -0.1; others:", np.histogram(scores[apart], edges)[0])
    print(
        f"copies: lowest {np.sort(scores[together])[:5].round(3)}; "
        f"others: highest {np.sort(scores[apart])[::-1][:12].round(3)}"
    )


def tell_disagreements(full: list[np.ndarray], scores: np.ndarray, together: np.ndarray, apart: np.ndarray) -> None:
    """The pairs that are copies by one of the two measures only, looked at in all their pixels."""
    alike = int(((scores >= LIMIT) & (together | apart)).sum())
    missed = [best_likeness(full[one], full[other]) for one, other in np.argwhere((scores >= LIMIT) & apart)]
    print(
        f"pairs that brute force puts at {LIMIT} or more: {alike}; among them found "
        f"{share(int(((scores >= LIMIT) & together).sum()), alike)}"
    )
    print("the others, at 227 px (correlation, detail apart):", [(round(a, 2), round(b, 1)) for a, b in missed][:20])
    wrong = np.argwhere((scores < LIMIT) & together)
    print(
        f"found pairs that brute force puts below that: {len(wrong)}; precision by that measure "
        f"{share(int(together.sum()) - len(wrong), int(together.sum()))}"
    )
    print("these, at 227 px:", [tuple(round(x, 2) for x in best_likeness(full[a], full[b])) for a, b in wrong][:20])


def best_likeness(one: np.ndarray, other: np.ndarray) -> tuple[float, float]:
    every = [likeness(moved(one, symmetry), other) for symmetry in range(COUNT)]
    best = max(every, key=lambda each: each.correlation)
    return best.correlation, best.apart


def detail_scores(small: np.ndarray) -> np.ndarray:
    """``(n, n)``: the best correlation over all symmetries of what the means of 8 x 8 blocks leave, at 32 px."""

    def unit(images: np.ndarray) -> np.ndarray:
        blocks = images.astype(np.float32).reshape(len(images), SMALL // 8, 8, SMALL // 8, 8)
        flat = (blocks - blocks.mean(axis=(2, 4), keepdims=True)).reshape(len(images), -1)
        return flat / (np.linalg.norm(flat, axis=1, keepdims=True) + 1e-6)

    fixed = unit(small)
    best = np.full((len(small), len(small)), -1, np.float32)
    for symmetry in range(COUNT):
        np.maximum(best, fixed @ unit(np.stack([moved(each, symmetry) for each in small])).T, out=best)
    return best


def brute_force_overlaps(pixels: np.ndarray, found: Audit) -> None:
    """200 distinct patches: every pair laid over each other in every position by Fourier transforms, at 56 px."""
    title("Overlaps by brute force: 200 distinct patches, every pair in every position")
    distinct = np.unique(found.copies.groups, return_index=True)[1]
    own = distinct[found.labels[distinct] == 1][:200]
    images = np.asarray(pixels[own])
    groups = find_overlaps(images, np.arange(len(images)))[1]
    with threads(1):
        pairs = overlaps_by_force(images)
    forest = Forest(len(images))
    for one, other in pairs:
        forest.join(one, other)
    truth = forest.groups()
    together = np.triu(groups[:, None] == groups, 1)
    wanted = np.triu(truth[:, None] == truth, 1)
    direct = sum(groups[one] == groups[other] for one, other in pairs)
    print(
        f"Positive, first 200 names: overlapping by force {len(pairs)}, "
        f"of them in one group {share(int(direct), len(pairs))}; "
        f"pairs in one group by force {int(wanted.sum())}, "
        f"found {share(int((wanted & together).sum()), int(wanted.sum()))}; "
        f"found in one group and not by force {int((together & ~wanted).sum())}"
    )


def overlaps_by_force(images: np.ndarray) -> list[tuple[int, int]]:
    half = images.astype(np.float32).reshape(len(images), 56, 2, 56, 2).mean(axis=(2, 4))
    padded = np.pad(half, ((0, 0), (3, 3), (3, 3)), mode="edge")
    around = sum(padded[:, r : r + 56, c : c + 56] for r in range(7) for c in range(7)) / 49
    detail = half - around
    detail /= np.sqrt(np.square(detail).mean(axis=(1, 2), keepdims=True)) + 1e-6
    spectra = np.fft.rfft2(detail, (112, 112)).astype(np.complex64)
    shifts = np.fft.fftfreq(112, 1 / 112)
    cover = np.outer(np.maximum(56 - np.abs(shifts), 0), np.maximum(56 - np.abs(shifts), 0))
    usable = cover >= 0.1 * 56 * 56
    pairs = []
    for one in range(len(images)):
        products = np.fft.irfft2(spectra[one].conj() * spectra[one + 1 :], (112, 112))
        scores = np.where(usable, products / np.sqrt(np.maximum(cover, 1)), 0)
        for row, score in enumerate(scores):
            # a correlation of 0.7 over 314 cells, the least that is looked at, is 12; chance makes 5
            if score.max() < 6:
                continue
            best = np.unravel_index(np.argpartition(-score, 3, axis=None)[:3], score.shape)
            if any(
                really(images[one], images[one + 1 + row], 2 * int(shifts[r]), 2 * int(shifts[c]))
                for r, c in zip(*best, strict=True)
            ):
                pairs.append((one, one + 1 + row))
    return pairs


def really(one: np.ndarray, other: np.ndarray, down: int, right: int) -> bool:
    """Whether the two agree in three quarters of their tiles when laid over each other, give or take a pixel."""
    for by_row in range(down - 1, down + 2):
        for by_column in range(right - 1, right + 2):
            rows = max(0, -by_row), min(SIDE, SIDE - by_row)
            columns = max(0, -by_column), min(SIDE, SIDE - by_column)
            here = one[rows[0] : rows[1], columns[0] : columns[1]]
            there = other[rows[0] + by_row : rows[1] + by_row, columns[0] + by_column : columns[1] + by_column]
            tiles = tile_correlations(here, there, 16)
            if len(tiles) >= 6 and np.quantile(tiles, 0.25) >= 0.65 and likeness(here, there).correlation >= 0.8:
                return True
    return False
