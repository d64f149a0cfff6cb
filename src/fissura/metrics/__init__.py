"""Arrays in, numbers with intervals out. NumPy and SciPy (and scikit-image's thinning of masks); tests check every
formula against another library.

``shares`` counts images and says how sure a share of them is, also where images are not independent; ``paired``
compares two models on the same images; ``binary`` judges a two-class classifier at a threshold, ``curves`` at all of
them, and ``bootstrap`` says how sure those curves' numbers are; ``thresholds`` turns a wish into a threshold;
``calibration`` asks whether a probability means what it says; ``masks`` compares found cracks with true ones, and
``cracks_found`` counts them.

In the modules on two classes ``scores`` is ``(n,)``, larger for the class that is looked for, ``positive`` is ``(n,)``
bool, true where an image is of that class (``labels == 1``; labels themselves are refused), and an image is called
positive where its score is at least the threshold.
"""

from fissura.metrics.binary import AtThreshold, at_threshold, called
from fissura.metrics.bootstrap import RESAMPLES, Resampled, resampled
from fissura.metrics.calibration import (
    CalibrationError,
    ReliabilityBin,
    Temperature,
    calibration_error,
    fit_temperature,
    log_losses,
    probabilities_from_logits,
    reliability,
    squared_errors,
)
from fissura.metrics.curves import PrecisionRecallCurve, RocCurve, auc, average_precision, precision_recall, roc
from fissura.metrics.masks import TOLERANCE_PX, Agreement, agreement, centre_line_agreement, centre_lines
from fissura.metrics.paired import PairedComparison, Spread, holm, mcnemar, spread
from fissura.metrics.shares import (
    Labels,
    Measure,
    Share,
    accuracy,
    confusion_matrix,
    difference,
    measure_as_dict,
    rounded,
    share_of,
    upper_bound,
    wilson,
)
from fissura.metrics.thresholds import (
    ChosenThreshold,
    OperatingPoint,
    Wish,
    alarm_at_most,
    least_to_promise,
    miss_at_most,
    parse_share,
    threshold_for,
)

__all__ = [
    "RESAMPLES",
    "TOLERANCE_PX",
    "Agreement",
    "AtThreshold",
    "CalibrationError",
    "ChosenThreshold",
    "Labels",
    "Measure",
    "OperatingPoint",
    "PairedComparison",
    "PrecisionRecallCurve",
    "ReliabilityBin",
    "Resampled",
    "RocCurve",
    "Share",
    "Spread",
    "Temperature",
    "Wish",
    "accuracy",
    "agreement",
    "alarm_at_most",
    "at_threshold",
    "auc",
    "average_precision",
    "calibration_error",
    "called",
    "centre_line_agreement",
    "centre_lines",
    "confusion_matrix",
    "difference",
    "fit_temperature",
    "holm",
    "least_to_promise",
    "log_losses",
    "mcnemar",
    "measure_as_dict",
    "miss_at_most",
    "parse_share",
    "precision_recall",
    "probabilities_from_logits",
    "reliability",
    "resampled",
    "roc",
    "rounded",
    "share_of",
    "spread",
    "squared_errors",
    "threshold_for",
    "upper_bound",
    "wilson",
]
