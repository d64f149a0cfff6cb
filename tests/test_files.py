"""Whole or not at all."""

import errno
import json
import os
import sys
from pathlib import Path

import pytest

from fissura import files
from fissura.errors import OutputError


def test_file_appears_whole_and_replaces_the_old_one(tmp_path):
    path = tmp_path / "new folder" / "text"
    files.write_text(path, "one\n")
    files.write_text(path, "two\n")
    assert path.read_bytes() == b"two\n"
    assert [entry.name for entry in path.parent.iterdir()] == ["text"]


@pytest.mark.parametrize("path", ["", ".", ".."])
def test_a_folder_is_no_name_of_a_file(tmp_path, monkeypatch, path):
    (tmp_path / "inner").mkdir()
    monkeypatch.chdir(tmp_path / "inner")
    with pytest.raises(OutputError, match="could not be written"):
        files.write_text(Path(path), "one\n")
    assert [entry.name for entry in tmp_path.rglob("*")] == ["inner"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows replaces no file that is open")
def test_who_reads_a_file_while_it_is_written_anew_reads_the_old_one_whole(tmp_path):
    path = tmp_path / "text"
    files.write_text(path, "old")
    with path.open() as stream:
        files.write_text(path, "new, and longer")
        assert stream.read() == "old"
    assert path.read_text(encoding="utf-8") == "new, and longer"


def test_two_runs_may_write_the_same_file_of_a_cache_at_once(tmp_path, monkeypatch):
    def meanwhile(descriptor: int) -> None:
        monkeypatch.setattr("os.fsync", real)
        files.write_json(tmp_path / "groups.json", {"by": "the other"}, shared=True)
        real(descriptor)

    real = os.fsync
    monkeypatch.setattr("os.fsync", meanwhile)
    files.write_json(tmp_path / "groups.json", {"by": "this one"}, shared=True)
    assert json.loads((tmp_path / "groups.json").read_text(encoding="utf-8")) == {"by": "this one"}
    assert [entry.name for entry in tmp_path.iterdir()] == ["groups.json"]


@pytest.mark.parametrize(
    ("number", "sentence"),
    [(errno.ENOSPC, "the disk is full"), (errno.EROFS, "Read-only|read-only"), (errno.EACCES, "Permission denied")],
)
def test_disk_that_refuses_is_told_and_the_old_file_stays(tmp_path, monkeypatch, number, sentence):
    path = tmp_path / "text"
    files.write_text(path, "old")

    def refuse(_descriptor: int) -> None:
        raise OSError(number, {errno.EROFS: "Read-only file system", errno.EACCES: "Permission denied"}.get(number, ""))

    monkeypatch.setattr("os.fsync", refuse)
    with pytest.raises(OutputError, match=sentence):
        files.write_text(path, "new")
    assert path.read_text(encoding="utf-8") == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["text"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a disk that is always full is a Linux device")
def test_full_disk_names_the_option_that_chose_the_folder(tmp_path):
    (tmp_path / "run.json.part").symlink_to("/dev/full")
    with pytest.raises(OutputError, match="choose another folder with --evidence"):
        files.claim(tmp_path, {"kind": "evidence"}, "--evidence")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a disk that is always full is a Linux device")
def test_full_disk_is_one_sentence(tmp_path):
    (tmp_path / "text.part").symlink_to("/dev/full")
    with pytest.raises(OutputError, match="the disk is full"):
        files.write_text(tmp_path / "text", "x" * 100_000)
    assert not (tmp_path / "text").exists()


def test_folder_is_tried_before_long_work(tmp_path):
    files.make_folder(tmp_path / "a" / "b")
    assert list((tmp_path / "a" / "b").iterdir()) == []
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="stands where a folder is needed"):
        files.make_folder(tmp_path / "file")


def test_json_keeps_its_order_and_its_accents(tmp_path):
    files.write_json(tmp_path / "x.json", {"b": "précision", "a": 1})
    assert (tmp_path / "x.json").read_text(encoding="utf-8").index("précision") > 0
    assert list(json.loads((tmp_path / "x.json").read_text(encoding="utf-8"))) == ["b", "a"]


def test_a_folder_that_cannot_be_written_is_known_before_work_begins(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="a file stands where a folder is needed"):
        files.see_free(tmp_path / "file" / "results", {})
    monkeypatch.setattr("os.access", lambda place, _mode: place != tmp_path)
    with pytest.raises(OutputError, match="--there"):
        files.see_free(tmp_path / "new" / "results", {}, "--there")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_folder_is_claimed_once_and_by_one_thing(tmp_path):
    folder = tmp_path / "new" / "run"
    files.claim(folder, {"kind": "run", "recipe": "lab"})
    before = (folder / files.IDENTITY).read_bytes()
    files.claim(folder, {"kind": "run", "recipe": "lab"})
    assert (folder / files.IDENTITY).read_bytes() == before
    with pytest.raises(OutputError, match=r"holds another run \(other kind, recipe\)\. Choose .* --there; nothing was"):
        files.claim(folder, {"kind": "lab", "recipe": "best"}, "--there")
    with pytest.raises(OutputError, match=r"other positive"):
        files.claim(folder, {"kind": "run", "recipe": "lab", "positive": "crack"})
    files.claim(folder, {"kind": "run", "recipe": "lab", "positive": "crack"}, newer=["positive"])
    with pytest.raises(OutputError, match=r"other recipe"):  # it is not excused for what the folder does say
        files.claim(folder, {"kind": "run", "recipe": "best"}, newer=["recipe"])
    assert (folder / files.IDENTITY).read_bytes() == before


def test_what_is_finished_may_be_of_other_versions_and_what_is_not_may_not(tmp_path):
    files.claim(tmp_path, {"versions": 1})
    with pytest.raises(OutputError, match="other versions"):
        files.claim(tmp_path, {"versions": 2})
    (tmp_path / files.CLASSIFIER).write_bytes(b"")
    files.claim(tmp_path, {"versions": 2})


def test_a_folder_of_somebody_else_is_not_claimed_and_one_of_leftovers_is(tmp_path):
    for name in ("half.part", ".DS_Store", "Thumbs.db", "desktop.ini"):
        (tmp_path / name).write_text("")
    assert not files.see_free(tmp_path, {})
    (tmp_path / "thesis.docx").write_text("")
    with pytest.raises(OutputError, match="is not empty and holds no run of fissura"):
        files.claim(tmp_path, {})
    assert not (tmp_path / files.IDENTITY).exists()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe"])
def test_a_record_that_is_damaged_or_none_is_told(tmp_path, content):
    (tmp_path / files.IDENTITY).write_bytes(content)
    with pytest.raises(OutputError, match=r"run\.json is damaged or unreadable"):
        files.claim(tmp_path, {})


def test_files_of_an_earlier_run_are_removed_and_no_others(tmp_path):
    for name in ("old.svg", "kept.svg"):
        (tmp_path / name).write_text("")
    files.remove(tmp_path, ["old.svg", "absent.svg"])
    assert [path.name for path in tmp_path.iterdir()] == ["kept.svg"]
    (tmp_path / "full" / "file").mkdir(parents=True)
    with pytest.raises(OutputError, match="full could not be written"):
        files.remove(tmp_path, ["full"])


def test_a_name_that_is_no_text_is_written_and_read_back(tmp_path):
    name = os.fsdecode(b"caf\xe9") if sys.platform == "linux" else "caf\udce9"
    files.write_json(tmp_path / "run.json", {"data": name})
    assert files.read_record(tmp_path / "run.json") == {"data": name}
    files.write_text(tmp_path / "report.html", f"<code>fissura inspect {name}</code>")  # it was a traceback
    assert (tmp_path / "report.html").read_bytes() == b"<code>fissura inspect caf\\udce9</code>"


def test_on_windows_a_file_that_is_open_elsewhere_is_to_be_closed(tmp_path, monkeypatch):
    refused = PermissionError(errno.EACCES, "Access is denied")
    (tmp_path / "findings.csv").write_bytes(b"")
    monkeypatch.setattr("sys.platform", "win32")
    assert "Close it there" in str(files.cannot_write(tmp_path / "findings.csv", refused))
    assert "Check the permissions" in str(files.cannot_write(tmp_path / "new.csv", refused))
