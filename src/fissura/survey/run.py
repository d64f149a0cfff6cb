"""From a list of photographs to a folder with everything that was found."""

from __future__ import annotations

import platform
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from fissura import __version__
from fissura.data.filling import only_run
from fissura.errors import FissuraError
from fissura.files import LOCK, REPORT, claim, seen_from, write_json, write_text
from fissura.images import ImageError, printable_name
from fissura.inspection.record import Settings
from fissura.inspection.scale import Scale
from fissura.language import Language
from fissura.reporting.findings.exchange import coco, csv_text, geojson, photographs_csv
from fissura.reporting.findings.page import inspection_page
from fissura.reporting.findings.records import Photograph
from fissura.reporting.findings.results import Inspected, Model
from fissura.reporting.findings.severity import Scheme
from fissura.survey.listing import Entry, Listing, folder_name
from fissura.survey.many import inspected
from fissura.survey.truth import masks_of
from fissura.survey.work import Inspector, Task, forget, kept

RESULTS = "inspection.json"
CSV, PHOTOGRAPHS_CSV, GEOJSON, COCO = "findings.csv", "photographs.csv", "findings.geojson", "coco.json"
_VERSIONS = ("numpy", "scipy", "scikit-image", "pillow", "simplejpeg", "torch")


@dataclass(frozen=True)
class Plan:
    """What is to be inspected, by what and how.

    Attributes:
        listing: the photographs.
        model: the card of what looks at them.
        settings: of each inspection.
        scheme: the limits of width.
        scales: by a photograph's name, its scale, or why it could not be found; a name that is missing has none.
        options: what was asked for, for people, by the names of the command's options.
        masks: a folder with the truth, or None.
        command: what to type to have it again.
        workers: how many processes.
        card: the model's card for people, as Markdown.
    """

    listing: Listing
    model: Model
    settings: Settings
    scheme: Scheme
    scales: Mapping[str, Scale | FissuraError] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    masks: Path | None = None
    command: str = ""
    workers: int = 1
    card: str = ""

    def identity(self, out: Path) -> dict[str, Any]:
        """What makes this inspection another one than that in the folder ``out``.

        Two folders of one name are two: the photographs are those that lie where these lie, seen from ``out``.
        """
        return {
            "kind": "inspection",
            "photographs": {
                "folder": printable_name(seen_from(out, self.listing.base)),
                "named": list(self.listing.sources),
            },
            "options": dict(self.options),
            "severity": self.scheme.as_dict(),
            "settings": asdict(self.settings),
            "model": self.model.fingerprint,
            "truth": self.masks is not None,
        }


def survey(
    plan: Plan,
    make_inspector: Callable[[], Inspector],
    out: Path,
    language: Language,
    on_progress: Callable[[int, int], None] | None = None,
) -> Inspected:
    """Inspect and write everything into ``out``; goes on from where an earlier call was stopped.

    Raises:
        SettingsError: the masks do not fit.
        OutputError: the folder holds something else, cannot be written, or another run is filling it; what was finished
            is kept.
    """
    masks = {} if plan.masks is None else masks_of(plan.listing.entries, plan.masks)
    claim(out, plan.identity(out))
    with only_run(out, "--out", out / LOCK):  # two would write the same files at once, and leave halves
        result = _surveyed(plan, make_inspector, out, masks, on_progress)
        write(result, out, language)
    return result


def _surveyed(
    plan: Plan,
    make_inspector: Callable[[], Inspector],
    out: Path,
    masks: Mapping[str, Path],
    on_progress: Callable[[int, int], None] | None,
) -> Inspected:
    tasks = [_task(plan, entry, out, masks) for entry in plan.listing.entries]
    before = {task.entry.name: kept(task) for task in tasks}
    left = [task for task in tasks if before[task.entry.name] is None]
    found = inspected(left, make_inspector, plan.workers, on_progress)
    for task in left:
        if _of_another(found[task.entry.name]):
            forget(task)
    every = (before[task.entry.name] or found[task.entry.name] for task in tasks)
    return Inspected(
        source=plan.listing.title,
        photographs=tuple(_remarked(each, plan.scales.get(each.name)) for each in every),
        scheme=plan.scheme,
        settings={**plan.options, **asdict(plan.settings)},
        model=plan.model,
        versions=versions(),
        command=plan.command,
        card=plan.card,
    )


def write(result: Inspected, out: Path, language: Language) -> None:
    """Write the files of the whole inspection; the page takes its pictures from the photographs' folders in ``out``."""
    write_json(out / RESULTS, result.as_dict())
    write_text(out / CSV, csv_text(result, language))
    write_text(out / PHOTOGRAPHS_CSV, photographs_csv(result, language))
    write_json(out / GEOJSON, geojson(result, language))
    write_json(out / COCO, coco(result))
    write_text(out / REPORT, inspection_page(result, out, language))


def versions() -> dict[str, str]:
    """Of what the numbers depend on."""
    return {
        "fissura": __version__,
        "python": platform.python_version(),
        **{name: version(name) for name in _VERSIONS},
    }


def default_folder(listing: Listing) -> Path:
    """Where results go when nobody says: under ``runs/``, by what the photographs are called together."""
    return Path("runs") / f"inspection-{folder_name(listing.title).rpartition('-')[0]}"


def _task(plan: Plan, entry: Entry, out: Path, masks: Mapping[str, Path]) -> Task:
    scale = plan.scales.get(entry.name)
    return Task(
        entry=entry,
        out=out,
        settings=plan.settings,
        model=plan.model.fingerprint,
        scale=None if isinstance(scale, FissuraError) else scale,
        mask=masks.get(entry.name),
    )


def _of_another(photograph: Photograph) -> bool:
    """Whether pictures that lie in its folder show another photograph: this one was read, and not inspected.

    One that is not there or locked for now may come back as it was.
    """
    error = photograph.error
    away = isinstance(error, ImageError) and error.problem in ("missing", "locked")
    return error is not None and not away


def _remarked(photograph: Photograph, scale: Scale | FissuraError | None) -> Photograph:
    """With the reason why it has no scale, where one was asked for."""
    if not isinstance(scale, FissuraError) or photograph.error is not None:
        return photograph
    return replace(photograph, remarks=(*photograph.remarks, scale))
