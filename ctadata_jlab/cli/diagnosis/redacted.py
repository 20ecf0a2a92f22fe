"""A text without what tells who the user is: names, the home folder, tokens, paths of the storage."""

from __future__ import annotations

import getpass
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ctadata_jlab.session import Session

__all__ = ["Redacted"]

_TOKEN = re.compile(r"(?:[A-Za-z0-9_-]{16,}\.){2}[A-Za-z0-9_-]*|(?i:bearer|basic) [A-Za-z0-9._~+/=-]{8,}")
_QUERY = re.compile(r"(https?://[^\s?#]*)[?#][^\s,;)]*")
_LONG = re.compile(r"(?<![\w./-])[A-Za-z0-9+/_=-]{32,}(?![\w./-])")
_REMOTE = re.compile(r"(?<![\w.:/~])/[^\s,;:()]+(?= on )")


class Redacted:
    """Takes out of texts what is known of the user of *session*, whose logins at *sources* were looked at."""

    def __init__(self, session: Session, sources: Iterable[str]) -> None:
        secrets = {getpass.getuser(): "(user)"}
        for name in sources:
            keeper = session.source(name).keeper
            token = None if keeper is None else keeper.current
            if token is not None:
                secrets[token.value] = "(token)"
                if token.subject:
                    secrets[token.subject] = "(subject)"
        self._words = sorted(secrets.items(), key=lambda item: -len(item[0]))
        self._home = str(Path.home())

    def __call__(self, text: str) -> str:
        """Return *text* without them."""
        text = text.replace(self._home, "~")
        for word, instead in self._words:
            text = re.sub(rf"(?<![\w.-]){re.escape(word)}(?![\w.-])", instead, text)
        text = _QUERY.sub(r"\1?(query)", _TOKEN.sub("(token)", text))
        return _LONG.sub("(long word)", _REMOTE.sub("(path)", text))
