import gzip
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fissura.data import download_mnist, mnist_folder, read_idx, read_mnist, write_idx
from fissura.data.mnist import FOREIGN_ORIGIN, MIRRORS, OFFICIAL_ORIGIN
from fissura.errors import DataError, DownloadError

NAMES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
SmallSet = Callable[..., Path]


def sentence(folder: Path) -> str:
    with pytest.raises(DataError) as caught:
        read_mnist(folder)
    return str(caught.value)


def test_the_official_files_are_recognised_and_have_the_official_counts(mnist_dir: Path) -> None:
    mnist = read_mnist(mnist_dir)
    assert mnist.train.origin == mnist.test.origin == OFFICIAL_ORIGIN
    assert mnist.train.images.shape == (60000, 28, 28)
    assert mnist.test.counts == (980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009)
    assert mnist.train.labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert (mnist.train.names[0], mnist.test.names[-1]) == ("train-00000", "test-09999")
    assert round(mnist.train.images.mean() / 255, 4) == 0.1307
    assert round(mnist.train.images.std() / 255, 4) == 0.3081
    assert not mnist.embedded


@pytest.mark.parametrize("place", ["", "mnist", "MNIST/raw"])
@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_the_files_are_found_in_each_usual_place(small_set: SmallSet, tmp_path: Path, place: str, suffix: str) -> None:
    small_set(tmp_path / place, suffix=suffix)
    assert mnist_folder(tmp_path) == tmp_path / place
    data = read_mnist(str(tmp_path))
    assert (len(data.train), len(data.test)) == (20, 10)
    assert data.train.labels.tolist() == [*range(10), *range(10)]
    assert data.train.classes == tuple("0123456789")
    assert (data.train.split, data.test.split, data.source) == ("train", "test", "mnist")


def test_the_old_spelling_with_a_dot_is_found_too(small_set: SmallSet, tmp_path: Path) -> None:
    small_set(tmp_path)
    for path in tmp_path.iterdir():
        path.rename(path.with_name(path.name.replace("-idx", ".idx")))
    assert len(read_mnist(tmp_path).train) == 20


def test_folders_of_the_same_names_are_passed_over(small_set: SmallSet, tmp_path: Path) -> None:
    small_set(tmp_path)
    for path in list(tmp_path.iterdir()):
        path.rename(path.with_name(path.name.replace("-idx", ".idx")))
        path.mkdir()
    assert len(read_mnist(tmp_path).train) == 20


def test_a_complete_place_is_preferred_to_a_half_filled_one(small_set: SmallSet, tmp_path: Path) -> None:
    small_set(tmp_path)
    (tmp_path / NAMES[0]).unlink()
    small_set(tmp_path / "MNIST/raw")
    assert mnist_folder(tmp_path) == tmp_path / "MNIST/raw"


def test_another_set_of_the_same_names_is_read_and_not_called_mnist(small_set: SmallSet, tmp_path: Path) -> None:
    assert read_mnist(small_set(tmp_path)).test.origin == FOREIGN_ORIGIN


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    assert mnist_folder(tmp_path / "typo") is None
    assert sentence(tmp_path / "typo").startswith(f"{tmp_path / 'typo'} does not exist")


def test_an_empty_folder_holds_no_mnist(tmp_path: Path) -> None:
    assert mnist_folder(tmp_path) is None
    said = sentence(tmp_path)
    assert said.startswith(f"{tmp_path} holds no MNIST file")
    assert "MNIST/raw" in said


def test_a_file_in_place_of_the_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    assert sentence(tmp_path / "file").startswith(f"{tmp_path / 'file'} is a file, where a folder")


def test_a_folder_that_cannot_be_listed_is_named(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    assert "cannot be listed (Too many levels of symbolic links)" in sentence(tmp_path / "loop")


def test_a_half_downloaded_set_names_what_is_missing_and_what_lies_there(small_set: SmallSet, tmp_path: Path) -> None:
    small_set(tmp_path, suffix=".gz")
    (tmp_path / f"{NAMES[0]}.gz").rename(tmp_path / f"{NAMES[0]}.gz.part")
    (tmp_path / f"{NAMES[3]}.gz").unlink()
    said = sentence(tmp_path)
    assert f"missing {NAMES[0]}, {NAMES[3]};" in said
    assert f"unfinished download: {NAMES[0]}.gz.part." in said


def test_a_set_that_lacks_a_file_says_nothing_of_downloads_where_none_was_begun(
    small_set: SmallSet, tmp_path: Path
) -> None:
    small_set(tmp_path)
    (tmp_path / NAMES[0]).unlink()
    said = sentence(tmp_path)
    assert f"missing {NAMES[0]}." in said
    assert "unfinished" not in said


def test_a_single_part_file_is_a_half_downloaded_set(tmp_path: Path) -> None:
    (tmp_path / "mnist").mkdir()
    (tmp_path / "mnist" / f"{NAMES[0]}.gz.part").write_bytes(b"")
    assert mnist_folder(tmp_path) == tmp_path / "mnist"
    assert "holds only a part of MNIST" in sentence(tmp_path)


def test_images_and_labels_of_different_number_are_both_named(small_set: SmallSet, tmp_path: Path) -> None:
    small_set(tmp_path)
    write_idx(tmp_path / NAMES[1], np.zeros(19, np.uint8))
    said = sentence(tmp_path)
    assert f"{NAMES[0]} holds 20 images" in said
    assert f"{NAMES[1]} 19 labels" in said


def test_a_label_beyond_nine_is_named_with_its_position(small_set: SmallSet, tmp_path: Path) -> None:
    small_set(tmp_path)
    write_idx(tmp_path / NAMES[3], np.array([0, 1, 2, 3, 26, 5, 6, 7, 8, 9], np.uint8))
    assert "holds the label 26 at position 4; wanted 0 to 9" in sentence(tmp_path)


def test_images_and_labels_exchanged_are_told_by_their_magic_number(small_set: SmallSet, tmp_path: Path) -> None:
    small_set(tmp_path)
    shutil.copy(tmp_path / NAMES[1], tmp_path / NAMES[0])
    assert "starts with 0x00000801, wanted 0x00000803" in sentence(tmp_path)


def test_a_set_without_images_is_refused(small_set: SmallSet, tmp_path: Path) -> None:
    assert "holds no pixels (shape (0, 28, 28))" in sentence(small_set(tmp_path, test=0))


def test_train_and_test_of_different_size_are_refused(small_set: SmallSet, tmp_path: Path) -> None:
    small_set(tmp_path)
    write_idx(tmp_path / NAMES[2], np.zeros((10, 32, 32), np.uint8))
    assert "(28, 28) px and the test images (32, 32) px" in sentence(tmp_path)


def official(mnist_dir: Path) -> dict[str, bytes]:
    """The four gzip files as a mirror serves them."""
    folder = mnist_folder(mnist_dir)
    assert folder is not None
    return {f"{name}.gz": (folder / f"{name}.gz").read_bytes() for name in NAMES}


def test_mnist_is_downloaded_whole(mnist_dir: Path, mirror: Callable[..., Any], tmp_path: Path) -> None:
    seen: list[tuple[int, int | None]] = []
    server = mirror(official(mnist_dir))
    download_mnist(tmp_path, lambda done, total: seen.append((done, total)), [server.url])
    assert read_mnist(tmp_path).train.origin == OFFICIAL_ORIGIN
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert seen[-1][0] == seen[-1][1] == sum(len(content) for content in official(mnist_dir).values())
    assert len(server.ranges) == 4


def test_what_is_there_and_right_is_not_downloaded_again(
    mnist_dir: Path, mirror: Callable[..., Any], tmp_path: Path
) -> None:
    files = official(mnist_dir)
    (tmp_path / "mnist").mkdir()
    (tmp_path / "mnist" / NAMES[0]).write_bytes(gzip.decompress(files[f"{NAMES[0]}.gz"]))
    (tmp_path / "mnist" / f"{NAMES[2]}.gz").write_bytes(files[f"{NAMES[2]}.gz"])
    server = mirror(files)
    download_mnist(tmp_path, mirrors=[server.url.rstrip("/")])
    assert len(server.ranges) == 2
    assert read_mnist(tmp_path).train.origin == OFFICIAL_ORIGIN
    download_mnist(tmp_path, mirrors=[server.url])
    assert len(server.ranges) == 2


def test_another_sets_file_is_neither_overwritten_nor_completed(
    small_set: SmallSet, mirror: Callable[..., Any], tmp_path: Path
) -> None:
    small_set(tmp_path / "mnist")
    (tmp_path / "mnist" / NAMES[0]).unlink()
    before = {path: path.read_bytes() for path in (tmp_path / "mnist").iterdir()}
    server = mirror({})
    with pytest.raises(DataError, match="damaged or belongs to another set"):
        download_mnist(tmp_path, mirrors=[server.url])
    assert server.ranges == []
    assert {path: path.read_bytes() for path in (tmp_path / "mnist").iterdir()} == before


def test_without_network_the_sentence_tells_what_to_put_where_by_hand(refused_url: str, tmp_path: Path) -> None:
    with pytest.raises(DownloadError) as caught:
        download_mnist(tmp_path, mirrors=[refused_url])
    said = str(caught.value)
    assert "Connection refused" in said
    assert all(f"{name}.gz" in said for name in NAMES)
    assert f"copy them to {tmp_path / 'mnist'}" in said
    assert list(tmp_path.iterdir()) == []


def test_a_login_page_in_place_of_mnist_is_not_stored(mirror: Callable[..., Any], tmp_path: Path) -> None:
    page = b"<html>Please log in</html>"
    with pytest.raises(DownloadError, match="wrong content"):
        download_mnist(tmp_path, mirrors=[mirror({f"{name}.gz": page for name in NAMES}).url])
    assert mnist_folder(tmp_path) is None


def test_the_mirrors_are_asked_encrypted() -> None:
    assert all(mirror.startswith("https://") and mirror.endswith("/") for mirror in MIRRORS)


def test_a_small_set_is_written_and_read_with_the_public_functions(tmp_path: Path) -> None:
    write_idx(tmp_path / NAMES[3], np.arange(10, dtype=np.uint8))
    assert read_idx(tmp_path / NAMES[3], 1).tolist() == list(range(10))
