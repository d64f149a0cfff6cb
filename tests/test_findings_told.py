"""What a report says of hand-made findings: no more than its numbers do."""

import csv
import io
import re
from dataclasses import replace

import pytest
from inspection_case import MODEL

from fissura.images import CameraFacts
from fissura.inspection.findings import ODDS_LINE_OF
from fissura.inspection.record import Quantity
from fissura.inspection.scale import Scale
from fissura.language import language
from fissura.reporting.findings.exchange import csv_text, geojson
from fissura.reporting.findings.page import inspection_page
from fissura.reporting.findings.records import Found, Photograph
from fissura.reporting.findings.results import Inspected
from fissura.reporting.findings.severity import read_scheme
from fissura.reporting.findings.tables import photograph_rows
from fissura.reporting.findings.views import photograph_views
from fissura.reporting.findings.words import limits

ENGLISH, FRENCH = language("en"), language("fr")
PX = Quantity(100.0, 1.0, "px")
SHARE = Quantity(0.9, 0.01, "")
FOUND = Found(
    id="0" * 12,
    probability=0.97,
    length=PX,
    width_mean=Quantity(4.0, 0.2, "px"),
    width_p95=Quantity(5.0, 0.2, "px"),
    width_max=Quantity(6.0, 0.2, "px"),
    orientation=Quantity(12.0, 1.5, "deg"),
    extent=PX,
    area=Quantity(400.0, 20.0, "px2"),
    straightness=SHARE,
    darkness=SHARE,
    branches=0,
    width_max_rc=(10.0, 10.0),
    centre_rc=(20.0, 20.0),
    box_rc=(5, 5, 40, 40),
    lines=(((10.0, 10.0, 4.0, 0.2), (30.0, 30.0, 4.0, 0.2)),),
    polygons=(((5, 5), (5, 40), (40, 40), (40, 5)),),
)


def finding(number, **changes):
    return replace(FOUND, id=f"{number:012x}", **changes)


def photograph(name, *findings, **changes):
    record = Photograph(name, folder=f"photographs/{name}", size_hw=(100, 200), probability=0.97, length=PX)
    return replace(record, findings=findings, **changes)


def inspected(*photographs, **changes):
    record = Inspected(
        "walls", photographs, read_scheme("en1992"), {}, MODEL, {"fissura": "0"}, "fissura inspect walls"
    )
    return replace(record, **changes)


@pytest.mark.parametrize(
    ("probability", "said"), [(0.9999, "> 99 %"), (1.0, "> 99 %"), (0.0003, "< 1 %"), (0.4, "40 %")]
)
def test_a_probability_is_never_said_to_be_certain(tmp_path, probability, said):
    result = inspected(photograph("a.jpg", finding(1, probability=probability), probability=probability))
    (view,) = photograph_views(result, tmp_path, ENGLISH)
    shown = [view.probability, dict(view.facts)["Probability of a crack"], view.findings[0].probability]
    shown.append(photograph_rows(result, ENGLISH).rows[0][-1])
    assert {each.replace("\N{NO-BREAK SPACE}", " ") for each in shown} == {said}


@pytest.mark.parametrize(("spoken", "said"), [(ENGLISH, "exactly known"), (FRENCH, "exactement connue")])
def test_a_scale_without_an_uncertainty_is_said_to_be_taken_for_exact(spoken, said):
    def told(*scales):
        every = (photograph(f"{k}.jpg", finding(k), scale=scale) for k, scale in enumerate(scales))
        return sum(said in sentence for sentence in limits(inspected(*every), spoken))

    assert told(Scale(0.2)) == told(Scale(0.2, 0.01), None, Scale(0.2, 0.0, "table")) == 1
    assert told(Scale(0.2, 0.01)) == told(None) == told() == 0


@pytest.mark.parametrize(
    ("spoken", "said"),
    [
        (ENGLISH, "three pixels are 0.9 mm: a finding whose width is not measurable may exceed 0.2, 0.3, 0.4 mm"),
        (FRENCH, "trois pixels font 0,9 mm : un signalement dont l'ouverture n'est pas mesurable peut"),
    ],
)
def test_limits_that_the_scale_cannot_tell_are_named_with_the_scale_that_could(spoken, said):
    def told(*scales):
        every = [photograph(f"{k}.jpg", finding(k), scale=scale) for k, scale in enumerate(scales)]
        return " ".join(limits(inspected(*every), spoken)).replace("\N{NO-BREAK SPACE}", " ")

    coarse = told(Scale(0.05, 0.001), Scale(0.3, 0.001), None)
    assert said in coarse
    assert spoken.number(0.066, 3) in coarse  # three pixels of it are below the least limit, of 0.067 they are not
    some = {ENGLISH: " 0.2, 0.3 mm", FRENCH: " 0,2 ; 0,3 mm"}[spoken]
    assert [some in told(Scale(mm, 0.001)) for mm in (0.12, 0.2)] == [True, False]
    assert said[:17] not in told(Scale(0.06, 0.001)) + told(Scale(0.066, 0.001)) + told(None)
    exactly = told(Scale(0.1, 0.001))  # 3 * 0.1 is a little more than 0.3
    assert [some in exactly, spoken.number(0.2, 1) in exactly] == [False, True]


@pytest.mark.parametrize(
    ("spoken", "one", "two"),
    [
        (ENGLISH, "(c.jpg of a.jpg): what is found on it is counted twice", "2 photographs are copies"),
        (
            FRENCH,
            "(c.jpg, copie de a.jpg) : ce qui y est signalé est compté deux fois",
            "2 photographies sont des cop",
        ),
    ],
)
def test_copies_of_a_photograph_are_said_to_be_counted_again(spoken, one, two):
    def told(*contents):
        every = [photograph(f"{name}.jpg", sha256=each) for name, each in zip("abcdef", contents, strict=False)]
        return " ".join(limits(inspected(*every), spoken)).replace("\N{NO-BREAK SPACE}", " ")

    assert one in told("1", "2", "1")
    assert two in told("1", "2", "1", "2")
    assert not [words for words in (one, two, "copi") if words in told("1", "2", "", "")]  # two were not read


def test_the_table_has_classes_where_any_finding_has_one():
    without, with_one = (
        photograph_rows(inspected(photograph("a.jpg", finding(1), scale=scale)), ENGLISH)
        for scale in (None, Scale(0.1, 0.001))
    )
    assert "Class" not in without.columns
    assert with_one.columns == ("Photograph", "Class", *without.columns[1:])
    assert (len(without.rows[0]), without.left) == (5, 1)
    assert (with_one.rows[0][1], with_one.left) == ("above 0.4 mm", 2)


@pytest.mark.parametrize(("spoken", "half"), [(ENGLISH, "half of the walls"), (FRENCH, "un mur sur deux")])
def test_half_of_the_walls_are_supposed_of_the_built_in_detector_alone(spoken, half):
    told, other = (
        limits(inspected(photograph("a.jpg"), model=replace(MODEL, fingerprint=each)), spoken)
        for each in (ODDS_LINE_OF, "f" * 64)
    )
    assert sum(half in sentence for sentence in told) == 1
    assert sum(half in sentence for sentence in other) == 0
    assert len(told) == len(other)


def tiles(result, folder):
    page = inspection_page(result, folder, ENGLISH)
    return {
        words: number.replace("\N{NO-BREAK SPACE}", " ")
        for number, words in re.findall(r'<div class="tile"><b>(.*?)</b><span>(.*?)</span>', page)
    }


def width(value):
    return Quantity(value, 0.2, "px")


NOT_WIDE = Quantity(None, None, "px", "narrow")


def test_the_greatest_width_is_that_of_all_findings_whichever_width_the_classes_compare(tmp_path):
    by_mean = replace(read_scheme("en1992"), measure="width_mean")
    even = finding(1, width_mean=width(5.0), width_max=width(6.0))
    notched = finding(2, width_mean=width(3.0), width_max=width(9.0))
    result = inspected(photograph("a.jpg", even, notched, scale=Scale(0.1, 0.001)), scheme=by_mean)
    assert [found.id for _, found in result.findings] == [even.id, notched.id]  # the severest first
    assert tiles(result, tmp_path)["greatest width measured"] == "0.900 ± 0.022 mm"


def test_the_length_of_all_findings_of_one_photograph_is_told_alike_wherever_it_stands(tmp_path):
    short = [finding(k, length=Quantity(100.0, error, "px")) for k, error in ((1, 1.0), (2, 10.0))]
    record = photograph("a.jpg", *short, scale=Scale(0.1, 0.005), length=Quantity(200.0, 11.0, "px"))
    result = inspected(record)
    shown = tiles(result, tmp_path)["length of all findings"]
    (view,) = photograph_views(result, tmp_path, ENGLISH)
    beside = dict(view.facts)["Length of all"], photograph_rows(result, ENGLISH).rows[0][4]
    assert {each.replace("\N{NO-BREAK SPACE}", " ") for each in (shown, *beside)} == {"20.0 ± 1.5 mm"}


def test_millimetres_are_the_greatest_width_before_pixels(tmp_path):
    near = photograph("a.jpg", finding(1, width_max=width(4.0)), scale=Scale(0.1, 0.001))
    far = photograph("b.jpg", finding(2, width_max=width(90.0)))
    assert tiles(inspected(near, far), tmp_path)["greatest width measured, with a scale"].endswith("mm")


def test_what_could_not_be_measured_is_counted_beside_the_greatest_width(tmp_path):
    unmeasured = [finding(k, width_max=NOT_WIDE, width_max_rc=None) for k in (1, 2)]
    result = inspected(photograph("a.jpg", *unmeasured, finding(3)), photograph("b.jpg", unmeasured[0]))
    shown = tiles(result, tmp_path)
    assert shown["greatest width measured"] == "6.00 ± 0.20 px"
    assert shown["findings whose width is not measurable"] == "3"
    first, second = (
        view.summary.replace("\N{NO-BREAK SPACE}", " ") for view in photograph_views(result, tmp_path, ENGLISH)
    )
    assert first == "findings: 3 · widest measured: 6.00 ± 0.20 px · width not measurable: 2"
    assert second == "findings: 1 · 100.0 ± 1.0 px · width not measurable: 1"
    all_wide = tiles(inspected(photograph("a.jpg", finding(3))), tmp_path)
    assert not [words for words in all_wide if "not measurable" in words]


def test_a_greatest_width_of_less_than_half_of_a_crack_is_said_to_be_no_more(tmp_path):
    partly = finding(1, width_mean=Quantity(None, None, "px", "hidden"), width_p95=Quantity(None, None, "px", "hidden"))
    (view,) = photograph_views(inspected(photograph("a.jpg", partly, finding(2))), tmp_path, ENGLISH)
    said = {each.id[-1]: each.why for each in view.findings}
    assert said == {"1": "measured along less than half of it; it may be wider elsewhere", "2": ""}


def test_tables_and_maps_say_why_a_width_is_missing_whichever_it_is():
    half = finding(1, width_mean=NOT_WIDE, width_p95=NOT_WIDE)  # fewer than half of its places are measurable
    none = finding(2, **dict.fromkeys(("width_mean", "width_p95", "width_max"), Quantity(None, None, "px", "border")))
    result = inspected(photograph("a.jpg", half, none, finding(3)))
    rows = list(csv.DictReader(io.StringIO(csv_text(result, ENGLISH))))
    why = {row["finding"]: row["not_measurable"] for row in rows}
    assert [why[f"{k:012x}"] for k in (1, 2, 3)] == ["narrow", "border", ""]
    assert all(bool(row["not_measurable"]) == ("" in (row["width_max_px"], row["width_mean_px"])) for row in rows)
    properties = [each["properties"] for each in geojson(result, ENGLISH)["features"]]
    assert {each["finding"]: each["not_measurable"] for each in properties if each["kind"] == "finding"} == why


def test_no_line_ends_before_the_semicolon_of_a_position_in_french(tmp_path):
    camera = CameraFacts(latitude_deg=48.85, longitude_deg=-2.35)
    for spoken, said in ((ENGLISH, "48.85000, -2.35000"), (FRENCH, "48,85000\N{NO-BREAK SPACE}; -2,35000")):
        (view,) = photograph_views(inspected(photograph("a.jpg", camera=camera)), tmp_path, spoken)
        assert said in dict(view.facts).values()


@pytest.mark.parametrize(("apart_deg", "bar"), [(0.001, "50 m"), (1.0, "50 km")])
def test_the_bar_of_the_sketch_is_in_kilometres_where_the_cameras_stood_so_far_apart(tmp_path, apart_deg, bar):
    stood = (CameraFacts(latitude_deg=45.0 + north, longitude_deg=5.0) for north in (0.0, apart_deg))
    every = (photograph(f"{k}.jpg", finding(k), camera=camera) for k, camera in enumerate(stood))
    page = inspection_page(inspected(*every), tmp_path, ENGLISH).replace("\N{NO-BREAK SPACE}", " ")
    assert re.search(r'class="unit"[^>]*>([^<]*)</text>', page)[1] == bar


def test_the_page_says_in_which_order_the_photographs_stand(tmp_path):
    def told(scale):
        page = inspection_page(inspected(photograph("a.jpg", finding(1), scale=scale)), tmp_path, ENGLISH)
        return [words for words in ("by class, then by width", "The greatest width first") if words in page]

    assert told(Scale(0.1, 0.001)) == ["by class, then by width"]
    assert told(None) == ["The greatest width first"]
