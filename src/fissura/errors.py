"""The one tree of errors: each carries a sentence that says what, where, got, wanted, and what to do.

A message is a template and its values, kept apart, so that the command line can say it in the user's language;
``str(error)`` is the English sentence. Values are formatted with ``str.format``.
"""

from __future__ import annotations

from typing import Any


class FissuraError(Exception):
    """A sentence for the user. ``template`` has ``{name}`` fields, ``values`` fills them."""

    def __init__(self, template: str, **values: object) -> None:
        self.template = template
        self.values = values
        super().__init__(template.format(**values))

    def __reduce__(self) -> tuple[Any, ...]:
        """So that an error can come back from another process; Python would call it with its sentence alone."""
        return _again, (type(self), self.template, self.values)


def _again(kind: type[FissuraError], template: str, values: dict[str, object]) -> FissuraError:
    return kind(template, **values)


class SettingsError(FissuraError):
    """An option, name or number that the user gave cannot be used."""


class DataError(FissuraError):
    """Images or labels are missing, damaged, or do not fit together."""


class DownloadError(DataError):
    """A file could not be brought from any mirror."""


class ClassifierFileError(FissuraError):
    """A classifier or checkpoint file is damaged, foreign, or newer than this version."""


class OutputError(FissuraError):
    """A result cannot be written: the folder holds another run, is read-only, or the disk is full."""


class DeviceError(FissuraError):
    """The processor asked for is not there."""


class TrainingError(FissuraError):
    """Training cannot go on, for instance because the loss is no longer a number."""


class Stopped(BaseException):
    """The user stopped the command; a sentence with no values."""

    def __init__(self, template: str) -> None:
        self.template = template
        self.values: dict[str, object] = {}
        super().__init__(template)
