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
        uri: the whole image as a ``data:`` address.
        alt: what it shows, for those who do not see it.
        caption: what to look at.
    """

    uri: str
    alt: str
    caption: str


def picture(content: bytes, alt: str, caption: str) -> Picture:
    """The figure whose bytes, PNG or SVG, are ``content``."""
    return Picture(data_address(content), alt, caption)


def data_address(content: bytes) -> str:
    """The whole picture, PNG, JPEG or SVG, as an address."""
    form = "png" if content.startswith(b"\x89PNG") else "jpeg" if content.startswith(b"\xff\xd8") else "svg+xml"
    return f"data:image/{form};base64,{base64.b64encode(content).decode('ascii')}"


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
