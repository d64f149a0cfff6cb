"""What drawn photographs teach: a small network that never saw a photograph, judged on real ones.

python benchmarks/synthetic_teaches.py --data-dir DIR [--n 8000] [--epochs 12] [--seed 12] [--threads 1]
    [--without brick stone] [--mistakes SHEET.png]

METU and SUT-Crack are used to measure only. Prints AUROC with the share judged rightly at 0.5, and the share of
crack-free textures that is flagged.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from torch import nn
from torch.nn import functional

from fissura.data.synthetic import SURFACES, synthetic_cracks

SIZE_PX = 112
Images = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.int64]


class SmallNet(nn.Module):
    """A map at a sixteenth of the resolution, pooled by its smooth maximum; ``(n, 1, h, w)`` to ``(n,)``."""

    def __init__(self) -> None:
        super().__init__()

        def block(inputs: int, outputs: int, stride: int = 1) -> list[nn.Module]:
            convolution = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
            return [convolution, nn.BatchNorm2d(outputs), nn.ReLU()]

        self.features = nn.Sequential(
            nn.Conv2d(1, 24, 8, 4, 2, bias=False),
            nn.BatchNorm2d(24),
            nn.ReLU(),
            *block(24, 32),
            *block(32, 48, 2),
            *block(48, 48),
            *block(48, 64, 2),
            *block(64, 64),
        )
        self.map = nn.Conv2d(64, 1, 1)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        images = images - images.mean((1, 2, 3), keepdim=True)
        images = images / (images.std((1, 2, 3), keepdim=True) + 0.02)
        evidence = self.map(self.features(images)).flatten(1)
        return torch.logsumexp(2 * evidence, 1) / 2 - np.log(evidence.shape[1]) / 2


def train(images: Images, labels: Labels, epochs: int, seed: int) -> SmallNet:
    """A network trained with the 8 symmetries and one cycle of the learning rate."""
    torch.manual_seed(seed)
    net = SmallNet().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    random = np.random.default_rng(seed)
    batch = 64
    steps = epochs * (len(images) // batch)
    optimiser = torch.optim.AdamW(net.parameters(), 3e-3, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 4e-3, total_steps=steps)
    for _ in range(epochs):
        order = random.permutation(len(images))[: len(images) // batch * batch].reshape(-1, batch)
        for chosen in order:
            part = np.rot90(images[chosen], int(random.integers(4)), (1, 2))
            part = part[:, :, ::-1] if random.random() < 0.5 else part
            inputs = torch.from_numpy(part.copy()).unsqueeze(1).float().div_(255)
            targets = torch.from_numpy(labels[chosen]).float()
            loss = functional.binary_cross_entropy_with_logits(net(inputs), targets)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
    return net.eval()


def scores(net: SmallNet, images: Images) -> npt.NDArray[np.float64]:
    """Crack probability of each image, ``(n,)``."""
    with torch.no_grad():
        parts = [
            torch.sigmoid(net(torch.from_numpy(images[start : start + 256]).unsqueeze(1).float() / 255))
            for start in range(0, len(images), 256)
        ]
    return torch.cat(parts).double().numpy()


def auroc(labels: Labels, values: npt.NDArray[np.float64]) -> float:
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(labels, values))


def metu(folder: Path, n: int) -> tuple[Images, Labels]:
    """``n`` patches, half of each class, spread over the set; at 112 px."""
    found, labels = [], []
    for label, name in enumerate(("Negative", "Positive")):
        paths = sorted((folder / name).iterdir())
        for index in np.linspace(0, len(paths) - 1, n // 2).astype(int):
            found.append(_small(Image.open(paths[index])))
            labels.append(label)
    return np.stack(found), np.array(labels)


def asphalt(folder: Path, tile_px: int) -> tuple[Images, Labels]:
    """Tiles of the masked pictures: intact without any mask pixel, cracked with enough of them; others left out."""
    found, labels = [], []
    for path in sorted((folder / "images").iterdir()):
        picture = Image.open(path)
        mask = np.asarray(Image.open(next((folder / "masks").glob(path.stem + ".*")))) > 0
        for top in range(0, picture.height - tile_px + 1, tile_px):
            for left in range(0, picture.width - tile_px + 1, tile_px):
                cracked = int(mask[top : top + tile_px, left : left + tile_px].sum())
                if 0 < cracked < tile_px:
                    continue
                found.append(_small(picture.crop((left, top, left + tile_px, top + tile_px))))
                labels.append(int(cracked > 0))
    return np.stack(found), np.array(labels)


def tiles(folder: Path, tile_px: int) -> dict[str, Images]:
    """All tiles of every picture in a folder, by its name."""
    found = {}
    for path in sorted(folder.glob("*.*")):
        picture = Image.open(path)
        places = [
            (left, top)
            for top in range(0, picture.height - tile_px + 1, tile_px // 2)
            for left in range(0, picture.width - tile_px + 1, tile_px // 2)
        ]
        found[path.stem] = np.stack([_small(picture.crop((x, y, x + tile_px, y + tile_px))) for x, y in places])
    return found


def _small(picture: Image.Image) -> Images:
    return np.asarray(picture.convert("L").resize((SIZE_PX, SIZE_PX), Image.Resampling.BOX))


def report(name: str, labels: Labels, values: npt.NDArray[np.float64]) -> None:
    right = float(((values > 0.5) == labels).mean())
    hit, quiet = float((values[labels == 1] > 0.5).mean()), float((values[labels == 0] <= 0.5).mean())
    print(
        f"{name:24s} AUROC {auroc(labels, values):.4f}  accuracy {right:.4f}  found {hit:.3f}  quiet {quiet:.3f}  "
        f"n = {int(labels.sum())} cracked + {int((labels == 0).sum())} intact",
        flush=True,
    )


def judged(net: SmallNet, data: Path, n_metu: int) -> dict[str, tuple[Images, Labels, npt.NDArray[np.float64]]]:
    """Every real set with the network's scores, each reported."""
    found = {}
    sets = {"METU": metu(data / "metu", n_metu)}
    for tile_px in (128, 256):
        sets[f"asphalt {tile_px} px"] = asphalt(data / "sut-crack", tile_px)
    for name, (images, labels) in sets.items():
        values = scores(net, images)
        report(name, labels, values)
        found[name] = images, labels, values
    for name, images in tiles(data / "textures", 256).items():
        values = scores(net, images)
        print(f"{name:24s} flagged {float((values > 0.5).mean()):.3f}  n = {len(images)} crack-free tiles", flush=True)
        found[name] = images, np.zeros(len(images), dtype=np.int64), values
    quay = tiles(data / "omu-quay" / "images", 256)
    images = np.concatenate(list(quay.values()))
    values = scores(net, images)
    print(f"{'quay (all cracked)':24s} found {float((values > 0.5).mean()):.3f}  n = {len(images)}", flush=True)
    found["quay"] = images, np.ones(len(images), dtype=np.int64), values
    return found


def sheet(rows: list[tuple[str, Images]], path: Path, columns: int = 16) -> None:
    """The pictures of each row side by side."""
    canvas = np.full((len(rows) * (SIZE_PX + 4), columns * (SIZE_PX + 2)), 255, dtype=np.uint8)
    for index, (_, images) in enumerate(rows):
        for column, image in enumerate(images[:columns]):
            top, left = index * (SIZE_PX + 4), column * (SIZE_PX + 2)
            canvas[top : top + SIZE_PX, left : left + SIZE_PX] = image
    Image.fromarray(canvas).save(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--n", type=int, default=8000)
    parser.add_argument("--metu", type=int, default=4000)
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--seed", type=int, default=12)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--without", nargs="*", default=[], help="surfaces to leave out of training, and to judge on")
    parser.add_argument("--mistakes", type=Path, help="a sheet of the worst mistakes of each set")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    began = time.perf_counter()
    kept = [name for name in SURFACES if name not in options.without]
    drawn = synthetic_cracks(options.n, (SIZE_PX, SIZE_PX), options.seed, surfaces=kept)
    print(f"{options.n} patches drawn in {time.perf_counter() - began:.0f} s", flush=True)
    began = time.perf_counter()
    net = train(drawn.images, drawn.labels, options.epochs, options.seed)
    print(
        f"{options.epochs} epochs in {time.perf_counter() - began:.0f} s, threads {torch.get_num_threads()}", flush=True
    )
    unseen = synthetic_cracks(1500, (SIZE_PX, SIZE_PX), options.seed + 1, surfaces=options.without or kept)
    values = scores(net, unseen.images)
    report("synthetic, other seed", unseen.labels, values)
    found = {"synthetic": (unseen.images, unseen.labels, values), **judged(net, options.data_dir, options.metu)}
    if options.mistakes:
        rows = []
        for name, (images, labels, values) in found.items():
            order = np.argsort(values)
            rows.append((f"{name} missed", images[[i for i in order if labels[i] == 1][:16]]))
            rows.append((f"{name} flagged", images[[i for i in order[::-1] if labels[i] == 0][:16]]))
        sheet([row for row in rows if len(row[1])], options.mistakes)


if __name__ == "__main__":
    main()
