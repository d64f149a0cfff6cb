"""The loop against a plain PyTorch script, against itself, and against being stopped."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader

from fissura.classifier import Preprocessing, evaluating, load
from fissura.data import LabelledImages, TrainTest, embedded_digits
from fissura.errors import ClassifierFileError, DataError, DeviceError, OutputError, SettingsError, TrainingError
from fissura.models import build
from fissura.runs import Plan, run
from fissura.training import RECIPES, DivergedError, Recipe, choose_device, first_batch, train
from fissura.training.augmentation import augmented
from fissura.training.fit import _on_device, _validate
from fissura.training.optimisation import GradientDescent, follow, rate_at


@pytest.fixture(scope="module")
def digits() -> LabelledImages:
    """150 images: with batches of 64 the last one is smaller."""
    return embedded_digits().train.subset(np.arange(150))


class TextbookCNN2(nn.Module):
    """CNN 2 as a student would write it, ReLU before pooling, for comparison."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, 3)
        self.conv2 = nn.Conv2d(32, 64, 3)
        self.dense1 = nn.Linear(1600, 128)
        self.dense2 = nn.Linear(128, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return self.dense2(F.relu(self.dense1(torch.flatten(x, 1))))


class TextbookCNN1(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, 3)
        self.dense1 = nn.Linear(5408, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.dense1(torch.flatten(F.max_pool2d(F.relu(self.conv1(x)), 2), 1))


class TextbookRegression(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.dense = nn.Linear(784, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.dense(torch.flatten(x, 1))


@pytest.mark.parametrize(
    ("name", "textbook"), [("multinomial", TextbookRegression), ("cnn1", TextbookCNN1), ("cnn2", TextbookCNN2)]
)
def test_plain_recipe_gives_the_bits_of_a_plain_pytorch_script_with_a_shuffling_loader(digits, name, textbook):
    ours = train(name, digits, Recipe(epochs=2, plain=True), device="cpu")

    preprocessing = Preprocessing.of(digits)
    dataset = digits.as_dataset(preprocessing.mean, preprocessing.std)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(12)
        model = textbook()
        loader = DataLoader(dataset, batch_size=64, shuffle=True)
        optimiser = torch.optim.SGD(model.parameters(), lr=0.01)
        losses = []
        for _ in range(2):
            total = 0.0
            for inputs, targets in loader:
                optimiser.zero_grad()
                loss = F.cross_entropy(model(inputs), targets)
                loss.backward()
                optimiser.step()
                total += loss.item() * len(targets)
            losses.append(total / len(dataset))

    theirs, mine = list(model.parameters()), list(ours.classifier.model.parameters())
    assert all(torch.equal(a, b) for a, b in zip(theirs, mine, strict=True))
    assert ours.history.losses == pytest.approx(losses, rel=1e-12)


def test_fast_arithmetic_learns_the_same_as_the_plain_one(digits):
    fast = train("cnn2", digits, Recipe(epochs=1), device="cpu")
    plain = train("cnn2", digits, Recipe(epochs=1, plain=True), device="cpu")
    for a, b in zip(fast.classifier.model.parameters(), plain.classifier.model.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("augmentation", ["none", "affine"])
def test_same_command_twice_gives_the_same_bytes(digits, tmp_path, augmentation):
    recipe = Recipe(epochs=2, averaging=0.99, momentum=0.9, schedule="one-cycle", augmentation=augmentation)
    for name in ("a", "b"):
        train("cnn2", digits, recipe, device="cpu").classifier.save(tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_another_seed_gives_other_weights(digits):
    first, second = (train("multinomial", digits, Recipe(epochs=1, seed=seed), device="cpu") for seed in (1, 2))
    assert not torch.equal(*(next(t.classifier.model.parameters()) for t in (first, second)))


def test_training_leaves_the_caller_s_random_state_and_settings_alone(digits):
    torch.manual_seed(5)
    before = torch.get_rng_state()
    train("multinomial", digits, Recipe(epochs=1), device="cpu")
    assert torch.equal(before, torch.get_rng_state())
    assert not torch.are_deterministic_algorithms_enabled()


def test_watching_validation_images_changes_no_weight(digits):
    recipe = Recipe(epochs=2)
    without = train("cnn1", digits, recipe, device="cpu")
    watched = train("cnn1", digits, recipe, device="cpu", validation=digits)
    assert len(watched.history.validation_losses) == len(watched.history.validation_correct) == 2
    for a, b in zip(without.classifier.model.parameters(), watched.classifier.model.parameters(), strict=True):
        assert torch.equal(a, b)


def test_validation_loss_is_a_mean_over_images_and_keeps_the_training_mode(digits):
    model = build("cnn1", (28, 28), 10)
    model.train()
    preprocessing = Preprocessing.of(digits)
    many = digits.subset(np.arange(len(digits)).repeat(2))  # 300 images: more than one batch of 250
    tensors = _on_device(many, torch.device("cpu"))
    loss, correct = _validate(model, tensors, Recipe(plain=True), preprocessing)
    assert model.training
    with evaluating(model):
        logits = model(preprocessing(torch.tensor(many.images)))
    labels = torch.tensor(many.labels)
    assert loss == pytest.approx(float(F.cross_entropy(logits, labels)), rel=1e-5)
    assert correct == int((logits.argmax(1) == labels).sum())


class Stop(Exception):
    pass


ADAMW = Recipe(
    epochs=3, optimiser="adamw", learning_rate=0.002, averaging=0.9, augmentation="affine", label_smoothing=0.1
)
BEST = replace(RECIPES["best"].recipe, epochs=3, batch_size=64)
FADED = replace(BEST, fading=1.5)


@pytest.mark.parametrize(("network", "recipe"), [("cnn1", ADAMW), ("cnn2", ADAMW), ("cnn3", BEST), ("cnn3", FADED)])
@pytest.mark.parametrize("epochs_before", [1, 2, 3])
def test_run_stopped_and_resumed_ends_with_the_bytes_of_one_never_stopped(
    digits, tmp_path, epochs_before, network, recipe
):
    train(network, digits, recipe, device="cpu").classifier.save(tmp_path / "whole")
    checkpoint = tmp_path / "checkpoint.safetensors"

    def stop(progress):
        if progress.epoch > epochs_before:
            raise Stop

    if epochs_before < 3:
        with pytest.raises(Stop):
            train(network, digits, recipe, device="cpu", checkpoint=checkpoint, on_progress=stop)
    else:
        train(network, digits, recipe, device="cpu", checkpoint=checkpoint)
    resumed = train(network, digits, recipe, device="cpu", checkpoint=checkpoint)
    resumed.classifier.save(tmp_path / "resumed")
    assert (tmp_path / "whole").read_bytes() == (tmp_path / "resumed").read_bytes()


COMMAND = ["-m", "fissura", "train", "--recipe", "best", "--data", "digits", "--epochs", "6", "--device", "cpu"]


@pytest.mark.slow
def test_process_killed_at_random_moments_and_run_again_ends_with_the_same_bytes(tmp_path):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, *COMMAND, "--out", str(whole)], check=True, env=environment, capture_output=True, timeout=300
    )
    lasted = time.perf_counter() - began
    chance = random.Random(12)
    kills = 0
    while not (killed / "report.html").exists():
        process = subprocess.Popen(
            [sys.executable, *COMMAND, "--out", str(killed)],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            process.wait(timeout=lasted * (chance.uniform(0.3, 1.0) if kills < 6 else 30))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            kills += 1
    assert kills >= 1
    for name in ("classifier.safetensors", "results.json"):
        assert (whole / name).read_bytes() == (killed / name).read_bytes(), f"{name} differs after {kills} kills"


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C reaches another process only by POSIX signals")
def test_ctrl_c_ends_with_one_sentence_and_the_run_goes_on(tmp_path):
    command = [sys.executable, *COMMAND, "--out", str(tmp_path / "run"), "--epochs", "40"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    checkpoint = tmp_path / "run" / "checkpoint.safetensors"
    while not checkpoint.exists() and process.poll() is None:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "Traceback" not in errors
    assert "the same command goes on from there" in " ".join(errors.split())
    assert checkpoint.exists()


def test_damaged_checkpoint_is_told_and_left(digits, tmp_path):
    checkpoint = tmp_path / "checkpoint.safetensors"
    checkpoint.write_bytes(b"not a checkpoint")
    with pytest.raises(ClassifierFileError, match="is damaged and the run cannot go on"):
        train("multinomial", digits, Recipe(epochs=1), device="cpu", checkpoint=checkpoint)
    assert checkpoint.read_bytes() == b"not a checkpoint"


def test_what_is_no_checkpoint_is_not_called_damaged_so_that_nobody_removes_it(digits, tmp_path):
    saved = tmp_path / "cnn1.safetensors"
    train("multinomial", digits, Recipe(epochs=1), device="cpu").classifier.save(saved)
    for path, what in ((saved, "the file of a classifier or of another program"), (tmp_path, "a folder")):
        with pytest.raises(ClassifierFileError, match=f"is {what} and no checkpoint"):
            train("multinomial", digits, Recipe(epochs=1), device="cpu", checkpoint=path)


def test_a_checkpoint_is_no_classifier(digits, tmp_path):
    checkpoint = tmp_path / "state.safetensors"
    train("multinomial", digits, Recipe(epochs=1), device="cpu", checkpoint=checkpoint)
    with pytest.raises(ClassifierFileError, match="is the checkpoint of a training, not its classifier"):
        load(checkpoint)


def test_checkpoint_of_another_run_is_refused(digits, tmp_path):
    checkpoint = tmp_path / "checkpoint.safetensors"
    train("multinomial", digits, Recipe(epochs=1), device="cpu", checkpoint=checkpoint)
    with pytest.raises(ClassifierFileError, match="checkpoint of another run"):
        train("multinomial", digits, Recipe(epochs=2), device="cpu", checkpoint=checkpoint)


def test_loss_that_is_no_number_stops_the_run_and_keeps_the_last_good_state(digits, tmp_path):
    checkpoint = tmp_path / "checkpoint.safetensors"
    with pytest.raises(TrainingError, match="smaller learning rate"):
        train("cnn2", digits, Recipe(epochs=3, learning_rate=1e30), device="cpu", checkpoint=checkpoint)
    assert not checkpoint.exists()


def test_checkpoint_of_another_network_is_refused(digits, tmp_path):
    checkpoint = tmp_path / "checkpoint.safetensors"
    train("cnn1", digits, Recipe(epochs=1), device="cpu", checkpoint=checkpoint)
    with pytest.raises(ClassifierFileError, match="checkpoint of another run"):
        train("cnn2", digits, Recipe(epochs=1), device="cpu", checkpoint=checkpoint)


def test_weights_that_are_no_numbers_after_the_last_step_stop_the_run(digits, tmp_path):
    few = digits.subset(np.arange(64))
    checkpoint = tmp_path / "checkpoint.safetensors"
    with pytest.raises(TrainingError, match="no longer a number"):
        train("cnn1", few, Recipe(epochs=1, learning_rate=1e39), device="cpu", checkpoint=checkpoint)
    assert not checkpoint.exists()


def test_a_loss_that_is_no_number_leaves_the_weights_of_the_epoch_before(digits, monkeypatch):
    few = digits.subset(np.arange(64))
    once = train("cnn1", few, Recipe(epochs=1), device="cpu").classifier
    monkeypatch.setattr(
        sys.modules["fissura.training.fit"], "rate_at", lambda step, _steps, _recipe: 0.01 if step == 0 else 1e39
    )
    with pytest.raises(DivergedError, match="in epoch 2") as caught:
        train("cnn1", few, Recipe(epochs=3), device="cpu")
    kept = caught.value.classifier
    assert kept.provenance.metrics["history"]["losses"] == once.provenance.metrics["history"]["losses"]
    for name, value in once.model.state_dict().items():
        assert torch.equal(kept.model.state_dict()[name], value)


def test_a_run_says_where_the_last_good_weights_are(digits, tmp_path, monkeypatch):
    few = digits.subset(np.arange(64))
    monkeypatch.setattr(
        sys.modules["fissura.training.fit"], "rate_at", lambda step, _steps, _recipe: 0.01 if step == 0 else 1e39
    )
    data = TrainTest(few, few, "digits", True)
    with pytest.raises(TrainingError, match=r"after epoch 1 are kept.*fissura evaluate .*last-good\.safetensors"):
        run(Plan("cnn1", Recipe(epochs=3), "cpu"), data, tmp_path / "run")
    assert load(tmp_path / "run" / "last-good.safetensors").parameters == 54410
    assert not (tmp_path / "run" / "classifier.safetensors").exists()


def test_a_run_is_not_gone_on_with_for_another_class_that_is_looked_for(digits, tmp_path):
    two = digits.subset(np.flatnonzero(digits.labels < 2)[:60])
    two = replace(two, classes=("moss", "rust"))
    plain = TrainTest(two, two, "walls", validation=two)
    looked_for = TrainTest(*(replace(two, positive=1),) * 2, "walls", validation=replace(two, positive=1))
    plan = Plan("multinomial", Recipe(epochs=1), "cpu")
    for first, second in ((plain, looked_for), (looked_for, plain)):
        folder = tmp_path / str(first.test.positive)
        run(plan, first, folder)
        before = (folder / "results.json").read_bytes()
        with pytest.raises(OutputError, match=r"holds another run \(other positive\)"):
            run(plan, second, folder)
        said = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        assert said.pop("positive") == (None if first is plain else "rust")
        (folder / "run.json").write_text(json.dumps(said), encoding="utf-8")  # as before it said so
        with pytest.raises(OutputError, match=r"holds another run \(other positive\)"):
            run(plan, second, folder)
        run(plan, first, folder)
        assert (folder / "results.json").read_bytes() == before
    one_class = replace(looked_for, validation=replace(two.subset(np.flatnonzero(two.labels == 0)), positive=1))
    with pytest.raises(DataError, match="no image of rust"):
        run(plan, one_class, tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_batch_of_one_image_before_a_normalisation_is_refused_before_training(digits):
    with pytest.raises(SettingsError, match="leave one of a single image among 33"):
        train("cnn3", digits.subset(np.arange(33)), Recipe(batch_size=32), device="cpu")


def test_validation_images_of_other_classes_or_another_size_are_refused(digits):
    smaller = replace(digits, images=digits.images[:, 2:-2, 2:-2])
    renamed = replace(digits, classes=tuple("abcdefghij"))
    for other in (smaller, renamed):
        with pytest.raises(DataError, match="have other classes or another size than the training images, LabelledIma"):
            train("cnn1", digits, Recipe(epochs=1), device="cpu", validation=other)


def test_no_images_are_refused(digits):
    with pytest.raises(DataError, match="no images"):
        train("multinomial", digits.subset(np.arange(0)), Recipe(epochs=1), device="cpu")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("epochs", 0),
        ("epochs", -1),
        ("batch_size", 0),
        ("learning_rate", 0.0),
        ("learning_rate", float("nan")),
        ("momentum", 1.0),
        ("label_smoothing", -0.1),
        ("fading", -1.0),
        ("fading", float("nan")),
        ("fading", float("inf")),
        ("weight_decay", -1.0),
        ("seed", -1),
        ("seed", 2**63),
        ("epochs", 2.5),
        ("learning_rate", "0.1"),
    ],
)
def test_recipe_field_out_of_range_is_named_with_what_was_wanted(field, value):
    with pytest.raises(SettingsError, match=rf"{field} is .*wanted a"):
        replace(Recipe(), **{field: value})


def test_augmentation_fades_in_a_straight_line_and_stays_at_nothing(digits, monkeypatch):
    seen = []

    def watched(pixels, how, strength):
        seen.append(strength)
        return augmented(pixels, how, strength)

    monkeypatch.setattr("fissura.training.lessons.augmented", watched)
    train("multinomial", digits, replace(Recipe(), augmentation="affine", fading=1.5), device="cpu")
    assert seen[0] == 1
    assert seen == sorted(seen, reverse=True)
    assert sum(strength == 0 for strength in seen) == pytest.approx(len(seen) / 3, abs=1)


def test_the_moving_average_forgets_the_first_weights_and_then_follows_by_its_decay():
    model, average = (nn.Linear(1, 1, bias=False) for _ in range(2))
    torch.nn.init.constant_(average.weight, 100.0)
    wanted = 100.0
    for step in range(200):
        torch.nn.init.constant_(model.weight, float(step % 3))
        follow(average, model, 0.9, step)
        decay = min(0.9, (step + 1) / (step + 11))
        wanted = decay * wanted + (1 - decay) * (step % 3)
        assert average.weight.item() == pytest.approx(wanted, abs=1e-3)
        assert step or wanted < 10


def test_unknown_recipe_field_names_the_nearest():
    with pytest.raises(SettingsError, match="learning_rate"):
        Recipe.from_dict({"learning_rat": 0.1})
    assert Recipe.from_dict(Recipe(epochs=7).as_dict()) == Recipe(epochs=7)


def test_unknown_optimiser_names_the_nearest():
    with pytest.raises(SettingsError, match="sgd"):
        Recipe(optimiser="sgdd")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_gpu_asked_for_where_there_is_none_is_one_sentence():
    with pytest.raises(DeviceError, match="No cuda device"):
        choose_device("cuda")


def test_one_cycle_rises_to_the_rate_and_falls_to_zero():
    recipe = Recipe(schedule="one-cycle", warmup=0.2, learning_rate=0.1)
    rates = [rate_at(step, 100, recipe) for step in range(100)]
    assert max(rates) == pytest.approx(0.1)
    assert np.argmax(rates) == 19
    assert all(np.diff(rates[:19]) > 0)
    assert all(np.diff(rates[20:]) < 0)
    assert 0 < rates[-1] < 0.002


def test_lab_s_learning_rate_never_changes():
    assert {rate_at(step, 10, Recipe()) for step in range(10)} == {0.01}


def test_first_batch_is_the_one_of_a_shuffling_loader(digits):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(12)
        inputs, labels = next(iter(DataLoader(digits.as_dataset(), 64, shuffle=True)))
    batch = first_batch(digits, Recipe())
    assert tuple(inputs.shape) == (64, 1, 28, 28)
    np.testing.assert_array_equal(labels.numpy(), batch.labels)
    np.testing.assert_array_equal((inputs[:, 0] * 255).round().to(torch.uint8).numpy(), batch.images)


def test_own_gradient_descent_gives_the_bits_of_pytorchs():
    torch.manual_seed(12)
    theirs = [nn.Parameter(torch.randn(40, 7)), nn.Parameter(torch.randn(7)), nn.Parameter(torch.randn(3))]
    ours = [nn.Parameter(parameter.detach().clone()) for parameter in theirs]
    both = [(torch.optim.SGD(theirs, lr=0.037), theirs), (GradientDescent(ours, lr=0.037), ours)]
    for step in range(5):
        for optimiser, parameters in both:
            optimiser.zero_grad()
            assert all(parameter.grad is None for parameter in parameters)
            for parameter in parameters[:2]:  # the third has no gradient
                parameter.grad = torch.full_like(parameter, 0.1 + step) * parameter.detach()
            optimiser.step()
    assert all(torch.equal(one, other) for one, other in zip(theirs, ours, strict=True))


@pytest.fixture(scope="module")
def two_classes(digits) -> tuple[LabelledImages, LabelledImages]:
    """Zeros and ones, to learn from and to validate on: a network for two classes has one cell."""
    whole = embedded_digits().train
    few = whole.subset(np.flatnonzero(whole.labels < 2)[:120])
    few = replace(few, classes=("zero", "one"), positive=1)
    return few.subset(np.arange(80)), few.subset(np.arange(80, 120), "validation")


CRACKS = Recipe(
    epochs=4,
    batch_size=16,
    whole_batches=True,
    learning_rate=0.05,
    momentum=0.9,
    averaging=0.9,
    augmentation="photographs",
    keep="best",
    class_weights="balanced",
)


def test_the_best_epoch_is_kept_and_not_the_last(two_classes, monkeypatch):
    images, held_out = two_classes
    losses = iter([0.5, 0.2, 0.4, 0.3])
    seen = []

    def measured(model, *_):
        seen.append({name: value.clone() for name, value in model.state_dict().items()})
        return next(losses), 30

    monkeypatch.setattr(sys.modules["fissura.training.fit"], "_validate", measured)
    trained = train("crack", images, CRACKS, device="cpu", validation=held_out)
    assert trained.history.best_epoch == 2
    kept = trained.classifier.model.state_dict()
    assert all(torch.equal(kept[name], seen[1][name]) for name in kept)
    assert not all(torch.equal(kept[name], seen[3][name]) for name in kept)


def test_patience_ends_a_run_and_going_on_does_not_begin_again(two_classes, tmp_path, monkeypatch):
    images, held_out = two_classes
    never_better = lambda *_: (1.0, 20)  # noqa: E731 - one line says it
    monkeypatch.setattr(sys.modules["fissura.training.fit"], "_validate", never_better)
    patient = replace(CRACKS, epochs=9, patience=2)
    place = tmp_path / "checkpoint.safetensors"
    first = train("crack", images, patient, device="cpu", validation=held_out, checkpoint=place)
    assert (len(first.history.losses), first.history.best_epoch) == (3, 1)
    again = train("crack", images, patient, device="cpu", validation=held_out, checkpoint=place)
    assert again.history.losses == first.history.losses
    assert again.classifier.fingerprint == first.classifier.fingerprint


def test_going_on_keeps_the_best_epoch_so_far(two_classes, tmp_path):
    images, held_out = two_classes
    whole = train("crack", images, CRACKS, device="cpu", validation=held_out)
    place = tmp_path / "checkpoint.safetensors"

    def stop(progress):
        if progress.epoch == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train("crack", images, CRACKS, device="cpu", validation=held_out, checkpoint=place, on_progress=stop)
    resumed = train("crack", images, CRACKS, device="cpu", validation=held_out, checkpoint=place)
    assert resumed.history.validation_losses == whole.history.validation_losses
    assert resumed.classifier.fingerprint == whole.classifier.fingerprint


def test_a_recipe_that_keeps_the_best_needs_validation_images(two_classes):
    with pytest.raises(SettingsError, match="validation images"):
        train("crack", two_classes[0], CRACKS, device="cpu")


def test_the_handouts_recipe_is_a_plain_loop_with_bce_and_adam(two_classes):
    images, held_out = two_classes
    recipe = replace(RECIPES["cracks-lab"].recipe, epochs=2, batch_size=20, plain=True, keep="last")
    ours = train("crack", images, recipe, device="cpu", validation=held_out)
    assert ours.classifier.preprocessing.mean == 0.5
    dataset = images.as_dataset(0.5, 0.5)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(12)
        model = build("crack", images.size_hw, 2)
        loader = DataLoader(dataset, batch_size=20, shuffle=True)
        optimiser = torch.optim.Adam(model.parameters(), lr=1e-3)
        for _ in range(2):
            for inputs, targets in loader:
                optimiser.zero_grad()
                nn.BCEWithLogitsLoss()(model(inputs)[:, 0], targets.float()).backward()
                optimiser.step()
    theirs, mine = model.state_dict(), ours.classifier.model.state_dict()
    assert all(torch.allclose(theirs[name], mine[name], atol=1e-6) for name in theirs)
