"""Rucio's REST interface, call by call, as far as reading goes; what it answers becomes plain values, what it refuses our errors.

Facts are from Rucio 41.5's own server. Lists come as one JSON object a line. Where the connection simply ends with the answer, one that
was cut short looks whole: whoever lists compares with the length that Rucio keeps of a closed collection.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

import httpx

from ctadata_jlab import paths
from ctadata_jlab.errors import BadAnswer, CtaDataError, NotLoggedIn, Unreachable, Unsupported
from ctadata_jlab.http import client, failure
from ctadata_jlab.storage import Checksum
from ctadata_jlab.storage.hushed import keep_headers_out_of_logs
from ctadata_jlab.storage.rucio.login import RucioLogin
from ctadata_jlab.storage.rucio.names import Did

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from ctadata_jlab.http import Trust

__all__ = ["Api", "Facts", "Member", "Replica"]

LINES = "application/x-json-stream"
SCHEMES = ("https", "davs")


@dataclass(frozen=True, slots=True)
class Facts:
    """What Rucio knows of a DID. `length` counts a closed dataset's members; None where that is not kept."""

    did: Did
    is_file: bool
    is_closed: bool = False
    length: int | None = None
    size: int | None = None
    sums: tuple[Checksum, ...] = ()


@dataclass(frozen=True, slots=True)
class Member:
    """One member of a collection; `sums` are those of a file, adler32 first."""

    did: Did
    is_file: bool
    size: int | None = None
    sums: tuple[Checksum, ...] = ()
    events: int | None = None


@dataclass(frozen=True, slots=True)
class Replica:
    """Where a copy of a file is: its storage element (RSE) and its address; `sums` are the file's, adler32 first."""

    rse: str
    url: str
    is_on_tape: bool
    sums: tuple[Checksum, ...] = ()


class Api:
    """Rucio at *url*; *title* names it in messages, *authorise* has the token, *account* is whom a password belongs to."""

    def __init__(
        self, title: str, url: str, trust: Trust, authorise: Callable[[str | None], str] | None, account: str = ""
    ) -> None:
        keep_headers_out_of_logs()
        self.title = title
        auth = None if authorise is None else RucioLogin(authorise, url, account)
        self._http = client(url.rstrip("/") + "/", trust, auth)

    def close(self) -> None:
        """Close its connections."""
        self._http.close()

    def scopes(self) -> list[str]:
        """Return all scopes."""
        with self._asked("GET", "scopes/", f"the scopes of {self.title}", accept="application/json") as answer:
            answer.read()
            found = _json(answer.text, self.title)
        if not isinstance(found, list):
            raise _strange(self.title)
        return [str(scope) for scope in found]

    def facts(self, did: Did) -> Facts:
        """Return what is known of *did*, or raise `NotFound`."""
        with self._asked("GET", f"dids/{_sent(did)}", self._what(did), accept="application/json") as answer:
            answer.read()
            row = _json(answer.text, self.title)
        if not isinstance(row, dict):
            raise _strange(self.title)
        is_file = row.get("type") == "FILE"
        is_closed = not is_file and row.get("open") is False
        return Facts(did, is_file, is_closed, _number(row.get("length")), _number(row.get("bytes")), _sums(row))

    def members(self, did: Did) -> Iterator[Member]:
        """Yield what is in the collection *did*."""
        for row in self._lines("GET", f"dids/{_sent(did)}/dids", self._what(did)):
            yield _member(row)

    def files(self, did: Did) -> Iterator[Member]:
        """Yield all files in *did* and in what it holds, with the number of their events."""
        for row in self._lines("GET", f"dids/{_sent(did)}/files", self._what(did)):
            yield _member({**row, "type": "FILE"})

    def parents(self, did: Did) -> list[Did]:
        """Return the collections that *did* is a member of."""
        return [_did(row) for row in self._lines("GET", f"dids/{_sent(did)}/parents", self._what(did))]

    def search(
        self, scope: str, pattern: str = "*", kind: str = "collection", meta: Mapping[str, object] | None = None
    ) -> Iterator[Member]:
        """Yield what in *scope* is called like *pattern* (``*`` stands for anything) and has the metadata *meta*.

        *kind* is ``collection``, ``dataset``, ``container``, ``file`` or ``all``; ``KEY.gt``, ``.lt``, ``.gte``, ``.lte`` and ``.ne``
        compare.
        """
        # the server reads the filters as a literal of Python's
        asked = {"type": kind, "long": "True", "filters": repr([{**(meta or {}), "name": pattern}])}
        what = f"a search of {paths.display(scope)} on {self.title}"
        for row in self._lines("GET", f"dids/{quote_plus(scope)}/dids/search", what, params=asked):
            yield _member({**row, "type": row.get("did_type")})

    def replicas(self, dids: Iterable[Did]) -> Iterator[tuple[Did, tuple[Replica, ...]]]:
        """Yield, of each of the files *dids* that has any, the copies that can be had over https, the best first."""
        asked = {"dids": [{"scope": did.scope, "name": did.name} for did in dids], "schemes": list(SCHEMES)}
        for row in self._lines("POST", "replicas/list", f"replicas on {self.title}", json=asked):
            yield _did(row), _replicas(row)

    # -- asking --------------------------------------------------------------------------------------------------------

    def _what(self, did: Did) -> str:
        return f"{paths.display(str(did))} on {self.title}"

    def _lines(self, method: str, route: str, what: str, **options: Any) -> Iterator[dict[str, Any]]:
        with self._asked(method, route, what, accept=LINES, **options) as answer:
            for line in answer.iter_lines():
                if line.strip():
                    yield _row(line, what, self.title)

    @contextmanager
    def _asked(self, method: str, route: str, what: str, *, accept: str, **options: Any) -> Iterator[httpx.Response]:
        try:
            with self._http.stream(method, route, headers={"Accept": accept}, **options) as answer:
                if not answer.is_success:
                    answer.read()
                    raise _refusal(answer, what)
                yield answer
        except httpx.HTTPError as error:
            raise Unreachable(f"The connection failed: {what} ({type(error).__name__}).") from None


def _sent(did: Did) -> str:
    return f"{quote_plus(did.scope)}/{quote_plus(did.name)}"


def _refusal(answer: httpx.Response, what: str) -> CtaDataError:
    kind = answer.headers.get("ExceptionClass", "")
    said = paths.display(" ".join(answer.headers.get("ExceptionMessage", "").split()), 200)
    if kind == "CannotAuthenticate" or "Token must be set" in answer.text[:1000]:
        return NotLoggedIn(f"Rucio wants a valid token for {what}.")
    if kind in {"InvalidMetadata", "KeyNotFound", "DIDFilterSyntaxError", "UnsupportedOperation"}:
        return Unsupported(f"Rucio does not understand what is searched for ({said}): {what}.")
    return failure(answer.status_code, what, said or answer.reason_phrase, answer.headers)


def _strange(title: str) -> BadAnswer:
    return BadAnswer(f"{title} answers something else than Rucio does.", hint="Is `url` of this source Rucio's?")


def _json(text: str, title: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        raise _strange(title) from None


def _row(line: str, what: str, title: str) -> dict[str, Any]:
    if not line.startswith("{"):
        raise _strange(title)
    try:
        row: dict[str, Any] = json.loads(line)
    except ValueError:
        raise Unreachable(f"The answer breaks off within a line: {what}.") from None
    return row


def _did(row: dict[str, Any]) -> Did:
    try:
        return Did(str(row["scope"]), str(row["name"]))
    except KeyError:
        raise BadAnswer("Rucio tells a data identifier without scope or name.") from None


def _member(row: dict[str, Any]) -> Member:
    is_file = row.get("type") == "FILE"
    size = _number(row.get("bytes")) if is_file else None
    return Member(_did(row), is_file, size, _sums(row) if is_file else (), _number(row.get("events")))


def _number(value: object) -> int | None:
    return value if isinstance(value, int) else None


def _sums(row: dict[str, Any]) -> tuple[Checksum, ...]:
    known = ((name, row.get(name)) for name in ("adler32", "md5"))
    return tuple(Checksum(name, str(value).lower()) for name, value in known if value)


def _replicas(row: dict[str, Any]) -> tuple[Replica, ...]:
    """Return the copies in *row*, those on disk before those on tape, each kind as the server prefers them."""
    found, sums = [], _sums(row)
    for url, facts in (row.get("pfns") or {}).items():
        if facts.get("client_extract"):
            continue  # a file inside an archive: there is no address of its own
        on_tape = facts.get("type") == "TAPE"
        found.append((on_tape, facts.get("priority") or 0, Replica(str(facts.get("rse")), str(url), on_tape, sums)))
    return tuple(replica for _, _, replica in sorted(found, key=lambda one: one[:2]))
