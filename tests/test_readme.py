"""What the README shows is run."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def test_python_of_the_readme_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for code in blocks("python"):
        exec(compile(code, "README.md", "exec"), {})
    shown = capsys.readouterr().out
    assert "Judgement(drawn surfaces" in shown
    assert "54,410" in shown
    assert "[64, 1, 28, 28]" in shown
    assert "95 % interval" in shown
    assert (tmp_path / "cnn1.safetensors").exists()


def test_make_commands_come_first_and_exist():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    first = blocks("sh")[0]
    for command in re.findall(r"^make (\w+)", first, flags=re.MULTILINE):
        assert f"\n{command}:" in makefile
    assert "make lab" in first
    assert "make test" in first


def test_every_fissura_command_of_the_readme_is_known():
    from fissura import cli

    known = {command.name or command.callback.__name__ for command in cli.app.registered_commands} | {"data", "train"}
    shown = set(re.findall(r"^(?:\.venv/bin/)?fissura (\w+)", "\n".join(blocks("sh")), flags=re.MULTILINE))
    assert shown <= known
    assert len(shown) >= 6


@pytest.mark.skipif(sys.platform == "win32" or shutil.which("make") is None, reason="make is not installed")
def test_make_says_which_python_is_wanted_where_there_is_none_and_makes_anew_what_lost_its_own(tmp_path):
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path)
    asked = {"cwd": tmp_path, "capture_output": True, "text": True}
    done = subprocess.run(["make", "PYTHON=python9.9", "lab"], check=False, **asked)
    assert done.returncode != 0
    assert done.stderr.startswith("There is no python9.9. Name a Python from 3.11 to 3.13")
    python, ready = tmp_path / ".venv" / "bin" / "python", tmp_path / ".venv" / "ready"
    python.parent.mkdir(parents=True)
    ready.touch()
    for target, clears in ((sys.executable, False), (tmp_path / "gone", True)):
        python.unlink(missing_ok=True)
        python.symlink_to(target)
        done = subprocess.run(["make", "-n", "lab"], check=True, **asked)
        assert ("-m venv --clear .venv" in done.stdout) == clears
