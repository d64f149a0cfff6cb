"""The classifier file: what is saved is what is loaded, and nothing else gets in."""

import json
import math
import re
import warnings
from dataclasses import replace

import numpy as np
import pytest
import safetensors.torch
import torch
from torch import nn

from fissura import load
from fissura.classifier import Classifier, Decision, Preprocessing, evaluating
from fissura.data import embedded_digits, read_mnist
from fissura.errors import ClassifierFileError, DataError, OutputError, SettingsError
from fissura.models import build
from fissura.training import Recipe, train


@pytest.fixture(scope="module")
def trained() -> Classifier:
    images = embedded_digits().train.subset(np.arange(128))
    return train("cnn1", images, Recipe(epochs=1), device="cpu").classifier


@pytest.fixture(scope="module")
def some_images() -> np.ndarray:
    return embedded_digits().test.images[:70]


def test_save_load_predict_gives_the_same_bits(trained, some_images, tmp_path):
    trained.save(tmp_path / "classifier.safetensors")
    loaded = load(tmp_path / "classifier.safetensors")
    np.testing.assert_array_equal(loaded.probabilities(some_images), trained.probabilities(some_images))
    assert loaded.classes == trained.classes
    assert loaded.preprocessing == trained.preprocessing
    assert loaded.provenance == trained.provenance
    loaded.save(tmp_path / "again.safetensors")
    assert (tmp_path / "again.safetensors").read_bytes() == (tmp_path / "classifier.safetensors").read_bytes()


def test_folder_of_a_run_stands_for_the_classifier_in_it(trained, tmp_path):
    trained.save(tmp_path / "classifier.safetensors")
    assert load(tmp_path).parameters == 54410


def test_probabilities_do_not_depend_on_the_batch(trained, some_images):
    whole = trained.probabilities(some_images)
    np.testing.assert_allclose(trained.probabilities(some_images, batch=1), whole, atol=1e-6)
    np.testing.assert_allclose(whole.sum(axis=1), 1, atol=1e-6)
    np.testing.assert_array_equal(trained.predict(some_images), whole.argmax(axis=1))


def test_no_images_give_no_probabilities(trained, some_images):
    assert trained.probabilities(some_images[:0]).shape == (0, 10)


@pytest.mark.parametrize("training", [True, False])
def test_predicting_leaves_every_training_mode_as_it_was(trained, some_images, training):
    trained.model.train(training)
    next(trained.model.children()).eval()
    before = [module.training for module in trained.model.modules()]
    trained.probabilities(some_images)
    assert [module.training for module in trained.model.modules()] == before
    trained.model.eval()


def test_training_mode_comes_back_after_an_error():
    model = nn.Dropout().train()
    with pytest.raises(RuntimeError), evaluating(model):
        raise RuntimeError
    assert model.training


def test_images_of_another_size_are_refused_with_both_sizes(trained):
    with pytest.raises(DataError, match=r"\(1, 8, 8\).*\(n, 28, 28\)"):
        trained.probabilities(np.zeros((1, 8, 8), dtype=np.uint8))
    with pytest.raises(DataError, match="float64"):
        trained.predict(np.zeros((1, 28, 28)))


def test_mnist_is_normalised_with_the_lab_s_constants(mnist_dir):
    preprocessing = Preprocessing.of(read_mnist(mnist_dir).train)
    assert (preprocessing.mean, preprocessing.std) == (0.1307, 0.3081)


def test_preprocessing_of_one_grey_divides_by_one():
    images = embedded_digits().train.subset(np.arange(2))
    flat = replace(images, images=np.full_like(images.images, 255))
    preprocessing = Preprocessing.of(flat)
    assert torch.equal(preprocessing(torch.full((1, 2, 2), 255, dtype=torch.uint8)), torch.zeros(1, 1, 2, 2))


def damaged(content: bytes, how: str) -> bytes:
    if how == "empty":
        return b""
    if how == "half":
        return content[: len(content) // 2]
    if how == "text":
        return b"this is not a classifier at all, but it is long enough to be one"
    if how == "pickle":
        return b"\x80\x04\x95" + content
    if how == "header":
        return content[:8] + b"x" * 200 + content[208:]
    raise AssertionError(how)


def test_a_network_of_one_s_own_is_judged_but_not_saved_to_a_file_that_nobody_could_read(tmp_path):
    digits = embedded_digits().test.subset(range(20))
    own = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(28 * 28, 10))
    mine = Classifier("mine", {}, own, digits.classes, Preprocessing.of(digits))
    assert len(mine.predict(digits.images)) == 20
    with pytest.raises(SettingsError, match=r"network mine could not be read again.*torch\.save\("):
        mine.save(tmp_path / "mine.safetensors")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("outputs", "shape"), [(7, "(20, 7)"), (1, "(20, 1)")])
def test_a_network_gives_a_logit_for_each_class(outputs, shape):
    digits = embedded_digits().test.subset(range(20))
    own = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(28 * 28, outputs))
    with pytest.raises(DataError, match=re.escape(f"an output of shape {shape} and the classifier has 10 classes")):
        Classifier("mine", {}, own, digits.classes, Preprocessing.of(digits)).probabilities(digits.images)


def test_parts_of_another_kind_are_no_classifier():
    digits = embedded_digits().test
    parts = {"network": "cnn1", "options": {}, "model": build("cnn1", (28, 28), 10), "classes": digits.classes}
    parts["preprocessing"] = Preprocessing([28, 28], 0.1, 0.3)  # a list will do
    assert Classifier(**parts).probabilities(digits.images[:1]).shape == (1, 10)
    for mean, std in ((0.1, 0.0), (math.nan, 1.0), ("0.1", 1.0)):
        with pytest.raises(SettingsError, match=r"Preprocessing\(.* cannot be used; wanted a finite mean"):
            Classifier(**{**parts, "preprocessing": Preprocessing((28, 28), mean, std)})
    for name, wrong in (("model", "cnn1"), ("classes", list(digits.classes)), ("preprocessing", (28, 28))):
        with pytest.raises(SettingsError, match=f"{name} is of type {type(wrong).__name__}; wanted"):
            Classifier(**{**parts, name: wrong})


@pytest.mark.parametrize("how", ["empty", "half", "text", "pickle", "header"])
def test_damaged_file_is_one_sentence(trained, tmp_path, how):
    path = tmp_path / "classifier.safetensors"
    trained.save(path)
    path.write_bytes(damaged(path.read_bytes(), how))
    with pytest.raises(ClassifierFileError, match="is not a classifier file, or is damaged"):
        load(path)


def test_a_weight_that_was_changed_in_the_file_is_noticed(trained, tmp_path):
    path = tmp_path / "classifier.safetensors"
    trained.save(path)
    content = bytearray(path.read_bytes())
    content[-2] ^= 1  # one bit of one number
    path.write_bytes(content)
    with pytest.raises(ClassifierFileError, match="its weights are not those that were written"):
        load(path)
    rewritten(trained, path, lambda header: header.pop("fingerprint"))  # as older versions wrote it
    assert load(path).fingerprint == trained.fingerprint


def rewritten(trained: Classifier, path, change) -> None:
    trained.save(path)
    content = path.read_bytes()
    length = int.from_bytes(content[:8], "little")
    header = json.loads(json.loads(content[8 : 8 + length])["__metadata__"]["fissura"])
    change(header)
    state = safetensors.torch.load(content)
    path.write_bytes(safetensors.torch.save(state, metadata={"fissura": json.dumps(header)}))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda header: header.update(format=99), "of format 99; this version of fissura reads format 1"),
        (lambda header: header.update(task="segmentation"), r"for another task \(segmentation\); wanted a classifier"),
        (
            lambda header: header.update(decision={"positive": 1, "threshold": 0.5, "temperature": 1, "chosen": {}}),
            "looks for one of two classes and names 10",
        ),
        (lambda header: header.update(network="cnn2"), "weights do not fit the network cnn2"),
        (lambda header: header.update(network="os.system"), "os.system"),
        (lambda header: header.pop("classes"), "lacks or garbles 'classes'"),
        (lambda header: header.update(preprocessing=None), "is damaged"),
        (lambda header: header.update(options={"evil": 1}), "is damaged|not known|weights do not fit"),
        (lambda header: header.update(classes=["a", "b"]), "weights do not fit"),
        (lambda header: header["preprocessing"].update(std=0), "lacks or garbles"),
        (lambda header: header["preprocessing"].update(size_hw=[float("inf"), 28]), "lacks or garbles"),
        (lambda header: header["preprocessing"].update(size_hw=[10**6, 10**6]), "weights do not fit|damaged"),
    ],
)
def test_file_that_says_something_else_is_one_sentence(trained, tmp_path, change, sentence):
    path = tmp_path / "classifier.safetensors"
    rewritten(trained, path, change)
    with pytest.raises(ClassifierFileError, match=sentence):
        load(path)


def test_header_nested_beyond_reason_is_one_sentence(tmp_path):
    path = tmp_path / "deep.safetensors"
    deep = b"[" * 200_000
    path.write_bytes(len(deep).to_bytes(8, "little") + deep)
    with pytest.raises(ClassifierFileError, match="is not a classifier file"):
        load(path)


def test_weights_that_are_no_numbers_are_refused(trained, tmp_path):
    path = tmp_path / "classifier.safetensors"
    trained.save(path)
    content = bytearray(path.read_bytes())
    content[-4:] = np.array([np.nan], dtype="<f4").tobytes()
    path.write_bytes(bytes(content))
    with pytest.raises(ClassifierFileError, match="are no finite numbers"):
        load(path)


def test_name_too_long_for_the_system_is_one_sentence():
    with pytest.raises(ClassifierFileError, match="could not be read"):
        load("a" * 300)


def test_safetensors_of_another_program_is_told(tmp_path):
    path = tmp_path / "other.safetensors"
    path.write_bytes(safetensors.torch.save({"weight": torch.zeros(2)}))
    with pytest.raises(ClassifierFileError, match="of another program"):
        load(path)


def test_missing_file_says_what_to_give(tmp_path):
    with pytest.raises(ClassifierFileError, match=r"does not exist. Give the classifier\.safetensors"):
        load(tmp_path / "nothing.safetensors")


def test_place_that_cannot_be_written_is_told_and_leaves_nothing(trained, tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match="a file stands where a folder is needed"):
        trained.save(tmp_path / "file" / "classifier.safetensors")
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32])
def test_preprocessing_leaves_what_it_is_given(dtype):
    pixels = torch.arange(256).view(4, 8, 8).to(dtype)
    kept = pixels.clone()
    wanted = pixels.float().div(255).sub(0.1307).div(0.3081).unsqueeze(1)
    assert torch.equal(Preprocessing((8, 8), 0.1307, 0.3081)(pixels), wanted)
    assert torch.equal(pixels, kept)


def test_photographs_from_the_decoded_store_are_only_read():
    detector = load("built-in")
    images = np.zeros((2, 224, 224), np.uint8)
    images.flags.writeable = False
    before = torch.is_warn_always_enabled()
    torch.set_warn_always(True)  # it warns once a process, which may have been before
    try:
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            for ask in (
                detector.probabilities,
                detector.described,
                detector.evidence,
                detector.features,
                detector.logits,
            ):
                ask(images)
    finally:
        torch.set_warn_always(before)
    assert not [str(each.message) for each in said]
    assert not images.any()


DECIDED = {"positive": 1, "threshold": 0.5, "temperature": 1.0, "chosen": {}, "mirrored": [1.0, 0.0]}


@pytest.mark.parametrize(
    "damage",
    [
        *({"positive": positive} for positive in (2, -1)),
        *({"threshold": threshold} for threshold in (-0.1, 1.001, math.nan)),
        *({"temperature": temperature} for temperature in (0.0, -1.0, math.inf, math.nan)),
        *({"mirrored": mirrored} for mirrored in ([0.0, 0.0], [-1.0, 0.0], [math.inf, 0.0], [1.0, math.nan])),
    ],
    ids=str,
)
def test_a_decision_that_cannot_be_decided_with_is_refused(damage):
    assert Decision.from_dict(DECIDED) == Decision(1, mirrored=(1.0, 0.0))
    with pytest.raises(ValueError, match="positive"):
        Decision.from_dict({**DECIDED, **damage})
