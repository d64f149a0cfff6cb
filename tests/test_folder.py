"""Which images a folder holds, of which class, and what is left out."""

from __future__ import annotations

import os
import pickle
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from torch.utils.data import DataLoader

from fissura.data.class_names import folded, positive_of
from fissura.data.folder import ImageFile, ImageFolder, read_folder
from fissura.data.path_dataset import PathDataset
from fissura.errors import DataError, FissuraError, SettingsError
from fissura.images import ImageError


def fill(root: Path, **classes: list[str] | int) -> Path:
    """Empty files in class folders; a number stands for so many images."""
    for name, files in classes.items():
        names = [f"{index:05d}.jpg" for index in range(files)] if isinstance(files, int) else files
        (root / name).mkdir(parents=True)
        for file in names:
            (root / name / file).parent.mkdir(parents=True, exist_ok=True)
            (root / name / file).write_bytes(b"")
    return root


def sentence(folder: Path, kind: type[FissuraError] = DataError, **options: object) -> str:
    with pytest.raises(kind) as caught:
        read_folder(folder, **options)  # type: ignore[arg-type]
    assert "{" not in str(caught.value)
    return str(caught.value)


def names(folder: ImageFolder) -> list[str]:
    return [file.name for file in folder.files]


def link(path: Path, target: Path) -> None:
    try:
        path.symlink_to(target, target_is_directory=target.is_dir())
    except OSError:
        pytest.skip("this system lets users make no links")


# what is found


def test_each_subfolder_is_a_class_and_the_positive_one_is_label_one(tmp_path: Path) -> None:
    found = read_folder(fill(tmp_path, Positive=7, Negative=5))
    assert (found.root, found.classes, found.positive) == (tmp_path, ("Negative", "Positive"), 1)
    assert (found.counts, len(found), found.left_out) == ((5, 7), 12, ())
    assert found.files[0] == ImageFile("Negative/00000.jpg", 0)
    assert found.files[-1] == ImageFile("Positive/00006.jpg", 1)
    assert found.path(11) == tmp_path / "Positive/00006.jpg"


def test_label_follows_the_class_and_the_order_follows_the_name(tmp_path: Path) -> None:
    found = read_folder(fill(tmp_path, crack=5, no_crack=5))
    assert found.classes == ("no_crack", "crack")
    assert [file.label for file in found.files] == [1] * 5 + [0] * 5


def test_order_is_that_of_sorted(tmp_path: Path) -> None:
    files = ["10.jpg", "2.jpg", "B.jpg", "a.jpg", "é.jpg", "deep/1.jpg", "deep/er/1.jpg", "deep-2.jpg"]
    found = read_folder(fill(tmp_path, a=files, b=files))
    assert names(found) == sorted(f"{name}/{file}" for name in "ab" for file in files)


@given(st.permutations(["a/2.jpg", "a/10.jpg", "a/x/1.png", "b/1.jpg", "b/z.tif"]))
def test_order_of_writing_does_not_matter(order: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name in order:
            (Path(folder) / name).parent.mkdir(parents=True, exist_ok=True)
            (Path(folder) / name).write_bytes(b"")
        assert names(read_folder(Path(folder), least=2)) == sorted(order)


def test_endings_of_images_are_known_whatever_their_capitals(tmp_path: Path) -> None:
    found = read_folder(fill(tmp_path, a=["1.JPG", "2.Png", "3.tiff", "4.webp", "5.bmp"], b=5))
    assert found.counts == (5, 5)


def test_more_than_two_classes_have_no_positive_one(tmp_path: Path) -> None:
    found = read_folder(fill(tmp_path, crack=4, no_crack=4, joint=4))
    assert (found.classes, found.positive) == (("crack", "joint", "no_crack"), None)


def test_two_of_many_classes_are_taken_when_named(tmp_path: Path) -> None:
    found = read_folder(fill(tmp_path, crack=5, no_crack=5, joint=5), classes=["Crack", "no crack"])
    assert (found.classes, found.positive, len(found)) == (("no_crack", "crack"), 1, 10)
    found = read_folder(tmp_path, positive="crack", classes=["crack", "joint"])
    assert (found.classes, found.positive) == (("joint", "crack"), 1)


def test_photographs_are_not_told_from_their_masks(tmp_path: Path) -> None:
    fill(tmp_path, images=6, masks=6)
    said = sentence(tmp_path)
    assert "holds photographs and their masks" in said
    assert f"Name {tmp_path / 'images'} if" in said
    assert sentence(tmp_path, of=("intact", "crack")) == said
    assert read_folder(tmp_path, classes=["images", "masks"]).classes == ("images", "masks")  # who wants that, may


def test_named_classes_give_the_order_of_labels(tmp_path: Path) -> None:
    found = read_folder(fill(tmp_path, a=4, b=4, c=4), classes=["c", "a", "b", "c"])
    assert found.classes == ("c", "a", "b")


def test_positive_class_is_named_by_the_user(tmp_path: Path) -> None:
    found = read_folder(fill(tmp_path, humide=5, sèche=5), positive="SECHE")
    assert (found.classes, found.positive) == (("humide", "sèche"), 1)
    assert read_folder(tmp_path, positive="humide").classes == ("sèche", "humide")
    assert read_folder(tmp_path).positive is None


@pytest.mark.parametrize(
    ("positive", "negative"),
    [
        ("Positive", "Negative"),
        ("crack", "no_crack"),
        ("Cracks", "Non-Cracks"),
        ("cracked", "uncracked"),
        ("crack", "intact"),
        ("Fissuré", "Sain"),
        ("fissure", "sans fissure"),
        ("avec fissures", "sans fissures"),
        ("With Crack", "Without Crack"),
        ("CD", "UD"),
        ("CW", "UW"),
        ("1", "0"),
        ("rust", "no_rust"),
        ("défaut", "ok"),
        ("abnormal", "normal"),
    ],
)
def test_usual_names_say_which_class_is_looked_for(positive: str, negative: str) -> None:
    assert positive_of([positive, negative]) == positive_of([negative, positive]) == positive
    assert positive_of([positive.upper(), negative.lower()]) == positive.upper()


@pytest.mark.parametrize(
    "pair", [("cat", "dog"), ("crack", "fissure"), ("ok", "intact"), ("door", "indoor"), ("", "no"), ("a", "a")]
)
def test_other_names_say_nothing(pair: tuple[str, str]) -> None:
    assert positive_of(pair) is None
    assert positive_of(["crack"]) is None


@given(st.text(max_size=12), st.text(max_size=12))
def test_order_of_the_classes_does_not_decide(one: str, other: str) -> None:
    if folded(one) != folded(other):
        assert positive_of([one, other]) == positive_of([other, one])


def test_folder_in_a_folder_is_entered(tmp_path: Path) -> None:
    fill(tmp_path / "archive" / "Surface cracks", Positive=5, Negative=5)
    (tmp_path / "archive" / "readme.txt").write_text("")
    (tmp_path / "__MACOSX").mkdir()
    assert read_folder(tmp_path).root == tmp_path / "archive" / "Surface cracks"


def test_what_systems_leave_behind_does_not_count(tmp_path: Path) -> None:
    fill(tmp_path, a=5, b=5)
    for junk in (".DS_Store", "Thumbs.db", "desktop.ini", "._00001.jpg", ".hidden.jpg"):
        (tmp_path / "a" / junk).write_bytes(b"")
    for junk in ("__MACOSX", ".git", "@eaDir"):
        (tmp_path / junk).mkdir()
        (tmp_path / "a" / junk).mkdir()
        (tmp_path / "a" / junk / "x.jpg").write_bytes(b"")
    found = read_folder(tmp_path)
    assert (found.classes, len(found), found.left_out) == (("a", "b"), 10, ())


def test_the_real_patches_are_found(real_data: Callable[[str], Path]) -> None:
    found = read_folder(real_data("metu"))
    assert (found.classes, found.positive, found.counts) == (("Negative", "Positive"), 1, (16001, 16003))
    assert names(found) == sorted(names(found))


# what is left out, counted and named


def test_single_bad_files_are_named_and_left_out(tmp_path: Path) -> None:
    fill(tmp_path, a=[*(f"{n}.jpg" for n in range(5)), "notes.txt", "noending", "jpg", "x.jpg/in.jpg", "y.txt/in.jpg"])
    fill(tmp_path, b=5)
    found = read_folder(tmp_path)
    assert [left.name for left in found.left_out] == ["a/jpg", "a/noending", "a/notes.txt", "a/x.jpg"]
    assert all(str(left.reason).startswith(left.name) for left in found.left_out)
    assert "is a folder with the name of an image" in str(found.left_out[-1].reason)
    assert "a/y.txt/in.jpg" in names(found)


def test_links_in_circles_end(tmp_path: Path) -> None:
    fill(tmp_path, a=5, b=5)
    (tmp_path / "a" / "in").mkdir()
    for place, target in (("a/self", "a"), ("a/in/up", "."), ("b/other", "b"), ("a/in/round", "a/in")):
        link(tmp_path / place, tmp_path / target)
    link(tmp_path / "a" / "dead.jpg", tmp_path / "nothing.jpg")
    link(tmp_path / "a" / "loop.jpg", tmp_path / "a" / "loop.jpg")
    link(tmp_path / "a" / "loop", tmp_path / "a" / "loop")
    found = read_folder(tmp_path)
    assert len(found) == 10
    assert [left.name for left in found.left_out] == [
        *("a/dead.jpg", "a/in/round", "a/in/up", "a/loop", "a/loop.jpg", "a/self", "b/other")
    ]


def test_a_circle_around_the_whole_folder_ends(tmp_path: Path) -> None:
    link(tmp_path / "round", tmp_path)
    assert "holds a single class, round" in sentence(tmp_path)


def test_linked_images_and_folders_are_followed(tmp_path: Path) -> None:
    fill(tmp_path / "elsewhere", pictures=5)
    fill(tmp_path / "set", a=[], b=5)
    link(tmp_path / "set" / "a" / "linked", tmp_path / "elsewhere" / "pictures")
    link(tmp_path / "set" / "a" / "one.jpg", tmp_path / "elsewhere" / "pictures" / "00000.jpg")
    assert read_folder(tmp_path / "set").counts == (6, 5)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no named pipes in folders")
def test_pipe_is_left_out_and_not_opened(tmp_path: Path) -> None:
    fill(tmp_path, a=5, b=5)
    os.mkfifo(tmp_path / "a" / "pipe.jpg")
    assert [left.name for left in read_folder(tmp_path).left_out] == ["a/pipe.jpg"]


@pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() == 0, reason="Windows has other permissions, and root may read everything"
)
def test_unreadable_subfolder_is_named(tmp_path: Path) -> None:
    fill(tmp_path, a=[*(f"{n}.jpg" for n in range(5)), "shut/1.jpg"], b=5)
    (tmp_path / "a" / "shut").chmod(0)
    try:
        found = read_folder(tmp_path)
    finally:
        (tmp_path / "a" / "shut").chmod(0o700)
    assert len(found) == 10
    assert "a/shut cannot be listed (Permission denied)" in str(found.left_out[0].reason)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
def test_names_of_every_kind_are_read_and_printable(tmp_path: Path) -> None:
    odd = ["with space.jpg", "côté.jpg", "two\nlines.jpg", "tab\t.jpg", "n" * 251 + ".jpg", "back\\slash.jpg"]
    fill(tmp_path, a=odd, b=5)
    (tmp_path / "a" / os.fsdecode(b"caf\xe9.jpg")).write_bytes(b"")
    found = read_folder(tmp_path)
    printable = [file.printable for file in found.files]
    assert found.counts == (7, 5)
    assert len(set(printable)) == 12
    assert all(name.encode("utf-8").decode().isprintable() for name in printable)
    assert "a/two\\nlines.jpg" in printable
    assert all(found.path(index).exists() for index in range(12))


def test_very_deep_folders_end(tmp_path: Path) -> None:
    fill(tmp_path, a=5, b=5)
    here = Path.cwd()
    try:
        os.chdir(tmp_path / "a")
        for _ in range(60):  # 60 * 100 characters: longer than any path may be
            try:
                Path("d" * 100).mkdir()
                os.chdir("d" * 100)
            except OSError:
                break
        deep = Path("deep.jpg")
        deep.write_bytes(b"")
    finally:
        os.chdir(here)
    found = read_folder(tmp_path)
    assert len(found) >= 10
    assert all("cannot be listed" in str(left.reason) for left in found.left_out)


# what is refused


def test_missing_folder_is_named(tmp_path: Path) -> None:
    assert sentence(tmp_path / "typo").startswith(f"{tmp_path / 'typo'} does not exist")


def test_file_in_place_of_the_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "set.zip").write_bytes(b"")
    assert sentence(tmp_path / "set.zip").startswith(f"{tmp_path / 'set.zip'} is a file; wanted a folder")


@pytest.mark.parametrize("name", ["n" * 300, "a\0b"])
def test_names_that_no_disk_takes_are_one_sentence(tmp_path: Path, name: str) -> None:
    assert "cannot be listed" in sentence(tmp_path / name)


def test_folder_without_subfolders_says_what_it_holds(tmp_path: Path) -> None:
    assert "has no subfolder" in sentence(tmp_path)
    for name in ("1.jpg", "2.jpg", "x.txt"):
        (tmp_path / name).write_bytes(b"")
    assert "(it holds 2 images itself)" in sentence(tmp_path)


def test_single_class_is_named(tmp_path: Path) -> None:
    assert "holds a single class, Positive" in sentence(fill(tmp_path, Positive=20))


def test_one_class_of_several_is_told_what_there_is(tmp_path: Path) -> None:
    fill(tmp_path, a=5, b=5)
    assert "of a, b only b is taken" in sentence(tmp_path, classes=["b"])
    assert "only - is taken" in sentence(tmp_path, classes=[])


def test_empty_class_is_named(tmp_path: Path) -> None:
    assert "no image in Negative (1 other files" in sentence(fill(tmp_path, Positive=20, Negative=["x.txt"]))


def test_three_images_are_too_few(tmp_path: Path) -> None:
    assert "holds 3 images in all; wanted 10 at least" in sentence(fill(tmp_path, a=1, b=2))
    assert len(read_folder(tmp_path, least=3)) == 3


def test_parts_of_a_split_are_no_classes(tmp_path: Path) -> None:
    assert "is parted into Test, train" in sentence(fill(tmp_path, train=9, Test=9))


def test_unknown_positive_names_the_nearest_class(tmp_path: Path) -> None:
    said = sentence(fill(tmp_path, crack=5, intact=5), SettingsError, positive="craks")
    assert said.startswith("--positive: 'craks' is not known. The nearest name is crack; choose one of: crack, intact.")
    assert sentence(tmp_path, SettingsError, classes=["crack", "intakt"]).startswith("--classes: 'intakt'")


def test_positive_class_needs_two(tmp_path: Path) -> None:
    said = sentence(fill(tmp_path, a=5, b=5, c=5), SettingsError, positive="a")
    assert "--positive a needs two classes" in said
    assert "has 3: a, b, c" in said


# the textbook's way


@pytest.fixture
def photographs(tmp_path: Path) -> ImageFolder:
    fill(tmp_path, crack=0, no_crack=0)
    for index in range(12):
        name = ("crack", "no_crack")[index % 2]
        Image.new("RGB", (20, 16), (index * 20,) * 3).save(tmp_path / name / f"{index:02d}.png")
    return read_folder(tmp_path)


def test_path_dataset_opens_makes_grey_makes_a_tensor_and_normalises(photographs: ImageFolder) -> None:
    dataset = PathDataset(photographs)
    image, label = dataset[1]
    assert (photographs.files[1].name, label) == ("crack/02.png", 1)
    assert (image.dtype, tuple(image.shape)) == (torch.float32, (1, 16, 20))
    assert torch.allclose(image, torch.tensor((40 / 255 - 0.5) / 0.5))
    assert len(dataset) == 12
    assert torch.equal(dataset[-11][0], image)
    assert repr(dataset).endswith("12 images of ('no_crack', 'crack'), mean=0.5, std=0.5)")
    for beyond in (12, -13):
        with pytest.raises(IndexError):
            dataset[beyond]


def test_path_dataset_takes_a_part_and_another_size(photographs: ImageFolder) -> None:
    dataset = PathDataset(photographs, np.array([3, 11]), mean=0.0, std=1.0, size_hw=(8, 10))
    assert len(dataset) == 2
    assert [label for _, label in dataset] == [1, 0]
    assert tuple(dataset[0][0].shape) == (1, 8, 10)


def test_path_dataset_goes_through_a_loader_and_to_its_workers(photographs: ImageFolder) -> None:
    batches = list(DataLoader(PathDataset(photographs), batch_size=5))
    assert [tuple(images.shape) for images, _ in batches] == [(5, 1, 16, 20), (5, 1, 16, 20), (2, 1, 16, 20)]
    again = pickle.loads(pickle.dumps(PathDataset(photographs)))
    assert torch.equal(again[0][0], batches[0][0][0])


def test_image_that_went_missing_is_named(photographs: ImageFolder) -> None:
    photographs.path(0).unlink()
    with pytest.raises(ImageError, match="is not there"):
        PathDataset(photographs)[0]


def test_the_textbook_s_dataset_takes_the_folder_itself(tmp_path: Path) -> None:
    for name in ("crack", "no_crack"):
        (tmp_path / name).mkdir()
        for number in range(10):
            Image.new("L", (8, 8), 10 * number).save(tmp_path / name / f"{number}.png")
    for folder in (tmp_path, str(tmp_path)):
        dataset = PathDataset(folder)
        assert len(dataset) == 20
        assert dataset[19][1] == read_folder(tmp_path).files[19].label
    with pytest.raises(SettingsError, match=r"folder is of type list; wanted a path\."):
        PathDataset([tmp_path])  # type: ignore[arg-type]
