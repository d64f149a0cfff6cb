"""What a detector's earlier trainings learned from counts as much as its last one's, when it is judged."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from fissura.classifier import Provenance
from fissura.cli.learned import check_metu, flattering, taught_with, unseen
from fissura.data.labelled import LabelledImages
from fissura.data.photographs import Photographs
from fissura.data.splits import Leaks, Split
from fissura.errors import SettingsError
from fissura.language import language

IMAGES = LabelledImages(
    np.arange(8 * 4, dtype=np.uint8).reshape(8, 2, 2),
    np.arange(8) % 2,
    ("intact", "crack"),
    tuple(f"{number}.png" for number in range(8)),
    "metu",
    "all",
    positive=1,
)
METU = Photographs(
    IMAGES,
    Split(np.arange(4), np.arange(4, 6), np.arange(6, 8), "grouped", 12),
    Leaks(0, 0, 0, 0),
    (),
    tuple(f"{number:064d}" for number in range(8)),
    (),
    "cracks",
)


def detector(trained_before: dict, without_metu: bool = True) -> SimpleNamespace:
    """What is asked of a classifier here: that it was taught without METU, after trainings that say this."""
    last = {"metu": 0 if without_metu else 4, "sut-crack": [], "start": {"data": {"start": {"data": trained_before}}}}
    return SimpleNamespace(provenance=Provenance(data=last), decision=None)


def test_the_test_part_is_its_own_where_an_earlier_training_learned_from_the_other_parts():
    known = detector({"metu": 4, "metu_fingerprint": METU.data.train.fingerprint})
    assert taught_with(known, METU.data)
    judged, note = unseen(known, Path("x"), METU, "cracks", chosen=False, spoken=language("en"))
    assert (judged.names, note) == (METU.data.test.names, "")
    assert not taught_with(detector({"metu": 4, "metu_fingerprint": "of others"}), METU.data)


def test_metu_of_an_earlier_training_split_in_another_way_is_not_judged():
    with pytest.raises(SettingsError, match="split in another way"):
        check_metu(detector({"metu": 4, "metu_fingerprint": "of others"}), METU, "cracks")
    check_metu(detector({"metu": 0}), METU, "cracks")
    check_metu(detector({"metu": 4}), METU, "some/folder")
    check_metu(detector({"metu": 4}), replace(METU, embedded=True), "cracks")


def test_what_would_flatter_is_named_whichever_training_learned_from_it():
    spoken = language("en")
    assert flattering(detector({"metu": 0, "sut-crack": []}), spoken) == ""
    assert "learned from photographs of METU:" in flattering(detector({"metu": 4}), spoken)
    both = flattering(detector({"sut-crack": ["a.jpg"]}, without_metu=False), spoken)
    assert "learned from photographs of METU, SUT-Crack:" in both
