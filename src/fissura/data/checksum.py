"""What a file must hold, told by a digest and a length."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from fissura.errors import DataError
from fissura.language import cause


@dataclass(frozen=True)
class Checksum:
    """What a file must hold, after decompression where it is gzipped: mirrors compress the same content differently.

    Attributes:
        sha256: of the content, as 64 hexadecimal digits.
        size_bytes: of the content.
    """

    sha256: str
    size_bytes: int

    @property
    def largest_file_bytes(self) -> int:
        """A file longer than this cannot be right: gzip lengthens what it cannot shorten by less."""
        return self.size_bytes + self.size_bytes // 1000 + 4096

    def matches(self, path: Path) -> bool:
        """Whether the file holds that content. Reads no further than one byte beyond ``size_bytes``.

        Raises:
            DataError: the file cannot be read.
        """
        try:
            with path.open("rb") as file:
                zipped = file.read(2) == b"\x1f\x8b"
                file.seek(0)
                if not zipped:
                    return self._matches(file)
                with gzip.GzipFile(fileobj=file) as unzipped:
                    return self._matches(unzipped)
        except (EOFError, gzip.BadGzipFile, zlib.error):
            return False  # a damaged gzip file is a wrong one
        except OSError as error:
            raise DataError(
                "{path} cannot be read ({reason}). Check that it is a file and that its permissions let you read it.",
                path=path,
                reason=cause(error),
            ) from error

    def _matches(self, stream: BinaryIO | gzip.GzipFile) -> bool:
        digest, size = hashlib.sha256(), 0
        while chunk := stream.read(min(2**20, self.size_bytes + 1 - size)):
            digest.update(chunk)
            size += len(chunk)
            if size > self.size_bytes:
                return False
        return digest.hexdigest() == self.sha256
