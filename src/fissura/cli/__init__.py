"""The command line: one short function per command. With ``terminal`` the only place that prints or exits.

PyTorch and Matplotlib are imported inside the commands, so that ``fissura --help`` answers at once.
"""

from __future__ import annotations

import atexit
import gc
import os
import signal
import sys
from typing import Annotated, NoReturn

import typer
from typer.main import get_command

from fissura import __version__, terminal
from fissura.cli import comparing, data, inspect, judging, lab, ladder, networks, predict, train
from fissura.cli.options import INPUT_ERROR
from fissura.cli.usage import HELP_SHOWN, UsageError, check_arguments, mistyped
from fissura.errors import FissuraError, Stopped
from fissura.language import LANGUAGES, N_, Language, cause, language
from fissura.memory import is_shortage

app = typer.Typer(
    name="fissura",
    help="Teach and trust small image classifiers. Start with: fissura lab",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    if asked:
        terminal.say(f"fissura {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[bool, typer.Option("--version", help="Print the version.", callback=_version)] = False,
) -> None:
    """Teach and trust small image classifiers. Start with: fissura lab"""


for command in (
    inspect.inspect,
    lab.lab,
    ladder.ladder,
    predict.predict,
    judging.evaluate,
    comparing.compare,
    networks.models,
):
    app.command()(command)
app.add_typer(train.app, name="train")
app.add_typer(data.app, name="data")


def main() -> NoReturn:
    """Run the command line; the process exits with 0, 1 (a check failed) or 2 (the user's input)."""
    # a waiting thread spins for microseconds, not milliseconds, before it sleeps: on a machine that is busy with
    # something else that is several times faster, on a quiet one as fast (docs/decisions/0002-one-loop.md)
    os.environ.setdefault("GOMP_SPINCOUNT", "30000")  # read when PyTorch starts
    # importing PyTorch makes many objects that stay; looking through them for garbage as often as usual takes an eighth
    # of all imports' time
    gc.set_threshold(50_000, 50, 100)
    atexit.register(_leave_garbage)
    signal.signal(signal.SIGINT, _stop)
    terminal.open_streams()
    try:
        check_arguments(sys.argv[1:])
        code = app(prog_name="fissura", standalone_mode=False)
    except UsageError as error:
        if type(error).__name__ == HELP_SHOWN:
            terminal.say(str(error))
        else:
            terminal.remark(_error_language(sys.argv).error(mistyped(error, get_command(app), sys.argv[1:])))
        sys.exit(INPUT_ERROR)
    except (FissuraError, Stopped) as error:
        terminal.remark(_error_language(sys.argv).error(error))
        sys.exit(INPUT_ERROR)
    except OSError as error:
        spoken = _error_language(sys.argv)
        sentence = (
            N_("{path} cannot be used: {reason}. Check the name and the permissions.")
            if error.filename
            else N_("What the command prints cannot be written, or a file cannot be used: {reason}.")
        )
        reason = cause(error) if error.errno else error
        terminal.remark(spoken.say(sentence, path=error.filename, reason=reason))
        sys.exit(INPUT_ERROR)
    except (MemoryError, RuntimeError) as error:
        if not is_shortage(error):
            raise
        sentence = N_(
            "This needs more memory than there is. Ask for smaller images or fewer at once, or close other programs."
        )
        terminal.remark(_error_language(sys.argv).say(sentence))
        sys.exit(INPUT_ERROR)
    sys.exit(code if isinstance(code, int) else 0)


def _leave_garbage() -> None:
    """At the end garbage is not searched for once more (benchmarks/start_time.py), but where Triton would tell of it.

    PyTorch's optimisers import it, where it is installed, and it prints whatever is still there as a leak.
    """
    if "triton" not in sys.modules:
        gc.freeze()


def _stop(_signal: int, _frame: object) -> NoReturn:
    """Ctrl-C ends a command as any other reason to stop does: with a sentence."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second one would interrupt the sentence
    raise Stopped(N_("Stopped. What was finished is kept: the same command goes on from there."))


def _error_language(arguments: list[str]) -> Language:
    """The language asked for, read from the bare arguments: an error may come before the command has read them."""
    for index, argument in enumerate(arguments):
        code = argument.removeprefix("--lang=") if argument.startswith("--lang=") else None
        if argument == "--lang" and index + 1 < len(arguments):
            code = arguments[index + 1]
        if code in LANGUAGES:
            return language(code)
    return language()
