"""``fissura inspect --truth`` on the photographs of SUT-Crack that the built-in detector never learned from.

    FISSURA_DATA=data python benchmarks/inspection_truth.py

Asphalt, 30 photographs of 512 x 512 px with masks. The detector learned from 60 others of the same set, so
this says little about another surface.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from fissura.data.teaching.material import SUT_FOLDER, kept_for_judging, masked


def main() -> int:
    folder = Path(os.environ.get("FISSURA_DATA", "data")).resolve() / SUT_FOLDER
    with tempfile.TemporaryDirectory() as name:
        photographs = Path(name) / "photographs"
        photographs.mkdir()
        for each in kept_for_judging(masked(folder)):
            shutil.copy(folder / "images" / each.name, photographs)
        command = [sys.executable, "-m", "fissura", "inspect", str(photographs), "--truth", str(folder / "masks")]
        return subprocess.run([*command, "--out", str(Path(name) / "out"), "--lang", "en"], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
