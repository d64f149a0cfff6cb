import bz2
import errno
import gzip
import io
import lzma
import os
import shutil
import stat
import struct
import subprocess
import sys
import tarfile
import tempfile
import unicodedata
import warnings
import zipfile
import zlib
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fissura.data import filling
from fissura.data import rar as rar_reader
from fissura.data.archives import unpack
from fissura.data.filling import check_space, only_run
from fissura.data.portable_names import portable_name
from fissura.errors import DataError, OutputError

FILES = {"Positive/00001.jpg": b"crack" * 1000, "Negative/00001.jpg": b"wall" * 999, "empty.txt": b""}


def zipped(path: Path, files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a name that comes twice
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def tarred(path: Path, files: dict[str, bytes], mode: str = "w") -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


def rarred(path: Path, files: dict[str, bytes]) -> Path:
    """A rar archive of format 4, stored: what a reader of rar must be able to read, in twenty lines."""

    def block(kind: int, flags: int, body: bytes, data: bytes = b"") -> bytes:
        head = struct.pack("<BHH", kind, flags, 7 + len(body)) + body
        return struct.pack("<H", zlib.crc32(head) & 0xFFFF) + head + data

    parts = [b"Rar!\x1a\x07\x00", block(0x73, 0, bytes(6))]
    for name, content in files.items():
        packed, sizes = name.encode(), struct.pack("<II", len(content), len(content))
        rest = struct.pack("<BIIBBHI", 3, zlib.crc32(content), 0x5A21_6000, 20, 0x30, len(packed), 0o100644)
        parts.append(block(0x74, 0x8200, sizes + rest + packed, content))
    path.write_bytes(b"".join([*parts, block(0x7B, 0x4000, b"")]))
    return path


def unpacked(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def refusal(archive: Path, kind: type[Exception] = DataError, **limits: int) -> str:
    """What is said; and nothing may be left of the attempt."""
    folder = archive.parent / "target"
    with pytest.raises(kind) as caught:
        unpack(archive, folder, **limits)  # type: ignore[arg-type]
    assert sorted(path.name for path in archive.parent.iterdir()) == [archive.name]
    return str(caught.value)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_zip_archive_of_each_method_is_unpacked(tmp_path: Path, method: int) -> None:
    folder = unpack(zipped(tmp_path / "a.zip", FILES, method), tmp_path / "target")
    assert folder == tmp_path / "target"
    assert unpacked(folder) == FILES


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_a_tar_archive_of_each_compression_is_unpacked(tmp_path: Path, mode: str) -> None:
    assert unpacked(unpack(tarred(tmp_path / "a.bin", FILES, mode), tmp_path / "target")) == FILES


def test_the_kind_is_told_by_the_content_not_by_the_name(tmp_path: Path) -> None:
    assert unpacked(unpack(tarred(tmp_path / "a.zip", FILES, "w:gz"), tmp_path / "target")) == FILES


def test_progress_ends_at_the_total_and_never_goes_back(tmp_path: Path) -> None:
    seen: list[tuple[int, int | None]] = []
    files = {f"{index}.bin": bytes(300_000) for index in range(20)}
    unpack(zipped(tmp_path / "a.zip", files), tmp_path / "t", on_progress=lambda *now: seen.append(now))
    assert [done for done, _ in seen] == sorted({done for done, _ in seen})
    assert seen[-1] == (6_000_000, 6_000_000)
    assert len(seen) > 3


@pytest.mark.parametrize(
    "name", ["../out.jpg", "a/../../out.jpg", "/out.jpg", "C:\\out.jpg", "c:out.jpg", "\\\\x\\y", ".."]
)
def test_an_entry_that_would_leave_the_folder_refuses_the_archive(tmp_path: Path, name: str) -> None:
    for make in (zipped, tarred):
        said = refusal(make(tmp_path / "a", {"fine.jpg": b"1", name: b"2"}))
        assert "a path that leaves the folder" in said
        assert ascii(name) in said
        (tmp_path / "a").unlink()


@pytest.mark.parametrize(
    ("kind", "word"),
    [
        (tarfile.SYMTYPE, "a link"),
        (tarfile.LNKTYPE, "a link"),
        (tarfile.CHRTYPE, "a device"),
        (tarfile.FIFOTYPE, "pipe"),
    ],
)
def test_links_and_devices_in_a_tar_refuse_it(tmp_path: Path, kind: bytes, word: str) -> None:
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        member = tarfile.TarInfo("x.jpg")
        member.type, member.linkname = kind, "/etc/passwd"
        archive.addfile(member)
    assert word in refusal(tmp_path / "a.tar")


@pytest.mark.parametrize(("kind", "word"), [(stat.S_IFLNK, "a link"), (stat.S_IFIFO, "a device or a pipe")])
def test_links_and_devices_in_a_zip_refuse_it(tmp_path: Path, kind: int, word: str) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        info = zipfile.ZipInfo("x.jpg")
        info.external_attr = (kind | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    assert word in refusal(tmp_path / "a.zip")


def test_a_folder_that_windows_wrote_into_a_zip_is_no_file(tmp_path: Path) -> None:
    zipped(tmp_path / "a.zip", {"crack\\": b"", "crack\\a.jpg": b"1"})
    assert unpacked(unpack(tmp_path / "a.zip", tmp_path / "target")) == {"crack/a.jpg": b"1"}


def test_what_follows_the_end_of_a_tar_refuses_it(tmp_path: Path) -> None:
    tar = tarred(tmp_path / "a.tar", FILES)
    tar.write_bytes(tar.read_bytes() + bytes(512) + b"more".ljust(512))
    assert "something follows its end" in refusal(tar)


def test_an_archive_that_changes_while_it_is_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = zipped(tmp_path / "a.zip", {"a.jpg": b"1", "b.jpg": b"2"})
    monkeypatch.setattr("fissura.data.archives.check_space", lambda *_: zipped(archive, {"b.jpg": b"2", "a.jpg": b"1"}))
    assert "it changed while it was read" in refusal(archive)


def test_an_encrypted_entry_is_said_to_be_encrypted(tmp_path: Path) -> None:
    content = bytearray(zipped(tmp_path / "a.zip", {"x.jpg": b"1"}).read_bytes())
    for magic, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(magic) + offset] |= 1
    (tmp_path / "a.zip").write_bytes(content)
    assert "'x.jpg', which is encrypted" in refusal(tmp_path / "a.zip")


def test_a_bomb_is_refused_by_its_ratio_before_a_byte_is_written(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for index in range(3):
            archive.writestr(f"{index}.bmp", bytes(100_000_000))
    assert "made to fill a disk" in refusal(tmp_path / "a.zip")


def test_a_tar_bomb_is_refused_at_the_entry_that_passes_the_limit(tmp_path: Path) -> None:
    head = tarfile.TarInfo("x.bmp")
    head.size = 10**12
    (tmp_path / "a.tgz").write_bytes(gzip.compress(head.tobuf() + bytes(10_000)))
    assert "unpacks to 1000000 MB or more" in refusal(tmp_path / "a.tgz")


@pytest.mark.parametrize("name", ["a.zip", "a.tar"])
def test_an_entry_longer_than_it_says_writes_no_more_than_it_said(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name == "a.tar":
        content = bytearray(tarred(path, {"x.bin": b"x" * 5_000}).read_bytes())
        head = tarfile.TarInfo("x.bin")
        head.size = 10
        content[:512] = head.tobuf()[:512]
    else:
        content = bytearray(zipped(path, {"x.bin": bytes(50_000_000)}).read_bytes())
        for magic, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
            where = content.index(magic) + offset
            content[where : where + 4] = struct.pack("<I", 10)
    path.write_bytes(content)
    assert "damaged" in refusal(path)


def test_a_header_of_gigabytes_is_not_read_into_memory(tmp_path: Path) -> None:
    head = tarfile.TarInfo("x")
    head.type, head.size = tarfile.XHDTYPE, 2**32
    (tmp_path / "a.tar").write_bytes(head.tobuf() + bytes(5_000))
    assert "impossible size" in refusal(tmp_path / "a.tar")


def test_the_limits_are_the_callers(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "a.zip", FILES)
    assert "more than 2 files" in refusal(archive, max_files=2)
    assert "unpacks to" in refusal(archive, max_bytes=8_000)
    assert unpacked(unpack(archive, tmp_path / "target", max_files=3, max_bytes=9_000)) == FILES


@pytest.mark.parametrize(
    "make",
    [zipped, tarred, *(lambda path, files, mode=mode: tarred(path, files, mode) for mode in ("w:gz", "w:bz2", "w:xz"))],
    ids=["zip", "tar", "gz", "bz2", "xz"],
)
def test_an_archive_cut_short_anywhere_is_refused_in_one_sentence(tmp_path: Path, make: Callable[..., Path]) -> None:
    files = {"a.jpg": os.urandom(700), "b.jpg": os.urandom(600)}
    whole = make(tmp_path / "a", files).read_bytes()
    end = len(whole) if whole[:1] != b"a" else len(whole) - 8704 + 512  # beyond the first empty block a tar is whole
    for length in range(1, end, 97):
        (tmp_path / "a").write_bytes(whole[:length])
        said = refusal(tmp_path / "a")
        assert "damaged, cut short" in said or "neither a zip nor" in said
        assert "\n" not in said


@pytest.mark.parametrize(
    "make", [zipped, tarred, lambda path, files: tarred(path, files, "w:gz")], ids=["zip", "tar", "gz"]
)
def test_a_damaged_archive_is_unpacked_whole_or_refused_in_one_sentence(
    tmp_path: Path, make: Callable[..., Path]
) -> None:
    whole = make(tmp_path / "a", FILES).read_bytes()
    for position in range(0, len(whole), max(1, len(whole) // 150)):
        spoilt = bytearray(whole)
        spoilt[position] ^= 0x55
        (tmp_path / "a").write_bytes(spoilt)
        try:
            unpack(tmp_path / "a", tmp_path / "target")
        except DataError as error:
            assert "\n" not in str(error)  # noqa: PT017 - most bytes matter, some do not
            assert not (tmp_path / "target").exists()
        else:
            shutil.rmtree(tmp_path / "target")
        assert [path.name for path in tmp_path.iterdir()] == ["a"]


@given(
    st.sampled_from([b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b\x08\x00", b"BZh9", b"\xfd7zXZ\x00", b"]\x00\x00", b""]),
    st.binary(max_size=600),
)
def test_no_bytes_are_answered_by_more_than_one_sentence(start: bytes, content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "a").write_bytes(start + content)
        assert "\n" not in refusal(Path(folder) / "a")


def test_a_web_page_under_the_name_of_an_archive_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"<!DOCTYPE html><html>Please log in</html>" * 50)
    said = refusal(tmp_path / "a.zip")
    assert "neither a zip nor a tar nor a rar archive (it starts with '<!DOCTYPE ht')" in said


@pytest.mark.parametrize("content", [b"hello", gzip.compress(b"no tar"), bz2.compress(b"no"), lzma.compress(b"no")])
def test_what_is_no_archive_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a").write_bytes(content)
    assert "neither a zip nor" in refusal(tmp_path / "a")


def test_an_archive_of_no_bytes_is_called_empty(tmp_path: Path) -> None:
    (tmp_path / "a.tar").touch()
    assert refusal(tmp_path / "a.tar").endswith("a.tar is empty (0 bytes). Fetch it once more.")


def test_a_missing_archive_a_folder_and_an_empty_one_are_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"cannot be read \(No such file"):
        unpack(tmp_path / "none.zip", tmp_path / "target")
    with pytest.raises(DataError, match="is a folder; wanted an archive"):
        unpack(tmp_path, tmp_path / "target")
    assert "holds no file" in refusal(zipped(tmp_path / "a.zip", {}))


def test_nothing_that_exists_is_overwritten(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "a.zip", FILES)
    (tmp_path / "target").mkdir()
    (tmp_path / "target" / "mine.txt").write_text("mine")
    with pytest.raises(OutputError, match="already holds something"):
        unpack(archive, tmp_path / "target")
    assert unpacked(tmp_path / "target") == {"mine.txt": b"mine"}
    with pytest.raises(OutputError, match="a file stands where a folder is needed"):
        unpack(archive, archive)


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "target").mkdir()
    assert unpacked(unpack(zipped(tmp_path / "a.zip", FILES), tmp_path / "target")) == FILES


def test_what_a_killed_run_left_is_replaced(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "a.zip", FILES)
    (tmp_path / "target.part" / "Positive").mkdir(parents=True)
    (tmp_path / "target.part" / "Positive" / "00001.jpg").write_bytes(b"half")
    (tmp_path / "target.lock").write_bytes(b"")
    assert unpacked(unpack(archive, tmp_path / "target")) == FILES
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.zip", "target"]


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right on Windows")
def test_a_link_in_the_way_is_removed_and_not_what_it_leads_to(tmp_path: Path) -> None:
    archive, others = zipped(tmp_path / "a.zip", FILES), tmp_path / "others"
    others.mkdir()
    (others / "a.jpg").write_bytes(b"1")
    (tmp_path / "target.part").symlink_to(others)
    assert unpacked(unpack(archive, tmp_path / "target")) == FILES
    assert unpacked(others) == {"a.jpg": b"1"}


def test_a_run_killed_in_the_middle_leaves_no_folder(tmp_path: Path) -> None:
    zipped(tmp_path / "a.zip", {f"{index}.bin": os.urandom(2**20) for index in range(8)})
    script = (
        "import os, sys\nfrom pathlib import Path\nfrom fissura.data.archives import unpack\n"
        "def kill(done, total):\n    if done > total // 2: os._exit(9)\n"
        "unpack(Path('a.zip'), Path('target'), on_progress=kill)"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, check=False)
    assert done.returncode == 9
    assert not (tmp_path / "target").exists()
    assert (tmp_path / "target.part").is_dir()
    assert len(unpacked(unpack(tmp_path / "a.zip", tmp_path / "target"))) == 8
    assert not (tmp_path / "target.part").exists()


def test_an_interrupted_run_leaves_nothing(tmp_path: Path) -> None:
    def stop(done: int, total: int | None) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        unpack(zipped(tmp_path / "a.zip", FILES), tmp_path / "target", on_progress=stop)
    assert [path.name for path in tmp_path.iterdir()] == ["a.zip"]


def test_two_runs_at_once_do_not_mix(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "a.zip", FILES)
    with only_run(tmp_path / "target"), pytest.raises(OutputError, match="being filled by another run"):
        unpack(archive, tmp_path / "target")
    assert unpacked(unpack(archive, tmp_path / "target")) == FILES


def test_a_refused_run_leaves_the_lock_to_the_one_that_holds_it(tmp_path: Path) -> None:
    with only_run(tmp_path / "target"):
        for _ in range(2):
            with pytest.raises(OutputError, match="being filled by another run"), only_run(tmp_path / "target"):
                pytest.fail("two runs at once")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("refusals", [3, 10_000])
def test_a_lock_of_one_s_own_is_waited_for_and_not_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refusals: int
) -> None:
    asked = iter([errno.EACCES] * refusals)

    def hold(_: int) -> None:
        if (number := next(asked, None)) is not None:
            raise OSError(number, "held")

    monkeypatch.setattr(filling, "_hold", hold)
    monkeypatch.setattr(filling, "_PAUSE_S", 0.0)
    monkeypatch.setattr(filling, "_TRIES", 20)
    with (
        pytest.raises(OutputError, match="another run") if refusals > 20 else nullcontext(),
        filling.in_use(tmp_path, "--cache-dir"),
    ):
        assert refusals == 3


def test_a_lock_that_was_removed_before_it_was_held_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held: list[int] = []

    def hold(descriptor: int) -> None:
        if not held:
            (tmp_path / "target.lock").unlink()  # by the run that held it until now
        held.append(descriptor)
        real(descriptor)

    real = filling._hold
    monkeypatch.setattr(filling, "_hold", hold)
    with only_run(tmp_path / "target"), pytest.raises(OutputError), only_run(tmp_path / "target"):
        pytest.fail("two runs at once")
    assert len(held) == 3


def test_a_disk_with_too_little_room_is_told_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = type(shutil.disk_usage(tmp_path))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**9, 10**9, 10_000))
    said = refusal(zipped(tmp_path / "a.zip", FILES), OutputError)
    assert "1 MB are needed and 0 MB are free" in said
    check_space(tmp_path / "not" / "there", [4096, 4096])
    with pytest.raises(OutputError):
        check_space(tmp_path, [1, 1, 1])  # three blocks


def test_a_disk_that_fills_up_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Path, *_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    archive = zipped(tmp_path / "a.zip", FILES)
    monkeypatch.setattr(Path, "rename", full)
    assert "the disk is full" in refusal(archive, OutputError)


def test_names_that_one_system_cannot_write_are_changed_alike_on_all(tmp_path: Path) -> None:
    long = "x" * 300 + ".jpg"
    names = [
        "café.jpg",
        unicodedata.normalize("NFD", "é.jpg"),
        "a\nb.jpg",
        "what?.jpg",
        "con.jpg",
        "LPT9",
        "com12",
        "COM¹.jpg",
        "CONOUT$",
        "nul .txt",
        "dot.",
        long,
    ]
    folder = unpack(tarred(tmp_path / "a.tar", {name: name.encode() for name in names}), tmp_path / "target")
    found = unpacked(folder)
    assert sorted(found.values()) == sorted(name.encode() for name in names)
    short = next(name for name in found if name.startswith("xxx"))
    plain = {"café.jpg", "é.jpg", "a_b.jpg", "what_.jpg", "com12", "dot"}
    assert plain | {"_con.jpg", "_LPT9", "_COM¹.jpg", "_CONOUT$", "_nul .txt"} == set(found) - {short}
    assert len(short) <= 200
    assert short.endswith(".jpg")


def test_names_that_differ_in_capitals_or_come_twice_are_kept_apart(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for index, name in enumerate(
            ["a.jpg", "A.jpg", "a.jpg", "A/x.jpg", "a.jpg/y.jpg", "B/x.jpg", "b/x.jpg", "a~2.JPG"]
        ):
            archive.writestr(name, str(index))
    found = unpacked(unpack(tmp_path / "a.zip", tmp_path / "target"))
    assert sorted(found.values()) == [str(index).encode() for index in range(8)]
    assert found["a.jpg"] == b"0"
    assert found["A~2.jpg"] == b"1"
    assert found["B/x.jpg"] == b"5"
    assert found["b~2/x.jpg"] == b"6"
    assert len({name.casefold() for name in found}) == 8


def test_names_without_the_flag_for_utf_8_are_read_as_what_they_are(tmp_path: Path) -> None:
    for raw, name in (("é.jpg".encode("cp437"), "é.jpg"), ("Ünï.jpg".encode(), "Ünï.jpg")):
        plain = "x" * len(raw)
        content = zipped(tmp_path / "a.zip", {plain: b"1"}).read_bytes().replace(plain.encode(), raw)
        (tmp_path / "a.zip").write_bytes(content)
        assert list(unpacked(unpack(tmp_path / "a.zip", tmp_path / name))) == [name]


def test_a_tar_name_that_is_no_text_is_still_written(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar", "w", format=tarfile.GNU_FORMAT, encoding="latin-1") as archive:
        archive.addfile(tarfile.TarInfo("\xe9.jpg"))
    assert list(unpacked(unpack(tmp_path / "a.tar", tmp_path / "target"))) == ["\ufffd.jpg"]


def test_the_records_that_macos_adds_are_left_out(tmp_path: Path) -> None:
    files = {"P/1.jpg": b"1", "__MACOSX/P/._1.jpg": b"x", "P/.DS_Store": b"x", "P/._2.jpg": b"x"}
    assert unpacked(unpack(zipped(tmp_path / "a.zip", files), tmp_path / "target")) == {"P/1.jpg": b"1"}


@given(st.text(min_size=1, max_size=400))
def test_a_portable_name_is_one_name_that_stays_as_it_is(name: str) -> None:
    portable = portable_name(name.replace("/", "").replace("\\", "") or "x")
    assert 1 <= len(portable.encode()) <= 200
    assert portable not in (".", "..")
    assert portable[-1] not in ". "
    assert not set(portable) & set('<>:"|?*\0\n')
    assert portable_name(portable) == portable


@pytest.mark.parametrize("tools", [("bsdtar",), ("unar", "lsar")], ids=lambda tools: tools[0])
def test_a_rar_archive_is_unpacked_by_a_tool_that_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tools: tuple[str, ...]
) -> None:
    if any(shutil.which(tool) is None for tool in tools):
        pytest.skip(f"no {tools[0]} on this machine")
    which = shutil.which
    monkeypatch.setattr(rar_reader.shutil, "which", lambda name: which(name) if name in tools else None)
    monkeypatch.setenv("LC_ALL", "C")
    files = {**FILES, "Fissuré/ü.jpg": b"1"}
    rar = rarred(tmp_path / "a.rar", files)
    assert unpacked(unpack(rar, tmp_path / "target")) == files
    rar.write_bytes(rar.read_bytes()[:-2000])
    shutil.rmtree(tmp_path / "target")
    refusal(rar)
    rarred(rar, {"../x.jpg": b"1"})
    refusal(rar)


SEVEN_LIST = """
7-Zip (a) 26.02

Listing archive: a.rar

--
Path = a.rar
Type = Rar
Physical Size = 9000

----------
Path = Positive
Size = 0
Attributes = D drwxr-xr-x
Encrypted = -

Path = Negative
Folder = +
Size = 0
Encrypted = -

Path = Positive/00001.jpg
Folder = -
Size = 5000
Encrypted = -
Symbolic Link =\x20

Path = Negative/00001.jpg
Folder = -
Size = 3996
Encrypted = -

Path = empty.txt
Folder = -
Size = 0
Encrypted = -
"""
UNRAR_LIST = """
UNRAR 6.21 freeware      Copyright (c) 1993-2023 Alexander Roshal

Archive: a.rar
Details: RAR 4

        Name: Positive/00001.jpg
        Type: File
        Size: 5000
 Packed size: 5000
       CRC32: 00000000
     Host OS: Unix

        Name: Negative/00001.jpg
        Type: File
        Size: 3996
       Flags: NFLAG

        Name: empty.txt
        Type: File
        Size: 0

        Name: Positive
        Type: Directory

"""


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in for the tool is a shell script")
@pytest.mark.parametrize(("tool", "listing"), [("7z", SEVEN_LIST), ("unrar", UNRAR_LIST)])
def test_what_a_tool_sends_is_cut_by_its_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tool: str, listing: str
) -> None:
    bin_folder, work = tmp_path / "bin", tmp_path / "work"
    bin_folder.mkdir()
    work.mkdir()
    (bin_folder / "list").write_text(listing)
    (bin_folder / "send").write_bytes(b"".join(FILES.values()))
    stand_in = bin_folder / tool
    stand_in.write_text(
        f'#!/bin/sh\ncase "$1" in l*) /bin/cat {bin_folder}/list;; *) /bin/cat {bin_folder}/send;; esac\n'
    )
    stand_in.chmod(0o755)
    monkeypatch.setenv("PATH", str(bin_folder))
    rar = rarred(work / "a.rar", FILES)
    assert unpacked(unpack(rar, tmp_path / "target")) == FILES
    (bin_folder / "send").write_bytes(b"".join(FILES.values())[:-1])
    assert "damaged" in refusal(rar)
    (bin_folder / "send").write_bytes(b"".join(FILES.values()) + b"1")
    assert "could not read all" in refusal(rar)
    (bin_folder / "list").write_text(listing.replace("Encrypted = -", "Encrypted = +").replace("NFLAG", "encrypted"))
    assert "encrypted" in refusal(rar)
    link = listing.replace("Folder = -", "Attributes = A lrwxrwxrwx").replace("Type: File", "Type: Unix symbolic link")
    (bin_folder / "list").write_text(link)
    assert "a link" in refusal(rar)


def test_without_a_tool_the_tools_for_rar_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    said = refusal(rarred(tmp_path / "a.rar", FILES))
    assert all(tool in said for tool in ("unrar", "unar", "bsdtar", "7z"))


def test_a_tar_that_does_not_know_its_version_is_none_that_reads_rar(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    tool = tmp_path / "bin" / "tar"
    tool.parent.mkdir()
    tool.write_text("#!/bin/sh\necho 'unrecognised option: version' >&2\nexit 1\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tool.parent))
    (tmp_path / "work").mkdir()
    assert "is there to read it" in refusal(rarred(tmp_path / "work" / "a.rar", FILES))
    assert capfd.readouterr().err == ""
