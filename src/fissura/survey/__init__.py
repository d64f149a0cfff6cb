"""Many photographs inspected into one folder: listed, inspected several at once, written for people and other tools.

What is finished stays: the same command goes on where it was stopped, and refuses a folder that holds something else.
"""

from fissura.survey.listing import Entry, Listing, listed
from fissura.survey.run import Plan, default_folder, survey
from fissura.survey.scales import ScaleWish, scales_of
from fissura.survey.work import Inspector, Once, Task, detector

__all__ = [
    "Entry",
    "Inspector",
    "Listing",
    "Once",
    "Plan",
    "ScaleWish",
    "Task",
    "default_folder",
    "detector",
    "listed",
    "scales_of",
    "survey",
]
