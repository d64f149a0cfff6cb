"""Single lines and small records for the terminal and for ``--json``: what a run, a source or a batch comes to."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from fissura.data.labelled import LabelledImages
from fissura.data.sources import Opened, SourceState
from fissura.judgement import MIDDLE, Judgement
from fissura.language import N_, Language
from fissura.metrics import spread
from fissura.reporting.cells import duration, ends, split_name, three_digits
from fissura.reporting.phrases import network_title, test_accuracy
from fissura.reporting.results import LabResult, RunResult


def result_line(result: RunResult, language: Language) -> str:
    """What one training came to."""
    share = test_accuracy(result)
    said = {
        "network": network_title(result.name, language),
        "seed": result.classifier.provenance.recipe.get("seed"),
        "value": language.share(share.value),
        "split": split_name(result.test.images.split, language),
        "interval": language.interval(share.low, share.high),
        "n": language.number(share.n),
        "seconds": duration(result.timing.seconds, language),
    }
    if _is_wished(result):
        return language.say(
            "{network}, seed {seed}: accuracy {value} at threshold 0.5 on {split} (95 % interval {interval}, n = {n}), "
            "trained in {seconds}",
            **said,
        )
    return language.say(
        "{network}, seed {seed}: accuracy {value} on {split} (95 % interval {interval}, n = {n}), trained in {seconds}",
        **said,
    )


def _is_wished(result: RunResult) -> bool:
    """Whether a threshold of its own was chosen for it, beside which accuracies at 0.5 are told as such."""
    return result.decided is not None and result.decided.wished is not None


def spread_line(results: Sequence[RunResult], language: Language) -> str:
    """What several seeds came to."""
    over = spread([result.test.accuracy.value for result in results])
    said = {"n": len(results), "mean": language.percent(over.mean, 3), "std": language.percent(over.std, 3)}
    if _is_wished(results[0]):
        return language.say("Over {n} seeds: mean accuracy at threshold 0.5 {mean}, standard deviation {std}", **said)
    return language.say("Over {n} seeds: mean accuracy {mean}, standard deviation {std}", **said)


def thresholds_line(compared: LabResult, language: Language) -> str:
    """At which thresholds classifiers were judged; empty where it is 0.5 for all of them."""
    if all(each.threshold in (None, MIDDLE) for each in compared.contenders):
        return ""
    named = [
        f"{network_title(each.name, language)}\N{NO-BREAK SPACE}{three_digits(at, language)}"
        for each in compared.contenders
        if (at := each.threshold) is not None
    ]
    return language.say(
        "Each is judged at its own threshold, as fissura predict and evaluate use it: {thresholds}.",
        thresholds=language.semicolon.join(named),
    )


def interval_line(images: LabelledImages, language: Language) -> str:
    """Which intervals are given on these images: whether it is known which of them belong together."""
    groups = len(images) if images.groups is None else len(set(images.groups.tolist()))
    if groups == len(images):
        return language.say("The intervals of shares are Wilson's, of 95 %: each image counts for itself.")
    return language.count(
        "The intervals of shares are Wilson's, of 95 %, on the effective number of images: these {images} are a single "
        "group, and images that show the same thing stand or fall together.",
        "The intervals of shares are Wilson's, of 95 %, on the effective number of images: these {images} are only {n} "
        "groups, and images that show the same thing stand or fall together.",
        groups,
        images=language.number(len(images)),
    )


def judged_interval_line(judged: Judgement, language: Language) -> str:
    """The same of a judgement, some of whose numbers are no shares."""
    shares = interval_line(judged.images, language)
    if judged.resampled.units < 2:
        none = N_("Other numbers have none: a single image or group does not show how others would differ.")
        return f"{shares} {language.say(none)}"
    whole = judged.groups is not None and judged.groups < len(judged.images)
    auc = judged.auc
    ordered = "one class" if math.isnan(auc.value) else {0.0: "wrongly", 1.0: "rightly"}.get(auc.value, "partly")
    alone = math.isnan(auc.low) and not math.isnan(auc.value)
    rest = language.say(_DRAWN["one class" if alone else ordered, whole])
    more = language.say(_ALONE) if alone else language.say(_FROM_GAP[ordered]) if ordered in _FROM_GAP else ""
    return " ".join(filter(None, (shares, rest, more)))


_DRAWN = {
    ("partly", False): N_(
        "Those of AUC, average precision, Brier score and log loss are from a bootstrap of the images."
    ),
    ("partly", True): N_(
        "Those of AUC, average precision, Brier score and log loss are from a bootstrap of whole groups."
    ),
    ("wrongly", False): N_("Those of average precision, Brier score and log loss are from a bootstrap of the images."),
    ("wrongly", True): N_("Those of average precision, Brier score and log loss are from a bootstrap of whole groups."),
    ("rightly", False): N_("Those of the Brier score and the log loss are from a bootstrap of the images."),
    ("rightly", True): N_("Those of the Brier score and the log loss are from a bootstrap of whole groups."),
    ("one class", False): N_("Those of the Brier score and the log loss are from a bootstrap of the images."),
    ("one class", True): N_("Those of the Brier score and the log loss are from a bootstrap of whole groups."),
}
"""(how the scores order the two classes, whether groups are drawn) -> which intervals are a bootstrap's."""

_ALONE = N_(
    "AUC and average precision have none: a class of which there is but one image or group does not show how others "
    "would differ."
)
_FROM_GAP = {  # where the scores part the classes no resample could have another AUC
    "rightly": N_(
        "A threshold between the scores of the two classes gets every image right, so that a bootstrap would show no "
        "spread: the intervals of AUC and average precision follow from those of recall and specificity there."
    ),
    "wrongly": N_(
        "The scores of the two classes lie apart, in the wrong order, so that a bootstrap would show no spread of AUC: "
        "its interval follows from those of recall and specificity in the other order."
    ),
}


def surface_line(judged: Judgement, language: Language) -> str:
    """What a detector makes of a surface that it was not taught on."""
    auc, here = judged.auc, judged.here
    known = not math.isnan(auc.low)
    interval = language.say("95 % interval {interval}", interval=ends(auc.low, auc.high, language, 3)) if known else ""
    return language.say(
        "{surface}: AUC {auc}, finds {recall} of cracked tiles, flags {flagged} of intact ones, n = {n}",
        surface=judged.images.origin,
        auc=language.fraction(auc.value, 3) + (f" ({interval})" if known else ""),
        recall=language.share(here.recall.value, 1),
        flagged=language.share(here.false_alarm_rate.value, 1),
        n=language.number(len(judged.images)),
    )


def batch_line(batch: LabelledImages, language: Language) -> str:
    """A mini-batch's shape and first labels."""
    height, width = batch.size_hw
    return language.say(
        "First batch: shape ({n}, 1, {height}, {width}), first labels {labels}",
        n=len(batch),
        height=height,
        width=width,
        labels=" ".join(batch.classes[label] for label in batch.labels[:10]),
    )


def embedded_words(opened: Opened, language: Language) -> tuple[str, str]:
    """(title, text) of the announcement that the embedded digits stand in for MNIST."""
    train_part, test_part = opened.data.train, opened.data.test
    text = language.say(
        "These results come from the {n} small digits embedded in the package ({train} to learn from, {test} to test "
        "on). They show how the lab works; they are not results on MNIST.",
        n=language.number(len(train_part) + len(test_part)),
        train=language.number(len(train_part)),
        test=language.number(len(test_part)),
    )
    if opened.note is not None:
        text += "\n\n" + language.error(opened.note)
    return language.say("Not MNIST: the embedded digits"), text


def source_as_dict(state: SourceState) -> dict[str, Any]:
    """A source in a data folder, for JSON."""
    parts = () if state.data is None else (state.data.train, state.data.test)
    return {
        "name": state.name,
        "state": state.state,
        "folder": None if state.folder is None else str(state.folder),
        "missing": list(state.missing),
        "problem": None if state.problem is None else str(state.problem),
        "parts": [
            {
                "split": part.split,
                "origin": part.origin,
                "n": len(part),
                "size_hw": part.size_hw,
                "counts": dict(zip(part.classes, part.counts, strict=True)),
                "fingerprint": part.fingerprint,
            }
            for part in parts
        ],
    }
