"""From records to the text of a page: pictures as data addresses, templates that escape what they are given."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2

from fissura.language import Language
from fissura.reporting.cells import duration

TEMPLATES = Path(__file__).parent / "templates"
# Browsers break a line after a dash even where a no-break space follows; a word joiner between them forbids it.
_DASH, _JOINED_DASH = "–\N{NO-BREAK SPACE}", "–\N{WORD JOINER}\N{NO-BREAK SPACE}"


@dataclass(frozen=True)
class Picture:
    """A figure inside the page.

    Attributes:
        content: the whole image: PNG, JPEG or SVG.
        alt: what it shows, for those who do not see it.
        caption: what to look at.
        name: of its file, without suffix, where it is written beside the page as well.
    """

    content: bytes
    alt: str
    caption: str
    name: str = ""

    @property
    def uri(self) -> str:
        """The whole image as a ``data:`` address."""
        return data_address(self.content)

    @property
    def file_name(self) -> str:
        """Its name with the suffix that its content has."""
        return f"{self.name}.{_form(self.content).partition('+')[0]}"


def data_address(content: bytes) -> str:
    """The whole picture, PNG, JPEG or SVG, as an address."""
    return f"data:image/{_form(content)};base64,{base64.b64encode(content).decode('ascii')}"


def _form(content: bytes) -> str:
    return "png" if content.startswith(b"\x89PNG") else "jpeg" if content.startswith(b"\xff\xd8") else "svg+xml"


def rendered(template: str, language: Language, **context: Any) -> str:
    """The page that ``template`` makes of ``context``; what the template names and the context lacks is an error."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals["_"] = language.say
    page = environment.get_template(template).render(language=language, duration=duration, **context)
    return page.replace(_DASH, _JOINED_DASH)
