"""``fissura predict``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fissura import terminal
from fissura.cli.options import BUILT_IN, CHECK_FAILED, MOST_PIXELS, Lang, at_least
from fissura.errors import DataError, SettingsError, Stopped
from fissura.language import N_, Language, language

if TYPE_CHECKING:
    from fissura.classifier import Classifier
    from fissura.prediction import Prediction


Images = Annotated[list[str], typer.Argument(help="Files, folders (at any depth) and patterns such as 'wall/*.jpg'.")]
ModelName = Annotated[
    str, typer.Option("--model", help="A classifier file, the folder of a run, or built-in: the crack detector.")
]
Csv = Annotated[bool, typer.Option("--csv", help="Print CSV instead of a table.")]
JsonLines = Annotated[bool, typer.Option("--json", help="Print one JSON object a line instead of a table.")]
Evidence = Annotated[
    Path | None,
    typer.Option("--evidence", help="Also draw here, for each image, where the evidence lies.", show_default=False),
]
MaxPixels = Annotated[int, typer.Option(help="Larger images get a reason instead of a probability.")]


@contextmanager
def _stopping() -> Iterator[None]:
    """Where it is stopped, say what that means here: rows are kept nowhere but where they were printed."""
    try:
        yield
    except Stopped as error:
        raise Stopped(N_("Stopped. The rows that were printed hold; the same command begins again.")) from error


@_stopping()
def predict(
    images: Images,
    model: ModelName = BUILT_IN,
    as_csv: Csv = False,
    as_json: JsonLines = False,
    evidence: Evidence = None,
    max_pixels: MaxPixels = MOST_PIXELS,
    lang: Lang = None,
) -> None:
    """Say of each image what the classifier makes of it, a row each: class, probability, and what to know of it.

    A row does not depend on what else is named. The exit code is 1 if any image could not be judged.

    The built-in detector looks four times at the window that counts, as it is and mirrored: fewer errors, and an image
    of one window takes four times as long as with one look.

    Example: fissura predict photographs/ --csv > predictions.csv
    """
    from fissura.classifier import load
    from fissura.data.listing import pictures
    from fissura.prediction import predict as predicted
    from fissura.reporting.prediction_lines import is_unlike

    spoken = language(lang)
    at_least("--max-pixels", max_pixels, 1)
    if as_csv and as_json:
        raise SettingsError("--csv and --json are two ways to print the same; give one of them.")
    count, longest = _counted(images)
    classifier = load(model)
    _introduce(classifier, spoken)
    drawer = None
    if evidence is not None:
        drawer = _Drawer(classifier, evidence, images, max_pixels, spoken)
    writer = _writer(classifier, spoken, longest, as_csv, as_json)
    counts = [0] * len(classifier.classes)
    judged, unread, unlike = 0, 0, 0
    with terminal.progress_bar() as bar:
        for said in predicted(classifier, pictures(images), max_pixels=max_pixels):
            terminal.row(writer(said))
            if drawer is not None:
                drawer.draw(said)
            if said.label is None:
                unread += 1
            else:
                counts[said.label] += 1
                unlike += is_unlike(said)
            judged += 1
            bar("predict", spoken.say("Images: {n}", n=spoken.number(count)), judged, max(count, judged))
    terminal.remark(_summary(classifier, counts, unread, unlike, spoken))
    if unread:
        raise typer.Exit(CHECK_FAILED)


def _counted(images: Iterable[str]) -> tuple[int, int]:
    """(how many files are meant, the columns of the longest name); of names alone: a million cost no memory.

    Raises:
        DataError: none of them is there.
    """
    from fissura.data.listing import ShutFolder, is_there, pictures
    from fissura.images import printable_name
    from fissura.reporting.cells import cells_of

    count, longest, there = 0, 0, False
    for each in pictures(images):
        path = each.path if isinstance(each, ShutFolder) else each
        count, longest = count + 1, max(longest, cells_of(printable_name(str(path))))
        there = there or isinstance(each, ShutFolder) or is_there(path)
    if not there:
        raise DataError(
            "No image is there under {names}. Name image files, folders that hold some, or patterns such as "
            "'wall/*.jpg'.",
            names=", ".join(printable_name(each) for each in images),
        )
    return count, longest


def _introduce(classifier: Classifier, spoken: Language) -> None:
    """Say on the side what the classifier looks at where that may surprise."""
    if classifier.scans:
        return
    height, width = classifier.preprocessing.size_hw
    terminal.remark(
        spoken.say(
            "This classifier tells {classes} apart. It sees each image whole, reduced to {height} x {width} px.",
            classes=", ".join(classifier.classes),
            height=height,
            width=width,
        )
    )


def _writer(
    classifier: Classifier, spoken: Language, longest: int, as_csv: bool, as_json: bool
) -> Callable[[Prediction], str]:
    """What writes a row, once the head is printed."""
    from fissura.reporting import prediction_lines as lines

    if as_json:
        return lambda said: lines.json_line(said, classifier, spoken)
    if as_csv:
        terminal.row(lines.csv_head())
        return lambda said: lines.csv_line(said, classifier, spoken)
    table = lines.PredictionTable.fitting(classifier, spoken, longest, terminal.width())
    terminal.row(table.head())
    return table.line


class _Drawer:
    """Draws where the evidence lies, a file for each image.

    Raises:
        SettingsError: the classifier has no map, or looks for no class.
        OutputError: the folder cannot be written, or holds something else: a photograph must not be drawn over.
    """

    def __init__(
        self, classifier: Classifier, folder: Path, images: list[str], max_pixels: int, spoken: Language
    ) -> None:
        from fissura.files import claim, seen_from
        from fissura.images import printable_name

        if classifier.decision is None or not hasattr(classifier.model, "map"):
            raise SettingsError(
                "--evidence takes a classifier that looks for one of two classes and has a map of where it sees it, "
                "such as built-in; this one tells {classes} apart.",
                classes=", ".join(classifier.classes),
            )
        meant = [printable_name(seen_from(folder, Path(each))) for each in images]
        claim(folder, {"kind": "evidence", "classifier": classifier.fingerprint, "images": meant}, "--evidence")
        self._classifier, self._folder, self._max_pixels, self._spoken = classifier, folder, max_pixels, spoken
        self._names: set[str] = set()

    def draw(self, said: Prediction) -> None:
        """The picture of one prediction; none where there is nothing to show."""
        from fissura.files import write_whole
        from fissura.images import ImageError, read_grey
        from fissura.reporting.evidence_picture import evidence_picture

        if said.path is None or said.label is None:
            return
        try:
            pixels = read_grey(said.path, max_pixels=self._max_pixels)
        except ImageError as error:  # it could be read when it was judged
            terminal.remark(self._spoken.error(error))
            return
        content = evidence_picture(self._classifier, pixels, said, self._spoken)
        if content is not None:
            write_whole(self._folder / self._name(said.path.stem), content, "--evidence")

    def _name(self, stem: str) -> str:
        """A name that no image before had, whatever its capitals and accents: some file systems see no difference."""
        from fissura.images import printable_name
        from fissura.names import composed

        stem, number = printable_name(stem).replace("\\", "_"), 1
        while composed(name := f"{stem}.png" if number == 1 else f"{stem}-{number}.png").casefold() in self._names:
            number += 1
        self._names.add(composed(name).casefold())
        return name


def _summary(classifier: Classifier, counts: list[int], unread: int, unlike: int, spoken: Language) -> str:
    named = [(name, count) for name, count in zip(classifier.classes, counts, strict=True) if count]
    of = [spoken.say("{name}: {n}", name=name, n=spoken.number(count)) for name, count in named]
    said = spoken.say("Images judged: {n}", n=spoken.number(sum(counts)))
    said += f" ({', '.join(of)})" if of else ""
    parts = [said]
    if classifier.decision is not None:  # a probability of 60 % beside the other class would pass for a mistake
        name, threshold = classifier.classes[classifier.decision.positive], classifier.decision.threshold
        parts.append(spoken.say("called {name} from {threshold} on", name=name, threshold=spoken.share(threshold, 1)))
    parts += [spoken.say("unlike the training data: {n}", n=spoken.number(unlike))] if unlike else []
    parts += [spoken.say("could not be judged: {n}", n=spoken.number(unread))] if unread else []
    return spoken.semicolon.join(parts)
