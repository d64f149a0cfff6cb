"""A table of photographs: which images are from one, and what is said of a table that does not tell."""

from pathlib import Path

import pytest

from fissura.data.origins import read_origins
from fissura.errors import DataError

NAMES = ["crack/a.jpg", "crack/b.jpg", "intact/a.jpg", "intact/\u00e9.jpg"]


def table(folder: Path, text: str) -> Path:
    path = folder / "walls.csv"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("lines", "numbers"),
    [
        ("crack/a.jpg,1\ncrack/b.jpg,2\nintact/a.jpg,1\nintact/\u00e9.jpg,2\n", [0, 1, 0, 1]),
        ("intact\\a.jpg,w\n e\u0301.jpg , w \ncrack/a.jpg,\nb.jpg,\ngone.jpg,w\n", [0, 1, 2, 2]),
        ('"crack/a.jpg","wall, left"\nb.jpg,"wall, left"\nintact/a.jpg,0\n\u00e9.jpg,1\n,\n', [0, 0, 1, 2]),
    ],
)
def test_images_of_one_photograph_have_one_number_and_those_of_none_are_alone(tmp_path, lines, numbers):
    assert read_origins(table(tmp_path, "image,photograph\n" + lines), NAMES).tolist() == numbers


@pytest.mark.parametrize("above", ["", "\n \n"])
def test_a_table_may_have_semicolons_and_columns_more(tmp_path, above):
    text = above + "photograph;size;image\n1;2,5;crack/a.jpg\n1;3;b.jpg\n"
    assert read_origins(table(tmp_path, text), NAMES[:2]).tolist() == [0, 0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("image,wall\n", "columns image, wall; wanted image and photograph"),
        ("image,photograph\na.jpg,1\n", r"line 2: a.jpg may be either of 2 images, such as crack/a.jpg and intact/a"),
        ("image,photograph\nb.jpg,1\n\ncrack/b.jpg,2\n", "lines 2 and 4: two photographs for crack/b.jpg"),
        ("image,photograph\nb.jpg,1\n", "does not say which photograph 3 of 4 images are from, .*crack/a.jpg"),
        ("image,photograph\ntile, 3.jpg,1\n", "line 2 has more values than there are columns.*tile, 3.jpg;wall 12"),
    ],
)
def test_a_table_that_does_not_tell_is_one_sentence(tmp_path, text, said):
    with pytest.raises(DataError, match=said):
        read_origins(table(tmp_path, text), NAMES)
