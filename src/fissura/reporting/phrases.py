"""Short phrases that tables, figures, sentences and lines have in common."""

from __future__ import annotations

import math

from fissura.language import N_, Language
from fissura.metrics import Share
from fissura.reporting.crack_results import GROUPED, RANDOM
from fissura.reporting.results import RunResult

TITLES = {
    "multinomial": N_("Multinomial regression"),
    "cnn1": "CNN 1",
    "cnn2": "CNN 2",
    "cnn3": "CNN 3",
    "cnn3-strided": N_("CNN 3, strided"),
    "crack": N_("Crack CNN"),
    "detector": N_("Crack detector"),
}
IN_A_SENTENCE = {"multinomial": N_("multinomial regression")}
RUNGS = {RANDOM: N_("Random split"), GROUPED: N_("Grouped split")}


def network_title(name: str, language: Language) -> str:
    """The network as the course calls it; its own name where the course does not know it."""
    return language.say(TITLES[name]) if name in TITLES else name


def network_in_a_sentence(name: str, language: Language) -> str:
    """The network inside a sentence, with the article that the language wants; the other names stand as they are."""
    return language.say(IN_A_SENTENCE[name]) if name in IN_A_SENTENCE else network_title(name, language)


def rung_title(name: str, language: Language) -> str:
    """What a rung of the ladder is called; the name that was given to another folder is kept."""
    return language.say(RUNGS[name]) if name in RUNGS else name


def test_accuracy(run: RunResult) -> Share:
    """The accuracy on the test images; where groups of these are known, with the interval that knows them."""
    return run.test.accuracy if run.decided is None else run.decided.test.here.accuracy


def device_words(device: str, language: Language) -> str:
    """What was computed on: ``CPU, threads: 2`` as records have it, in the reader's words; a GPU's name is kept."""
    threads = device.removeprefix("CPU, threads: ")
    return language.count("CPU, {n} thread", "CPU, {n} threads", int(threads)) if threads.isdecimal() else device


def p_value(p: float, language: Language) -> str:
    """``p = 0.032``, with two digits that count; below a thousandth ``p < 0.001``."""
    if p < 0.001:
        return f"p\N{NO-BREAK SPACE}<\N{NO-BREAK SPACE}{language.number(0.001, 3)}"
    decimals = 3 if p < 0.1 else 2
    while p < 0.05 <= round(p, decimals):  # what is called real is not written as the limit
        decimals += 1
    return f"p\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}{language.number(p, decimals)}"


def points(difference: float, language: Language, decimals: int = 2) -> str:
    """A difference of shares in [-1, 1] as percentage points with its sign: +0.86."""
    written = language.number(abs(100 * difference), decimals)
    if not any(digit in written for digit in "123456789"):
        return written
    return ("+" if difference > 0 else "\N{MINUS SIGN}") + written


def mean_and_deviation(mean: float, std: float, language: Language) -> str:
    """``96.42 ± 0.15 %`` of two shares; the mean alone where there is no deviation."""
    if math.isnan(std):
        return language.percent(mean)
    return f"{language.number(100 * mean, 2)}\N{NO-BREAK SPACE}±\N{NO-BREAK SPACE}{language.percent(std)}"
