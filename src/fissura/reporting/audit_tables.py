"""What the audit found, as tables and sentences for the terminal and the page, in the reader's language."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

import numpy as np

from fissura.data.audit import KINDS, MEASURES, Audit, FileProblem, Overview
from fissura.data.splits import Leaks
from fissura.images import PROBLEMS, has_image_name
from fissura.language import N_, Language
from fissura.reporting.cells import NOTHING, Table, shown_of

MOST_ROWS = 10
NO_IMAGE = N_("no image")
_SIZES = 8


def class_rows(overview: Overview, classes: Sequence[str], language: Language) -> Table:
    """A row for each class: how many images, and how they look in the middle."""
    total = sum(overview.counts)
    rows = [
        (
            name,
            language.number(count),
            language.share(count / total, 1) if total else NOTHING,
            *(_level(each.medians[k], language) for each in overview.distributions),
        )
        for k, (name, count) in enumerate(zip(classes, overview.counts, strict=True))
    ]
    rows.append((language.say("All"), language.number(total), "", *("" for _ in overview.distributions)))
    columns = (
        language.say("Class"),
        language.say("Images"),
        language.say("Share"),
        *(language.say("Median {measure}", measure=MEASURES[each.measure]) for each in overview.distributions),
    )
    return Table(language.say("Images of each class"), columns, tuple(rows), total=True)


def size_rows(overview: Overview, language: Language) -> Table:
    """A row for each size that files have, the most frequent first; the rest in one row."""
    rows = [
        (f"{height}\N{NO-BREAK SPACE}×\N{NO-BREAK SPACE}{width}", language.number(n))
        for (height, width), n in overview.sizes[:_SIZES]
    ]
    rest = overview.sizes[_SIZES:]
    if rest:
        name = language.count("{n} other size", "{n} other sizes", len(rest))
        rows.append((name, language.number(sum(n for _, n in rest))))
    columns = (language.say("Height × width in pixels"), language.say("Images"))
    return Table(language.say("Sizes of the files"), columns, tuple(rows))


def format_rows(formats: Sequence[tuple[tuple[str, str], int]], language: Language) -> Table:
    """A row for each format and way of storing pixels."""
    rows = tuple((kind, mode, language.number(n)) for (kind, mode), n in formats)
    columns = (language.say("Format"), language.say("Pixels stored as"), language.say("Images"))
    return Table(language.say("What the files are"), columns, rows, left=2)


def summary_rows(audit: Audit, twins: tuple[Leaks, Leaks] | None, language: Language) -> Table:
    """The numbers that matter most."""
    n, distinct = len(audit.names), audit.copies.distinct
    groups = np.bincount(audit.copies.groups)
    left_out = sum(each.error is not None for each in audit.problems)
    rows = [
        (language.say("Images that can be read"), language.number(n)),
        (language.say("Files left out"), language.number(left_out)),
        (language.say("Distinct images"), language.number(distinct)),
        (language.say("Copies of another image"), _of(n - distinct, n, language)),
        (language.say("Images in the largest group of copies"), language.number(int(groups.max()))),
        (
            language.say("Groups when overlapping views count as one"),
            language.number(int(audit.groups.max()) + 1),
        ),
        (language.say("The same image under two labels"), language.number(len(audit.conflicts))),
        (
            language.say("Overlapping views under two labels"),
            language.number(len(crossing(audit))),
        ),
        (
            language.say("Doubtful labels"),
            NOTHING if audit.probabilities is None else language.number(len(audit.suspects)),
        ),
    ]
    if twins is not None:
        copies, every = twins
        rows += [
            (
                language.say("Test images of a random split with a copy in another part"),
                _of(copies.in_either, copies.n, language),
            ),
            (
                language.say("The same, overlapping views included"),
                _of(every.in_either, every.n, language),
            ),
        ]
    return Table(language.say("In short"), (language.say("What"), language.say("How many")), tuple(rows))


def problem_rows(audit: Audit, language: Language) -> Table:
    """A row for each kind of problem: how many files, what became of them, an example."""
    rows = []
    for code, count in audit.problem_counts.items():
        ones = [each for each in audit.problems if code in each.problems]
        rows.append((language.say(PROBLEMS[code]), ones[0].name, _fate(ones, language), language.number(count)))
    others = [each for each in audit.problems if not each.problems]
    if others:
        rows.append((language.say(NO_IMAGE), others[0].name, _fate(others, language), language.number(len(others))))
    columns = (language.say("Problem"), language.say("For instance"), language.say("They are"), language.say("Files"))
    return Table(language.say("Files with something wrong or unusual"), columns, tuple(rows), left=3)


def kind_rows(audit: Audit, language: Language) -> Table:
    """A row for each kind of copy: how many pairs, how alike, an example."""
    every = (*audit.copies.pairs, *audit.overlaps)
    rows = []
    for kind, count in audit.kinds.items():
        ones = [pair for pair in every if pair.kind == kind]
        rows.append(
            (
                language.say(KINDS[kind]),
                f"{audit.names[ones[0].first]} – {audit.names[ones[0].second]}",
                language.number(count),
                language.number(statistics.median(pair.difference for pair in ones), 1),
            )
        )
    columns = (
        language.say("Kind"),
        language.say("For instance"),
        language.say("Pairs"),
        language.say("Median difference in grey levels"),
    )
    return Table(language.say("Copies and overlapping views"), columns, tuple(rows), left=2)


def conflict_rows(audit: Audit, language: Language, most: int = MOST_ROWS) -> Table:
    """A row for each image that stands under several labels, at most ``most``."""
    rows = tuple(
        (
            language.number(number + 1),
            "\n".join(f"{audit.classes[int(audit.labels[i])]}{language.colon}{audit.names[i]}" for i in conflict),
        )
        for number, conflict in enumerate(audit.conflicts[:most])
    )
    columns = (language.say("No."), language.say("Label and file"))
    return Table(
        shown_of(language.say("The same image under two labels"), most, len(audit.conflicts), language),
        columns,
        rows,
        left=2,
    )


def suspect_rows(audit: Audit, language: Language, most: int = MOST_ROWS) -> Table:
    """A row for each doubted label, the most doubtful first, at most ``most``."""
    rows = tuple(
        (
            audit.names[each.image],
            audit.classes[each.label],
            audit.classes[each.suggested],
            language.probability(each.probability),
        )
        for each in audit.suspects[:most]
    )
    columns = (
        language.say("Image"),
        language.say("Its label"),
        language.say("The model says"),
        language.say("Probability of its label"),
    )
    return Table(shown_of(language.say("Doubtful labels"), most, len(audit.suspects), language), columns, rows, left=3)


def oddity_rows(overview: Overview, names: Sequence[str], language: Language, most: int = MOST_ROWS) -> Table:
    """A row for each image that is unlike the others, the oddest first, at most ``most``."""
    rows = tuple(
        (
            names[each.image],
            language.say(MEASURES[each.measure]),
            language.number(each.value, 1),
            language.number(each.median, 1),
        )
        for each in overview.oddities[:most]
    )
    columns = (
        language.say("Image"),
        language.say("Unusual"),
        language.say("In grey levels"),
        language.say("Median of all images"),
    )
    return Table(
        shown_of(language.say("Images unlike the others"), most, len(overview.oddities), language),
        columns,
        rows,
        left=2,
    )


def crossing(audit: Audit) -> list[int]:
    """The overlaps whose two images have different labels, as their positions in ``audit.overlaps``."""
    return [k for k, pair in enumerate(audit.overlaps) if audit.labels[pair.first] != audit.labels[pair.second]]


def _short_of_memory(problem: FileProblem) -> bool:
    return problem.error is not None and bool(problem.error.values.get("memory"))


def findings(audit: Audit, twins: tuple[Leaks, Leaks] | None, language: Language) -> list[str]:
    """What was found, in sentences: what needs a person first, then what it means for a split."""
    n, distinct = len(audit.names), audit.copies.distinct
    large = sum("too-large" in each.problems and not _short_of_memory(each) for each in audit.problems)
    unreadable = sum(each.error is not None and bool(each.problems) for each in audit.problems) - large
    said = []
    if large:
        sentence = N_("Images with more pixels than are read, left out: {n}. Raise the limit with --max-pixels.")
        said.append(language.say(sentence, n=language.number(large)))
    if unreadable:
        said.append(
            language.count(
                "Image files that cannot be read and are left out: {n}. Copy it again, or remove it.",
                "Image files that cannot be read and are left out: {n}. Copy them again, or remove them.",
                unreadable,
            )
        )
    nothing = sum(each.error is not None and not each.problems and has_image_name(each.name) for each in audit.problems)
    if nothing:
        said.append(
            language.count(
                "Names of images with no file behind them (a link that leads nowhere, a folder, a device), left out: "
                "{n}. See whether an image is missing.",
                "Names of images with no file behind them (links that lead nowhere, folders, devices), left out: {n}. "
                "See whether images are missing.",
                nothing,
            )
        )
    if audit.conflicts:
        sentence = N_("Images that stand under two labels: {n}. Decide which label is right, and remove the others.")
        said.append(language.say(sentence, n=language.number(len(audit.conflicts))))
    if not said:
        said.append(language.say("Every image file can be read, and no image stands under two labels."))
    if distinct < n:
        sentence = N_("Distinct images: {distinct} of {n}. Copies of another image: {copies} ({share}).")
        values = {"distinct": language.number(distinct), "copies": language.number(n - distinct)}
        said.append(language.say(sentence, n=language.number(n), share=language.share((n - distinct) / n, 1), **values))
    else:
        said.append(language.count("There is a single image.", "All {n} images are distinct.", n))
    if twins is not None and twins[1].in_either:
        copies, every = twins
        sentence = N_(
            "Test images of a random split that have a copy in training or validation: {copies} of {test}; a copy or "
            "an overlapping view: {every}. An accuracy measured on them flatters: use a grouped split."
        )
        said.append(
            language.say(
                sentence,
                copies=language.number(copies.in_either),
                test=language.number(copies.n),
                every=language.number(every.in_either),
            )
        )
    return said


def _fate(problems: Sequence[FileProblem], language: Language) -> str:
    """Whether these files are left out or used."""
    left_out = sum(each.error is not None for each in problems)
    if left_out in (0, len(problems)):
        return language.say("left out") if left_out else language.say("used")
    return language.say("used, {n} left out", n=language.number(left_out))


def _of(count: int, n: int, language: Language) -> str:
    share = f" ({language.share(count / n, 1)})" if n else ""
    return language.number(count) + share


def _level(value: float, language: Language) -> str:
    return NOTHING if np.isnan(value) else language.number(value, 1)
