"""Every photograph that is meant, once, under a name of its own."""

import os
from pathlib import Path

import pytest

from fissura.data.listing import below, folders_in, pictures
from fissura.errors import DataError, SettingsError
from fissura.survey.listing import folder_name, listed


@pytest.fixture
def walls(tmp_path):
    for name in ("walls/a.jpg", "walls/b.PNG", "walls/sub/a.jpg", "walls/notes.txt", "walls/.hidden.jpg", "c/a.jpg"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    return tmp_path


def names(listing):
    return [each.name for each in listing.entries]


def test_folder_is_searched_to_any_depth_for_images_that_are_not_hidden(walls):
    listing = listed([str(walls / "walls")])
    assert names(listing) == ["a.jpg", "b.PNG", "sub/a.jpg"]
    assert listing.title == "walls"


@pytest.mark.parametrize("junk", ["@eaDir", "__MACOSX", ".thumbnails"])
def test_pictures_that_a_system_left_beside_the_photographs_are_none(walls, junk):
    (walls / "walls" / junk).mkdir()
    (walls / "walls" / junk / "a.jpg").write_bytes(b"a thumbnail")
    assert names(listed([str(walls / "walls")])) == ["a.jpg", "b.PNG", "sub/a.jpg"]
    assert {each.name for each in pictures([str(walls / "walls")])} == {"a.jpg", "b.PNG"}


def test_same_name_in_two_folders_stays_two_photographs(walls):
    listing = listed([str(walls / "walls"), str(walls / "c")])
    assert names(listing) == ["c/a.jpg", "walls/a.jpg", "walls/b.PNG", "walls/sub/a.jpg"]
    assert len({each.folder for each in listing.entries}) == 4


def test_file_named_twice_is_one_photograph(walls):
    listing = listed(
        [str(walls / "walls"), str(walls / "walls" / "a.jpg"), str(walls / "c" / ".." / "walls" / "b.PNG")]
    )
    assert names(listing) == ["a.jpg", "b.PNG", "sub/a.jpg"]


def test_pattern_takes_what_fits_it(walls, monkeypatch):
    monkeypatch.chdir(walls)
    assert names(listed(["walls/**/*.jpg"])) == ["a.jpg", "sub/a.jpg"]


def test_file_that_is_named_is_taken_whatever_its_ending(walls):
    assert names(listed([str(walls / "walls" / "notes.txt")])) == ["notes.txt"]


def test_names_do_not_depend_on_where_the_folder_lies(walls, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    moved = tmp_path / "elsewhere" / "walls"
    before = listed([str(walls / "walls")])
    os.rename(walls / "walls", moved)  # noqa: PTH104
    after = listed([str(moved)])
    assert [(each.name, each.folder) for each in before.entries] == [(e.name, e.folder) for e in after.entries]


def test_earlier_results_are_not_photographs(walls):
    (walls / "walls" / "out").mkdir()
    (walls / "walls" / "out" / "overlay.jpg").write_bytes(b"x")
    assert "out/overlay.jpg" in names(listed([str(walls / "walls")]))
    assert "out/overlay.jpg" not in names(listed([str(walls / "walls")], walls / "walls" / "out"))


def test_a_pattern_that_nothing_fits_is_a_name_that_is_not_there_for_predict_too(walls, monkeypatch):
    monkeypatch.chdir(walls)
    assert list(pictures(["c", "north/*.jpg"])) == [Path("c/a.jpg"), Path("north/*.jpg")]
    assert "north/*.jpg" in names(listed(["c", "north/*.jpg"]))


def test_a_folder_of_results_that_is_named_itself_is_refused_and_passed_over_by_patterns(walls, monkeypatch):
    (walls / "walls" / "run.json").write_text('{"kind": "inspection"}', encoding="utf-8")
    with pytest.raises(SettingsError, match="holds results of fissura"):
        listed([str(walls / "walls"), str(walls / "c")])
    monkeypatch.chdir(walls)
    assert names(listed(["[cw]*"])) == ["a.jpg"]
    assert names(listed(["walls/sub"])) == ["a.jpg"]


def test_results_among_photographs_are_no_photographs_for_predict_and_evaluate_either(walls, monkeypatch):
    report = walls / "walls" / "report"
    (report / "photographs").mkdir(parents=True)
    (report / "photographs" / "mask.png").write_bytes(b"x")
    before = names_of_pictures(walls / "walls")
    assert "report/photographs/mask.png" in before
    assert "report" in folders_in(walls / "walls")[0]
    (report / "run.json").write_text('{"kind": "inspection"}', encoding="utf-8")
    assert names_of_pictures(walls / "walls") == [each for each in before if not each.startswith("report")]
    assert "report" not in folders_in(walls / "walls")[0]
    assert not any("report" in name for name, _ in below(walls, "walls"))
    monkeypatch.chdir(walls / "walls")
    assert not any("report" in str(path) for path in pictures(["[a-z]*"]))
    with pytest.raises(DataError, match="report holds results of fissura"):
        list(pictures(["report"]))
    (report / "run.json").write_text('{"kind": "drawn"}', encoding="utf-8")  # what is drawn is there to be judged
    assert names_of_pictures(walls / "walls") == before


def names_of_pictures(folder):
    return [path.relative_to(folder).as_posix() for path in pictures([str(folder)])]


def test_linked_folders_are_searched_each_once_and_never_in_circles(walls):
    (walls / "walls" / "aside").symlink_to(walls / "c")
    (walls / "walls" / "again").symlink_to(walls / "walls" / "sub")
    (walls / "walls" / "sub" / "up").symlink_to(walls / "walls")
    (walls / "walls" / "up").symlink_to(walls)
    found = names(listed([str(walls / "walls")]))
    assert found == ["a.jpg", "aside/a.jpg", "b.PNG", "sub/a.jpg"]
    assert names(listed([str(walls / "walls"), str(walls / "c")])) == [
        "c/a.jpg",
        "walls/a.jpg",
        "walls/b.PNG",
        "walls/sub/a.jpg",
    ]


def test_folder_named_like_an_image_is_searched_by_inspect_and_predict_alike(walls):
    (walls / "walls" / "dir.jpg").mkdir()
    (walls / "walls" / "dir.jpg" / "in.jpg").write_bytes(b"x")
    (walls / "walls" / "link.jpg").symlink_to(walls / "walls" / "sub")
    by_inspect = {each.path.resolve() for each in listed([str(walls / "walls")]).entries}
    by_predict = [path.resolve() for path in pictures([str(walls / "walls")])]
    assert walls / "walls" / "dir.jpg" / "in.jpg" in by_inspect
    assert set(by_predict) == by_inspect
    assert len(by_predict) == 4


def test_folder_without_images_is_one_sentence(tmp_path):
    with pytest.raises(SettingsError, match="There is no image in"):
        listed([str(tmp_path)])


def test_name_that_is_not_there_is_one_sentence(tmp_path):
    with pytest.raises(SettingsError, match="is not there"):
        listed([str(tmp_path / "none.jpg")])
    with pytest.raises(SettingsError, match="is not there"):
        listed([str(tmp_path / "*.jpg")])


def test_name_that_is_not_there_beside_others_is_an_entry(walls):
    given = [str(walls / "walls" / name) for name in ("a.jpg", "gone.jpg", "x*.png")]
    listing = listed(given)
    assert names(listing) == ["a.jpg", "gone.jpg", "x*.png"]
    assert listing.base == walls / "walls"


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="needs a user who can be refused")
def test_folder_that_cannot_be_opened_is_a_row(walls):
    (walls / "walls" / "sub").chmod(0)
    try:
        listing = listed([str(walls / "walls")])
    finally:
        (walls / "walls" / "sub").chmod(0o700)
    assert [each.name for each in listing.entries if each.error] == ["sub"]


@pytest.mark.parametrize(
    "name", ["a\nb.jpg", "<script>.jpg", "é" * 90 + ".jpg", "x" * 200 + ".jpg", '"quotes".jpg', "..."]
)
def test_folder_names_are_plain_and_short(name):
    found = folder_name(name)
    assert found.isascii()
    assert all(sign.isalnum() or sign in "_-" for sign in found)
    assert len(found) <= 49


def test_folder_names_differ_where_names_do():
    assert len({folder_name(name) for name in ("a/x.jpg", "b/x.jpg", "a-x.jpg", "a/x.png", "A/x.jpg")}) == 5
