"""How unlike the training data: against scikit-learn's model of the same name, on made-up features, in a file."""

import dataclasses

import numpy as np
import pytest
from scipy.spatial.distance import mahalanobis
from sklearn.decomposition import PCA
from test_prediction import detector, wall  # noqa: F401 - a fixture

from fissura.classifier import load
from fissura.data.synthetic.strangers import strangers
from fissura.decision import acquainted
from fissura.errors import ClassifierFileError, DataError
from fissura.familiarity import STATISTICS, Familiarity, Normal, fitted, picture_statistics
from fissura.prediction import predict


def features(n, seed, shift=0.0):
    """20 features of a network, which lie near a plane of 3 dimensions, and statistics of pixels."""
    random = np.random.default_rng(seed)
    of_network = random.normal(size=(n, 3)) @ np.random.default_rng(0).normal(size=(3, 20))
    of_network += random.normal(shift, 0.1, (n, 20))
    return np.concatenate([of_network, random.normal(shift, 1.0, (n, STATISTICS))], axis=1)


def test_distances_order_pictures_as_the_likelihood_of_probabilistic_pca_does():
    known, new = features(400, 1)[:, :20], np.concatenate([features(50, 2), features(50, 3, 0.5)])[:, :20]
    normal = Normal.fitted(known, components=3)
    scaled = (known - known.mean(0)) / known.std(0)
    likelihood = PCA(3, svd_solver="full").fit(scaled).score_samples((new - known.mean(0)) / known.std(0))
    squared = normal.distances(new) ** 2 * known.shape[1]
    slope, _ = np.polyfit(squared, likelihood, 1)
    assert np.corrcoef(squared, likelihood)[0, 1] < -0.99999
    assert slope == pytest.approx(-0.5, rel=0.02)  # scikit-learn divides by n - 1


def test_in_every_direction_it_is_mahalanobis_distance():
    known, new = features(400, 1)[:, 20:], features(50, 3, 0.5)[:, 20:]
    found = Normal.fitted(known, components=STATISTICS - 1).distances(new)
    inverse = np.linalg.inv(np.cov(known.T, bias=True))
    wanted = [mahalanobis(each, known.mean(0), inverse) / np.sqrt(STATISTICS) for each in new]
    np.testing.assert_allclose(found, wanted, rtol=1e-9)


def test_strange_pixels_are_heard_beside_many_features_of_the_network():
    familiarity = fitted(features(500, 1), features(500, 2), components=3)
    strange = features(50, 3)
    strange[:, 20:] += 3.0
    assert (familiarity.scores(strange) > 1).all()


def test_19_of_20_held_out_pictures_are_known_and_strange_ones_are_not():
    familiarity = fitted(features(500, 1), features(1000, 2), components=3)
    assert np.mean(familiarity.scores(features(1000, 2)) > 1) == pytest.approx(0.05, abs=0.002)
    assert np.mean(familiarity.scores(features(2000, 3)) > 1) == pytest.approx(0.05, abs=0.02)
    assert np.mean(familiarity.scores(features(200, 4, shift=1.0)) > 1) > 0.99


def test_a_feature_that_never_changes_says_nothing_and_breaks_nothing():
    known = features(100, 1)
    known[:, 5] = 3.0
    familiarity = fitted(known, known, components=3)
    assert np.isfinite(familiarity.scores(known)).all()


def test_what_is_kept_in_a_file_is_what_was_fitted():
    familiarity = fitted(features(100, 1), features(100, 2))
    again = Familiarity.from_dict(familiarity.as_dict())
    new = features(50, 3, 0.3)
    np.testing.assert_allclose(again.scores(new), familiarity.scores(new), rtol=1e-12)


@pytest.mark.parametrize("key", ["mean", "scale", "axes", "variances"])
@pytest.mark.parametrize("part", ["network", "pixels"])
def test_damaged_numbers_are_refused(key, part):
    values = fitted(features(100, 1), features(100, 2)).as_dict()
    values[part][key] = values[part][key][:-1]
    with pytest.raises(ValueError, match="familiarity"):
        Familiarity.from_dict(values)


def test_too_few_pictures_are_refused():
    with pytest.raises(ValueError, match="5 known"):
        fitted(features(5, 1), features(5, 2))


def test_statistics_of_pixels_by_hand():
    black, white = np.zeros((1, 64, 64), np.uint8), np.full((1, 64, 64), 255, np.uint8)
    stripes = np.tile(np.array([0, 255], np.uint8), (1, 64, 32))
    found = picture_statistics(np.concatenate([black, white, stripes]))
    assert found[:, 0].tolist() == pytest.approx([0, 1, 0.5])
    assert found[:, 1].tolist() == pytest.approx([0, 0, 0.5])
    assert found[:, 2].tolist() == [1, 0, 0.5]
    assert found[:, 3].tolist() == [0, 1, 0.5]
    assert found[2, 4] == pytest.approx(np.log(0.501), abs=1e-3)  # all detail in the first octave, half a level deep
    assert found[2, 6] == pytest.approx(np.log(1e-3), abs=1e-3)
    assert picture_statistics(np.zeros((2, 1, 3), np.uint8)).shape == (2, 14)


@pytest.fixture(scope="module")
def acquainted_detector(detector):  # noqa: F811
    walls = np.stack([wall(224, 224, k, k % 2 == 0) for k in range(120)])
    return acquainted(detector, walls[:60], walls[60:])


def test_a_detector_that_knows_walls_finds_strangers_strange(acquainted_detector, tmp_path):
    known = [wall(224, 224, 500 + k, k % 2 == 0) for k in range(20)]
    strange = [*strangers("digits", 5), *strangers("text", 5)]
    scores = [said.unlike for said in predict(acquainted_detector, [*known, *strange])]
    assert np.median(scores[:20]) < 1 < min(scores[20:])
    acquainted_detector.save(tmp_path / "known.safetensors")
    again = load(tmp_path / "known.safetensors")
    assert [said.unlike for said in predict(again, strange)] == pytest.approx(scores[20:], rel=1e-4)


def test_probabilities_are_the_same_whether_or_not_it_knows(detector, acquainted_detector):  # noqa: F811
    walls = np.stack([wall(200, 300, k)[:, :224] for k in range(3)])
    walls = np.pad(walls, ((0, 0), (0, 24), (0, 0)))
    found, unlike = acquainted_detector.described(walls)
    np.testing.assert_allclose(found, detector.probabilities(walls), atol=1e-6)
    assert unlike.shape == (3,)
    assert detector.described(walls)[1] is None


def test_a_file_whose_familiarity_is_damaged_is_refused(acquainted_detector, tmp_path):
    known = acquainted_detector.familiarity
    network = dataclasses.replace(known.network, axes=known.network.axes[:, :-1])
    broken = dataclasses.replace(known, network=network)
    dataclasses.replace(acquainted_detector, familiarity=broken).save(tmp_path / "broken.safetensors")
    with pytest.raises(ClassifierFileError, match="garbles familiarity"):
        load(tmp_path / "broken.safetensors")


def test_a_network_that_describes_nothing_says_so(detector):  # noqa: F811
    from fissura.models import build

    plain = dataclasses.replace(detector, network="crack", model=build("crack", (224, 224), 2))
    with pytest.raises(DataError, match="gives no features"):
        plain.features(np.zeros((1, 224, 224), np.uint8))


def test_what_a_detector_was_taught_is_remembered_and_others_of_its_kind_try_the_memory(tmp_path):
    from fissura.data.teaching import Drawn, Material, MaterialSettings, Photograph, familiar_pictures

    random = np.random.default_rng(1)
    scenes = random.integers(0, 256, (8, 224, 224), dtype=np.uint8)
    drawn = Drawn(scenes, scenes > 300)
    texture = Photograph("grain.png", random.integers(0, 256, (300, 260), dtype=np.uint8), np.zeros((300, 260), bool))
    settings = MaterialSettings(scenes=8, cracks=1, without=("metu", "sut-crack"))
    known, others = familiar_pictures(Material(drawn, drawn, None, (), (texture,), settings), tmp_path)
    assert known.shape == (8 + 4 * 3 + 2 * 2 + 1, 224, 224)
    assert sorted(image.tobytes() for image in known[:8]) == sorted(image.tobytes() for image in scenes)
    assert others.shape == (2, 224, 224)
    again = familiar_pictures(Material(drawn, drawn, None, (), (texture,), settings), tmp_path)
    assert (again[0] == known).all()
    assert (again[1] == others).all()
