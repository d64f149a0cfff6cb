"""The audit's page, pictures and tables say what was found, safely, in both languages, and repeat themselves."""

import base64
import io
import re
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from test_page import HOSTILE, read

from fissura.data.audit import FileProblem, Pair, audit, looks, overview
from fissura.data.audit.symmetry import COUNT, moved
from fissura.data.labelled import LabelledImages
from fissura.data.splits import Leaks
from fissura.examination import Examination, Seen
from fissura.images import ImageError
from fissura.language import language
from fissura.reporting import audit_figures, audit_tables
from fissura.reporting.audit_page import audit_page, look_page

ENGLISH, FRENCH = language("en"), language("fr")
SIDE = 64


def wall(seed: int, cracked: bool) -> np.ndarray:
    random = np.random.default_rng(seed)
    image = 150 + random.normal(0, 9, (SIDE, SIDE))
    if cracked:
        image[:, 20 + seed % 20 : 24 + seed % 20] -= 80
    return np.clip(image, 0, 255).astype(np.uint8)


def images(n=48, classes=("intact", "crack"), origin="walls", names=None) -> LabelledImages:
    """Walls; numbers 0 and 2 are copies under one label, 1 and 4 mirror images under two."""
    labels = np.arange(n, dtype=np.int64) % len(classes)
    pixels = np.stack([wall(k, bool(labels[k] % 2)) for k in range(n)])
    pixels[2], pixels[4] = pixels[0], pixels[1][:, ::-1]
    pixels[6] = 250  # brighter and smoother than the others
    names = names or tuple(f"{classes[labels[k]]}/{k:03d}.png" for k in range(n))
    return LabelledImages(pixels, labels, tuple(classes), names, origin, "train")


def examined(found: LabelledImages, problems=(), twins=None) -> Examination:
    result = audit(found, problems=problems)
    return Examination(result, found, found.images.__getitem__, ((("PNG", "L"), len(found)),), twins)


def broken(name: str, problem: str) -> FileProblem:
    error = ImageError("{name} is empty (0 bytes); wanted an image.", name=name, problem=problem)
    return FileProblem(name, (problem,), error)


@pytest.fixture(scope="module")
def whole() -> Examination:
    problems = (broken("crack/a.jpg", "empty"), FileProblem("crack/001.png", ("misnamed", "16-bit")))
    return examined(images(), problems, (Leaks(10, 2, 1, 3), Leaks(10, 4, 1, 5)))


@pytest.fixture(scope="module")
def page(whole) -> str:
    return audit_page(whole, ENGLISH, "fissura data check walls")


def words(page: str) -> str:
    return " ".join(read(page).text).replace("\N{NO-BREAK SPACE}", " ")


def test_page_is_well_formed_and_loads_nothing_from_anywhere(page):
    reader = read(page)
    assert reader.language == "en"
    assert reader.loads
    assert all(address.startswith("data:image/") for address in reader.loads)
    outside = re.sub(r"data:image/[a-z+]+;base64,[A-Za-z0-9+/=]+", "", page)
    assert not re.search(r"https?://|[\"'(]//|@import|url\(", outside)


def test_same_audit_gives_the_same_bytes(whole, page):
    assert audit_page(whole, ENGLISH, "fissura data check walls") == page


def test_what_needs_a_person_comes_first_in_a_banner(whole, page):
    assert whole.needs_a_person
    assert re.search(r'class="banner" role="alert">Image files that cannot be read and are left out: 1\.', page)
    fine = images()
    fine.images[4] = wall(99, cracked=False)
    assert 'class="banner"' not in audit_page(examined(fine), ENGLISH, "x")


def test_page_names_copies_conflicts_files_and_what_a_random_split_would_hide(page):
    text = words(page)
    assert "intact/000.png (intact)" in text
    assert "crack: crack/001.png" in text
    assert "intact: intact/004.png" in text
    assert "crack/a.jpg is empty" in text
    assert "have a copy in training or validation: 3 of 10; a copy or an overlapping view: 5." in text
    assert "fissura data check walls" in text


def test_every_picture_says_what_it_shows(page):
    alts = re.findall(r'<img src="[^"]+" alt="([^"]*)"', page)
    assert len(alts) == page.count("<img ")
    assert all(alts)


def test_names_from_the_data_are_text_and_never_markup():
    names = tuple(f"{HOSTILE}{k}" for k in range(48))
    found = images(classes=(HOSTILE, "1"), origin=HOSTILE, names=names)
    page = audit_page(examined(found, (broken(HOSTILE, "empty"),)), ENGLISH, f"fissura data check {HOSTILE}")
    assert "<script>alert" not in page
    assert read(page).tags.count("script") == 1


def test_french_page_is_whole(whole):
    page = audit_page(whole, FRENCH, "fissura data check walls")
    assert read(page).language == "fr"
    assert "nan" not in words(page).split()


def test_few_images_of_many_classes_without_copies_have_a_page():
    found = LabelledImages(
        np.stack([wall(k, cracked=False) for k in range(30)]),
        np.repeat(np.arange(15), 2),
        tuple(f"class {k}" for k in range(15)),
        tuple(f"{k}.png" for k in range(30)),
        "walls",
        "train",
    )
    text = words(audit_page(examined(found), ENGLISH, "x"))
    assert "All 30 images are distinct." in text
    assert "too few images of a class to doubt labels" in text
    assert "random split" not in text


def test_a_first_look_has_a_page_without_findings():
    found = images()
    seen = overview(found.images, found.labels, 2, looks(found.images))
    page = look_page(Seen(found, seen, found.images.__getitem__), ENGLISH, "fissura data show walls")
    text = words(page)
    read(page)
    assert "walls: a first look" in text
    assert "Doubtful labels" not in text
    assert "Images unlike the others" in text


def test_page_of_many_findings_stays_small():
    n = 200
    pixels = np.stack([wall(k // 2, bool(k // 2 % 2)) for k in range(n)])
    labels = np.arange(n, dtype=np.int64) // 2 % 2
    labels[::40] = 1 - labels[::40]
    found = LabelledImages(pixels, labels, ("intact", "crack"), tuple(map(str, range(n))), "walls", "train")
    page = audit_page(examined(found, tuple(broken(f"{k}.jpg", "empty") for k in range(300))), ENGLISH, "x")
    assert len(page.encode()) < 3_000_000
    assert "And 280 more" in words(page)
    assert re.search(r"\(4 of \d+\)", words(page))


# pictures


@pytest.mark.parametrize("symmetry", range(COUNT))
def test_frames_of_an_overlap_lie_around_the_same_pixels(symmetry):
    big = np.random.default_rng(12).integers(90, 160, (2 * SIDE, 2 * SIDE), dtype=np.uint8)
    first, second = big[:SIDE, :SIDE], big[16 : 16 + SIDE, 24 : 24 + SIDE]
    undone = next(each for each in range(COUNT) if np.array_equal(moved(moved(first, each), symmetry), first))
    stored = [moved(first, undone), second]
    pair = Pair(0, 1, "overlap", symmetry, 0.0, 1.0, (-16, -24), 0.5)
    one, other = audit_figures.common_part(pair, stored.__getitem__, (SIDE, SIDE))
    changed = [np.argwhere(framed != was) for framed, was in ((one, first), (other, second))]
    (top, left), (bottom, right) = changed[0].min(axis=0), changed[0].max(axis=0) + 1
    assert (top, left, bottom, right) == (16, 24, SIDE, SIDE)
    assert (*changed[1].min(axis=0), *changed[1].max(axis=0) + 1) == (0, 0, SIDE - 16, SIDE - 24)
    inner = np.s_[2:-2, 2:-2]
    assert np.array_equal(one[top:bottom, left:right][inner], other[: SIDE - 16, : SIDE - 24][inner])


@pytest.mark.parametrize(("shape", "shown"), [((40, 30), (40, 30)), ((1000, 500), (176, 88)), ((3, 2000), (1, 176))])
def test_photographs_keep_their_proportions_and_are_never_enlarged(shape, shown):
    address = audit_figures.photograph(np.full(shape, 99, np.uint8))
    start = "data:image/jpeg;base64,"
    assert address.startswith(start)
    with Image.open(io.BytesIO(base64.b64decode(address.removeprefix(start)))) as picture:
        assert (picture.height, picture.width) == shown


@pytest.mark.parametrize("classes", [("a", "b"), tuple(f"{k}" for k in range(9)), ("$\\frac", "\x00" * 30)])
def test_figures_are_drawn_for_any_classes_and_always_the_same(classes):
    found = images(classes=classes, names=tuple(map(str, range(48))))
    seen = overview(found.images, found.labels, len(classes), looks(found.images))
    for draw in (
        lambda: audit_figures.samples(found, ENGLISH),
        lambda: audit_figures.mean_images(seen, classes, FRENCH),
        lambda: audit_figures.distributions(seen, classes, FRENCH),
    ):
        assert draw() == draw()


def test_class_without_images_has_no_row_of_samples():
    found = replace(images(), classes=("intact", "crack", "none"))
    with Image.open(io.BytesIO(audit_figures.samples(found, ENGLISH))) as picture:
        three = picture.height
    with Image.open(io.BytesIO(audit_figures.samples(images(), ENGLISH))) as picture:
        assert picture.height == three


# tables


def test_tables_have_as_many_cells_as_columns_and_count_right(whole):
    found = whole.audit
    every = (
        audit_tables.class_rows(found.overview, found.classes, ENGLISH),
        audit_tables.size_rows(found.overview, ENGLISH),
        audit_tables.format_rows(whole.formats, ENGLISH),
        audit_tables.summary_rows(found, whole.twins, ENGLISH),
        audit_tables.problem_rows(found, ENGLISH),
        audit_tables.kind_rows(found, ENGLISH),
        audit_tables.conflict_rows(found, ENGLISH),
        audit_tables.suspect_rows(found, ENGLISH, most=1),
        audit_tables.oddity_rows(found.overview, found.names, ENGLISH),
    )
    for table in every:
        assert table.rows
        assert {len(row) for row in table.rows} == {len(table.columns)}
    counted = dict(every[3].rows)
    assert counted["Distinct images"] == "46"
    assert counted["Copies of another image"].startswith("2 (4.2")
    assert counted["The same image under two labels"] == "1"
    assert counted["Files left out"] == "1"


def test_rare_sizes_share_a_row():
    found = images()
    sizes = [(100 + k, 100) for k in range(len(found))]
    seen = overview(found.images, found.labels, 2, looks(found.images), sizes)
    rows = audit_tables.size_rows(seen, ENGLISH).rows
    assert rows[-1] == ("40 other sizes", "40")


def test_problem_that_only_some_files_are_left_out_for_says_how_many():
    found = examined(images(), (broken("a", "empty"), FileProblem("b", ("empty",)), FileProblem("c", ())))
    rows = {row[0]: row[1:] for row in audit_tables.problem_rows(found.audit, ENGLISH).rows}
    assert rows["empty"] == ("a", "used, 1 left out", "2")


def test_the_median_of_two_differences_lies_between_them():
    found = audit(images())
    pair = found.copies.pairs[0]
    two = (replace(pair, kind="saved-again", difference=0.0), replace(pair, kind="saved-again", difference=1.8))
    saved = replace(found, copies=replace(found.copies, pairs=two), overlaps=())
    assert audit_tables.kind_rows(saved, ENGLISH).rows[0][-1] == "0.9"
