"""What the README shows is run."""

import re
from pathlib import Path

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")


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
    makefile = (Path(__file__).parent.parent / "Makefile").read_text(encoding="utf-8")
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
