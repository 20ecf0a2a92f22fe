"""Every error has its status and its name, and no answer or log holds a secret or a traceback."""

from __future__ import annotations

import io
import logging
from typing import TYPE_CHECKING, Any

import pytest

from ctadata_jlab import errors
from ctadata_jlab.server.refusal import STATUS, BadRequest, refusal, told

if TYPE_CHECKING:
    from tests.server.fakes import FakeSession, Flaky

CONTRACT = {
    "NotLoggedIn": 403, "Forbidden": 403, "NotFound": 404, "AlreadyExists": 409, "Changed": 409, "Offline": 409,
    "Unreachable": 502, "Busy": 502, "Corrupted": 502, "BadAnswer": 502, "NoSpace": 507, "Unsupported": 501,
    "TooLargeToOpen": 413, "BadPath": 400, "Misconfigured": 400,
}  # fmt: skip


@pytest.mark.parametrize(("name", "status"), CONTRACT.items())
async def test_every_error(ask: Any, remote: Flaky, name: str, status: int) -> None:
    """A storage's error arrives with its name, words, hint and whether to repeat, at every door."""
    error = getattr(errors, name)("In words.", hint="Do this.")
    remote.error = error
    for path in ("contents/sky/lst/a.txt", "listing/sky/lst", "files/sky/lst/a.txt"):
        answer = await ask(path)
        assert answer.status == status
        assert answer.json == {"error": name, "message": "In words.", "hint": "Do this.", "retryable": error.retryable}


def test_all_errors_are_in_the_contract() -> None:
    """No error of the package is without a status; nothing uses the statuses that proxies understand in their own way."""
    ours = {name for name in errors.__all__ if name not in {"CtaDataError", "Cancelled"}}
    assert set(STATUS) == ours | {"BadRequest", "ServerFault"}
    assert not {401, 424, 503} & set(STATUS.values())


def test_subclasses_have_the_name_of_the_contract() -> None:
    """An error more special than the contract is told as the one that it is a kind of."""

    class Expired(errors.NotLoggedIn):
        pass

    assert refusal(500, Expired("x")).body["error"] == "NotLoggedIn"
    assert refusal(500, BadRequest("x")).status == 400


async def test_busy_says_when(ask: Any, remote: Flaky) -> None:
    """`Retry-After` passes on what the storage asked for."""
    remote.error = errors.Busy("Not now.", after=6.4)
    assert (await ask("contents/sky/lst")).headers["Retry-After"] == "6"


async def test_fault_of_our_own(ask: Any, remote: Flaky, caplog: pytest.LogCaptureFixture, jp_serverapp: Any) -> None:
    """What we did not expect is 500 without its text; the log has the trace, without the token in it."""
    remote.error = RuntimeError("Authorization: Bearer abcdefghijklmnop at https://ada:pw12@door/x?authz=MDAxy")
    stream = logging.StreamHandler(io.StringIO())
    logging.getLogger(jp_serverapp.log.name).addHandler(stream)
    for path in ("contents/sky/lst", "listing/sky/lst", "files/sky/lst/a.txt"):
        answer = await ask(path)
        assert (answer.status, answer.json["error"]) == (500, "ServerFault")
        assert b"abcdef" not in answer.body
        assert b"Traceback" not in answer.body
    logged = stream.stream.getvalue() + caplog.text
    assert "Traceback" in logged
    for secret in ("abcdefghijklmnop", "pw12", "MDAxy"):
        assert secret not in logged


def test_log_has_no_web_token() -> None:
    """A JSON web token is cut out wherever it stands."""
    assert "eyJ" not in told(ValueError("bad eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl!"))


async def test_session_that_cannot_be_opened(ask: Any, session: FakeSession, jp_serverapp: Any) -> None:
    """A bad configuration is told to whoever asks, and a corrected one works without a restart."""
    workshop = jp_serverapp.web_app.settings["ctadata_jlab_workshop"]
    good = workshop._open_session

    def broken() -> Any:
        raise errors.Misconfigured("ctadata.toml: line 1.")

    workshop._open_session = broken
    for _ in range(2):
        answer = await ask("sources")
        assert (answer.status, answer.json["error"]) == (400, "Misconfigured")
    workshop._open_session = good
    assert (await ask("sources")).status == 200


async def test_wrong_method(ask: Any) -> None:
    """A method that a route does not have is refused in JSON too."""
    answer = await ask("sources", "DELETE")
    assert (answer.status, answer.json["error"]) == (405, "BadRequest")
