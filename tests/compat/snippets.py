"""The examples in the old client's own documents, found by their form: nothing of them is written down here."""

from __future__ import annotations

import ast
import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

__all__ = ["DOCUMENTS", "Snippet", "snippets"]

DOCUMENTS = Path(__file__).parents[1] / "fixtures/seeds"
_PROGRAMS = {"cta-data", "cta-data-direct", "ctadata"}
_HUB = re.compile(r"^#* ?Usage from within CTA CSCS JupyterHub platform$")


@dataclass(frozen=True)
class Snippet:
    """One example: where it begins (line), its language and text; *old* if it stands under the hub's download service."""

    document: str
    line: int
    language: Literal["python", "shell"]
    text: str
    old: bool = False

    @property
    def commands(self) -> list[list[str]]:
        """The commands of a shell example, without prompts and comments."""
        lines = (line.strip().removeprefix("$ ") for line in self.text.splitlines())
        return [words for line in lines if (words := shlex.split(line, comments=True))]


def snippets(document: str) -> list[Snippet]:
    """Return all examples of *document*, in their order."""
    found: list[Snippet] = []
    block: list[str] = []
    old, first = False, 0
    lines = (DOCUMENTS / document).read_text(encoding="utf-8").splitlines()
    for number, line in enumerate([*lines, ""], 1):
        if line.startswith("```"):
            line = ""  # noqa: PLW2901 - a fence ends a block
        if line.strip():
            first = first if block else number
            block.append(line)
            continue
        if block:
            text = "\n".join(block)
            language = _language(text)
            if language:
                found.append(Snippet(document, first, language, text, old))
            old = old or (document.startswith("page") and any(_HUB.match(one) for one in block))
            block = []
    return _joined(found, lines)


def _language(text: str) -> Literal["python", "shell"] | None:
    words = text.strip().split(maxsplit=1)[0]
    if words == "$" or (words in _PROGRAMS and all(_is_command(line) for line in text.splitlines())):
        return "shell"
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return None
    is_code = any(isinstance(node, ast.Call | ast.Import | ast.ImportFrom | ast.Assign) for node in ast.walk(tree))
    return "python" if is_code else None


def _is_command(line: str) -> bool:
    return line.split(maxsplit=1)[0] in _PROGRAMS and not line.rstrip().endswith((".", ":"))


def _joined(found: list[Snippet], lines: list[str]) -> list[Snippet]:
    """Join what only an empty line parts: an import, and what is done with it."""
    joined: list[Snippet] = []
    for snippet in found:
        last = joined[-1] if joined else None
        if (
            last is not None
            and last.language == snippet.language == "python"
            and not "".join(lines[last.line + last.text.count("\n") : snippet.line - 1]).strip()
        ):
            joined[-1] = Snippet(last.document, last.line, "python", f"{last.text}\n\n{snippet.text}", last.old)
        else:
            joined.append(snippet)
    return joined
