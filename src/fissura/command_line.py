"""Commands as they are typed: what a report names to do the same again."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence

from fissura.language import Language


def as_typed(**given: object) -> tuple[str, ...]:
    """The options that are given, neither None nor empty, as they are typed; a list once for each of its values.

    What is True is a switch.

    >>> as_typed(data_dir="my walls", cache_dir=None, also=["a=b"], two_scales=True)
    ("--data-dir 'my walls'", '--also a=b', '--two-scales')
    """
    typed = []
    for name, value in given.items():
        option = f"--{name.replace('_', '-')}"
        for each in value if isinstance(value, list | tuple) else [value]:
            if each is not None:
                typed.append(option if each is True else f"{option} {shlex.quote(str(each))}")
    return tuple(typed)


def typed_command(
    name: str, named: Sequence[str], given: Mapping[str, object], language: Language, added: Sequence[str] = ()
) -> str:
    """What to type to do the same again: the command's name, what it is about, its options; see ``as_typed``.

    ``added`` are further options, as they are typed already.
    """
    options = (*as_typed(**given), *added, f"--lang {language.code}")
    return " ".join([f"fissura {name}", *map(shlex.quote, named), *options])
