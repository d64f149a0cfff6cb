"""What is wrong with a command line as it was typed, in sentences of ours: the parser's are English and a parser's."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import typer

from fissura.errors import SettingsError
from fissura.language import N_
from fissura.names import nearest

UsageError: type[Exception] = typer.BadParameter.__mro__[1]  # the parser's own module has no public name
HELP_SHOWN = "NoArgsIsHelpError"
_VALUED = {  # options whose value is often typed without them, by command; the first that has such a value is meant
    "fissura train": ("--model", "--recipe", "--data"),
    "fissura lab": ("--part", "--recipe", "--data"),
}


def check_arguments(arguments: Sequence[str]) -> None:
    """Fail where an argument is empty, as that of a script's variable that is not set: a path would be this folder.

    Raises:
        SettingsError: one is.
    """
    for number, argument in enumerate(arguments):
        option = argument.partition("=")[0] if argument.startswith("--") and argument.endswith("=") else None
        if argument == "" or option is not None:
            before = option or (arguments[number - 1] if number else "fissura")
            raise SettingsError(
                "What stands behind {before} is empty. Give a value, or leave it out; in a script, see that the "
                "variable is set.",
                before=before,
            )


def mistyped(error: Any, top: Any, arguments: Sequence[str]) -> SettingsError:
    """The sentence for an error of the parser: what was typed, what is nearest to it, where all of it is shown.

    Args:
        error: of the parser; some say not in which command.
        top: the parser's command that holds all others.
        arguments: as they were typed, without the program's name.
    """
    command = error.ctx.command_path if error.ctx is not None else _command(top, arguments)
    kind, message = type(error).__name__, error.format_message()
    if kind == "NoSuchOption":
        return _no_option(error, command)
    if kind == "MissingParameter" and error.param is not None:
        return SettingsError(
            "{command} needs {what}, which was not given. How it is used is shown by: {command} --help",
            command=command,
            what=_name(error.param),
        )
    if kind == "BadOptionUsage":
        sentence = (
            N_("{option} takes no value. How it is used is shown by: {command} --help")
            if "does not take" in message
            else N_("{option} needs a value behind it. How it is used is shown by: {command} --help")
        )
        return SettingsError(sentence, option=error.option_name, command=command)
    if kind == "BadParameter" and error.param is not None:
        return SettingsError(
            "What was given for {option} is not {wanted}. How it is used is shown by: {command} --help",
            option=_name(error.param),
            wanted=_wanted(message),
            command=command,
        )
    return _of_words(error, command, message, arguments)


def _command(top: Any, arguments: Sequence[str]) -> str:
    """The command that was typed, with those that it belongs to."""
    path, at = ["fissura"], top
    for word in arguments:
        inner = getattr(at, "commands", {})
        if word in inner:
            path.append(word)
            at = inner[word]
        elif not word.startswith("-"):
            break
    return " ".join(path)


def _no_option(error: Any, command: str) -> SettingsError:
    options = [option for each in error.ctx.command.params for option in (*each.opts, *each.secondary_opts)]
    options = [option for option in options if option.startswith("--")]
    written = "--" + error.option_name.lstrip("-") in ("--", *options)
    near = None
    if options and not written:
        near = _by_initials(error.option_name, options) or nearest(error.option_name, options)
    if near is None:
        return SettingsError(
            "{command} has no option {option}. All options are shown by: {command} --help",
            command=command,
            option=error.option_name,
        )
    return SettingsError(
        "{command} has no option {option}. The nearest is {nearest}; all are shown by: {command} --help",
        command=command,
        option=error.option_name,
        nearest=near,
    )


def _by_initials(typed: str, options: Sequence[str]) -> str | None:
    """The option of several words that ``typed`` shortens to their first letters: ``--lr`` is ``--learning-rate``."""
    initials = {"".join(word[0] for word in option[2:].split("-")): option for option in options if "-" in option[2:]}
    return initials.get(typed.lstrip("-"))


def _of_words(error: Any, command: str, message: str, arguments: Sequence[str]) -> SettingsError:
    """The sentence where words are too many, or one is no command."""
    known = list(getattr(getattr(error.ctx, "command", None), "commands", ()))
    word = re.search(r"^No such command '(.*?)'\.", message)
    extra = re.search(
        r"^Got unexpected extra arguments? \((.*)\)|^Got unexpected extra argument\(s\) \((.*)\)", message
    )
    typed = next((group for match in (word, extra) if match is not None for group in match.groups() if group), "")
    first = typed.partition(" ")[0]
    option = _option_of(first, command)
    if option is not None:
        return SettingsError(
            "{command} wants the name of an option before {word}. Type: {command} {option} {word}",
            command=command,
            word=first,
            option=option,
        )
    if word is not None and known:
        near = nearest(word[1], known)
        if near is None:
            return SettingsError(
                "{command} has no command {word}. It has: {known}.",
                command=command,
                word=repr(word[1]),
                known=", ".join(known),
            )
        return SettingsError(
            "{command} has no command {word}. The nearest is {nearest}; it has: {known}.",
            command=command,
            word=repr(word[1]),
            nearest=near,
            known=", ".join(known),
        )
    modelled = any(each.startswith("--model") for each in arguments)
    if extra is not None and command == "fissura evaluate" and not modelled:
        return SettingsError(
            "{command} can do nothing with {words}, which is too much. To judge a classifier on a folder of images, "
            "type: {command} --model CLASSIFIER {first}",
            command=command,
            words=repr(typed),
            first=first,
        )
    if extra is not None:
        return SettingsError(
            "{command} can do nothing with {words}, which is too much. An option needs -- before its name; all are "
            "shown by: {command} --help",
            command=command,
            words=repr(typed),
        )
    return SettingsError(
        "{command} was not understood ({reason}). How it is used is shown by: {command} --help",
        command=command,
        reason=message,
    )


def _option_of(word: str, command: str) -> str | None:
    """The option of the command that has ``word`` as a value, where there is one: cnn1 is that of ``--model``."""
    if command not in _VALUED:
        return None
    from fissura.cli.lab import ALL, CRACKS
    from fissura.cli.options import DIGITS
    from fissura.models import MODELS
    from fissura.training.recipes import RECIPES

    values = {"--part": ("digits", CRACKS, ALL), "--model": MODELS, "--recipe": RECIPES, "--data": DIGITS}
    return next((option for option in _VALUED[command] if word in values[option]), None)


def _name(param: Any) -> str:
    """As the help shows it: an option with its dashes, an argument by its name there."""
    if param.param_type_name == "option":
        return str(max(param.opts, key=len))
    return str(param.metavar or param.name).upper()


def _wanted(message: str) -> str:
    if "integer" in message:
        return N_("a whole number")
    if "not readable" in message:
        return N_("a file or folder that you are permitted to read")
    return N_("a number") if "number" in message or "float" in message else N_("a value that it can use")
