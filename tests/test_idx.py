import gzip
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from fissura.data.idx import LARGEST_BYTES, idx_header, read_idx, write_idx
from fissura.errors import DataError

IMAGES = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
CONTENT = b"\x00\x00\x08\x03" + b"\x00\x00\x00\x02" + b"\x00\x00\x00\x03" + b"\x00\x00\x00\x04" + bytes(range(24))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "images"


def sentence(path: Path, dimensions: int = 3) -> str:
    with pytest.raises(DataError) as caught:
        read_idx(path, dimensions)
    assert str(path) in str(caught.value)
    return str(caught.value)


@given(
    array=hnp.arrays(np.uint8, hnp.array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=5)), zipped=st.booleans()
)
def test_what_is_written_is_read_back(
    array: np.ndarray, zipped: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / ("array.gz" if zipped else "array")
    write_idx(path, array)
    again = read_idx(path, array.ndim)
    assert again.dtype == np.uint8
    assert again.shape == array.shape
    assert np.array_equal(again, array)
    assert (path.read_bytes()[:2] == b"\x1f\x8b") == zipped


def test_the_bytes_are_those_of_the_format_written_by_hand(path: Path) -> None:
    write_idx(path, IMAGES)
    assert path.read_bytes() == CONTENT


def test_an_array_that_is_not_contiguous_is_written_in_its_own_order(path: Path) -> None:
    write_idx(path, IMAGES.transpose(2, 0, 1))
    assert np.array_equal(read_idx(path, 3), IMAGES.transpose(2, 0, 1))


def test_the_same_array_gives_the_same_gzip_file(tmp_path: Path) -> None:
    write_idx(tmp_path / "a.gz", IMAGES)
    write_idx(tmp_path / "b.gz", IMAGES)
    assert (tmp_path / "a.gz").read_bytes() == (tmp_path / "b.gz").read_bytes()


def test_gzip_is_told_by_content_and_not_by_name(tmp_path: Path) -> None:
    (tmp_path / "plain.gz").write_bytes(CONTENT)
    (tmp_path / "zipped").write_bytes(gzip.compress(CONTENT))
    assert np.array_equal(read_idx(tmp_path / "plain.gz", 3), IMAGES)
    assert np.array_equal(read_idx(tmp_path / "zipped", 3), IMAGES)


def test_the_array_can_be_written_to_as_pytorch_wants(path: Path) -> None:
    path.write_bytes(CONTENT)
    assert read_idx(path, 3).flags.writeable


def test_an_array_of_floats_is_not_written(path: Path) -> None:
    with pytest.raises(DataError, match=r"float64 of shape \(2,\); wanted uint8"):
        write_idx(path, np.zeros(2))  # type: ignore[arg-type]
    assert not path.exists()


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (CONTENT[:3], "ends inside its header: 3 bytes, wanted at least 16"),
        (CONTENT[:10], "ends inside its header: 10 bytes, wanted at least 16"),
        (CONTENT[:-1], r"truncated: 23 bytes follow its header, which announces 24 (shape (2, 3, 4))"),
        (CONTENT[:16], "truncated: 0 bytes follow"),
        (CONTENT + b"\x00", "goes on after the 24 bytes"),
        (b"\x00\x00\x08\x01" + CONTENT[4:], "starts with 0x00000801, wanted 0x00000803"),
        (b"\x00\x00\x0d\x03" + CONTENT[4:], "starts with 0x00000d03, wanted 0x00000803"),
        (b"<html><body>Please log in</body></html>", "starts with 0x3c68746d"),
    ],
)
def test_each_fault_has_its_sentence(path: Path, content: bytes, said: str, pack: type[bytes]) -> None:
    path.write_bytes(pack(content))
    assert said in sentence(path)


def test_a_truncated_gzip_file_is_said_to_be_truncated(path: Path) -> None:
    path.write_bytes(gzip.compress(CONTENT)[:-10])
    assert "truncated gzip" in sentence(path)


@pytest.mark.parametrize("at", [5, -6])
def test_a_gzip_file_with_a_changed_byte_is_said_to_be_damaged_or_is_not_read_wrongly(path: Path, at: int) -> None:
    content = bytearray(gzip.compress(CONTENT))
    content[at] ^= 0xFF
    path.write_bytes(content)
    if at > 0:  # the time stamp: no matter
        assert np.array_equal(read_idx(path, 3), IMAGES)
    else:  # the check sum
        assert "damaged gzip" in sentence(path)


def test_a_gzip_file_with_broken_compression_is_said_to_be_damaged(path: Path) -> None:
    path.write_bytes(gzip.compress(CONTENT)[:10] + b"\xff" * 20)
    assert "damaged gzip" in sentence(path)


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_an_absurd_size_is_refused_before_anything_is_allocated(path: Path, pack: type[bytes]) -> None:
    path.write_bytes(pack(struct.pack(">4I", 0x803, 2**32 - 1, 2**32 - 1, 2**32 - 1)))
    assert f"more than the {LARGEST_BYTES} that are read" in sentence(path)


def test_a_large_size_without_its_bytes_is_truncated_and_takes_no_memory(path: Path) -> None:
    path.write_bytes(idx_header((LARGEST_BYTES,)) + b"few")
    assert "3 bytes follow its header" in sentence(path, 1)


def test_a_gzip_bomb_is_read_to_one_byte_beyond_what_it_announces(path: Path) -> None:
    path.write_bytes(gzip.compress(CONTENT + bytes(20_000_000)))
    assert "goes on after the 24 bytes" in sentence(path)


def test_a_folder_in_place_of_the_file_cannot_be_read(path: Path) -> None:
    path.mkdir()
    assert "cannot be read (Is a directory)" in sentence(path)


def test_a_file_that_is_not_there_cannot_be_read(path: Path) -> None:
    assert "cannot be read (No such file or directory)" in sentence(path)
