"""JSON as values: what the server hears, taken apart strictly. A `BadRequest` names the field that is wrong."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, cast

from ctadata_jlab import paths
from ctadata_jlab.server.refusal import BadRequest
from ctadata_jlab.transfer.job import JobRequest, Manifest, Place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ctadata_jlab.transfer.job import Conflict, JobKind

__all__ = ["BROWSER", "Action", "Fields", "Login", "action", "fields", "job_request", "login", "queue_limit"]

BROWSER: Final = "browser"
"""The source of files that the browser sends."""
KINDS: Final = ("download", "upload", "copy", "move", "delete", "measure", "stage")
WITHOUT_TARGET: Final = ("delete", "measure", "stage")
CONFLICTS: Final = ("ask", "skip", "replace", "rename", "newer")
ACTIONS: Final = ("pause", "resume", "cancel", "retry", "answer", "reorder", "limit")
ANSWERS: Final = ("skip", "replace", "rename", "newer")
LONGEST_TOKEN = 64 * 1024
LONGEST_PASSWORD = 1024


class Fields:
    """The fields of a JSON object; `where` names it in messages."""

    def __init__(self, value: object, where: str = "") -> None:
        if not isinstance(value, dict):
            raise BadRequest(f"{where or 'The body'} must be a JSON object.")
        self._fields: dict[str, Any] = value
        self._where = where

    def __contains__(self, key: str) -> bool:
        """Whether the field is there and not null."""
        return self._fields.get(key) is not None

    def has(self, key: str) -> bool:
        """Whether the field is there, be it null."""
        return key in self._fields

    def flag(self, key: str) -> bool:
        """Return a field that is true or false, false if it is missing."""
        value = self._fields.get(key, False)
        if not isinstance(value, bool):
            raise BadRequest(f"{self._name(key)} must be true or false.")
        return value

    def raw(self, key: str) -> Any:
        """Return the field whatever it is, None if it is missing."""
        return self._fields.get(key)

    def text(self, key: str) -> str:
        """Return a field that must be text."""
        value = self._fields.get(key)
        if not isinstance(value, str):
            raise BadRequest(f"{self._name(key)} must be text.")
        return value

    def path(self, key: str) -> str:
        """Return a field that must be a path, in its one spelling."""
        return paths.remote(self.text(key))

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a field that must be a list of text."""
        return tuple(self._text_of(one, f"{self._name(key)}[{n}]") for n, one in enumerate(self.many(key)))

    def many(self, key: str) -> Sequence[object]:
        """Return a field that must be a list."""
        value = self._fields.get(key)
        if not isinstance(value, list):
            raise BadRequest(f"{self._name(key)} must be a list.")
        return value

    def choice(self, key: str, choices: Sequence[str], default: str | None = None) -> str:
        """Return a field that must be one of *choices*."""
        value = self._fields.get(key, default)
        if value not in choices:
            raise BadRequest(f"{self._name(key)} must be one of: {', '.join(choices)}.")
        return cast("str", value)

    def size(self, key: str) -> int:
        """Return a field that must be a count of bytes."""
        value = self._fields.get(key)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise BadRequest(f"{self._name(key)} must be a whole number of bytes.")
        return value

    def number(self, key: str) -> float | None:
        """Return a field that may be a number."""
        value = self._fields.get(key)
        if value is None:
            return None
        if not isinstance(value, (int, float)) or isinstance(value, bool) or not math.isfinite(value):
            raise BadRequest(f"{self._name(key)} must be a number.")
        return float(value)

    def fields(self, key: str) -> Fields:
        """Return a field that must be an object."""
        return Fields(self._fields.get(key), self._name(key))

    def only(self, *known: str) -> Fields:
        """Refuse fields other than *known*: a misspelt one must not be ignored."""
        for key in self._fields:
            if key not in known:
                raise BadRequest(f"{self._name(paths.display(key))} is not a field of this request.")
        return self

    def _name(self, key: str) -> str:
        return f"{self._where}.{key}" if self._where else f"'{key}'"

    @staticmethod
    def _text_of(value: object, where: str) -> str:
        if not isinstance(value, str):
            raise BadRequest(f"{where} must be text.")
        return value


def fields(body: bytes) -> Fields:
    """Return the fields of a request's *body*; no message repeats it, since it may hold a secret."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise BadRequest("The body is not JSON.") from None
    return Fields(value)


@dataclass(frozen=True, slots=True)
class Action:
    """What to do to a job."""

    name: Literal["pause", "resume", "cancel", "retry", "answer", "reorder", "limit"]
    answer: str = ""
    before: str | None = None
    """The job that it is put before; None: it comes last."""
    limit: int | None = None
    """Bytes a second; None: no limit."""


def action(body: bytes) -> Action:
    """Return what a `PATCH` of a job asks for."""
    asked = fields(body).only("action", "answer", "before", "limit")
    name = asked.choice("action", ACTIONS)
    answer = asked.choice("answer", ANSWERS) if name == "answer" else ""
    before = asked.text("before") if name == "reorder" and "before" in asked else None
    return Action(cast("Any", name), answer, before, _limit(asked) if name == "limit" else None)


def queue_limit(body: bytes) -> int | None:
    """Return how fast all jobs together may be, as a `PATCH` of the queue asks for."""
    return _limit(fields(body).only("limit"))


def _limit(asked: Fields) -> int | None:
    """Return a field that must be there: null lifts a limit, leaving it out is a mistake."""
    if not asked.has("limit"):
        raise BadRequest("'limit' must be a whole number of bytes a second, or null for none.")
    return asked.size("limit") if "limit" in asked else None


@dataclass(frozen=True, slots=True)
class Login:
    """What a `POST` wants of a login: nothing but a code, or one of these; its `repr` shows no secret."""

    token: str | None = field(default=None, repr=False)
    """A token by hand."""
    password: str | None = field(default=None, repr=False)
    """What oidc-agent encrypts its account with."""
    ends: bool = False
    """Whether that account is to be deleted, and its login revoked."""


def login(body: bytes) -> Login:
    """Return what a login brings; no message repeats a secret."""
    asked = fields(body if body.strip() else b"{}").only("token", "password", "end")
    if asked.has("token"):
        return Login(token=_token(asked.only("token")))
    if not asked.has("password"):
        asked.only()
        return Login()
    password = asked.text("password")
    if len(password) > LONGEST_PASSWORD or not password.isprintable():
        raise BadRequest("'password' cannot be used.", hint="Choose one that is a line of letters, digits and signs.")
    return Login(password=password, ends=asked.flag("end"))


def _token(asked: Fields) -> str:
    value = asked.text("token").strip()
    if not value or len(value) > LONGEST_TOKEN or not value.isascii() or not value.isprintable() or " " in value:
        raise BadRequest(
            "'token' is not a bearer token.", hint="Paste the token alone: one line without spaces or quotes."
        )
    return value


# --- a job ---


def job_request(body: bytes, conflict: Conflict) -> JobRequest:
    """Return the job that a `POST` asks for, its paths in their one spelling; *conflict* unless it says so itself."""
    asked = fields(body).only(
        "kind", "from", "to", "conflict", "manifest", "folders", "include", "exclude", "sync", "limit"
    )
    kind = cast("JobKind", asked.choice("kind", KINDS))
    origin = asked.fields("from").only("source", "paths", "base")
    source = origin.text("source")
    target = _target(asked, kind)
    sync = asked.flag("sync")
    conflict = cast("Conflict", asked.choice("conflict", CONFLICTS, "replace" if sync else conflict))
    if source == BROWSER:
        return _browser_request(asked, kind, target, conflict)
    if "manifest" in asked or "folders" in asked:
        raise BadRequest("'manifest' and 'folders' belong to uploads from the browser.")
    return JobRequest(
        kind,
        source,
        _paths(origin, kind),
        target,
        conflict,
        base=paths.remote(origin.text("base")) if "base" in origin else None,
        include=asked.texts("include") if "include" in asked else (),
        exclude=asked.texts("exclude") if "exclude" in asked else (),
        sync=sync,
        limit=_limit(asked) if "limit" in asked else None,
    )


def _target(asked: Fields, kind: str) -> Place | None:
    if kind in WITHOUT_TARGET:
        if "to" in asked:
            raise BadRequest(f"'to' must be absent: a job of kind {kind} has no target.")
        return None
    to = asked.fields("to").only("source", "path")
    return Place(to.text("source"), paths.remote(to.text("path")))


def _paths(origin: Fields, kind: str) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(paths.remote(path) for path in origin.texts("paths")))
    if not found:
        raise BadRequest("'from'.paths is empty: nothing is selected.")
    if "/" in found and kind != "measure":
        raise BadRequest(
            "'from'.paths names the root of a source, which has no name of its own.", hint="Select what is in it."
        )
    return found


def _browser_request(asked: Fields, kind: JobKind, target: Place | None, conflict: Conflict) -> JobRequest:
    if kind != "upload" or target is None:
        raise BadRequest("'kind' must be upload: only uploads come from the browser.")
    manifest = tuple(_manifest(one, n) for n, one in enumerate(asked.many("manifest")))
    folders = tuple(_relative(one, "'folders'") for one in (asked.texts("folders") if "folders" in asked else ()))
    if not manifest and not folders:
        raise BadRequest("'manifest' is empty: there is nothing to upload.")
    if len({one.path for one in manifest}) < len(manifest):
        raise BadRequest("'manifest' names a file twice.")
    return JobRequest(kind, BROWSER, (), target, conflict, manifest, folders)


def _manifest(value: object, n: int) -> Manifest:
    one = Fields(value, f"'manifest'[{n}]").only("path", "size", "modified")
    return Manifest(_relative(one.text("path"), f"'manifest'[{n}].path"), one.size("size"), one.number("modified"))


def _relative(path: str, where: str) -> str:
    clean = paths.remote(path)[1:]
    if path.startswith("/") or not clean:
        raise BadRequest(f"{where} must be a path below the target folder, such as folder/file.h5.")
    return clean
