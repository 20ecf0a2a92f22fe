"""What a failure looks like on the wire: its HTTP status and its JSON. The one table of both."""

from __future__ import annotations

import re
import traceback
from dataclasses import dataclass, field
from http.client import responses
from typing import TYPE_CHECKING, Any

from tornado.iostream import StreamClosedError
from tornado.web import HTTPError

from ctadata_jlab import errors

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["BadRange", "BadRequest", "ClientGone", "Refusal", "body", "is_client_gone", "refusal", "told"]


class BadRequest(errors.CtaDataError):
    """The request does not say what it must; the message names the field."""

    hint = "Reload the page; if it happens again, the page and the server may be of different versions."


class BadRange(BadRequest):
    """None of the bytes that were asked for exist."""

    hint = "Ask for a range inside the file."

    def __init__(self, size: int) -> None:
        super().__init__(f"The file has only {size} bytes.")
        self.size = size


class ClientGone(Exception):
    """Whoever asked has closed the connection."""


STATUS: Mapping[str, int] = {
    "NotLoggedIn": 403,
    "Forbidden": 403,
    "NotFound": 404,
    "AlreadyExists": 409,
    "Changed": 409,
    "Offline": 409,
    "Unreachable": 502,
    "Busy": 502,
    "Corrupted": 502,
    "BadAnswer": 502,
    "NoSpace": 507,
    "Unsupported": 501,
    "TooLargeToOpen": 413,
    "BadPath": 400,
    "Misconfigured": 400,
    "BadRequest": 400,
    "ServerFault": 500,
}
"""The names of the contract. 401, 424 and 503 are missing on purpose: Jupyter's managers and proxies give them a meaning of their own."""

_NAMES = {403: "Forbidden", 404: "NotFound", 413: "TooLargeToOpen"}
_FAULT = "Something went wrong in the server extension itself."
_FAULT_HINT = "Look into the Jupyter server's log, and report it."


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer of 400 and above."""

    status: int
    body: dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict)


def refusal(status: int, error: BaseException | None) -> Refusal:
    """Return the answer for *error*; *status* is tornado's own idea of it."""
    if isinstance(error, errors.CtaDataError):
        return Refusal(416 if isinstance(error, BadRange) else STATUS[_name(error)], body(error), _headers(error))
    if isinstance(error, HTTPError) or error is None:
        return _foreign(400 if status == 401 else status, error)
    return Refusal(500, _say("ServerFault", _FAULT, _FAULT_HINT))


def body(error: errors.CtaDataError) -> dict[str, Any]:
    """Return the JSON of *error*."""
    told = _say(_name(error), error.message, error.hint, retryable=error.retryable)
    return {**told, "source": error.source} if isinstance(error, errors.NotLoggedIn) and error.source else told


def is_client_gone(error: BaseException | None) -> bool:
    """Whether nobody is left to be told."""
    return isinstance(error, (ClientGone, StreamClosedError))


def told(error: BaseException) -> str:
    """Return *error* for the log: where it happened and what it said, without secrets."""
    return _redacted("".join(traceback.format_exception(type(error), error, error.__traceback__)))


def _say(name: str, message: str, hint: str = "", *, retryable: bool = False) -> dict[str, Any]:
    return {"error": name, "message": message, "hint": hint, "retryable": retryable}


def _name(error: errors.CtaDataError) -> str:
    """Return the contract's name for *error*: that of its class, or of the nearest above it that has one."""
    return next((kind.__name__ for kind in type(error).__mro__ if kind.__name__ in STATUS), "ServerFault")


def _headers(error: errors.CtaDataError) -> dict[str, str]:
    if isinstance(error, BadRange):
        return {"Content-Range": f"bytes */{error.size}"}
    if isinstance(error, errors.Busy) and error.after is not None:
        return {"Retry-After": str(max(1, round(error.after)))}
    return {}


def _foreign(status: int, error: HTTPError | None) -> Refusal:
    name = _NAMES.get(status, "BadRequest" if status < 500 else "ServerFault")
    words = responses.get(status, "Unknown error")
    if error is not None and error.log_message and status < 500:
        words = error.log_message % error.args if error.args else error.log_message
    return Refusal(status, _say(name, _redacted(words)))


_SECRETS = re.compile(
    r"""(?ix) (bearer|basic|token)\s+[\w.~+/=-]{8,}   # a header
      | eyJ[\w-]{4,}\.[\w-]+\.[\w-]*                  # a JSON web token
      | (?<=://)[^/@\s]+@                             # user and password of a URL
      | (?<=[?&])(authz|token|access_token)=[^&\s'"]+ # a token in a URL
    """
)


def _redacted(text: str) -> str:
    return _SECRETS.sub("[secret]", text)
