"""Which processor to compute on, and how to make it repeat itself."""

from __future__ import annotations

import ctypes
import os
import platform
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from functools import cache
from threading import RLock
from typing import Any

import torch

from fissura.errors import DeviceError
from fissura.names import unknown

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # glibc's malloc.h
_BFLOAT16 = ("avx512_bf16", "amx_bf16")  # what PyTorch calls the instructions
DEVICES = ("auto", "cpu", "cuda", "mps")
_ONE_AT_A_TIME = RLock()


def choose_device(name: str = "auto") -> torch.device:
    """The device of that name; ``auto`` takes a CUDA GPU, else Apple's, else the CPU.

    Raises:
        DeviceError: it is not there.
        SettingsError: no such name.
    """
    if name not in DEVICES:
        raise unknown("--device", name, DEVICES)
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if name == "auto":
        name = next(candidate for candidate in ("cuda", "mps", "cpu") if there[candidate])
    if not there[name]:
        raise DeviceError(
            "No {name} device is available to PyTorch on this machine. Use --device cpu, or --device auto to let "
            "fissura choose.",
            name=name,
        )
    return torch.device(name)


def device_name(device: torch.device, number_of_threads: int | None = None) -> str:
    """The device as a person would say it: ``CPU, threads: 2`` or the GPU's name."""
    if device.type == "cuda":
        return str(torch.cuda.get_device_name(device))
    if device.type == "mps":
        return "Apple GPU"
    return f"CPU, threads: {number_of_threads or torch.get_num_threads()}"


def gpus() -> list[int]:
    """The CUDA devices whose random state ``torch.manual_seed`` changes, to be put back afterwards."""
    return list(range(torch.cuda.device_count()))


def computing(device: torch.device, precision: str) -> AbstractContextManager[object]:
    """Inside, a network computes in that precision (``PRECISIONS``); weights are float32 in any case.

    Mixed: convolutions and dense layers take bfloat16 and give it, sums in them are float32. Source: P. Micikevicius et
    al. (2018), ICLR, with the format of D. Kalamkar et al. (2019), whose exponent needs no scaled losses.
    """
    # what PyTorch keeps of the weights in bfloat16 it forgets at the end of the outermost autocast alone: inside
    # another one, even one that is off, a training would compute with its first weights for ever
    autocast = torch.autocast(device.type, torch.bfloat16, cache_enabled=False)
    return autocast if precision == "mixed" else nullcontext()


def check_precision(device: torch.device, precision: str) -> None:
    """Raise ``DeviceError`` for mixed precision on a device without instructions for it: there it would be slower."""
    if precision == "mixed" and not has_bfloat16(device):
        raise DeviceError(
            "Mixed precision is for processors that compute with bfloat16 ({wanted}) and for newer CUDA GPUs; this "
            "device ({device}) would be slower with it. Leave out --precision.",
            wanted=", ".join(_BFLOAT16),
            device=device_name(device),
        )


@cache
def has_bfloat16(device: torch.device) -> bool:
    """Whether the device multiplies bfloat16 faster than float32."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device.type != "cpu":
        return False
    tell = getattr(torch.cpu, "get_capabilities", None)
    if tell is None:  # an older PyTorch; processors with the second have the first too
        return bool(getattr(torch.cpu, "_is_avx512_bf16_supported", bool)())
    able = tell()
    return any(bool(able.get(name)) for name in _BFLOAT16)


@cache
def keep_freed_memory() -> None:
    """Tell glibc to keep the memory of freed tensors for the next ones; on other systems nothing is done or needed.

    By default it gives a network's activations back to the system and asks for them again at every step, which costs
    CNN 1 up to half of its time. The process holds on to its largest memory until it ends.
    """
    if platform.libc_ver()[0] != "glibc":
        return
    library = ctypes.CDLL(None)
    library.mallopt(_M_MMAP_THRESHOLD, 1 << 30)
    library.mallopt(_M_TRIM_THRESHOLD, (1 << 31) - 1)


@contextmanager
def threads(number: int | None) -> Iterator[None]:
    """Inside, PyTorch computes on so many CPU threads; None leaves it as it is."""
    before = torch.get_num_threads()
    try:
        if number is not None:
            torch.set_num_threads(number)
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def own_settings(device: torch.device) -> Iterator[None]:
    """Inside, PyTorch is as it starts, whatever the caller has set; his settings come back after it.

    Gradients are recorded, tensors are float32 and on the CPU where nothing else is asked for, and no layer of
    ``device`` computes in less. Some of that is the whole process's, as is the random state: one training at a time,
    another one waits.
    """
    with ExitStack() as stack:
        stack.enter_context(_ONE_AT_A_TIME)
        stack.callback(torch.set_default_dtype, torch.get_default_dtype())
        torch.set_default_dtype(torch.float32)
        if torch.empty(0).device.type != "cpu":  # asked first: inside, each call of PyTorch's takes longer
            stack.enter_context(torch.device("cpu"))
        stack.enter_context(torch.inference_mode(False))
        stack.enter_context(torch.enable_grad())
        stack.enter_context(torch.autocast(device.type, enabled=False))
        yield


@contextmanager
def repeatable(device: torch.device) -> Iterator[None]:
    """Inside, the same seed gives the same numbers on the same machine; the caller's settings come back after it.

    A flag has to be set on the module that owns it (``torch.backends.cudnn.deterministic = True``); assigning to an
    imported name changes nothing.
    """
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # read when cuBLAS starts; without it, it refuses
    deterministic = torch.are_deterministic_algorithms_enabled()
    warn_only = torch.is_deterministic_algorithms_warn_only_enabled()
    memory: Any = torch.utils.deterministic  # PyTorch's stubs do not know its one attribute
    filling = memory.fill_uninitialized_memory
    benchmark = torch.backends.cudnn.benchmark
    with torch.random.fork_rng(devices=gpus()):
        try:
            torch.use_deterministic_algorithms(True, warn_only=device.type == "mps")
            memory.fill_uninitialized_memory = False  # costs time; nothing here reads such memory
            torch.backends.cudnn.benchmark = False
            yield
        finally:
            torch.use_deterministic_algorithms(deterministic, warn_only=warn_only)
            memory.fill_uninitialized_memory = filling
            torch.backends.cudnn.benchmark = benchmark
