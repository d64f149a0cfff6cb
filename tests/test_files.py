"""Whole or not at all."""

import errno
import json
import os
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


def test_two_runs_may_write_the_same_file_of_a_cache_at_once(tmp_path, monkeypatch):
    def meanwhile(descriptor: int) -> None:
        monkeypatch.setattr("os.fsync", real)
        files.write_json(tmp_path / "groups.json", {"by": "the other"}, shared=True)
        real(descriptor)

    real = os.fsync
    monkeypatch.setattr("os.fsync", meanwhile)
    files.write_json(tmp_path / "groups.json", {"by": "this one"}, shared=True)
    assert json.loads((tmp_path / "groups.json").read_text()) == {"by": "this one"}
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
    assert path.read_text() == "old"
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
