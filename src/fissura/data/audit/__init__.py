"""What is wrong with a set of labelled images: odd files, copies, overlaps, conflicts, likely wrong labels."""

from fissura.data.audit.copies import KINDS, Copies, Pair, Reader, find_copies, joined
from fissura.data.audit.examine import STEPS, audit
from fissura.data.audit.features import Looks, looks
from fissura.data.audit.overlaps import find_overlaps
from fissura.data.audit.overview import MEASURES, Distribution, Oddity, Overview, overview
from fissura.data.audit.record import Audit, FileProblem, conflicts, has_twin, read_groups, write_groups
from fissura.data.audit.wrong_labels import Suspect, suspects

__all__ = [
    "KINDS",
    "MEASURES",
    "STEPS",
    "Audit",
    "Copies",
    "Distribution",
    "FileProblem",
    "Looks",
    "Oddity",
    "Overview",
    "Pair",
    "Reader",
    "Suspect",
    "audit",
    "conflicts",
    "find_copies",
    "find_overlaps",
    "has_twin",
    "joined",
    "looks",
    "overview",
    "read_groups",
    "suspects",
    "write_groups",
]
