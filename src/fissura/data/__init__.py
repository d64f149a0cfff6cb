"""Where labelled images come from."""

from fissura.data.checksum import Checksum
from fissura.data.digits import embedded_digits
from fissura.data.download import Progress, fetch
from fissura.data.idx import read_idx, write_idx
from fissura.data.labelled import LabelledImages, TrainTest
from fissura.data.mnist import MnistFiles, download_mnist, find_mnist, mnist_folder, read_mnist
from fissura.data.sources import SOURCES, Opened, SourceState, data_folder, describe_folder, open_source

__all__ = [
    "SOURCES",
    "Checksum",
    "LabelledImages",
    "MnistFiles",
    "Opened",
    "Progress",
    "SourceState",
    "TrainTest",
    "data_folder",
    "describe_folder",
    "download_mnist",
    "embedded_digits",
    "fetch",
    "find_mnist",
    "mnist_folder",
    "open_source",
    "read_idx",
    "read_mnist",
    "write_idx",
]
