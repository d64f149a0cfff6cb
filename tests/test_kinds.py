"""What a newcomer hands over instead of what is wanted is answered in one sentence, not by an error deep inside."""

import re
import subprocess
import sys

import numpy as np
import pytest
import torch

import fissura
from fissura.metrics import Wish

CLASSIFIER = "wanted a Classifier, as fissura.load gives it, and fissura.train as .classifier."
IMAGES = "wanted LabelledImages, such as the .train or the .test of fissura.embedded_digits()."
QUICK = fissura.Recipe(epochs=1)


@pytest.fixture(scope="module")
def digits():
    return fissura.embedded_digits()


@pytest.fixture(scope="module")
def trained(digits):
    return fissura.train("multinomial", digits.test, QUICK, device="cpu")


def refused(said, ask, *arguments, **options):
    with pytest.raises(fissura.FissuraError, match=re.escape(said)):
        ask(*arguments, **options)


def test_a_classifier_is_wanted_where_what_training_gives_is_given(digits, trained):
    for ask in (fissura.evaluate, fissura.judge):
        refused(f"classifier is of type Trained; {CLASSIFIER}", ask, trained, digits.test)
    refused(f"classifier is of type str; {CLASSIFIER}", fissura.decide, "built-in", digits.test, digits.test, None)
    refused("classifier is of type str; wanted a Classifier", lambda: list(fissura.predict("built-in", "wall.jpg")))
    refused("classifier is of type Trained; wanted", fissura.inspect, np.zeros((64, 64), np.uint8), trained)


def test_the_part_is_wanted_where_all_parts_are_given(digits, trained):
    refused(f"images is of type TrainTest; {IMAGES}", fissura.train, "multinomial", digits)
    refused(f"images is of type TrainTest; {IMAGES}", fissura.evaluate, trained.classifier, digits)
    refused(f"images is of type ndarray; {IMAGES}", fissura.judge, trained.classifier, digits.test.images)
    alone = fissura.LabelledImages(digits.test.images[:2], np.array([0, 0]), ("a",), ("1", "2"), "drawn", "train")
    refused("drawn has a single class, a; wanted two", fissura.train, "multinomial", alone)
    refused("validation is of type tuple", fissura.train, "cnn1", digits.test, validation=(digits.test,))
    refused("test is of type TrainTest", fissura.decide, trained.classifier, digits.test, digits, None)


def test_evaluations_are_compared_not_classifiers(digits, trained):
    judged = fissura.evaluate(trained.classifier, digits.test)
    for pair in ((trained.classifier, judged), (judged, digits.test)):
        refused("wanted an Evaluation, as fissura.evaluate gives it.", fissura.compare, *pair)


def test_a_network_goes_by_its_name_and_its_table_by_the_network(digits, trained):
    model = trained.classifier.model
    refused("network is of type MultinomialRegression; wanted its name", fissura.train, model, digits.test)
    refused("model is of type str; wanted a network (torch.nn.Module)", fissura.layer_table, "cnn1", (1, 28, 28))
    for shape in (28, (28, 28), (1.0, 28, 28), "abc", (1, 28, 0)):
        refused("An image is given as (channels, height, width)", fissura.layer_table, model, shape)
    for size in (28, (28,), (28.0, 28), None, "ab"):
        refused("wanted (height, width) in whole pixels", fissura.build, "cnn1", size, 10)
        refused("wanted (height, width) in whole pixels", fissura.synthetic_cracks, 2, size)
    refused("classes is 0; wanted a whole number from 1.", fissura.build, "cnn1", (28, 28), 0)


def test_a_named_recipe_and_a_name_are_no_recipe(digits):
    for given in (fissura.RECIPES["fast"], "fast", {"epochs": 5}):
        refused("wanted a Recipe, such as fissura.RECIPES['fast'].recipe.", fissura.train, "cnn1", digits.test, given)
    refused("changes is of type int; wanted a dict", QUICK.with_changes, 5)
    refused("options is of type bool; wanted a dict", fissura.train, "cnn1", digits.test, options=True)


def test_pixels_for_the_network_itself_are_an_array(digits, trained):
    classifier, images = trained.classifier, digits.test.images[:3]
    for least in (0, None):
        refused(f"max_pixels is {least}; wanted", lambda n=least: list(fissura.predict(classifier, [], max_pixels=n)))
    for given, kind in ((list(images), "list"), (torch.from_numpy(images.copy()), "Tensor"), ("wall.jpg", "str")):
        for ask in (classifier.probabilities, classifier.described, classifier.scores, classifier.suspicions):
            refused(f"The images are a {kind}; this classifier wants a NumPy array", ask, given)
    for batch in (0, -1, 2.5, None):  # less than one gave an empty array
        refused(f"batch is {batch}; wanted a whole number from 1.", classifier.probabilities, images, batch)
    refused("The images are a dict;", classifier.predict, {"wall": images[0]})


def test_paths_settings_and_wishes_are_named():
    for ask in (fissura.load, fissura.read_mnist, fissura.open_photographs):
        refused("is of type NoneType; wanted a path.", ask, None)
    refused(
        "settings is of type int; wanted fissura.data.photographs.PhotographSettings.",
        fissura.open_photographs,
        "walls",
        112,
    )
    photograph = np.zeros((64, 64), np.uint8)
    refused("settings is of type float; wanted", fissura.inspect, photograph, settings=0.5)
    refused("name is of type int; wanted a text.", fissura.inspect, photograph, name=3)
    refused("kind: 'misses' is not known. The nearest name is miss", Wish, "misses", 0.01)  # it was an alarm's
    refused("at_most is 1; wanted a number from 0 to below 1.", Wish, "miss", 1)
    refused("at_most is of type str; wanted a number.", Wish, "miss", "1%")


def test_a_number_stands_where_one_is_drawn():
    refused("n is of type float; wanted a whole number.", fissura.synthetic_cracks, 2.5, (64, 64))
    refused("seed is of type str; wanted a whole number.", fissura.synthetic_cracks, 2, (64, 64), "a")
    refused("surfaces is of type str; wanted", fissura.synthetic_cracks, 2, (64, 64), surfaces="plaster")
    assert len(fissura.synthetic_cracks(np.int64(2), (np.int64(64), 64), np.int64(3))) == 2


def test_a_recipe_takes_numbers_of_numpy_and_keeps_them_as_its_own():
    recipe = fissura.Recipe(epochs=np.int64(2), seed=np.uint8(7), learning_rate=np.float32(0.5), momentum=np.float64(0))
    assert recipe == fissura.Recipe(epochs=2, seed=7, learning_rate=0.5)
    assert {type(value) for value in (recipe.epochs, recipe.seed)} == {int}
    assert isinstance(recipe.learning_rate, float)
    refused("plain is 'no'; wanted True or False.", fissura.Recipe, plain="no")


def test_a_checkpoint_may_be_text(digits, tmp_path):
    path = tmp_path / "state.safetensors"
    fissura.train("multinomial", digits.test, QUICK, device="cpu", checkpoint=str(path))
    assert path.exists()


def test_labelled_images_say_which_of_their_parts_is_wrong(digits):
    images, labels, names = digits.test.images[:2], np.array([0, 1]), ("one", "two")

    def made(labels=labels, classes=("a", "b"), names=names, split="train", groups=None):
        return fissura.LabelledImages(images, labels, classes, names, "drawn", split, groups)

    assert len(made()) == 2
    refused("labels of shape (2, 1); wanted one number for each image, shape (2,).", made, np.array([[0], [1]]))
    refused("groups of shape (); wanted one number for each image", made, groups=np.array(3))
    refused("classes of type tuple of int; wanted a tuple of names.", made, classes=(0, 1))
    refused("names of type tuple of int; wanted a tuple of names.", made, names=(0, 1))
    refused("split of type NoneType; wanted a name, such as train.", made, split=None)


def test_images_are_chosen_by_a_list_a_range_a_mask_or_a_tensor(digits):
    whole = digits.test
    threes = whole.subset(whole.labels == 3)
    assert set(threes.labels) == {3}
    assert threes.names == tuple(name for name, label in zip(whole.names, whole.labels, strict=True) if label == 3)
    for indices in ([4, 0], torch.tensor([4, 0]), np.array([4, 0]), range(4, -1, -4)):
        assert whole.subset(indices).names == (whole.names[4], whole.names[0])
    assert len(whole.subset([])) == 0
    for wrong in (3, slice(3), [1.5], whole.labels[:5] == 3, np.zeros((2, 2), int)):
        refused("wanted a list of whole numbers, or a mask", whole.subset, wrong)
    refused("indices run from 1 to 9999; wanted 0 to 381 for 382 images.", whole.subset, [1, 9999])


def test_modules_that_sentences_name_are_there_without_an_import_of_their_own():
    code = "import fissura; print(fissura.metrics.Wish('miss', 0.01), fissura.images)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "Wish(kind='miss', at_most=0.01)" in done.stdout
    assert {"metrics", "images", "inspection", "predict"} <= set(dir(fissura))
    with pytest.raises(AttributeError, match="module 'fissura' has no attribute 'metric'"):
        _ = fissura.metric
