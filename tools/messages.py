"""Collect every sentence that a person may read into the catalogues, and compile them.

    python tools/messages.py            update the .po files, compile the .mo files
    python tools/messages.py --check    fail when that would change anything or a translation is missing

English is the source: its catalogue repeats the code, so that a translator has a pattern with nothing missing. In
French the spaces before : ; ? ! % and around × become no-break ones by themselves.
"""

from __future__ import annotations

import ast
import io
import re
import string
import sys
from datetime import UTC, datetime
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

SOURCE = Path(__file__).parent.parent / "src" / "fissura"
LOCALE = SOURCE / "locale"
LANGUAGES = ("en", "fr")
ERRORS = (
    "FissuraError",
    "SettingsError",
    "DataError",
    "DownloadError",
    "ImageError",
    "ClassifierFileError",
    "OutputError",
    "DeviceError",
    "TrainingError",
    "DivergedError",
    "Stopped",
)
KEYWORDS = ("say", "N_", *ERRORS)
COUNTS = "count"  # its first two arguments are the sentence for one thing and for several
Sentence = str | tuple[str, str]
TEMPLATES = [("reporting/templates/**.j2", "jinja2.ext:babel_extract")]


def extracted() -> Catalog:
    """Every message of the source, sorted, without line numbers: a moved line changes no catalogue."""
    catalog = Catalog(project="fissura", charset="utf-8", header_comment="# Sentences of fissura.")
    for path in sorted(SOURCE.rglob("*.py")):
        for message in said_in(path.read_text(encoding="utf-8")):
            catalog.add(message, locations=[(path.relative_to(SOURCE).as_posix(), 0)])
    for file, _line, sentence, _comments, _context in extract_from_dir(
        str(SOURCE), TEMPLATES, {"**.j2": {"trimmed": "true"}}, {"_": None}
    ):
        catalog.add(sentence, locations=[(file, 0)])
    return catalog


def said_in(code: str) -> list[Sentence]:
    """The plain strings that are the first argument of one of ``KEYWORDS``, or the first two of ``COUNTS``, in order.

    Babel's own reader of Python takes every string of the call, also the key in ``ImageError(left["template"])``.
    """
    calls = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call) and node.args]
    found: list[tuple[int, int, Sentence]] = []
    for call in calls:
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        said = [each.value for each in call.args[:2] if isinstance(each, ast.Constant) and isinstance(each.value, str)]
        if name in KEYWORDS and said and isinstance(call.args[0], ast.Constant):
            found.append((call.lineno, call.col_offset, said[0]))
        elif name == COUNTS and len(said) == 2:
            found.append((call.lineno, call.col_offset, (said[0], said[1])))
    return [message for _line, _column, message in sorted(found, key=lambda each: each[:2])]


def updated(language: str) -> Catalog:
    """The catalogue of ``language`` with today's messages: old translations kept, unused ones dropped."""
    path = po_path(language)
    old = {}
    if path.exists():
        with path.open("rb") as stream:
            old = {message.id: message.string for message in read_po(stream, locale=language) if message.id}
    catalog = Catalog(locale=language, project="fissura", charset="utf-8", header_comment="# Sentences of fissura.")
    if language == "fr":
        old = {key: typeset(said) if isinstance(said, str) else tuple(map(typeset, said)) for key, said in old.items()}
    for message in extracted():
        if message.id:
            text = (
                message.id if language == "en" else old.get(message.id, "" if isinstance(message.id, str) else ("", ""))
            )
            catalog.add(message.id, text, locations=message.locations)
    return catalog


def typeset(french: str) -> str:
    """The sentence with no-break spaces where French has them, so that no translator has to type them."""
    french = re.sub(r" ([:;?!%»])", "\N{NO-BREAK SPACE}\\1", french).replace("« ", "«\N{NO-BREAK SPACE}")
    french = french.replace(" × ", "\N{NO-BREAK SPACE}×\N{NO-BREAK SPACE}")
    return french.replace("’", "'")


def po_path(language: str) -> Path:
    return LOCALE / language / "LC_MESSAGES" / "fissura.po"


def as_po(catalog: Catalog) -> bytes:
    stream = io.BytesIO()
    write_po(stream, catalog, sort_output=True, omit_header=False, include_lineno=False, width=110)
    lines = stream.getvalue().decode("utf-8").splitlines(keepends=True)
    dated = ('"POT-Creation-Date', '"PO-Revision-Date', '"Generated-By', '"Last-Translator', '"Report-Msgid')
    return "".join(line for line in lines if not line.startswith(dated)).encode("utf-8")


def as_mo(catalog: Catalog) -> bytes:
    stream = io.BytesIO()
    with io.BytesIO(as_po(catalog)) as po:
        fresh = read_po(po, locale=catalog.locale)
    fresh.creation_date = fresh.revision_date = datetime(2026, 1, 1, tzinfo=UTC)  # the same bytes at any time
    write_mo(stream, fresh)
    return stream.getvalue()


def problems(catalog: Catalog) -> list[str]:
    """A sentence for each message that has no translation, or one with other fields."""
    found = []
    for message in catalog:
        if not message.id:
            continue
        said = (message.string,) if isinstance(message.string, str) else message.string
        meant = (message.id,) if isinstance(message.id, str) else message.id
        if not all(said):
            found.append(f"{catalog.locale}: no translation of {message.id!r}")
        # the sentence for one thing may do without their number
        elif any(fields(each) - {"n"} != fields(meant[-1]) - {"n"} for each in said) or (
            fields(said[-1]) != fields(meant[-1])
        ):
            found.append(f"{catalog.locale}: other fields in {message.string!r} than in {message.id!r}")
    return found


def fields(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def main() -> int:
    check = "--check" in sys.argv[1:]
    wrong = []
    for language in LANGUAGES:
        catalog = updated(language)
        wrong += problems(catalog)
        for path, content in (
            (po_path(language), as_po(catalog)),
            (po_path(language).with_suffix(".mo"), as_mo(catalog)),
        ):
            if check and (not path.exists() or path.read_bytes() != content):
                wrong.append(f"{path.name} of {language} is not up to date: run make messages")
            elif not check:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
    for sentence in wrong:
        print(sentence)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
