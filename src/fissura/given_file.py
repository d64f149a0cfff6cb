"""Files that somebody named: read where they are ordinary ones, since of a device or a pipe the end may never come."""

from __future__ import annotations

import errno
import stat
from pathlib import Path

from fissura.language import N_

_OF_THE_SHELL = ("/dev/fd/", "/dev/stdin", "/proc/self/fd/")
_DEVICE = N_("a device or a pipe, no ordinary file")


def check_ordinary(path: Path) -> None:
    """Fail where there is something at ``path`` that is neither a file nor a folder.

    Raises:
        OSError: so it is, or the system does not say; its text is a reason to be told.
    """
    mode = path.stat().st_mode
    of_the_shell = stat.S_ISFIFO(mode) and path.as_posix().startswith(_OF_THE_SHELL)  # <(a command) ends
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode) or of_the_shell):
        raise OSError(errno.EINVAL, _DEVICE, str(path))


def given_bytes(path: Path) -> bytes:
    """The content of a file.

    Raises:
        OSError: it cannot be read, or is no ordinary one.
    """
    check_ordinary(path)
    return path.read_bytes()
