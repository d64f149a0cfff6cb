from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import simplejpeg
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from fissura.data.audit import (
    KINDS,
    STEPS,
    FileProblem,
    audit,
    conflicts,
    find_copies,
    find_overlaps,
    has_twin,
    looking,
    looks,
    overlaps,
    overview,
    read_groups,
    suspects,
    write_groups,
)
from fissura.data.audit.likeness import Likeness, likeness, tile_correlations
from fissura.data.audit.signature import invariants, low_frequencies, near, symmetry_distances
from fissura.data.audit.symmetry import COUNT, moved, moved_coefficients, moved_place
from fissura.data.labelled import LabelledImages
from fissura.errors import DataError

SIDE = 112


def wall(seed: int, cracked: bool = False, size: tuple[int, int] = (SIDE, SIDE)) -> np.ndarray:
    """A plain wall: even light, a little grain; with a dark wandering line when it is cracked."""
    random = np.random.default_rng(seed)
    grain = ndimage.gaussian_filter(random.normal(0, 1, size), 1.2)
    blotches = ndimage.gaussian_filter(random.normal(0, 1, size), 12)
    image = 150 + 6 * grain / grain.std() + 3 * blotches / blotches.std()
    if cracked:
        rows = size[0] / 2 + np.cumsum(random.normal(0, 1, size[1]))
        image -= 70 * np.exp(-(((np.arange(size[0])[:, None] - rows) / 2) ** 2))
    return np.clip(image, 0, 255).astype(np.uint8)


def saved_again(image: np.ndarray, quality: int) -> np.ndarray:
    content = simplejpeg.encode_jpeg(np.ascontiguousarray(image)[..., None], quality=quality, colorspace="GRAY")
    return simplejpeg.decode_jpeg(content, colorspace="GRAY")[..., 0]


def labelled(
    images: np.ndarray, labels: np.ndarray, classes: tuple[str, ...] = ("intact", "cracked")
) -> LabelledImages:
    names = tuple(f"{index:04d}.jpg" for index in range(len(images)))
    return LabelledImages(images, labels.astype(np.int64), classes, names, "walls", "train")


def two_classes(n: int = 60) -> LabelledImages:
    cracked = np.arange(n) % 2
    return labelled(np.stack([wall(seed, bool(crack)) for seed, crack in enumerate(cracked)]), cracked)


# symmetries and signatures


@given(symmetry=st.integers(0, 7), row=st.integers(0, 2), column=st.integers(0, 4))
def test_a_place_moves_with_its_image(symmetry: int, row: int, column: int) -> None:
    image = np.arange(15).reshape(3, 5)
    assert moved(image, symmetry)[moved_place(row, column, symmetry, (3, 5))] == image[row, column]


@pytest.mark.parametrize("symmetry", range(COUNT))
def test_coefficients_move_with_the_image_and_invariants_stay(symmetry: int) -> None:
    image = wall(1, cracked=True)
    straight, turned = (low_frequencies(each[None], 8) for each in (image, moved(image, symmetry)))
    assert moved_coefficients(straight, symmetry) == pytest.approx(turned, abs=1e-3)
    assert invariants(straight) == pytest.approx(invariants(turned), abs=1e-3)
    assert symmetry_distances(straight, turned)[0].argmin() == symmetry


def test_coefficients_are_in_grey_levels_whatever_the_size() -> None:
    for side in (16, 112, 227):
        steps = np.full((1, side, side), 100, np.uint8)
        steps[:, :, side // 2 :] = 110
        coefficients = low_frequencies(steps, side)
        assert np.sqrt(np.square(coefficients).sum()) == pytest.approx(
            np.sqrt(np.square(steps, dtype=float).mean()), rel=1e-4
        )


@given(n=st.integers(0, 40), relative=st.floats(0, 0.3), absolute=st.floats(0.01, 1), seed=st.integers(0, 2**16))
def test_near_finds_just_what_comparing_every_pair_finds(n: int, relative: float, absolute: float, seed: int) -> None:
    from fissura.data.audit.threads import threads

    random = np.random.default_rng(seed)
    vectors = (random.normal(0, 1, (n, 3)) * random.choice([0.1, 1, 5], (n, 1))).astype(np.float32)
    with threads(2) as pool:
        pairs, distances = near(vectors, relative, absolute, n + 1, pool)
    found = {tuple(pair): distance for pair, distance in zip(pairs.tolist(), distances.tolist(), strict=True)}
    for i in range(n):
        for j in range(i + 1, n):
            squares = np.square(vectors[[i, j]].astype(float)).sum() / 2
            limit, apart = absolute**2 + relative**2 * squares, np.linalg.norm(vectors[i] - vectors[j])
            if abs(apart**2 - limit) > 1e-4 * (1 + squares):
                assert ((i, j) in found) == (apart**2 < limit)
    assert distances.tolist() == sorted(distances.tolist())


def test_near_looks_as_far_as_one_may_be_longer_than_the_other() -> None:
    from fissura.data.audit.threads import threads

    random = np.random.default_rng(4)
    short = random.normal(0, 1, (1023, 8))
    short *= random.uniform(0.1, 0.9, (1023, 1)) / np.linalg.norm(short, axis=1, keepdims=True)
    # with these 1,024 rows, a block, ends what it searches for itself; twice as far apart as half of their mean square
    pair = np.eye(8)[:1] * [[1.0], [1.69]]
    with threads(2) as pool:
        found = near(np.concatenate([short, pair]).astype(np.float32), 0.5, 0.0, 2000, pool)[0]
    assert [1023, 1024] in found.tolist()


def test_a_thousand_of_one_kind_keep_their_nearest_only() -> None:
    from fissura.data.audit.threads import threads

    with threads(2) as pool:
        assert len(near(np.ones((1000, 5), np.float32), 0.1, 0.1, 3, pool)[0]) <= 3000


# copies


@pytest.mark.parametrize("symmetry", range(COUNT))
@pytest.mark.parametrize("quality", [70, 95])
@pytest.mark.parametrize("cracked", [False, True])
def test_a_copy_of_every_kind_is_found_and_named(symmetry: int, quality: int, cracked: bool) -> None:
    images = np.stack([wall(seed, cracked) for seed in range(12)])
    copy = saved_again(moved(images[3], symmetry), quality)
    copies = find_copies(np.concatenate([images, copy[None]]))
    assert [(pair.first, pair.second, pair.symmetry) for pair in copies.pairs] == [(3, 12, symmetry)]
    assert list(KINDS).index(copies.pairs[0].kind) == 2 + symmetry
    assert copies.pairs[0].correlation > 0.6
    assert copies.groups.tolist() == [*range(12), 3]
    assert copies.distinct == 12


@pytest.mark.parametrize(
    "change", [lambda x: x + 20, lambda x: x - 20, lambda x: x * 1.15, lambda x: 255 * (x / 255) ** 1.2]
)
def test_a_copy_made_brighter_or_darker_is_found(change) -> None:
    images = np.stack([wall(seed, seed % 2 == 1) for seed in range(10)])
    changed = [saved_again(np.clip(change(each.astype(float)), 0, 255).astype(np.uint8), 85) for each in images[:2]]
    copies = find_copies(np.concatenate([images, changed]))
    assert sorted((pair.first, pair.second, pair.kind) for pair in copies.pairs) == [
        (0, 10, "saved-again"),
        (1, 11, "saved-again"),
    ]


def test_identical_files_and_identical_pixels_are_told_apart() -> None:
    images = np.stack([wall(0), wall(0), wall(0), wall(1)])
    copies = find_copies(images, digests=[b"a", b"a", b"b", b"c"])
    assert [(pair.first, pair.second, pair.kind, pair.difference) for pair in copies.pairs] == [
        (0, 1, "file", 0.0),
        (0, 2, "pixels", 0.0),
    ]


def test_a_mirrored_copy_without_loss_is_called_mirrored() -> None:
    pairs = find_copies(np.stack([wall(0, True), wall(0, True)[:, ::-1]])).pairs
    assert [(pair.kind, pair.difference) for pair in pairs] == [("left-right", 0.0)]


def test_a_copy_of_an_image_that_is_its_own_mirror_image_is_not_called_mirrored() -> None:
    image = wall(5, True)
    image[:, SIDE // 2 :] = image[:, : SIDE // 2][:, ::-1]
    assert [pair.kind for pair in find_copies(np.stack([image, saved_again(image, 85)])).pairs] == ["saved-again"]


def test_plain_walls_that_look_alike_are_not_paired() -> None:
    copies = find_copies(np.stack([wall(seed) for seed in range(300)]))
    assert copies.pairs == ()
    assert copies.distinct == 300


def test_pure_noise_is_not_paired() -> None:
    noise = np.random.default_rng(0).normal(128, 3, (200, 64, 64)).astype(np.uint8)
    assert find_copies(noise).pairs == ()


def test_even_images_pair_only_when_every_pixel_is_the_same() -> None:
    images = np.stack([np.full((32, 32), grey, np.uint8) for grey in (0, 0, 7, 128, 128, 255)])
    almost = np.full((1, 32, 32), 128, np.uint8)
    almost[0, 3, 3] = 129
    copies = find_copies(np.concatenate([images, almost]))
    assert [(pair.first, pair.second, pair.kind) for pair in copies.pairs] == [(0, 1, "pixels"), (3, 4, "pixels")]


def test_many_copies_of_one_image_are_one_chain_of_pairs() -> None:
    copies = find_copies(np.repeat(wall(0)[None], 200, axis=0))
    assert len(copies.pairs) == 199
    assert copies.distinct == 1


def test_the_decision_is_made_at_full_resolution() -> None:
    full = [wall(seed, size=(448, 448)) for seed in range(3)]
    other_grain = full[0].astype(float) + np.random.default_rng(9).normal(0, 12, full[0].shape)
    full.append(np.clip(other_grain, 0, 255).astype(np.uint8))
    small = np.stack([each.reshape(112, 4, 112, 4).mean(axis=(1, 3)).astype(np.uint8) for each in full])
    assert len(find_copies(small).pairs) == 1
    assert find_copies(small, full.__getitem__).pairs == ()


def test_a_copy_of_another_size_is_found() -> None:
    full = [ndimage.zoom(wall(seed, True), 2, order=1) for seed in range(4)]
    full.append(wall(2, True))
    small = np.stack([each if len(each) == SIDE else each.reshape(SIDE, 2, SIDE, 2).mean(axis=(1, 3)) for each in full])
    assert [(p.first, p.second) for p in find_copies(small.astype(np.uint8), full.__getitem__).pairs] == [(2, 4)]


@pytest.mark.parametrize("n", [0, 1, 2])
def test_tiny_sets_have_no_copies(n: int) -> None:
    images = np.stack([wall(seed) for seed in range(3)])[:n]
    copies = find_copies(images)
    assert copies.pairs == ()
    assert copies.groups.tolist() == list(range(n))
    assert find_overlaps(images, copies.groups)[0] == ()


@pytest.mark.parametrize("side", [1, 3, 8])
def test_images_of_a_few_pixels_do_not_crash(side: int) -> None:
    images = np.random.default_rng(0).integers(0, 256, (20, side, side), dtype=np.uint8)
    find_copies(images)
    assert looks(images).features.shape[0] == 20


def test_the_order_of_the_images_changes_no_group() -> None:
    images = [wall(seed, True) for seed in range(20)]
    images += [saved_again(moved(images[seed], seed % 8), 80) for seed in range(0, 20, 2)]
    straight = find_copies(np.stack(images)).groups
    order = np.random.default_rng(3).permutation(len(images))
    shuffled = find_copies(np.stack(images)[order]).groups
    together = straight[order][:, None] == straight[order][None]
    assert np.array_equal(together, shuffled[:, None] == shuffled[None])


def test_likeness_of_an_image_with_itself_and_with_another() -> None:
    same, other = likeness(wall(0), wall(0)), likeness(wall(0), wall(1))
    assert (same.correlation, same.difference, same.identical, same.same) == (1.0, 0.0, True, True)
    assert abs(other.correlation) < 0.1
    assert not other.same


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({}, True),
        ({"correlation": 0.3}, False),
        ({"apart": 6.0}, True),  # much detail differs, but it goes together
        ({"apart": 6.0, "correlation": 0.7}, False),
        ({"apart": 13.0}, False),
        ({"contrast": 0.5}, False),  # more than a change of brightness
        ({"contrast": 2.0}, False),
        ({"detail": 0.5}, False),  # rounding alone makes 0.3
        ({"detail": 0.0, "identical": True}, True),
    ],
)
def test_one_is_the_other_saved_again_where_enough_detail_goes_together(change, same: bool) -> None:
    alike = Likeness(correlation=0.9, difference=4.0, identical=False, detail=5.0, apart=3.0, contrast=1.1)
    assert replace(alike, **change).same == same


def test_tile_correlations_agree_with_numpy() -> None:
    one, other = wall(0), saved_again(wall(0), 60)
    expected = [
        np.corrcoef(one[r : r + 16, c : c + 16].ravel(), other[r : r + 16, c : c + 16].ravel())[0, 1]
        for r in range(0, SIDE, 16)
        for c in range(0, SIDE, 16)
    ]
    assert tile_correlations(one, other, 16) == pytest.approx(expected, abs=2e-3)


# overlaps


@pytest.mark.parametrize("symmetry", range(COUNT))
def test_views_cut_from_one_photograph_are_found_with_their_shift(symmetry: int) -> None:
    photograph = wall(0, True, (200, 200))
    views = [photograph[10:122, 10:122], moved(photograph[50:162, 30:142], symmetry)]
    images = np.stack([saved_again(each, 90) for each in views] + [wall(seed, True) for seed in range(1, 20)])
    pairs, groups = find_overlaps(images, np.arange(len(images)))
    assert [(pair.first, pair.second, pair.symmetry) for pair in pairs] == [(0, 1, symmetry)]
    assert pairs[0].overlap == pytest.approx(72 * 92 / 112**2, abs=0.02)
    here, there = (moved_place(row, column, symmetry, (SIDE, SIDE)) for row, column in ((70, 60), (30, 40)))
    assert pairs[0].shift_px == (there[0] - here[0], there[1] - here[1])
    assert (groups[0], len(np.unique(groups))) == (groups[1], 20)


@pytest.mark.parametrize("pairs_at_a_time", [1, 2, 5])
def test_how_many_pairs_are_looked_at_together_changes_nothing(monkeypatch, pairs_at_a_time: int) -> None:
    photograph = wall(0, True, (260, 260))
    corners = [(0, 0), (30, 20), (60, 44), (90, 66), (120, 90), (148, 148)]
    views = [photograph[row : row + 112, column : column + 112] for row, column in corners]
    images = np.stack(views + [wall(seed, True) for seed in range(1, 8)])
    together = find_overlaps(images, np.arange(len(images)))
    monkeypatch.setattr(overlaps, "_ROUND", pairs_at_a_time)
    pairs, groups = find_overlaps(images, np.arange(len(images)))
    assert pairs == together[0]
    assert groups.tolist() == together[1].tolist()
    assert len(pairs) == len(images) - len(np.unique(groups)) >= 4


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=60))
def test_lower_quartile_is_numpys(values: list[float]) -> None:
    assert overlaps._lower_quartile(np.array(values)) == pytest.approx(np.quantile(values, 0.25), abs=1e-12)


def test_the_same_straight_edge_on_two_walls_is_no_overlap() -> None:
    images = np.stack([wall(seed) for seed in range(30)])
    images[:, 50:56] = 40
    assert find_overlaps(images, np.arange(30))[0] == ()


def test_images_too_small_for_spots_keep_their_groups() -> None:
    pairs, groups = find_overlaps(np.zeros((4, 28, 28), np.uint8), np.array([0, 0, 1, 2]))
    assert pairs == ()
    assert groups.tolist() == [0, 0, 1, 2]


# labels, overview, the record


def test_a_wrong_label_is_doubted_first() -> None:
    images = two_classes(120)
    wrong = images.labels.copy()
    wrong[[10, 31]] = 1 - wrong[[10, 31]]
    doubted, probabilities = suspects(looks(images.images).features, wrong, 2, np.arange(120))
    assert probabilities is not None
    assert {each.image for each in doubted[:2]} == {10, 31}
    assert len(doubted) <= 3
    assert all(each.label == wrong[each.image] != each.suggested for each in doubted)


def test_copies_do_not_vouch_for_one_anothers_wrong_label() -> None:
    random = np.random.default_rng(1)
    copies = np.repeat(random.normal(1, 0.3, (1, 6)), 4, axis=0)
    features = np.concatenate([random.normal(-1, 0.4, (60, 6)), random.normal(1, 0.4, (60, 6)), copies])
    labels = np.repeat([0, 1, 0], [60, 60, 4])
    doubted, _ = suspects(features.astype(np.float32), labels, 2, np.minimum(np.arange(124), 120))
    assert [each.image for each in doubted] == [120, 121, 122, 123]


def test_too_few_images_doubt_nothing() -> None:
    images = two_classes(20)
    assert suspects(looks(images.images).features, images.labels, 2, np.arange(20)) == ((), None)


def test_the_same_image_under_two_labels_is_a_conflict() -> None:
    assert conflicts(np.array([0, 1, 0, 2, 1]), np.array([0, 1, 1, 0, 1])) == ((0, 2),)


def test_a_twin_on_the_other_side_is_counted() -> None:
    groups = np.array([0, 1, 1, 2, 0])
    assert has_twin(groups, np.array([0, 2, 3]), np.array([1, 4])).tolist() == [True, True, False]


def test_looks_are_what_they_say() -> None:
    images = np.stack([wall(0, True), np.full((SIDE, SIDE), 77, np.uint8)])
    seen = looks(images)
    assert seen.brightness == pytest.approx(images.mean(axis=(1, 2)), rel=1e-5)
    assert seen.contrast == pytest.approx(images.std(axis=(1, 2)), abs=1e-3)
    assert seen.sharpness[1] == 0
    blurred = ndimage.gaussian_filter(images[:1].astype(float), (0, 1, 1)).astype(np.uint8)
    assert looks(blurred).sharpness[0] < 0.7 * seen.sharpness[0]


def test_the_overview_counts_and_names_the_odd_one() -> None:
    images = two_classes(40)
    pixels = images.images.copy()
    pixels[7] = 255
    first_look = overview(pixels, images.labels, 2, looks(pixels), [(SIDE, SIDE)] * 39 + [(10, 20)])
    assert first_look.counts == (20, 20)
    assert first_look.sizes == (((SIDE, SIDE), 39), ((10, 20), 1))
    assert first_look.oddities[0].image == 7
    assert np.array_equal(first_look.mean_images[0], np.round(pixels[images.labels == 0].mean(axis=0)).astype(np.uint8))
    for each in first_look.distributions:
        assert each.counts.sum(axis=1).tolist() == [20, 20]


def test_the_whole_audit_finds_what_was_planted_and_is_the_same_again() -> None:
    base = two_classes(60)
    extra = np.stack([saved_again(base.images[5][::-1], 80), base.images[8]])
    images = labelled(np.concatenate([base.images, extra]), np.concatenate([base.labels, [0, 0]]))
    digests = [hashlib.sha256(each.tobytes()).digest() for each in images.images]
    broken = FileProblem("x.jpg", ("empty",), DataError("{name} is empty.", name="x.jpg"))
    steps: list[str] = []
    found = audit(images, digests=digests, problems=[broken], on_step=steps.append)
    assert steps == list(STEPS)
    assert found.kinds == {"file": 1, "up-down": 1}
    assert found.conflicts == ((5, 60),)
    assert found.problem_counts == {"empty": 1}
    assert (found.copies.distinct, len(np.unique(found.groups))) == (60, 60)
    written = json.dumps(found.as_dict(), allow_nan=False)
    assert json.loads(written)["problems"][0]["error"] == "x.jpg is empty."
    assert json.dumps(audit(images, digests=digests, problems=[broken], workers=1).as_dict()) == written


def test_a_set_without_images_or_with_too_few_digests_is_refused() -> None:
    with pytest.raises(DataError, match="holds no images"):
        audit(labelled(np.empty((0, 8, 8), np.uint8), np.empty(0)))
    with pytest.raises(DataError, match="1 digests for 60 images"):
        audit(two_classes(), digests=[b""])


def test_groups_are_read_as_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / "groups.json"
    write_groups(path, {"é b.jpg": 0, "c.jpg": 1})
    assert read_groups(path) == {"é b.jpg": 0, "c.jpg": 1}
    assert read_groups(path, ["c.jpg"]) == {"c.jpg": 1}
    with pytest.raises(DataError, match=r"no group for 1 of 2 images, for instance d\.jpg"):
        read_groups(path, ["c.jpg", "d.jpg"])


@pytest.mark.parametrize(
    "content", [b"", b"\xff", b"[]", b"{}", b'{"format": "fissura groups 1", "groups": {"a": true}}']
)
def test_another_file_is_no_groups_file(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "groups.json"
    path.write_bytes(content)
    with pytest.raises(DataError, match="is no groups file"):
        read_groups(path)


def test_a_missing_groups_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nowhere\.json cannot be read \(No such file"):
        read_groups(tmp_path / "nowhere.json")


def test_real_digits_written_by_different_hands_are_not_copies(mnist_dir: Path) -> None:
    from fissura.data import read_mnist

    copies = find_copies(read_mnist(mnist_dir).test.images[:5000])
    assert len(copies.pairs) <= 2


# the first look, by a process of its own


def kept_images(path: Path) -> np.memmap:
    images = np.stack([wall(seed, seed % 2 == 0) for seed in range(5)])
    path.write_bytes(b"head" + images.tobytes())
    return np.memmap(path, np.uint8, "r", 4, images.shape)


@pytest.fixture
def few_are_enough(monkeypatch) -> None:
    monkeypatch.setattr(looking, "_FEWEST", 1)


@pytest.mark.usefixtures("few_are_enough")
def test_another_process_sees_what_this_one_would(tmp_path: Path) -> None:
    images = kept_images(tmp_path / "à côté.bin")
    process = looking._started(images)
    assert process is not None
    with process:
        there = looking._taken(process, len(images))
    here = looks(images, 1)
    assert there is not None
    for name in ("brightness", "contrast", "sharpness", "features"):
        assert np.array_equal(getattr(there, name), getattr(here, name))


@pytest.mark.usefixtures("few_are_enough")
def test_the_audit_is_the_same_with_another_process(tmp_path: Path, monkeypatch) -> None:
    labels = np.array([1, 0, 1, 0, 1])
    pixels = kept_images(tmp_path / "images.bin")
    images = LabelledImages(pixels, labels, ("no", "yes"), tuple("abcde"), "walls", "train")
    taken = []
    take = looking._taken
    monkeypatch.setattr(looking, "_taken", lambda process, n: taken.append(take(process, n)) or taken[-1])
    there, here = audit(images, workers=2), audit(images, workers=1)
    assert len(taken) == 1
    assert taken[0] is not None
    assert there.as_dict() == here.as_dict()


@pytest.mark.usefixtures("few_are_enough")
def test_another_process_runs_nothing_that_lies_in_the_folder(tmp_path: Path, monkeypatch) -> None:
    images = kept_images(tmp_path / "images.bin")
    (tmp_path / "json.py").write_text("open('ran', 'w')\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(looking.sys, "path", [entry for entry in sys.path if entry])
    process = looking._started(images)
    assert process is not None
    with process:
        assert looking._taken(process, len(images)) is not None
    assert not (tmp_path / "ran").exists()


@pytest.mark.usefixtures("few_are_enough")
@pytest.mark.parametrize("program", ["/nowhere/python", "", sys.executable])
def test_without_another_process_the_look_is_taken_here(tmp_path: Path, monkeypatch, program: str) -> None:
    images = kept_images(tmp_path / "images.bin")
    monkeypatch.setattr(looking.sys, "executable", program)
    monkeypatch.setattr(looking, "_CODE", "raise SystemExit(1)")
    with looking.looking(images) as seen:
        found = seen()
    assert np.array_equal(found.features, looks(images, 1).features)


@pytest.mark.usefixtures("few_are_enough")
def test_what_is_no_plain_map_of_a_whole_file_is_looked_at_here(tmp_path: Path, monkeypatch) -> None:
    images = kept_images(tmp_path / "images.bin")
    changed = np.memmap(tmp_path / "images.bin", np.uint8, "c", 4, images.shape)
    columns = np.memmap(tmp_path / "images.bin", np.uint8, "r", np.int64(4), images.shape, order="F")
    assert looking._started(changed) is None
    assert looking._started(columns) is None
    assert looking._started(images[1:]) is None
    assert looking._started(np.asarray(images)) is None
    with looking.looking(images[1:]) as seen:
        assert len(seen().brightness) == 4
    monkeypatch.setenv("FISSURA_LOOKING", "1")
    assert looking._started(images) is None
    monkeypatch.delenv("FISSURA_LOOKING")
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert looking._started(images) is None


@pytest.mark.usefixtures("few_are_enough")
def test_a_look_that_nobody_waits_for_leaves_no_process(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(looking, "_CODE", "import time; time.sleep(600)")
    started: list[subprocess.Popen[bytes]] = []
    start = looking._started
    monkeypatch.setattr(looking, "_started", lambda images: started.append(start(images)) or started[0])
    with pytest.raises(KeyboardInterrupt), looking.looking(kept_images(tmp_path / "images.bin")):
        raise KeyboardInterrupt
    assert started[0].poll() is not None
