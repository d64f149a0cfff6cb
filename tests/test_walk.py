"""docs/walk.md against the calls that really happen."""

import re
import sys
from pathlib import Path

from test_cli import FAST, fissura

PAGE = Path(__file__).parent.parent / "docs" / "walk.md"


def told() -> list[str]:
    return re.findall(r"^\d+\. `([\w.]+)`", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)


def test_the_walk_tells_the_calls_that_happen_in_their_order(tmp_path):
    steps, called = told(), []

    def watch(frame, event, _argument):
        name = f"{frame.f_globals.get('__name__', '')}.{frame.f_code.co_name}".removeprefix("fissura.")
        name = name.replace("layers.walk.", "layers.").replace("layers.table.", "layers.")
        if event == "call" and name in steps and name not in called:
            called.append(name)

    sys.setprofile(watch)
    try:
        fissura("lab", "--part", "digits", *FAST, "--out", "out", cwd=tmp_path)
    finally:
        sys.setprofile(None)
    assert called == steps
