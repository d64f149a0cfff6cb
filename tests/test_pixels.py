"""Photographs decoded once: found again, remade, whole or absent, safe for two."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from fissura.data import pixel_decoding, pixels
from fissura.data.folder import ImageFolder, read_folder
from fissura.data.pixel_cache import MANIFEST, PIXELS, cache_entries, cache_folder, clean_cache, read_manifest
from fissura.data.pixels import DecodedFolder, open_pixels
from fissura.errors import DataError, OutputError
from fissura.images import ImageError, read_grey, resized
from fissura.images.problems import unreadable

SIZE_HW = (12, 16)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Twelve photographs of two classes and of several sizes, formats and depths of folders."""
    random = np.random.default_rng(12)
    for index in range(12):
        name = f"{('crack', 'no_crack')[index % 2]}/{'deep/' * (index % 3)}{index:02d}.{('jpg', 'png')[index % 2]}"
        path = tmp_path / "wall" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        small = random.integers(0, 256, (4, 5, 3), dtype=np.uint8)
        Image.fromarray(small).resize((30 + index, 20 + 2 * index), Image.Resampling.BICUBIC).save(path)
    return tmp_path / "wall"


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def opened(root: Path, cache: Path, **options: Any) -> DecodedFolder:
    return open_pixels(read_folder(root), SIZE_HW, cache, **options)


def expected(folder: ImageFolder) -> np.ndarray:
    return np.stack([resized(read_grey(folder.path(index)), SIZE_HW) for index in range(len(folder))])


def change(path: Path, content: bytes | None = None) -> None:
    """Write another content, and set a time of change that differs however coarse the clock is."""
    path.write_bytes(path.read_bytes() if content is None else content)
    later = path.stat().st_mtime_ns + 5_000_000_000
    os.utime(path, ns=(later, later))


# what is made and found


def test_array_holds_every_image_in_order_and_cannot_be_written(root: Path, cache: Path) -> None:
    folder = read_folder(root)
    done = opened(root, cache)
    assert np.array_equal(done.images.images, expected(folder))
    assert isinstance(done.images.images, np.memmap)
    assert not done.images.images.flags.writeable
    assert done.images.labels.tolist() == [file.label for file in folder.files]
    assert done.images.names == tuple(file.name for file in folder.files)
    assert (done.images.classes, done.images.positive, done.images.origin) == (("no_crack", "crack"), 1, "wall")
    assert (done.files, done.left_out, done.is_new) == (folder.files, (), True)


def test_files_are_described_for_a_manifest(root: Path, cache: Path) -> None:
    done = opened(root, cache)
    contents = [(root / file.name).read_bytes() for file in done.files]
    assert done.sha256 == tuple(hashlib.sha256(content).hexdigest() for content in contents)
    assert done.bytes == tuple(len(content) for content in contents)
    assert done.sizes_hw[0] == read_grey(root / done.files[0].name).shape
    assert len(set(done.sizes_hw)) == 12


def test_second_opening_finds_the_same_and_decodes_nothing(
    root: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = opened(root, cache)

    def refuse(*_: object) -> None:
        pytest.fail("decoded again")

    monkeypatch.setattr(pixel_decoding, "_chunk", refuse)
    again = opened(root, cache)
    assert (first.is_new, again.is_new, again.place) == (True, False, first.place)
    assert np.array_equal(again.images.images, first.images.images)
    assert again.images.fingerprint == first.images.fingerprint
    assert (again.sha256, again.bytes, again.sizes_hw, again.files) == (
        *(first.sha256, first.bytes, first.sizes_hw, first.files),
    )


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_number_of_threads_does_not_show(
    root: Path, cache: Path, workers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pixel_decoding, "_CHUNK_BYTES", SIZE_HW[0] * SIZE_HW[1] * 2)  # chunks of two images
    assert np.array_equal(opened(root, cache, workers=workers).images.images, expected(read_folder(root)))


def test_other_classes_and_another_positive_find_the_same_pixels(root: Path, cache: Path) -> None:
    first = opened(root, cache)
    other = open_pixels(read_folder(root, positive="no_crack"), SIZE_HW, cache)
    assert not other.is_new
    assert (other.images.labels == 1 - first.images.labels).all()


def test_progress_ends_at_all(root: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pixel_decoding, "_CHUNK_BYTES", 1)
    seen: list[tuple[int, int]] = []
    opened(root, cache, on_progress=lambda done, total: seen.append((done, total)))
    assert seen == [(done, 12) for done in range(1, 13)]


@pytest.mark.parametrize("event", ["changed", "touched", "added", "removed", "renamed"])
def test_what_changed_is_decoded_again_and_the_old_is_removed(root: Path, cache: Path, event: str) -> None:
    first = opened(root, cache)
    path = root / first.files[0].name
    if event == "changed":
        change(path, (root / first.files[4].name).read_bytes())
    elif event == "touched":
        change(path)
    elif event == "added":
        shutil.copy(path, path.with_name("new.jpg"))
    elif event == "removed":
        path.unlink()
    else:
        path.rename(path.with_name("zz.jpg"))
    again = opened(root, cache)
    assert again.is_new
    assert np.array_equal(again.images.images, expected(read_folder(root)))
    assert [entry.place for entry in cache_entries(cache)] == [again.place]
    assert not opened(root, cache).is_new


def test_sizes_and_folders_are_kept_side_by_side(root: Path, cache: Path, tmp_path: Path) -> None:
    shutil.copytree(root, tmp_path / "other" / "wall")
    assert opened(root, cache).is_new
    assert open_pixels(read_folder(root), (8, 8), cache).is_new
    assert opened(tmp_path / "other" / "wall", cache).is_new
    assert not opened(root, cache).is_new
    assert len(cache_entries(cache)) == 3


def test_reader_keeps_its_map_when_the_entry_is_remade(root: Path, cache: Path) -> None:
    first = opened(root, cache)
    before = first.images.images.copy()
    change(root / first.files[0].name, (root / first.files[4].name).read_bytes())
    opened(root, cache)
    assert np.array_equal(first.images.images, before)


def test_manifest_can_be_read_by_anyone(root: Path, cache: Path) -> None:
    done = opened(root, cache)
    manifest = json.loads((done.place / MANIFEST).read_text(encoding="utf-8"))
    assert manifest["kind"] == "fissura pixels"
    assert (manifest["names"], manifest["size_hw"]) == (list(done.images.names), [12, 16])
    assert set(manifest["versions"]) - {"pillow-heif"} == {"pixels", "pillow", "simplejpeg"}
    assert np.array_equal(np.fromfile(done.place / PIXELS, np.uint8).reshape(12, *SIZE_HW), done.images.images)


def test_what_was_decoded_by_other_rules_is_decoded_again(root: Path, cache: Path) -> None:
    versions = pixels._versions()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pixels, "_versions", lambda: versions | {"pixels": "1"})  # a damaged PNG was read in part
        opened(root, cache)
    assert opened(root, cache).is_new


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
def test_names_of_every_kind_come_back(root: Path, cache: Path) -> None:
    for name in (b"two\nlines.png", b"caf\xe9.png", "é ü.png".encode(), b"n" * 250 + b".png"):
        shutil.copy(root / "no_crack/deep/01.png", root / "crack" / os.fsdecode(name))
    done = opened(root, cache)
    again = opened(root, cache)
    assert not again.is_new
    assert again.images.names == done.images.names
    assert "crack/two\\nlines.png" in done.images.names
    assert "crack/caf\\udce9.png" in done.images.names
    assert len(done.images) == 16
    assert json.dumps(done.images.names, ensure_ascii=False).encode("utf-8")


# what is left out


def test_bad_files_are_left_out_with_their_sentences_now_and_when_found(root: Path, cache: Path) -> None:
    good = (root / "crack" / "00.jpg").read_bytes()
    for name, content in (("a", b""), ("b", b"text"), ("c", good[:-60])):
        (root / "crack" / f"{name}.jpg").write_bytes(content)
    (root / "crack" / "notes.txt").write_text("")
    for is_new in (True, False):
        done = opened(root, cache)
        assert done.is_new == is_new
        assert [left.name for left in done.left_out] == [
            f"crack/{name}" for name in ("a.jpg", "b.jpg", "c.jpg", "notes.txt")
        ]
        problems = [left.reason.problem for left in done.left_out if isinstance(left.reason, ImageError)]
        assert problems == ["empty", "unreadable", "truncated"]
        assert str(done.left_out[0].reason).startswith("crack/a.jpg is empty (0 bytes)")
        assert np.array_equal(done.images.images, expected(ImageFolder(root, (), None, done.files, ())))
        assert len(done.images) == len(done.sha256) == 12


def test_limit_of_pixels_leaves_out_and_can_be_raised(root: Path, cache: Path) -> None:
    assert [left.name for left in opened(root, cache, max_pixels=1700).left_out] == ["no_crack/deep/deep/11.png"]
    assert opened(root, cache).left_out == ()


def test_files_that_vanish_or_change_during_the_run_are_named(
    root: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pixel_decoding, "_CHUNK_BYTES", 1)
    folder = read_folder(root)

    def meddle(done: int, _total: int) -> None:
        if done == 1:
            folder.path(10).unlink()
            change(folder.path(11), folder.path(9).read_bytes())

    done = open_pixels(folder, SIZE_HW, cache, on_progress=meddle, workers=1)
    assert [left.name for left in done.left_out] == [folder.files[10].name, folder.files[11].name]
    assert [left.reason.values["problem"] for left in done.left_out] == ["missing", "changed"]
    again = opened(root, cache)
    assert (again.is_new, len(again.images), again.left_out) == (True, 11, ())


@pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() == 0, reason="Windows has other permissions, and root may read everything"
)
def test_file_that_could_not_be_opened_is_tried_again(root: Path, cache: Path) -> None:
    (root / "crack" / "00.jpg").chmod(0)
    assert [left.reason.values["problem"] for left in opened(root, cache).left_out] == ["locked"]
    assert not opened(root, cache).is_new
    (root / "crack" / "00.jpg").chmod(0o600)
    again = opened(root, cache)
    assert (again.is_new, again.left_out) == (True, ())


@pytest.mark.parametrize("problem", ["missing", "changed", "memory"])
def test_file_that_could_not_be_read_for_a_moment_is_tried_again(root: Path, cache: Path, problem: str) -> None:
    path = root / "crack" / "00.jpg"

    def read(file: Path, *, name: str, **options: Any) -> bytes:
        if file != path:
            return real(file, name=name, **options)
        if problem == "missing":
            return real(root / "gone", name=name, **options)
        if problem == "memory":
            raise unreadable(name, MemoryError())
        raise ImageError("{name} changed", name=name, problem="changed")

    real = pixel_decoding.file_bytes
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pixel_decoding, "file_bytes", read)
        assert [left.name for left in opened(root, cache).left_out] == ["crack/00.jpg"]
    again = opened(root, cache)
    assert (again.is_new, again.left_out) == (True, ())
    assert not opened(root, cache).is_new


def test_photographs_of_telephones_are_tried_again_once_they_can_be_read(
    root: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for version, is_new in (("", True), ("", False), ("1.2", True), ("1.2", False), ("1.3", True)):
        monkeypatch.setattr(pixels, "heif_version", lambda version=version: version)
        assert opened(root, cache).is_new is is_new


def test_class_of_which_nothing_can_be_read_is_one_sentence(root: Path, cache: Path) -> None:
    for path in (root / "crack").rglob("*.jpg"):
        path.write_bytes(b"")
    with pytest.raises(DataError) as caught:
        opened(root, cache)
    assert "of 6 images in crack none can be read. The first: crack/00.jpg is empty" in str(caught.value)
    assert list(cache.iterdir()) == []


# whole or absent


@pytest.mark.parametrize("damage", ["short pixels", "no pixels", "half a manifest", "no manifest", "other json"])
def test_damaged_entry_is_made_again(root: Path, cache: Path, damage: str) -> None:
    first = opened(root, cache)
    pixels, manifest = first.place / PIXELS, first.place / MANIFEST
    before = first.images.images.copy()
    del first
    if damage == "short pixels":
        pixels.write_bytes(pixels.read_bytes()[:-1])
    elif damage == "half a manifest":
        manifest.write_bytes(manifest.read_bytes()[:200])
    elif damage == "other json":
        manifest.write_text("[1, 2]")
    else:
        (pixels if damage == "no pixels" else manifest).unlink()
    again = opened(root, cache)
    assert again.is_new
    assert np.array_equal(again.images.images, before)
    assert len(cache_entries(cache)) == 1


KILLED = """
import os, sys
from pathlib import Path
from fissura.data import pixel_decoding
from fissura.data.folder import read_folder
from fissura.data.pixels import open_pixels

root, cache, moment, count = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])
pixel_decoding._CHUNK_BYTES = 1
left = [count]

def before(call):
    def die_or_call(*arguments, **options):
        left[0] -= 1
        if left[0] == 0:
            os._exit(9)
        return call(*arguments, **options)
    return die_or_call

if moment == "sync":
    os.fsync = before(os.fsync)
if moment == "rename":
    Path.rename = before(Path.rename)
if moment == "clean":
    Path.rmdir = before(Path.rmdir)
open_pixels(read_folder(root), (12, 16), cache, on_progress=before(print) if moment == "decode" else None)
print("alive")
"""


@pytest.mark.parametrize(
    ("moment", "count"), [("decode", 1), ("decode", 12), ("sync", 1), ("sync", 2), ("rename", 1), ("clean", 1)]
)
def test_killed_at_any_moment_leaves_the_old_or_the_new_and_no_half(
    root: Path, cache: Path, moment: str, count: int
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(root), str(cache), moment, str(count)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 9, done.stdout + done.stderr
    whole = [entry for entry in cache_entries(cache) if entry.images]
    assert len(whole) == (1 if moment == "clean" else 0)
    again = opened(root, cache)
    assert again.is_new == (moment != "clean")
    assert np.array_equal(again.images.images, expected(read_folder(root)))
    del again
    clean_cache(cache)
    assert list(cache.iterdir()) == []


def test_what_was_left_unfinished_a_day_ago_is_removed_by_the_next_making(root: Path, cache: Path) -> None:
    place = opened(root, cache).place
    shutil.rmtree(place)
    for age_s, name in ((90_000, "0" * 8), (60, "1" * 8)):
        part = cache / f"{place.name}.part-1-{name}"
        part.mkdir()
        (part / PIXELS).write_bytes(b"")
        for path in (part / PIXELS, part):
            os.utime(path, (time.time() - age_s, time.time() - age_s))
    opened(root, cache)
    assert {path.name[-8:] for path in cache.iterdir()} == {"11111111", place.name[-8:]}


def test_two_runs_at_once_end_with_one_entry(root: Path, cache: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        found = [future.result() for future in [pool.submit(opened, root, cache) for _ in range(8)]]
    assert all(np.array_equal(each.images.images, expected(read_folder(root))) for each in found)
    assert len(list(cache.iterdir())) == 1


def test_two_processes_at_once_end_with_one_entry(root: Path, cache: Path) -> None:
    running = [
        subprocess.Popen([sys.executable, "-c", KILLED, str(root), str(cache), "never", "0"], stdout=subprocess.PIPE)
        for _ in range(2)
    ]
    assert [process.communicate()[0].strip() for process in running] == [b"alive", b"alive"]
    assert len(list(cache.iterdir())) == 1
    assert not opened(root, cache).is_new


def test_stopping_leaves_nothing_behind(root: Path, cache: Path) -> None:
    def stop(_done: int, _total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        opened(root, cache, on_progress=stop)
    assert list(cache.iterdir()) == []


@pytest.mark.parametrize(
    ("number", "said"),
    [(errno.ENOSPC, "the disk is full"), (errno.EROFS, "Read-only file system"), (errno.EIO, "Input/output")],
)
def test_disk_that_refuses_is_one_sentence(
    root: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, number: int, said: str
) -> None:
    def refuse(_descriptor: int) -> None:
        raise OSError(number, {errno.EROFS: "Read-only file system", errno.EIO: "I/O error"}.get(number, ""))

    monkeypatch.setattr("os.fsync", refuse)
    with pytest.raises(OutputError, match=said) as caught:
        opened(root, cache)
    assert "--cache-dir" in str(caught.value)
    assert list(cache.iterdir()) == []


def test_too_little_space_is_told_before_the_work(root: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(root)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1000))
    with pytest.raises(OutputError, match=r"has 0 MB left, but the decoded images take 1 MB\. .*--cache-dir"):
        opened(root, cache, on_progress=lambda *_: pytest.fail("work was begun"))
    assert list(cache.iterdir()) == []


def test_file_in_place_of_the_cache_is_one_sentence(root: Path, cache: Path) -> None:
    cache.write_text("")
    with pytest.raises(OutputError, match=r"a file stands where a folder is needed\. .*--cache-dir"):
        opened(root, cache)


@pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() == 0, reason="Windows has other permissions, and root may write everywhere"
)
def test_read_only_cache_is_one_sentence_and_still_gives_what_it_holds(root: Path, cache: Path) -> None:
    opened(root, cache)
    cache.chmod(0o500)
    try:
        assert not opened(root, cache).is_new
        with pytest.raises(OutputError, match=r"Permission denied.*--cache-dir"):
            open_pixels(read_folder(root), (8, 8), cache)
    finally:
        cache.chmod(0o700)


# place, list, clean


def test_place_is_the_option_the_variable_or_the_systems(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FISSURA_CACHE", str(tmp_path / "variable"))
    assert cache_folder(tmp_path / "option") == tmp_path / "option"
    assert cache_folder() == tmp_path / "variable"
    monkeypatch.setenv("FISSURA_CACHE", "")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    monkeypatch.setattr(sys, "platform", "linux")
    assert cache_folder() == tmp_path / "xdg" / "fissura"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative is to be ignored")
    assert cache_folder() == tmp_path / ".cache" / "fissura"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert cache_folder() == tmp_path / "Library" / "Caches" / "fissura"
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))
    assert cache_folder() == tmp_path / "local" / "fissura" / "cache"


def test_cache_is_used_where_the_variable_says(root: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FISSURA_CACHE", str(cache))
    assert open_pixels(read_folder(root), SIZE_HW).place.parent == cache


def test_entries_say_what_they_are_and_what_they_take(root: Path, cache: Path) -> None:
    assert cache_entries(cache) == ()
    done = opened(root, cache)
    (entry,) = cache_entries(cache)
    assert (entry.place, entry.folder, entry.images, entry.size_hw) == (done.place, str(root.resolve()), 12, SIZE_HW)
    assert entry.bytes == sum(path.stat().st_size for path in done.place.iterdir()) > 12 * 12 * 16
    assert entry.made.endswith("+00:00")


def test_cleaning_removes_what_is_ours_and_nothing_else(root: Path, cache: Path, tmp_path: Path) -> None:
    done = opened(root, cache)
    part = cache / f"{done.place.name}.part-77-0123abcd"
    shutil.copytree(done.place, part)
    foreign = [cache / "pixels-mine", cache / "pixels-wall-12x16-zz-zz", cache / "notes", part / "foreign.txt"]
    for path in foreign:
        path.write_text("")
    del done
    removed = clean_cache(cache)
    assert [entry.images for entry in removed] == [12]
    assert all(path.exists() for path in foreign)
    assert not (part / PIXELS).exists()
    (part / "foreign.txt").unlink()
    assert [entry.place for entry in clean_cache(cache)] == [part]
    assert clean_cache(tmp_path / "nowhere") == ()


def test_cleaning_removes_what_a_killed_run_left_beside_the_groups(root: Path, cache: Path) -> None:
    place = opened(root, cache).place
    for name in ("groups.json", "groups.json.part", "groups.json.77-0badcafe.part"):
        (place / name).write_bytes(b"")
    assert len(clean_cache(cache)) == 1
    assert not place.exists()


def test_link_named_like_an_entry_is_not_followed(root: Path, cache: Path, tmp_path: Path) -> None:
    place = opened(root, cache).place
    place.rename(tmp_path / "elsewhere")
    try:
        place.symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    except OSError:
        pytest.skip("this system lets users make no links")
    assert clean_cache(cache) == ()
    assert read_manifest(tmp_path / "elsewhere") is not None


def test_the_real_patches_are_decoded(real_data: Callable[[str], Path], tmp_path: Path, cache: Path) -> None:
    for name in ("Positive", "Negative"):
        (tmp_path / "metu" / name).mkdir(parents=True)
        for path in sorted((real_data("metu") / name).iterdir())[:100]:
            shutil.copy(path, tmp_path / "metu" / name)
    done = open_pixels(read_folder(tmp_path / "metu"), (112, 112), cache)
    assert done.left_out == ()
    assert set(done.sizes_hw) == {(227, 227)}
    dark, light = (done.images.images[done.images.labels == label].mean() for label in (1, 0))
    assert 100 < dark < light < 200
