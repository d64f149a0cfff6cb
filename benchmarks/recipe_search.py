"""The search for the recipes ``fast`` and ``best``: train on a part of MNIST's training images, validate on the rest.

    python benchmarks/recipe_search.py --data-dir data --only s3-fading s3-fading-seed1
    python benchmarks/recipe_search.py --data-dir data --all
    python benchmarks/recipe_search.py --data-dir data --net 'c32p0m c64p0m f l127 o' --optimiser sgd --epochs 5

One line per run: accuracy (%) on 10,000 validation images of the moving average of the weights and of the weights
themselves, seconds of training by the clock and of the CPU, training loss of the last epoch, number of parameters.
Training takes the other 50,000 images; which are which never changes. The test files are never opened. ``--all``
remakes the table of ``docs/decisions/0003-recipes.md`` in about 45 minutes on one core, whatever ``fit()`` becomes.

A network is a row of words:

    cN[kK][sS][pP][gG][m|v]   convolution to N maps, kernel K (3), stride S (1), padding P (K // 2), G groups (1);
                              then a 2 x 2 pooling (m: largest, v: mean) if asked for, batch normalisation, activation
    M                         2 x 2 max pooling
    a  f                      mean over each map; flatten
    lN                        linear layer to N values, batch normalisation, activation
    d  o                      dropout; linear layer to the 10 logits
"""

from __future__ import annotations

import copy
import math
import re
import shlex
import time
from argparse import ArgumentParser, Namespace, RawTextHelpFormatter
from collections.abc import Callable
from pathlib import Path

import torch
import torch.nn.functional as F  # noqa: N812 - its customary name
from torch import Tensor, nn

from fissura.data import data_folder, find_mnist, read_idx

TRAINING_IMAGES = 50_000  # of 60,000; the others validate
IMAGES, LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"
MEAN, STD, SIDE_PX, BEND_POINTS = 0.1307, 0.3081, 28, 5  # mean and std of pixels in [0, 1]
BATCH, MOMENTUM, WARMUP, SMOOTHING, STRETCH = 128, 0.9, 0.2, 0.05, 0.1  # never varied; STRETCH: scale and shear
ACTIVATIONS = {"relu": lambda: nn.ReLU(inplace=True), "gelu": nn.GELU, "silu": lambda: nn.SiLU(inplace=True)}

S2, S3 = "--net 'c20k5s2p0 c40s2p0 f l64 o'", "--net 'c16k5s2p0 c32s2 c64p0 f o'"  # S3: cnn3-strided
P2, S2P, P4 = "--net 'c32p0m c64p0m f l127 o'", "--net 'c16k5s2 c32s2 f l64 o'", "--net 'c32p0m c32p0 c64p0m c64p0 f o'"
C96, C128 = "--net 'c32k5p0m c64p0m c96p0 f l96 o'", "--net 'c32k5p0m c64p0m c128p0 f l80 o'"  # C128: cnn3
S4, W4 = "--net 'c32k5s2p0 c64p0 c64p0m c128p0 f o'", "--net 'c32p0m c64p0 c64p0m c128p0 f o'"
C128D1, C128D2 = "--net 'c32k5p0m c64p0m c128p0 f d l80 o'", "--net 'c32k5p0m c64p0m c128p0 f d l80 d o'"
SGD = "--optimiser sgd --learning-rate 0.1 --weight-decay 1e-3"
GENTLE, LATE = "--degrees 8 --shift-px 1 --fading 0.8", "--bend-px 0.4 --fading 1 --averaging 0.998"

TABLE: dict[str, str] = {
    "s2": f"{S2} --epochs 4",
    "s2-bend0.5": f"{S2} --epochs 4 --bend-px 0.5",
    "s2-bend1": f"{S2} --epochs 4 --bend-px 1",
    "s2-rate0.008": f"{S2} --epochs 4 --learning-rate 8e-3",
    "s2-sgd": f"{S2} --epochs 4 {SGD}",
    "s2-sgd-rate0.3": f"{S2} --epochs 4 --optimiser sgd --learning-rate 0.3 --weight-decay 5e-4",
    "s3": f"{S3} --epochs 3",
    "p4-short": f"{P4} --epochs 1",
    "p2-short": f"{P2} --epochs 1",
    "s2p": f"{S2P} --epochs 4",
    "p4-sgd": f"{P4} --epochs 7 {SGD}",
    "c96-sgd": f"{C96} --epochs 7 {SGD}",
    "s4-sgd": f"{S4} --epochs 5 {SGD}",
    "c96-bend0.5": f"{C96} --epochs 12 {SGD} --bend-px 0.5 --bf16",
    "c96-bend0": f"{C96} --epochs 12 {SGD} --bf16",
    "c128-bend1-dropout0.3": f"{C128D2} --epochs 12 {SGD} --bend-px 1 --dropout 0.3 --bf16",
    "c128-fading": f"{C128} --epochs 10 {SGD} --bend-px 0.4 --fading 1 --bf16",
    "c128-adamw": f"{C128} --epochs 10 --learning-rate 6e-3 --weight-decay 0.1 --bend-px 0.4 --bf16",
    "w4": f"{W4} --epochs 8 {SGD} --bend-px 0.4 --bf16",
    "c128-silu": f"{C128} --epochs 10 {SGD} --bend-px 0.4 --activation silu --bf16",
    "c128-decay0.003": f"{C128} --epochs 10 {SGD} --weight-decay 3e-3 --bend-px 0.4 --bf16",
    "w4-late": f"{W4} --epochs 8 {SGD} {LATE} --bf16",
    "c128-late-dropout0.2": f"{C128D1} --epochs 10 {SGD} {LATE} --dropout 0.2 --bf16",
    "s2-fading": f"{S2} --epochs 4 {SGD} {GENTLE}",
    "s3-fading": f"{S3} --epochs 3 {SGD} {GENTLE}",
    "s2-fading-seed1": f"{S2} --epochs 4 {SGD} {GENTLE} --seed 1",
    "s3-fading-seed1": f"{S3} --epochs 3 {SGD} {GENTLE} --seed 1",
    "c128-late": f"{C128} --epochs 12 {SGD} {LATE}",
    "c128-late-seed1": f"{C128} --epochs 12 {SGD} {LATE} --seed 1",
    "s3-fading-seed2": f"{S3} --epochs 3 {SGD} {GENTLE} --seed 2",
    "c128-late-seed2-bf16": f"{C128} --epochs 12 {SGD} {LATE} --seed 2 --bf16",
}


def network(words: str, activation: str, dropout: float) -> nn.Sequential:
    """The network of these words (see above) for images ``(n, 1, 28, 28)``, with fresh weights."""
    layers: list[nn.Module] = []
    maps, side = 1, SIDE_PX  # what the next layer is given: so many maps, so high and wide
    for word in words.split():
        if convolution := re.fullmatch(r"c(\d+)(?:k(\d))?(?:s(\d))?(?:p(\d))?(?:g(\d+))?([mv])?", word):
            out, kernel, stride = int(convolution[1]), int(convolution[2] or 3), int(convolution[3] or 1)
            padding, groups = int(convolution[4] or kernel // 2), int(convolution[5] or 1)
            pooling = {"m": [nn.MaxPool2d(2)], "v": [nn.AvgPool2d(2)]}.get(convolution[6], [])
            layers += [nn.Conv2d(maps, out, kernel, stride, padding, groups=groups, bias=False), *pooling]
            layers += [nn.BatchNorm2d(out), ACTIVATIONS[activation]()]
            maps, side = out, ((side + 2 * padding - kernel) // stride + 1) // (1 + len(pooling))
        elif re.fullmatch(r"l\d+", word):
            out = int(word[1:])
            layers += [nn.Linear(maps * side**2, out, bias=False), nn.BatchNorm1d(out), ACTIVATIONS[activation]()]
            maps, side = out, 1
        elif word in ("M", "a"):
            layers += [nn.MaxPool2d(2)] if word == "M" else [nn.AdaptiveAvgPool2d(1), nn.Flatten()]
            side = side // 2 if word == "M" else 1
        elif word in ("f", "d"):
            layers.append(nn.Flatten() if word == "f" else nn.Dropout(dropout))
        elif word == "o":
            layers.append(nn.Linear(maps * side**2, 10))
        else:
            raise SystemExit(f"No layer is written {word!r}; see --help for the words of a network.")
    return nn.Sequential(*layers)


def augmentation(setting: Namespace, generator: torch.Generator) -> Callable[[Tensor, float], Tensor]:
    """A function of images ``(n, 1, 28, 28)`` and a strength in [0, 1] that turns, scales, shears, shifts, bends."""
    middle = (torch.arange(SIDE_PX) + 0.5) * 2 / SIDE_PX - 1
    fields = torch.stack([middle.repeat(SIDE_PX), middle.repeat_interleave(SIDE_PX), torch.ones(SIDE_PX**2)])
    if setting.bend_px:
        points = torch.eye(BEND_POINTS**2).view(-1, 1, BEND_POINTS, BEND_POINTS)
        bumps = F.interpolate(points, size=(SIDE_PX, SIDE_PX), mode="bicubic", align_corners=True)
        fields = torch.cat([fields, bumps.view(BEND_POINTS**2, SIDE_PX**2)])
    basis = torch.zeros(2, len(fields), SIDE_PX**2, 2)
    basis[0, :, :, 0] = basis[1, :, :, 1] = fields

    def augmented(images: Tensor, strength: float) -> Tensor:
        def evenly(bound: float) -> Tensor:
            return (torch.rand(len(images), generator=generator) * 2 - 1) * bound * strength

        turn = evenly(math.radians(setting.degrees))
        across, along, shear = 1 + evenly(STRETCH), 1 + evenly(STRETCH), evenly(STRETCH)
        how = torch.zeros(len(images), 2, len(fields))
        how[:, 0, 0], how[:, 0, 1] = turn.cos() * across, (turn.cos() * shear - turn.sin()) * along
        how[:, 1, 0], how[:, 1, 1] = turn.sin() * across, (turn.sin() * shear + turn.cos()) * along
        how[:, 0, 2], how[:, 1, 2] = (evenly(setting.shift_px * 2 / SIDE_PX) for _ in range(2))
        if setting.bend_px:
            bend = torch.randn(len(images), 2, BEND_POINTS**2, generator=generator)
            how[:, :, 3:] = bend * (setting.bend_px * 2 / SIDE_PX * strength)
        grid = (how.flatten(1) @ basis.view(-1, 2 * SIDE_PX**2)).view(-1, SIDE_PX, SIDE_PX, 2)
        return F.grid_sample(images, grid, align_corners=False)

    return augmented


def trained(setting: Namespace, images: Tensor, labels: Tensor) -> tuple[nn.Module, nn.Module, float]:
    """The model, the moving average of its weights, and the mean of every 20th loss of the last epoch."""
    torch.manual_seed(setting.seed)
    generator = torch.Generator().manual_seed(setting.seed + 1000)
    model = network(setting.net, setting.activation, setting.dropout).to(memory_format=torch.channels_last)
    average = copy.deepcopy(model)
    moving, kept = ([t for t in m.state_dict().values() if t.is_floating_point()] for m in (model, average))
    optimiser, augmented = make_optimiser(model, setting), augmentation(setting, generator)
    per_epoch, steps = len(images) // BATCH, len(images) // BATCH * setting.epochs
    rising, step, losses = WARMUP * steps, 0, []
    for _ in range(setting.epochs):
        order, losses = torch.randperm(len(images), generator=generator), []
        for batch, chosen in enumerate(order.split(BATCH)[:per_epoch]):
            share = min(1.0, (step + 1) / rising) if step < rising else 1 - (step - rising) / (steps - rising)
            for group in optimiser.param_groups:
                group["lr"] = setting.learning_rate * share
            pixels = augmented(images[chosen].float(), 1.0 - setting.fading * (step / steps))
            inputs = pixels.sub_(MEAN * 255).div_(STD * 255).contiguous(memory_format=torch.channels_last)
            with torch.autocast("cpu", torch.bfloat16, enabled=setting.bf16):
                logits = model(inputs)
            loss = F.cross_entropy(logits.float(), labels[chosen], label_smoothing=SMOOTHING)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            step += 1
            torch._foreach_lerp_(kept, moving, 1 - min(setting.averaging, step / (step + 10)))
            if batch % 20 == 0:
                losses.append(loss.item())
    return model, average, sum(losses) / len(losses)


def make_optimiser(model: nn.Module, setting: Namespace) -> torch.optim.Optimizer:
    decays = {"params": [p for p in model.parameters() if p.ndim > 1], "weight_decay": setting.weight_decay}
    stays = {"params": [p for p in model.parameters() if p.ndim <= 1], "weight_decay": 0.0}
    if setting.optimiser == "adamw":
        return torch.optim.AdamW([decays, stays], lr=setting.learning_rate, betas=(0.9, 0.99), fused=True)
    return torch.optim.SGD([decays, stays], lr=setting.learning_rate, momentum=MOMENTUM, nesterov=True, fused=True)


@torch.no_grad()
def accuracy_percent(model: nn.Module, images: Tensor, labels: Tensor) -> float:
    model.eval()
    inputs = [((pixels.float() / 255 - MEAN) / STD) for pixels in images.split(500)]
    logits = torch.cat([model(pixels.contiguous(memory_format=torch.channels_last)) for pixels in inputs])
    return 100 * int((logits.argmax(1) == labels).sum()) / len(labels)


def mnist_training_part(folder: Path) -> tuple[Tensor, Tensor]:
    """MNIST's 60,000 training images ``(n, 1, 28, 28)`` uint8 and labels ``(n,)`` int64, in a fixed random order."""
    files = find_mnist(folder)  # looks for the test files as well, but opens none
    if files is None or {IMAGES, LABELS} & set(files.missing):
        raise SystemExit(f"{folder} does not hold the training images of MNIST and their labels. Give --data-dir.")
    images, labels = read_idx(files.paths[IMAGES], 3), read_idx(files.paths[LABELS], 1)
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(0))
    return torch.from_numpy(images).unsqueeze(1)[order], torch.from_numpy(labels).long()[order]


def configuration_parser() -> ArgumentParser:
    parser = ArgumentParser(add_help=False)
    for name, default, meaning in (
        ("net", "c20k5s2p0 c40s2p0 f l64 o", "the network's words"),
        ("dropout", 0.0, "share of values that d drops"),
        ("learning-rate", 3e-3, "the highest one"),
        ("weight-decay", 0.02, "on weights, not on biases and norms"),
        ("epochs", 5, "passes over the training images"),
        ("averaging", 0.99, "decay of the moving average of the weights"),
        ("degrees", 10.0, "turn, at most"),
        ("shift-px", 1.5, "along each axis, at most"),
        ("bend-px", 0.0, "standard deviation of the bending at each of its 5 x 5 points"),
        ("fading", 0.0, "share of the augmentation that is gone at the end"),
        ("seed", 0, "of everything random but the validation images"),
    ):
        parser.add_argument(f"--{name}", type=type(default), default=default, help=f"{meaning} ({default})")
    parser.add_argument("--activation", choices=ACTIVATIONS, default="relu")
    parser.add_argument("--optimiser", choices=("adamw", "sgd"), default="adamw")
    parser.add_argument("--bf16", action="store_true", help="multiply in bfloat16 while training")
    return parser


def main() -> None:
    configuration = configuration_parser()
    parser = ArgumentParser(description=__doc__, formatter_class=RawTextHelpFormatter, parents=[configuration])
    parser.add_argument("--data-dir", type=Path)
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--all", action="store_true", help="every configuration of the table")
    which.add_argument("--only", nargs="+", choices=TABLE, default=[], metavar="NAME", help="these of the table")
    asked = vars(parser.parse_args())
    folder, everything, only = (asked.pop(name) for name in ("data_dir", "all", "only"))
    named = {name: configuration.parse_args(shlex.split(TABLE[name])) for name in (TABLE if everything else only)}
    if named and asked != vars(configuration.parse_args([])):
        parser.error("--all and --only take their settings from the table; leave the other options out")
    images, labels = mnist_training_part(data_folder(folder))
    torch.set_num_threads(1)  # as the table was made: another number of threads sums in another order
    for name, setting in (named or {"asked": Namespace(**asked)}).items():
        began, cpu_began = time.perf_counter(), time.process_time()
        model, average, loss = trained(setting, images[:TRAINING_IMAGES], labels[:TRAINING_IMAGES])
        seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - cpu_began
        kept, raw = (accuracy_percent(m, images[TRAINING_IMAGES:], labels[TRAINING_IMAGES:]) for m in (average, model))
        measured = f"average {kept:.2f} raw {raw:.2f} seconds {seconds:.1f} cpu {cpu_seconds:.1f} loss {loss:.4f}"
        print(f"{name:24} {measured} parameters {sum(w.numel() for w in model.parameters())}", flush=True)


if __name__ == "__main__":
    main()
