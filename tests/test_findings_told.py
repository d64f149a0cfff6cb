"""What a report says of hand-made findings: no more than its numbers do."""

from dataclasses import replace

import pytest
from inspection_case import MODEL

from fissura.inspection.findings import ODDS_LINE_OF
from fissura.inspection.record import Quantity
from fissura.inspection.scale import Scale
from fissura.language import language
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


@pytest.mark.parametrize(("spoken", "half"), [(ENGLISH, "half of the walls"), (FRENCH, "un mur sur deux")])
def test_half_of_the_walls_are_supposed_of_the_built_in_detector_alone(spoken, half):
    told, other = (
        limits(inspected(photograph("a.jpg"), model=replace(MODEL, fingerprint=each)), spoken)
        for each in (ODDS_LINE_OF, "f" * 64)
    )
    assert sum(half in sentence for sentence in told) == 1
    assert sum(half in sentence for sentence in other) == 0
    assert len(told) == len(other)
