"""``Audit``: all that was found out about a set of labelled images, in one record; and the groups file."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from fissura.data.audit.copies import KINDS, Copies, Pair
from fissura.data.audit.overview import Overview
from fissura.data.audit.signature import Indices
from fissura.data.audit.wrong_labels import Suspect
from fissura.errors import DataError, FissuraError
from fissura.files import write_json
from fissura.given_file import given_bytes
from fissura.language import cause

GROUPS_FORMAT = "fissura groups 1"


@dataclass(frozen=True)
class FileProblem:
    """What is wrong or unusual with one file.

    Attributes:
        name: of the file.
        problems: codes of ``images.PROBLEMS``.
        error: why it cannot be read and was left out, or None.
    """

    name: str
    problems: tuple[str, ...]
    error: FissuraError | None = None


@dataclass(frozen=True, eq=False)
class Audit:
    """What ``audit`` gives; images are named by their number in ``names``.

    Attributes:
        origin: where the images came from, as a person would say it.
        names: a name per image.
        labels: ``(n,)`` int64.
        classes: the class names.
        problems: the files with something wrong or unusual, also those that were left out for it.
        copies: the copies among the images.
        overlaps: pairs that show a part of the same thing; a forest, as the pairs of ``copies``.
        groups: ``(n,)`` int64: images of one number are copies of each other or hang together by overlaps.
        conflicts: groups of copies with more than one label, as the numbers of their images.
        suspects: labels that a model doubts, the most doubtful first.
        probabilities: ``(n, classes)`` of that model, out of fold; None where there was too little to learn from.
        overview: the first look.
    """

    origin: str
    names: tuple[str, ...]
    labels: Indices
    classes: tuple[str, ...]
    problems: tuple[FileProblem, ...]
    copies: Copies
    overlaps: tuple[Pair, ...]
    groups: Indices
    conflicts: tuple[tuple[int, ...], ...]
    suspects: tuple[Suspect, ...]
    probabilities: npt.NDArray[np.float64] | None
    overview: Overview

    def __repr__(self) -> str:
        return (
            f"Audit({self.origin}: {len(self.names)} images of {self.classes}; problems {self.problem_counts}, copies "
            f"and overlaps {self.kinds}, conflicts {len(self.conflicts)}, doubtful labels {len(self.suspects)})"
        )

    @property
    def kinds(self) -> dict[str, int]:
        """How many pairs there are of each of ``KINDS``, in their order, without those that there are not."""
        found = Counter(pair.kind for pair in (*self.copies.pairs, *self.overlaps))
        return {kind: found[kind] for kind in KINDS if found[kind]}

    @property
    def problem_counts(self) -> dict[str, int]:
        """How many files have each problem, the most frequent first."""
        found = Counter(code for problem in self.problems for code in problem.problems)
        return dict(sorted(found.items(), key=lambda each: (-each[1], each[0])))

    def group_names(self) -> dict[str, int]:
        """Name of each image -> number of its group."""
        return dict(zip(self.names, self.groups.tolist(), strict=True))

    def as_dict(self) -> dict[str, Any]:
        """Everything but pictures, probabilities and groups, for JSON; images by their names."""
        overview = self.overview.as_dict()
        overview["oddities"] = [
            {
                "image": self.names[odd.image],
                "measure": odd.measure,
                "value": round(odd.value, 3),
                "median": round(odd.median, 3),
                "deviations": round(odd.deviations, 2),
            }
            for odd in self.overview.oddities
        ]
        return {
            "origin": self.origin,
            "images": len(self.names),
            "classes": list(self.classes),
            "distinct": self.copies.distinct,
            "groups": int(self.groups.max()) + 1 if len(self.groups) else 0,
            "kinds": self.kinds,
            "problem_counts": self.problem_counts,
            "problems": [
                {"file": each.name, "problems": list(each.problems), "error": str(each.error) if each.error else None}
                for each in self.problems
            ],
            "copies": [self._pair(pair) for pair in self.copies.pairs],
            "overlaps": [self._pair(pair) for pair in self.overlaps],
            "conflicts": [
                [{"image": self.names[i], "class": self.classes[int(self.labels[i])]} for i in conflict]
                for conflict in self.conflicts
            ],
            "suspects": [
                {
                    "image": self.names[each.image],
                    "class": self.classes[each.label],
                    "suggested": self.classes[each.suggested],
                    "probability": round(each.probability, 4),
                }
                for each in self.suspects
            ],
            "overview": overview,
        }

    def _pair(self, pair: Pair) -> dict[str, Any]:
        return {
            "first": self.names[pair.first],
            "second": self.names[pair.second],
            "kind": pair.kind,
            "symmetry": pair.symmetry,
            "difference": round(pair.difference, 3),
            "correlation": round(pair.correlation, 4),
            "shift_px": list(pair.shift_px),
            "overlap": round(pair.overlap, 3),
        }


def conflicts(groups: Indices, labels: Indices) -> tuple[tuple[int, ...], ...]:
    """The groups of copies with more than one label, as the numbers of their images."""
    order = np.argsort(groups, kind="stable")
    members = np.split(order, np.flatnonzero(np.diff(groups[order])) + 1)
    return tuple(tuple(each.tolist()) for each in members if len(np.unique(labels[each])) > 1)


def has_twin(groups: Indices, part: Indices, other: Indices) -> npt.NDArray[np.bool_]:
    """Of each image in ``part``, whether one of its group is in ``other``; both hold numbers of images."""
    return np.isin(groups[part], groups[other])


def write_groups(path: Path, groups: Mapping[str, int]) -> None:
    """Name of each image -> number of its group, as a JSON file that ``read_groups`` reads.

    Raises:
        OutputError: it cannot be written.
    """
    write_json(path, {"format": GROUPS_FORMAT, "groups": dict(groups)})


def read_groups(path: Path, names: Sequence[str] | None = None) -> dict[str, int]:
    """Name of each image -> number of its group, from a file of ``write_groups``.

    With ``names``, just those, in that order.

    Raises:
        DataError: it cannot be read, is no groups file, or lacks one of ``names``.
    """
    try:
        content = json.loads(given_bytes(path).decode("utf-8"))
    except OSError as error:
        raise DataError(
            "{path} cannot be read ({reason}). Give the groups file that the audit wrote.",
            path=path,
            reason=cause(error),
        ) from error
    except ValueError:  # neither UTF-8 nor JSON
        content = None
    groups = content.get("groups") if isinstance(content, dict) and content.get("format") == GROUPS_FORMAT else None
    if not isinstance(groups, dict) or not all(type(number) is int for number in groups.values()):
        raise DataError(
            "{path} is no groups file; wanted one of the format {format}. Give the groups file that the audit wrote, "
            "or a .csv with the columns image and photograph.",
            path=path,
            format=repr(GROUPS_FORMAT),
        )
    if names is None:
        return {str(name): int(number) for name, number in groups.items()}
    missing = [name for name in names if name not in groups]
    if missing:
        raise DataError(
            "{path} gives no group for {missing} of {images} images, for instance {name}. Run the audit again: the "
            "images are not those it was made from.",
            path=path,
            missing=len(missing),
            images=len(names),
            name=missing[0],
        )
    return {name: int(groups[name]) for name in names}
