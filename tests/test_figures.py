"""The figures are drawn, always the same, for every case that data may bring."""

import io
import math
import xml.etree.ElementTree as ElementTree
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from fissura.data.labelled import LabelledImages
from fissura.evaluation import Evaluation
from fissura.language import language
from fissura.metrics import Share
from fissura.reporting.complexity_figure import complexity_picture
from fissura.reporting.drawing import sheet
from fissura.reporting.figures import confusion, first_batch_sheet, loss_curves, mistakes_sheet, sample_sheet
from fissura.reporting.results import Contender
from fissura.training import History

ENGLISH, FRENCH = language("en"), language("fr")


def images(n=40, classes=("0", "1", "2"), size=12, empty=()):
    labels = np.array([k % len(classes) for k in range(n * 2) if k % len(classes) not in empty][:n], dtype=np.int64)
    pixels = np.random.default_rng(12).integers(0, 256, (n, size, size), dtype=np.uint8)
    return LabelledImages(pixels, labels, classes, tuple(map(str, range(n))), "drawn", "test")


def evaluation(wrong=(), **kind):
    judged = images(**kind)
    predicted = judged.labels.copy()
    predicted[list(wrong)] = (predicted[list(wrong)] + 1) % len(judged.classes)
    return Evaluation(judged, np.eye(len(judged.classes), dtype=np.float32)[predicted])


def contender(name, parameters, *accuracies, margin=0.01, seconds=12.0):
    runs = tuple(
        SimpleNamespace(
            name=name,
            table=SimpleNamespace(parameters=parameters, multiply_adds=3 * parameters),
            test=SimpleNamespace(accuracy=Share(round(1000 * value), 1000, value - margin, value + margin)),
            timing=SimpleNamespace(seconds=math.nan if name == "cnn1" else seconds),
            history=History(losses=(0.9, 0.4, 0.3)),
        )
        for value in accuracies
    )
    return Contender(runs)


THREE = (contender("multinomial", 7850, 0.917), contender("cnn1", 54410, 0.964), contender("cnn2", 225034, 0.973, 0.97))
RUNS = [each.first for each in THREE]
DRAWN = {
    "samples": lambda spoken: sample_sheet(images(), spoken),
    "batch": lambda spoken: first_batch_sheet(images(), spoken),
    "losses": lambda spoken: loss_curves(RUNS, spoken),
    "confusion": lambda spoken: confusion(evaluation(range(7)), spoken),
    "mistakes": lambda spoken: mistakes_sheet(evaluation(range(7)), spoken),
    "complexity": lambda spoken: complexity_picture(THREE, spoken),
}


def size(png):
    with Image.open(io.BytesIO(png)) as picture:
        picture.load()
        return picture.size


def written(svg):
    """The words of an SVG: Matplotlib leaves them as comments beside the drawn letters."""
    ElementTree.fromstring(svg)
    return svg.decode("utf-8").replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")


@pytest.mark.parametrize("name", DRAWN)
def test_same_figure_has_the_same_bytes(name):
    assert DRAWN[name](ENGLISH) == DRAWN[name](ENGLISH)


@pytest.mark.parametrize("name", ["losses", "confusion", "complexity"])
def test_figure_names_no_date_and_loads_nothing(name):
    text = written(DRAWN[name](ENGLISH))
    assert "dc:date" not in text
    assert 'href="http' not in text
    assert "<image" not in text or "data:image/png" in text


def test_every_point_is_named_with_its_cost():
    text = written(complexity_picture(THREE, ENGLISH))
    for words in ("Multinomial regression", "CNN 1", "CNN 2", "675 k", "163 k", "23.6 k", "12 s"):
        assert words in text


LONG_BARS = (
    contender("multinomial", 7850, 0.916, margin=0.028),
    contender("cnn1", 54410, 0.895, margin=0.031),
    contender("cnn2", 225034, 0.908, margin=0.029),
)
LONG_WORDS = (*LONG_BARS[:2], contender("cnn2", 225034, 0.908, margin=0.029, seconds=69))


@pytest.mark.parametrize(
    ("contenders", "limits", "spoken"),
    [(THREE, (89, 99), ENGLISH), (LONG_BARS, (84.5, 95.6), ENGLISH), (LONG_WORDS, (83.5, 96.5), FRENCH)],
)
def test_names_of_points_do_not_cover_each_other_or_the_points(contenders, limits, spoken):
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    from fissura.reporting.complexity_figure import _common_area, _name_points, _point_box

    figure = Figure(layout="constrained", figsize=(4.8, 3.9))
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    axes.set_xscale("log")
    axes.set_xlim(1e3, 1e6)
    axes.set_ylim(*limits)
    _name_points(figure, axes, contenders, spoken)
    labels = [text.get_window_extent() for text in axes.texts]
    boxes = [*labels, *(_point_box(axes, each) for each in contenders)]
    assert len(labels) == 3
    assert all(_common_area(labels[i], boxes[j]) == 0 for i in range(3) for j in range(len(boxes)) if i != j)


def test_numbers_are_written_as_in_french():
    text = written(loss_curves(RUNS, FRENCH))
    assert "<!-- 0,2" in text or "<!-- 0,5" in text
    assert "100 000" in written(complexity_picture(THREE, FRENCH))


def test_networks_with_the_same_cost_are_still_drawn():
    same = (contender("cnn2", 100, 0.9), contender("cnn2", 100, 0.9), contender("cnn2", 100, 0.9))
    assert written(complexity_picture(same, ENGLISH)).count("<!-- CNN 2 -->") == 3


def test_classifier_without_mistakes_has_a_sheet_that_says_so():
    width, height = size(mistakes_sheet(evaluation(), ENGLISH))
    assert width > 5 * height


def test_most_confident_mistakes_fill_the_sheet_row_by_row():
    _, four = size(mistakes_sheet(evaluation(range(4)), ENGLISH))
    _, five = size(mistakes_sheet(evaluation(range(5)), ENGLISH))
    assert abs(five - 2 * four) <= 2


def test_class_without_images_keeps_its_row_and_column():
    assert size(sample_sheet(images(empty=(1,)), ENGLISH)) == size(sample_sheet(images(), ENGLISH))
    assert "<!-- 1 -->" in written(confusion(evaluation(empty=(1,)), ENGLISH))


def test_validation_losses_are_a_line_of_their_own():
    history = History((0.9, 0.4), (0.8, 0.5), (3, 4))
    text = written(loss_curves([SimpleNamespace(name="cnn1", history=history)], ENGLISH))
    assert "CNN 1, training" in text
    assert "CNN 1, validation" in text


def test_run_of_a_single_epoch_is_drawn():
    text = written(loss_curves([SimpleNamespace(name="cnn1", history=History((0.9,)))], ENGLISH))
    assert "<!-- 1 -->" in text
    assert "0.96" not in text  # there is no part of an epoch


@pytest.mark.parametrize("name", ["$\\frac", "<script>--></script>", "日本語", "a" * 60, "\x00\x1b", "\ud800"])
def test_hostile_class_name_is_drawn_as_text(name):
    judged = evaluation(range(3), classes=(name, "1"))
    written(confusion(judged, ENGLISH))
    assert size(mistakes_sheet(judged, ENGLISH))
    assert size(sample_sheet(judged.images, ENGLISH))


def test_many_classes_have_colours_instead_of_counts():
    classes = tuple(f"{k:02d}" for k in range(30))
    text = written(confusion(evaluation(range(9), n=90, classes=classes), ENGLISH))
    assert "<!-- 29 -->" in text
    assert "<!-- 3 -->" not in text


def test_no_global_state_is_left():
    import matplotlib as mpl

    before = dict(mpl.rcParams)
    confusion(evaluation(range(3)), ENGLISH)
    assert dict(mpl.rcParams) == before


@pytest.mark.parametrize("columns", [4, 5, 8])
def test_titles_of_a_sheet_do_not_run_into_each_other(columns):
    titles = ["crack (1)\n…c-000000.png"] * columns
    drawn = sheet(np.zeros((columns, 64, 64), np.uint8), titles, columns, ENGLISH)
    grey = np.asarray(Image.open(io.BytesIO(drawn)).convert("L"))
    above = grey[: len(grey) - grey.shape[1] // columns]  # the images are square
    between = np.arange(1, columns) * grey.shape[1] // columns - 2
    assert (above[:, between] == 255).all()
    assert (above < 128).any()
