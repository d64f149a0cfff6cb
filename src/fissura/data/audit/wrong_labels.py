"""Images whose label a cheap model contradicts, though it never saw them or anything like them.

The model is judged on folds that keep groups whole: with a twin in the training part it would only repeat the twin's
label, wrong or right.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fissura.data.audit.signature import Indices
from fissura.data.audit.symmetry import Floats

_FOLDS = 5
_TREES = 60
_FEW = 20
_DOUBT, _SURE = 0.1, 0.7


@dataclass(frozen=True)
class Suspect:
    """One label that is doubted.

    Attributes:
        image: its number.
        label: the class it has.
        suggested: the class that the model gives it.
        probability: what the model gives the label it has, in [0, 1].
    """

    image: int
    label: int
    suggested: int
    probability: float


def suspects(
    features: Floats, labels: Indices, classes: int, groups: Indices, seed: int = 12, workers: int = 2
) -> tuple[tuple[Suspect, ...], npt.NDArray[np.float64] | None]:
    """The labels to look at, the most doubtful first, and the probabilities ``(n, classes)`` behind it.

    A label is doubted when the model gives it at most 0.1 and another class at least 0.7. Where a class has
    fewer than 20 images or 5 groups there is nothing to learn from, and the answer is ``((), None)``. Extremely
    randomised trees: P. Geurts, D. Ernst, L. Wehenkel (2006), Machine Learning 63, 3-42.
    """
    sizes = np.bincount(labels, minlength=classes)
    apart = [len(np.unique(groups[labels == label])) for label in range(classes)]
    if classes < 2 or sizes.min() < _FEW or min(apart) < _FOLDS:
        return (), None
    probabilities = _out_of_fold(features, labels, classes, groups, seed, workers)
    own = probabilities[np.arange(len(labels)), labels]
    best = probabilities.argmax(axis=1)
    doubted = np.flatnonzero((own <= _DOUBT) & (probabilities.max(axis=1) >= _SURE))
    order = doubted[np.argsort(own[doubted], kind="stable")]
    return tuple(Suspect(int(i), int(labels[i]), int(best[i]), float(own[i])) for i in order), probabilities


def _out_of_fold(
    features: Floats, labels: Indices, classes: int, groups: Indices, seed: int, workers: int
) -> npt.NDArray[np.float64]:
    from sklearn.ensemble import ExtraTreesClassifier

    numbers, group = np.unique(groups, return_inverse=True)
    fold = (np.random.default_rng(seed).permutation(len(numbers)) % _FOLDS)[group]
    probabilities = np.zeros((len(labels), classes))
    for each in range(_FOLDS):
        held_out = np.flatnonzero(fold == each)
        model = ExtraTreesClassifier(_TREES, min_samples_leaf=2, n_jobs=workers, random_state=seed)
        model.fit(features[fold != each], labels[fold != each])
        model.set_params(n_jobs=1)  # several threads add the trees up in any order, which shows in the last digit
        columns = np.asarray(model.classes_, dtype=np.int64)
        probabilities[held_out[:, None], columns] = model.predict_proba(features[held_out])
    return probabilities
