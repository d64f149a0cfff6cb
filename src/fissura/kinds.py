"""Arguments of the wrong kind, refused where they are given: deep inside they would end in an error of Python's."""

from __future__ import annotations

import os
from collections.abc import Sequence
from numbers import Integral
from types import UnionType

from fissura.errors import SettingsError
from fissura.language import N_

PATH = str | os.PathLike  # type: ignore[type-arg]  # as isinstance takes it
A_PATH = N_("a path")


def check_kind(name: str, value: object, kind: type | UnionType, wanted: str) -> None:
    """Raise ``SettingsError`` where ``value``, given as ``name``, is none of ``kind``; ``wanted`` says what is.

    >>> check_kind("recipe", {"epochs": 5}, float, "a number")
    Traceback (most recent call last):
    fissura.errors.SettingsError: recipe is of type dict; wanted a number.
    """
    if not isinstance(value, kind):
        raise SettingsError(
            "{name} is of type {got}; wanted {wanted}.", name=name, got=type(value).__name__, wanted=wanted
        )


def check_whole(name: str, value: object, least: int) -> None:
    """Raise ``SettingsError`` where ``value``, given as ``name``, is no whole number from ``least`` on."""
    if not (isinstance(value, Integral) and int(value) >= least):
        raise SettingsError("{name} is {got}; wanted a whole number from {least}.", name=name, got=value, least=least)


def check_size(size_hw: object) -> None:
    """Raise ``SettingsError`` where ``size_hw`` is no (height, width) in whole pixels."""
    if not (isinstance(size_hw, Sequence) and [isinstance(side, Integral) for side in size_hw] == [True, True]):
        raise SettingsError(
            "size_hw is {got}; wanted (height, width) in whole pixels, such as (64, 64).", got=repr(size_hw)
        )
