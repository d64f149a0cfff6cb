"""What is judged: a classifier, the images that it is judged on, and where the judgement is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fissura import terminal
from fissura.cli.asked import NAMED, images_asked, photographs_asked
from fissura.cli.learned import learned_there, taught_on_labelled
from fissura.cli.options import DIGITS, check_of_digits, open_images, open_photographs
from fissura.command_line import typed_command
from fissura.errors import SettingsError
from fissura.language import Language

if TYPE_CHECKING:
    from fissura.classifier import Classifier
    from fissura.data.labelled import TrainTest
    from fissura.data.photographs import Photographs

PHOTOGRAPH_NETWORK = "crack"


@dataclass(frozen=True)
class Images:
    """The images to judge on: ``--data`` and the options that go with it, as they were typed."""

    source: str
    split: str
    split_file: Path | None
    positive: str | None
    classes: list[str] | None
    data_dir: Path | None
    cache_dir: Path | None
    no_download: bool

    @property
    def in_folder(self) -> bool:
        """Whether a folder of them was named, not a source that has a name of its own."""
        return self.source not in (*DIGITS, *NAMED)

    def photographed(self, classifier: Classifier) -> bool:
        """Whether they are photographs; the classifier says it where the source does not.

        Raises:
            SettingsError: they are digits, and an option of photographs is given.
        """
        if self.source not in DIGITS and (
            self.source != "auto" or classifier.network == PHOTOGRAPH_NETWORK or classifier.scans
        ):
            return True
        check_of_digits(split=self.split, split_file=self.split_file, positive=self.positive, classes=self.classes)
        return False

    def photographs(self, classifier: Classifier, spoken: Language) -> Photographs:
        """The photographs, in the size that the classifier sees."""
        from fissura.data.photographs import PhotographSettings
        from fissura.data.splits import SEED

        side, positive = classifier.preprocessing.size_hw[0], self._looked_for(classifier)
        settings = PhotographSettings(
            side, self.split, SEED, positive, self.split_file, self.cache_dir, classes=self.classes
        )
        return open_photographs(self.source, self.data_dir, settings, spoken)

    def resized(self, photographs: Photographs, classifier: Classifier) -> Photographs:
        """The same photographs in the same split, in the size that another classifier sees.

        Raises:
            SettingsError: the classifier does not see them whole, or in that size they are others.
        """
        from fissura.data import data_folder
        from fissura.data.photographs import PhotographSettings, named_photographs
        from fissura.data.splits import SEED

        if any(len(classifier.windows(size_hw)) > 1 for size_hw in photographs.sizes_hw):
            raise SettingsError(
                "Some photographs of {origin} are so large or long that a detector reads them in windows; only "
                "classifiers that see each photograph whole can be compared. Judge each with: fissura evaluate",
                origin=photographs.images.origin,
            )
        side, images = classifier.preprocessing.size_hw[0], photographs.images
        if images.size_hw == (side, side):
            return photographs
        positive = None if images.positive is None else images.classes[images.positive]
        settings = PhotographSettings(
            side, self.split, SEED, positive, self.split_file, self.cache_dir, classes=self.classes
        )
        found = named_photographs(self.source, data_folder(self.data_dir), settings)
        if found.embedded or found.images.names != images.names:
            raise SettingsError(
                "{origin} holds other images in {side} x {side} px than in {first} x {first} px, so that classifiers "
                "of these two sizes cannot be compared on it. Name a folder of photographs with --data.",
                origin=images.origin,
                side=side,
                first=images.size_hw[0],
            )
        return replace(photographs, images=replace(found.images, groups=images.groups))

    def _looked_for(self, classifier: Classifier) -> str | None:
        """``--positive``; else what the classifier looks for, where the folder has a class of that name.

        Which class is looked for is part of what a split was made of: without it the classifier's own is not known.
        """
        from fissura.data.folder import classes_in

        folder, decision = Path(self.source), classifier.decision
        self.check_positive(classifier)
        if self.positive is not None or decision is None or not self.in_folder or not folder.is_dir():
            return self.positive
        name = classifier.classes[decision.positive]
        return name if name in classes_in(folder, self.classes or None) else None

    def check_positive(self, classifier: Classifier) -> None:
        """Fail where ``--positive`` names the class that the classifier does not look for.

        Raises:
            SettingsError: it does.
        """
        from fissura.data.class_names import folded

        decision = classifier.decision
        if self.positive is None or decision is None:
            return
        name = classifier.classes[decision.positive]
        others = [folded(each) for each in classifier.classes if each != name]
        if folded(self.positive) in others:
            raise SettingsError(
                "--positive is {got}; the classifier looks for {name}, and was taught so. Leave out --positive, or "
                "train one that looks for {got}.",
                got=self.positive,
                name=name,
            )

    def digits(self, spoken: Language) -> TrainTest:
        """The digits."""
        return open_images(self.source, self.data_dir, self.no_download, spoken).data

    def say_if_others(self, classifiers: Sequence[Classifier], origin: str, spoken: Language) -> None:
        """Say that they, found without being named, are others than those of which a classifier learned a part."""
        from fissura.data import digits, mnist
        from fissura.data.synthetic import dataset

        own = {
            str(each): each for each in (digits.ORIGIN, mnist.FOREIGN_ORIGIN, dataset.ORIGIN)
        }  # else a folder's name
        learned = {each.provenance.data.get("origin", origin) for each in classifiers if not each.scans} - {origin}
        if self.source == "auto" and learned:
            terminal.remark(
                spoken.say(
                    "Learned from: {learned}. Without --data the images to judge on are others: {origin}. For the test "
                    "part of its own images name their folder, or what was named in training, with --data.",
                    learned=", ".join(spoken.say(own[each]) if each in own else each for each in sorted(learned)),
                    origin=origin,
                )
            )

    def asked(self, out: Path, *, whole: bool = False) -> dict[str, Any]:
        """What results in ``out`` remember of them; ``whole``: they are not split."""
        split = None if whole else self.split
        return images_asked(out, self.source, self.data_dir) | photographs_asked(
            split, self.split_file, self.positive, self.classes
        )

    def opened(self, out: Path, source: str) -> dict[str, Any]:
        """The same once they are opened and ``source`` is their name, whatever ``auto`` turned out to be."""
        return images_asked(out, source, self.data_dir)


@dataclass(frozen=True, eq=False)
class Judged:
    """One call of ``fissura evaluate``.

    Attributes:
        classifier: it.
        path: where it was read from, as it was typed.
        images: what it is judged on.
        out: the folder of the report; None for no report.
        spoken: the language.
        as_json: whether one JSON object is printed instead of tables.
    """

    classifier: Classifier
    path: Path
    images: Images
    out: Path | None
    spoken: Language
    as_json: bool

    @cached_property
    def whole(self) -> bool:
        """Whether the images are a folder judged whole, in windows: by a detector that learned nothing there."""
        if not (self.classifier.scans and self.images.in_folder):
            return False
        if not taught_on_labelled(self.classifier):
            return True
        folder = Path(self.images.source)
        return self.images.split_file is None and not learned_there(self.classifier, self.path, folder)

    def see_free(self) -> None:
        """Fail where the folder of the report holds something else; it is claimed when there is something to write."""
        from fissura.files import see_free

        if self.out is not None:
            see_free(self.out, self._identity(self.out))

    def claim(self, out: Path, source: str) -> None:
        """Make ``out`` the folder of this judgement; ``source`` is the name of the images once they are opened."""
        from fissura.files import claim

        claim(out, self._identity(out) | self.images.opened(out, source))

    def _identity(self, out: Path) -> dict[str, Any]:
        asked = self.images.asked(out, whole=self.whole)
        return {"kind": "evaluation", "classifier": self.classifier.fingerprint} | asked

    def command(self, source: str) -> str:
        """What to type for the same judgement on the images called ``source``."""
        from fissura.data.splits import HOWS

        images = self.images
        given: dict[str, Any] = {
            "split": None if self.whole or images.split == HOWS[0] else images.split,
            "split-file": images.split_file,
            "positive": images.positive,
            "classes": images.classes,
            "data-dir": None if self.whole else images.data_dir,  # says nothing of a folder that is judged whole
            "cache-dir": images.cache_dir,
            "out": self.out,
        }
        named = ["--model", str(self.path), source] if self.whole else [str(self.path), "--data", source]
        return typed_command("evaluate", named, given, self.spoken)

    def say_report(self) -> None:
        """Say where the report is, where one was asked for."""
        from fissura.files import REPORT

        if self.out is not None:
            terminal.say(self.spoken.say("The report is {path}", path=self.out / REPORT))
