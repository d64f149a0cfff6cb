"""Imports point down only: the layers of the package, held by a test that is itself tested."""

import ast
import re
from itertools import pairwise
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "src" / "fissura"
LAYERS = (
    ("errors",),
    ("names", "language", "processes", "threads", "memory"),
    ("given_file",),
    ("files", "table_file", "kinds", "command_line"),
    ("metrics", "layers", "images", "familiarity", "classifier_file"),
    ("data",),
    ("models", "tiling"),
    ("prediction",),
    ("classifier",),
    ("training", "evaluation", "judgement", "inspection"),
    ("decision", "settling", "field_test"),
    ("examination",),
    ("reporting",),
    ("runs", "reports", "built_in"),
    ("ladder", "survey"),
    ("lab", "crack_lab"),
    ("terminal",),
    ("cli",),
)
LEVEL = {module: level for level, layer in enumerate(LAYERS) for module in layer}


def imported(source: str) -> set[str]:
    """The modules of the package that a source imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "fissura":
            parts = node.module.split(".")
            found |= {parts[1]} if len(parts) > 1 else {alias.name for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {alias.name.split(".")[1] for alias in node.names if alias.name.startswith("fissura.")}
    return {name for name in found if name in LEVEL}


def forbidden(module: str, source: str) -> list[str]:
    return [
        f"{module} -> {target}"
        for target in sorted(imported(source))
        if target != module and LEVEL[target] >= LEVEL[module]
    ]


def sources() -> list[tuple[str, Path]]:
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        top = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        if not top.startswith("__"):
            found.append((top, path))
    return found


def test_every_module_has_a_layer():
    assert {module for module, _ in sources()} == set(LEVEL)


@pytest.mark.parametrize(("module", "path"), sources(), ids=lambda value: getattr(value, "stem", value))
def test_imports_point_down(module, path):
    assert forbidden(module, path.read_text(encoding="utf-8")) == []


def test_contributing_shows_the_layers():
    page = (PACKAGE.parent.parent / "CONTRIBUTING.md").read_text(encoding="utf-8")
    lines = page.partition("```text\n")[2].partition("```")[0].splitlines()
    shown = [re.split(r" {2,}", line)[:-1] for line in lines]  # the last is what is said of them
    assert sorted(name for names in shown for name in names) == sorted(LEVEL)
    levels = [{LEVEL[name] for name in names} for names in shown]
    assert all(min(upper) >= max(lower) for upper, lower in pairwise(levels))


def test_an_arrow_that_points_up_is_named():
    assert forbidden("data", "from fissura.training import fit") == ["data -> training"]
    assert forbidden("training", "import fissura.evaluation") == ["training -> evaluation"]
    assert forbidden("training", "def f():\n    from fissura import lab") == ["training -> lab"]
    assert forbidden("lab", "from fissura.data import LabelledImages") == []


def defined(path: Path) -> set[str]:
    """The names that a module defines itself, at its top."""
    names: set[str] = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names |= {part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name)}
    return names


def test_names_are_imported_from_where_they_are_defined():
    for _, path in sources():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("fissura."):
                source = PACKAGE.joinpath(*node.module.split(".")[1:]).with_suffix(".py")
                if source.is_file():  # a package's __init__ may pass on what its modules define
                    elsewhere = {alias.name for alias in node.names} - defined(source)
                    assert not elsewhere, (
                        f"{path.name} imports {elsewhere} from {node.module}, which has it from elsewhere"
                    )


def test_no_module_takes_a_private_name_of_another():
    for _, path in sources():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("fissura"):
                private = [alias.name for alias in node.names if re.match("_[^_]", alias.name)]
                assert not private, f"{path.name} imports {private} from {node.module}"


def test_arrays_are_counted_without_torch():
    numbers = (*(PACKAGE / "metrics").glob("*.py"), *(PACKAGE / "images").glob("*.py"))
    for path in (*numbers, PACKAGE / "files.py", PACKAGE / "language.py"):
        assert "import torch" not in path.read_text(encoding="utf-8")


def test_only_the_command_line_prints_or_exits():
    for module, path in sources():
        if module in ("cli", "terminal"):
            continue
        calls = {
            ast.unparse(node.func)
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Call)
        }
        assert not calls & {"print", "sys.exit", "exit", "quit"}, f"{path.name} prints or exits"


def test_only_the_loop_calls_backward():
    callers = [path.name for _, path in sources() if ".backward(" in path.read_text(encoding="utf-8")]
    assert callers == ["fit.py"]


def test_processors_are_counted_in_one_place():
    """Those of the machine are more than a process may use, in a container say."""
    counting = [path.name for _, path in sources() if "cpu_count" in path.read_text(encoding="utf-8")]
    assert counting == ["processes.py"]
