"""What Tab completes behind `%dcache`: its commands, remote paths, and for `put` the files here."""

from __future__ import annotations

import re
import shlex
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ctadata_jlab.errors import CtaDataError
from ctadata_jlab.magics.commands import COMMANDS
from ctadata_jlab.magics.words import Words

if TYPE_CHECKING:
    from ctadata_jlab.magics.desk import Desk

__all__ = ["MAGIC", "completions"]

MAGIC = re.compile(r"(?:.*=\s*)?\s*%%?dcache\s")
_PATIENCE = 5.0
"""Seconds that somebody who has pressed Tab waits."""


def completions(before: str, symbol: str, desk: Desk) -> list[str]:
    """Return what *symbol*, the end of the line *before* the cursor, could become.

    Names are written with backslashes where a shell would want them, or inside of the quotes that are open.
    """
    raw = before[(MAGIC.match(before) or re.match("", before)).end() :]  # type: ignore[union-attr]
    *whole, (word, start, quote) = _parts(raw)
    if not whole:
        found = [name for name in (*COMMANDS, "help") if name.startswith(word)]
    else:
        command = "cell" if before.lstrip().startswith("%%") else whole[0][0]
        found = _paths(command, [text for text, _, _ in whole[1:]], word, desk)
    typed = raw[start:]
    return [
        end[len(typed) - len(symbol) :] for end in (_written(text, quote) for text in found) if end.startswith(typed)
    ]


def _parts(raw: str) -> list[tuple[str, int, str]]:
    """Return each word of *raw*: what it means, where it begins, and the quote that it begins with; the last may be unfinished."""
    found, start = [], len(raw) - len(raw.lstrip())
    for end in range(start, len(raw) + 1):
        if end < len(raw) and not raw[end].isspace():
            continue
        text = raw[start:end]
        try:
            words = shlex.split(text)
        except ValueError:
            if end < len(raw):
                continue  # inside of quotes
            words = [_unfinished(text)]
        if end == len(raw) or not text.endswith("\\"):
            found.append((words[0] if words else "", start, text[:1] if text[:1] in {"'", '"'} else ""))
            start = end + 1
    return found


def _unfinished(text: str) -> str:
    """Return what *text* means, whose quote or backslash is still open."""
    for end in ("'", '"', "\\"):
        with suppress(ValueError):
            return "".join(shlex.split(text + end))
    return text


def _written(text: str, quote: str) -> str:
    if quote == "'":
        return "'" + text.replace("'", "'\\''")
    if quote == '"':
        return '"' + re.sub(r'(["\\$`])', r"\\\1", text)
    return re.sub(r"([^\w@%+=:,./-])", r"\\\1", text)


def _paths(command: str, words: list[str], word: str, desk: Desk) -> list[str]:
    if word.startswith("-"):
        return [option for option in ("--source", "--dev", "--debug") if option.startswith(word)]
    others = [other for other in words if not other.startswith("-")]
    if (command == "put" and not others) or (command in {"get", "sync"} and others):
        return _local(word)
    return _remote(words, word, desk)


def _local(word: str) -> list[str]:
    folder, _, beginning = word.rpartition("/")
    before = word[: len(word) - len(beginning)]
    try:
        found = sorted(Path(folder or ("/" if word.startswith("/") else ".")).expanduser().iterdir())
    except OSError:
        return []
    names = [(file.name, file.is_dir()) for file in found if file.name.startswith(beginning)]
    return [before + name + ("/" if is_folder else "") for name, is_folder in names]


def _remote(words: list[str], word: str, desk: Desk) -> list[str]:
    beginning = word.rpartition("/")[2]
    before = word[: len(word) - len(beginning)]
    found: list[str] = []

    def look() -> None:
        try:
            said, _ = Words("").parse_known_args(words)
            source = desk.source(said)
            folder = desk.path(source, before) if before else desk.path(source, "")
            entries = sorted(source.storage.list(folder), key=lambda entry: entry.path)
        except CtaDataError:
            return  # completion never complains
        found.extend(before + entry.name + ("/" if entry.is_folder else "") for entry in entries)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    thread.join(_PATIENCE)
    return [path for path in found if path.startswith(word) and path.isprintable()]
