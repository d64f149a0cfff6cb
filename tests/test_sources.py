from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fissura.data import SOURCES, data_folder, describe_folder, open_source
from fissura.errors import DataError, DownloadError, OutputError, SettingsError

SmallSet = Callable[..., Path]


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.delenv("FISSURA_DATA", raising=False)


def test_auto_reads_mnist_where_it_is(small_set: SmallSet, tmp_path: Path, refused_url: str) -> None:
    opened = open_source("auto", small_set(tmp_path / "here"), mirrors=(refused_url,))
    assert opened.data.source == "mnist"
    assert not opened.data.embedded
    assert opened.note is None


def test_auto_without_network_gives_the_embedded_digits_and_says_why(tmp_path: Path, refused_url: str) -> None:
    opened = open_source("auto", tmp_path, mirrors=(refused_url,))
    assert opened.data.embedded
    assert isinstance(opened.note, DownloadError)
    assert "Connection refused" in str(opened.note)


def test_auto_without_leave_to_download_gives_the_embedded_digits_and_says_why(tmp_path: Path) -> None:
    opened = open_source("auto", tmp_path, download=False)
    assert opened.data.embedded
    assert f"{tmp_path} holds no MNIST file and downloading is switched off" in str(opened.note)


def test_auto_in_a_place_that_cannot_be_written_gives_the_embedded_digits(
    mirror: Callable[..., Any], tmp_path: Path
) -> None:
    (tmp_path / "mnist").symlink_to(tmp_path / "nowhere" / "at all")
    opened = open_source("auto", tmp_path, mirrors=(mirror({"train-images-idx3-ubyte.gz": b"content"}).url,))
    assert opened.data.embedded
    assert isinstance(opened.note, OutputError)


def test_auto_downloads_mnist_when_it_can(mnist_dir: Path, mirror: Callable[..., Any], tmp_path: Path) -> None:
    files = {path.name: path.read_bytes() for path in (mnist_dir / "mnist").glob("*.gz")}
    opened = open_source("auto", tmp_path, mirrors=(mirror(files).url,))
    assert len(opened.data.train) == 60000
    assert opened.note is None


def test_auto_resumes_what_an_earlier_download_began(
    mnist_dir: Path, mirror: Callable[..., Any], tmp_path: Path
) -> None:
    files = {path.name: path.read_bytes() for path in (mnist_dir / "mnist").glob("*.gz")}
    (tmp_path / "mnist").mkdir()
    begun = "train-images-idx3-ubyte.gz"
    (tmp_path / "mnist" / f"{begun}.part").write_bytes(files[begun][:1_000_000])
    server = mirror(files)
    assert len(open_source("auto", tmp_path, mirrors=(server.url,)).data.train) == 60000
    assert server.ranges[0] == "bytes=1000000-"


@pytest.mark.parametrize("name", ["auto", "mnist"])
def test_a_download_begun_and_not_finished_is_an_error(tmp_path: Path, name: str, refused_url: str) -> None:
    (tmp_path / "mnist").mkdir()
    (tmp_path / "mnist" / "train-images-idx3-ubyte.gz.part").write_bytes(b"begun")
    with pytest.raises(DownloadError):
        open_source(name, tmp_path, mirrors=(refused_url,))
    with pytest.raises(DataError, match="only a part of MNIST"):
        open_source(name, tmp_path, download=False)


@pytest.mark.parametrize("name", ["auto", "mnist"])
@pytest.mark.parametrize("download", [True, False])
def test_damaged_files_are_an_error_and_never_replaced(
    small_set: SmallSet, tmp_path: Path, name: str, download: bool, refused_url: str
) -> None:
    small_set(tmp_path / "mnist")
    (tmp_path / "mnist" / "t10k-images-idx3-ubyte").write_bytes(b"damaged")
    with pytest.raises(DataError, match="t10k-images-idx3-ubyte is not the IDX file"):
        open_source(name, tmp_path, download, mirrors=(refused_url,))


def test_a_half_filled_folder_that_no_download_of_ours_filled_is_an_error(
    small_set: SmallSet, tmp_path: Path, mirror: Callable[..., Any]
) -> None:
    small_set(tmp_path)
    (tmp_path / "t10k-labels-idx1-ubyte").unlink()
    server = mirror({})
    with pytest.raises(DataError, match="missing t10k-labels-idx1-ubyte\\."):
        open_source("auto", tmp_path, mirrors=(server.url,))
    assert server.ranges == []


def test_mnist_asked_for_by_name_is_never_replaced_by_the_digits(tmp_path: Path, refused_url: str) -> None:
    with pytest.raises(DownloadError):
        open_source("mnist", tmp_path, mirrors=(refused_url,))
    with pytest.raises(DataError, match="holds no MNIST file"):
        open_source("mnist", tmp_path, download=False)


def test_the_digits_need_no_folder(tmp_path: Path) -> None:
    opened = open_source("digits", tmp_path / "typo")
    assert opened.data.embedded
    assert opened.note is None


def test_an_unknown_source_is_answered_with_the_nearest() -> None:
    with pytest.raises(SettingsError, match=r"'minst' is not known. The nearest name is mnist; .* auto, mnist, digits"):
        open_source("minst", Path("data"))


@pytest.mark.parametrize("name", ["auto", "mnist"])
@pytest.mark.parametrize("download", [True, False])
def test_a_mistyped_folder_is_an_error_and_is_not_made(tmp_path: Path, name: str, download: bool) -> None:
    with pytest.raises(DataError, match="does not exist"):
        open_source(name, tmp_path / "typo", download)
    assert not (tmp_path / "typo").exists()


def test_the_default_folder_may_be_absent() -> None:
    folder = data_folder()
    assert folder == Path("data")
    assert open_source("auto", folder, download=False).data.embedded
    assert [state.state for state in describe_folder(folder)] == ["absent", "present"]
    assert not folder.exists()


def test_the_default_folder_is_an_error_when_it_is_a_file() -> None:
    Path("data").write_bytes(b"")
    with pytest.raises(DataError, match="data is a file"):
        open_source("auto", data_folder(), download=False)


def test_the_option_comes_before_the_environment_and_that_before_the_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FISSURA_DATA", "")
    assert data_folder() == Path("data")
    monkeypatch.setenv("FISSURA_DATA", str(tmp_path))
    assert data_folder() == tmp_path
    assert data_folder(tmp_path / "work") == tmp_path / "work"


def test_a_named_folder_that_does_not_exist_is_said_with_who_named_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(DataError, match="typo, named by --data-dir, does not exist"):
        data_folder(tmp_path / "typo")
    monkeypatch.setenv("FISSURA_DATA", str(tmp_path / "typo"))
    with pytest.raises(DataError, match="typo, named by FISSURA_DATA, does not exist"):
        data_folder()


def test_a_folder_is_described_source_by_source(small_set: SmallSet, tmp_path: Path) -> None:
    states = describe_folder(small_set(tmp_path / "MNIST/raw").parents[1])
    assert tuple(state.name for state in states) == SOURCES
    mnist, digits = states
    assert (mnist.state, mnist.folder, mnist.missing) == ("present", tmp_path / "MNIST/raw", ())
    assert mnist.data is not None
    assert mnist.data.train.counts == (2,) * 10
    assert digits.data is not None
    assert digits.data.embedded


def test_an_incomplete_and_a_damaged_set_are_described_with_their_problem(small_set: SmallSet, tmp_path: Path) -> None:
    small_set(tmp_path)
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(b"")
    damaged = describe_folder(tmp_path)[0]
    assert (damaged.state, damaged.missing, damaged.data) == ("damaged", (), None)
    assert "train-labels-idx1-ubyte is empty" in str(damaged.problem)
    (tmp_path / "train-labels-idx1-ubyte").unlink()
    incomplete = describe_folder(tmp_path)[0]
    assert (incomplete.state, incomplete.missing) == ("incomplete", ("train-labels-idx1-ubyte",))
    assert "only a part" in str(incomplete.problem)


def test_a_mistyped_folder_is_not_described_as_empty(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="does not exist"):
        describe_folder(tmp_path / "typo")
