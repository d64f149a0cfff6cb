import json
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import train_test_split

from fissura.data.labelled import LabelledImages
from fissura.data.natural_names import natural_key, natural_order
from fissura.data.split_manifest import PARTS, read_manifest, write_manifest
from fissura.data.splits import SHARES, Split, held_out, leaks, split
from fissura.errors import DataError, OutputError, SettingsError


def some_set(n: int, classes: int = 2, seed: int = 0) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Names, labels and groups of ``n`` images in disorder: groups of 1 to 9 images of one class."""
    random = np.random.default_rng(seed)
    groups = np.sort(random.integers(0, max(1, n // 4), n))
    labels = groups % classes
    names = [f"{label}/{index:05d}.jpg" for index, label in enumerate(labels)]
    shuffled = random.permutation(n)
    return [names[index] for index in shuffled], labels[shuffled], groups[shuffled]


def named_parts(names: list[str], parts: Split) -> dict[str, set[str]]:
    return {part: {names[index] for index in getattr(parts, part)} for part in PARTS}


def test_the_labs_forty_thousand_are_parted_as_by_its_two_steps():
    names = [f"{kind}/{index:05d}.jpg" for kind in ("Negative", "Positive") for index in range(1, 20001)]
    labels = np.repeat([0, 1], 20000)
    rest, test = train_test_split(np.arange(40000), test_size=0.2, stratify=labels, random_state=12)
    train, validation = train_test_split(rest, test_size=0.25, stratify=labels[rest], random_state=12)
    parts = split(names, labels, "random")
    assert parts.sizes == (24000, 8000, 8000)
    assert (set(parts.train), set(parts.validation), set(parts.test)) == (set(train), set(validation), set(test))
    assert [np.bincount(labels[getattr(parts, part)]).tolist() for part in PARTS] == [
        [12000, 12000],
        [4000, 4000],
        [4000, 4000],
    ]


@pytest.mark.parametrize("n", [32004, 1001, 97])
def test_the_random_sizes_are_those_of_scikit_learn(n: int):
    names, labels, _ = some_set(n)
    rest, test = train_test_split(np.arange(n), test_size=0.2, stratify=labels, random_state=12)
    train, validation = train_test_split(rest, test_size=0.25, stratify=labels[rest], random_state=12)
    assert split(names, labels, "random").sizes == (len(train), len(validation), len(test))


@pytest.mark.parametrize("how", ["random", "grouped"])
def test_the_parts_do_not_depend_on_the_order_given(how: str):
    names, labels, groups = some_set(1000)
    first = named_parts(names, split(names, labels, how, groups))
    for seed in range(3):
        order = np.random.default_rng(seed).permutation(1000)
        again = [names[index] for index in order]
        # the numbers of the groups mean nothing either
        assert named_parts(again, split(again, labels[order], how, 7000 - groups[order])) == first


@pytest.mark.parametrize("how", ["random", "grouped"])
def test_a_file_system_that_takes_accents_apart_changes_no_part(how: str):
    names = [f"{accent}{index}.jpg" for index in range(50) for accent in "éeêf"]
    apart = [unicodedata.normalize("NFD", name) for name in names]
    one, other = (split(given_names, np.arange(200) % 2, how) for given_names in (names, apart))
    assert all(np.array_equal(getattr(one, part), getattr(other, part)) for part in PARTS)


@pytest.mark.parametrize("how", ["random", "grouped"])
def test_another_seed_is_another_draw_and_the_same_seed_the_same(how: str):
    names, labels, groups = some_set(1000)
    first, again, other = (split(names, labels, how, groups, seed=seed) for seed in (12, 12, 13))
    assert all(np.array_equal(getattr(first, part), getattr(again, part)) for part in PARTS)
    assert not np.array_equal(first.test, other.test)


def test_each_part_lists_its_images_in_the_natural_order_of_their_names():
    names = [f"{label}/{index}.jpg" for index in range(30, 0, -1) for label in "ab"]
    parts = split(names, np.array([0, 1] * 30))
    for part in PARTS:
        listed = [names[index] for index in getattr(parts, part)]
        assert listed == sorted(listed, key=natural_key)


@given(
    st.lists(st.tuples(st.integers(1, 12), st.integers(0, 2)), min_size=9, max_size=120),
    st.integers(0, 5),
    st.sampled_from([(0.6, 0.2, 0.2), (0.8, 0.1, 0.1), (1 / 3, 1 / 3, 1 / 3)]),
)
def test_groups_stay_whole_and_each_class_is_as_near_to_its_shares_as_the_largest_group(
    sizes: list[tuple[int, int]], seed: int, shares: tuple[float, float, float]
):
    sizes = sizes + [(1, label) for label in (0, 0, 0, 1, 1, 1, 2, 2, 2)]  # each class can be in each part
    groups = np.repeat(np.arange(len(sizes)), [size for size, _ in sizes])
    labels = np.repeat([label for _, label in sizes], [size for size, _ in sizes])
    parts = split([f"{index}.jpg" for index in range(len(groups))], labels, "grouped", groups, seed, shares)
    assert sorted(np.concatenate([parts.train, parts.validation, parts.test])) == list(range(len(groups)))
    assert leaks(parts, groups).in_either == 0
    assert not set(groups[parts.train]) & set(groups[parts.validation])
    for label in range(3):
        largest, n = max(size for size, of in sizes if of == label), np.count_nonzero(labels == label)
        for part, share in zip(PARTS, shares, strict=True):
            assert abs(np.count_nonzero(labels[getattr(parts, part)] == label) - share * n) <= largest


@given(st.lists(st.lists(st.integers(0, 1), min_size=1, max_size=10), min_size=20, max_size=100))
def test_photographs_with_patches_of_both_classes_stay_whole_and_the_sizes_near(photographs: list[list[int]]):
    photographs = [*photographs, *([0], [1]) * 12]
    groups = np.repeat(np.arange(len(photographs)), [len(photograph) for photograph in photographs])
    labels = np.concatenate([np.array(photograph) for photograph in photographs])
    parts = split([f"{index}.jpg" for index in range(len(groups))], labels, "grouped", groups)
    assert leaks(parts, groups).in_either == 0
    for part, share in zip(PARTS, SHARES, strict=True):
        for label in (0, 1):
            n = np.count_nonzero(labels == label)
            assert abs(np.count_nonzero(labels[getattr(parts, part)] == label) - share * n) <= 10


def test_without_groups_the_grouped_split_is_exact_to_one_image_per_class():
    names, labels, _ = some_set(32004)
    parts = split(names, labels)
    for label in (0, 1):
        n = np.count_nonzero(labels == label)
        for part, share in zip(PARTS, SHARES, strict=True):
            assert abs(np.count_nonzero(labels[getattr(parts, part)] == label) - share * n) < 1


def test_a_group_larger_than_any_part_goes_to_training_and_the_others_fill_the_rest():
    groups = np.array([0] * 90 + list(range(1, 11)) + list(range(11, 21)))
    labels = np.array([0] * 100 + [1] * 10)
    parts = split([f"{index}.jpg" for index in range(110)], labels, "grouped", groups)
    assert set(range(90)) <= set(parts.train)
    assert parts.sizes == (96, 7, 7)


def test_three_groups_of_a_class_reach_three_parts():
    groups = np.repeat(np.arange(6), 10)
    parts = split([f"{index}.jpg" for index in range(60)], groups // 3, "grouped", groups)
    assert parts.sizes == (20, 20, 20)
    assert leaks(parts, groups).in_either == 0


@pytest.mark.parametrize("how", ["random", "grouped"])
def test_a_class_too_small_to_split_is_told_with_the_counts(how: str):
    names, labels = [f"{index}.jpg" for index in range(102)], np.array([0] * 100 + [1] * 2)
    with pytest.raises(DataError, match=r"too small .* the classes hold 100 \(100\), 2 \(2\) images"):
        split(names, labels, how)


def test_a_class_of_two_groups_is_too_small_however_many_images_it_has():
    groups = np.array([*range(100), *([200] * 50), *([201] * 50)])
    with pytest.raises(DataError, match=r"100 \(100\), 100 \(2\) images"):
        split([f"{index}.jpg" for index in range(200)], np.repeat([0, 1], 100), "grouped", groups)


@pytest.mark.parametrize("n", range(6))
def test_a_handful_of_images_is_split_or_refused_in_one_sentence(n: int):
    for how in ("random", "grouped"):
        with pytest.raises(DataError):
            split([f"{index}.jpg" for index in range(n)], np.arange(n) % 2, how)


def test_three_images_of_each_class_are_the_fewest():
    assert split([f"{index}.jpg" for index in range(6)], np.arange(6) % 2).sizes == (2, 2, 2)


def test_one_class_alone_a_name_that_comes_twice_and_wrong_settings_are_told():
    with pytest.raises(DataError, match="All 9 images are of one class"):
        split([f"{index}.jpg" for index in range(9)], np.zeros(9, np.int64))
    with pytest.raises(DataError, match=r"The name b\.jpg comes twice among 3 images"):
        split(["a.jpg", "b.jpg", "b.jpg"], np.array([0, 1, 1]))
    with pytest.raises(SettingsError, match="nearest name is random"):
        split(["a.jpg"], np.array([0]), "rondom")
    with pytest.raises(SettingsError, match=r"are 0\.8, 0\.2, 0.2; wanted"):
        split(["a.jpg"], np.array([0]), shares=(0.8, 0.2, 0.2))
    with pytest.raises(SettingsError, match="above 0"):
        split(["a.jpg"], np.array([0]), shares=(0.8, 0.2, 0.0))
    with pytest.raises(SettingsError, match=r"are 0\.5, 0\.5; wanted three numbers"):
        split(["a.jpg"], np.array([0]), shares=(0.5, 0.5))
    with pytest.raises(SettingsError, match="labels is of type list; wanted an array of whole numbers"):
        split(["a.jpg", "b.jpg"], [0, 1])
    with pytest.raises(DataError, match=r"groups of shape \(1,\); wanted one for each of 2 names"):
        split(["a.jpg", "b.jpg"], np.array([0, 1]), groups=np.array([0]))
    with pytest.raises(SettingsError, match="seed is 4294967296; wanted a whole number from 0 to 4294967295"):
        split(["a.jpg"], np.array([0]), "random", seed=2**32)  # a class was called too small for it


def test_leaks_count_the_test_images_that_have_a_twin_elsewhere():
    parts = Split(np.array([0, 1]), np.array([2, 3]), np.array([4, 5, 6]), "random", 12)
    assert leaks(parts, np.array([10, 11, 10, 12, 10, 12, 13])) == leaks(parts, np.array([0, 1, 0, 2, 0, 2, 3]))
    found = leaks(parts, np.array([10, 11, 10, 12, 10, 12, 13]))
    assert (found.n, found.in_training, found.in_validation, found.in_either) == (3, 1, 2, 2)


def test_a_random_split_of_images_with_twins_leaks_and_a_grouped_one_does_not():
    names, labels, groups = some_set(1000)
    assert leaks(split(names, labels, "random"), groups).in_training > 100
    assert leaks(split(names, labels, "grouped", groups), groups).in_either == 0


def test_names_are_ordered_as_people_count():
    names = ["a10.jpg", "a2.jpg", "a02.jpg", "a1.jpg", "B1.jpg", "a2b3.jpg", "", "7", "a" + "9" * 5000]
    expected = ["", "7", "B1.jpg", "a1.jpg", "a02.jpg", "a2.jpg", "a2b3.jpg", "a10.jpg", "a" + "9" * 5000]
    assert [names[index] for index in natural_order(names)] == expected


@given(st.lists(st.text(max_size=8), unique=True, max_size=30), st.randoms())
def test_the_natural_order_is_one_order(names: list[str], random: object):
    shuffled = names.copy()
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert sorted(names, key=natural_key) == sorted(shuffled, key=natural_key)


def test_the_parts_of_a_record_keep_its_labels_and_groups():
    names, labels, groups = some_set(100)
    images = np.zeros((100, 4, 4), np.uint8)
    record = LabelledImages(images, labels, ("a", "b"), tuple(names), "drawn", "train", groups, positive=1)
    parts = split(record.names, record.labels, groups=record.groups)
    train, validation, test = parts.of(record)
    assert (train.split, validation.split, test.split) == PARTS
    assert (len(train), len(validation), len(test)) == parts.sizes
    assert [names.index(name) for name in test.names] == parts.test.tolist()
    assert np.array_equal(test.labels, labels[parts.test])
    assert test.positive == 1
    with pytest.raises(DataError, match="holds 50 images and the split was made for 100"):
        parts.of(record.subset(np.arange(50)))


def described(n: int = 60) -> tuple[list[str], np.ndarray, np.ndarray, list[str]]:
    names, labels, groups = some_set(n)
    return names, labels, groups, [f"{names.index(name):064x}" for name in names]


def test_a_manifest_gives_the_same_parts_to_whoever_has_the_images(tmp_path: Path):
    names, labels, groups, hashes = described()
    parts = split(names, labels, groups=groups)
    kinds = ["crack" if label else "intact" for label in labels]
    write_manifest(tmp_path / "split.json", parts, names, hashes, kinds, sizes_bytes=range(60), groups=groups)
    manifest = read_manifest(tmp_path / "split.json")
    order = np.random.default_rng(1).permutation(60)
    again = [names[index] for index in order]
    reused = Split.from_manifest(manifest, again, [hashes[index] for index in order])
    assert named_parts(again, reused) == named_parts(names, parts)
    assert (reused.how, reused.seed, reused.shares) == ("grouped", 12, SHARES)
    first = manifest.images[0]
    assert first.name == min(names, key=natural_key)
    index = names.index(first.name)
    assert (first.sha256, first.label, first.size_bytes, first.group) == (
        hashes[index],
        kinds[index],
        index,
        groups[index],
    )
    assert set(manifest.made_with) == {"fissura", "numpy", "scikit-learn"}


def test_a_manifest_is_the_same_file_for_any_order_and_has_a_line_per_image(tmp_path: Path):
    names, labels, groups, hashes = described()
    order = np.random.default_rng(1).permutation(60)
    for file, of in (("a.json", np.arange(60)), ("b.json", order)):
        given_names = [names[index] for index in of]
        parts = split(given_names, labels[of], groups=groups[of])
        write_manifest(
            tmp_path / file, parts, given_names, [hashes[index] for index in of], [str(labels[index]) for index in of]
        )
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    assert sum('"sha256"' in line for line in (tmp_path / "a.json").read_text(encoding="utf-8").splitlines()) == 60
    assert json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))["sizes"]["train"] == len(parts.train)


def test_other_images_than_the_manifests_are_counted_in_one_sentence(tmp_path: Path):
    names, labels, _, hashes = described()
    write_manifest(tmp_path / "split.json", split(names, labels), names, hashes, [str(label) for label in labels])
    manifest = read_manifest(tmp_path / "split.json")
    with pytest.raises(DataError) as caught:
        Split.from_manifest(manifest, [*names[3:], "new.jpg"], ["0" * 64, *hashes[4:], "1" * 64])
    assert "3 of its 60 images are missing, 1 have another content, and 1 are not in it" in str(caught.value)
    with pytest.raises(DataError, match=r"0 have another content, and 1 are not in it \(for instance new\.jpg\)"):
        Split.from_manifest(manifest, [*names, "new.jpg"], [*hashes, "1" * 64])


def test_a_manifest_from_a_mac_knows_the_images_elsewhere(tmp_path: Path):
    names, labels, _, hashes = described(20)
    accented = [f"fissur\xe9e/{name}" for name in names]
    parts = split(accented, labels)
    for written, here in ((accented, "NFD"), ([unicodedata.normalize("NFD", name) for name in accented], "NFC")):
        write_manifest(tmp_path / "split.json", parts, written, hashes, ["a"] * 20)
        names_here = [unicodedata.normalize(here, name) for name in accented]
        again = Split.from_manifest(read_manifest(tmp_path / "split.json"), names_here, hashes)
        assert np.array_equal(again.test, parts.test)


def test_names_that_differ_in_their_accents_alone_stay_two(tmp_path: Path):
    names, labels, _, hashes = described(20)
    names = ["\xe9.jpg", "e\N{COMBINING ACUTE ACCENT}.jpg", *names[2:]]
    write_manifest(tmp_path / "split.json", split(names, labels), names, hashes, ["a"] * 20)
    assert read_manifest(tmp_path / "split.json").by_name(names).keys() == set(names)
    with pytest.raises(DataError, match="1 of its 20 images are missing"):
        Split.from_manifest(read_manifest(tmp_path / "split.json"), names[1:], hashes[1:])


def test_names_that_are_no_text_come_back_from_a_manifest(tmp_path: Path):
    names = [*(f"{index}.jpg" for index in range(9)), "caf\xe9\n.jpg", "\udce9.jpg", "x" * 300]
    hashes = ["0" * 64] * 12
    parts = split(names, np.arange(12) % 2)
    write_manifest(tmp_path / "split.json", parts, names, hashes, ["a", "b"] * 6)
    again = Split.from_manifest(read_manifest(tmp_path / "split.json"), names, hashes)
    assert np.array_equal(again.test, parts.test)


def test_a_file_that_is_no_manifest_is_told_in_one_sentence(tmp_path: Path):
    path = tmp_path / "split.json"
    with pytest.raises(DataError, match="No such file"):
        read_manifest(path)
    names, labels, _, hashes = described(20)
    write_manifest(path, split(names, labels), names, hashes, ["a"] * 20)
    good = json.loads(path.read_text(encoding="utf-8"))
    spoilt: list[object] = [
        [],
        {},
        7,
        {**good, "format": "else"},
        {**good, "version": 2},
        {**good, "images": good["images"][1:]},
        {**good, "images": [{"name": "a"}]},
        {**good, "images": [{**good["images"][0], "part": "exam"}, *good["images"][1:]]},
        {**good, "images": [{**good["images"][0], "sha256": "no"}, *good["images"][1:]]},
        {**good, "images": [good["images"][1], *good["images"][1:]]},
        {**good, "shares": [1]},
    ]
    for content in spoilt:
        path.write_text(json.dumps(content))
        with pytest.raises(DataError, match="cannot be read as the manifest of a split") as caught:
            read_manifest(path)
        assert "\n" not in str(caught.value)
    for raw in (b"", b"{", b"\xff\xfe", b"[" * 100_000):
        path.write_bytes(raw)
        with pytest.raises(DataError, match="cannot be read as the manifest"):
            read_manifest(path)


def test_a_manifest_that_cannot_be_written_is_told(tmp_path: Path):
    names, labels, _, hashes = described(20)
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError):
        write_manifest(tmp_path / "file" / "split.json", split(names, labels), names, hashes, ["a"] * 20)


def test_held_out_parts_are_the_whole_and_keep_their_order():
    images = np.zeros((50, 4, 4), np.uint8)
    names = tuple(f"{index:02d}" for index in range(50))
    record = LabelledImages(images, np.arange(50) % 2, ("a", "b"), names, "drawn", "train")
    kept, out = held_out(record, 10)
    assert (len(kept), len(out), out.split) == (40, 10, "validation")
    assert sorted(kept.names + out.names) == list(names)
    assert list(out.names) == sorted(out.names)
    for n in (0, 50):
        with pytest.raises(SettingsError, match="wanted a whole number from 1 to 49"):
            held_out(record, n)
