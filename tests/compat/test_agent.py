"""The agent of the old names: a process beside this one, which keeps the token's file fresh until it is asked to stop."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

from ctadata_jlab import compat as ctadata
from ctadata_jlab.foreground import agent
from tests.tokens.making import jwt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.cli.settings import Desk

pytestmark = pytest.mark.parametrize("desk", ["wsgidav"], indirect=True)


@pytest.fixture(autouse=True)
def ends(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(agent, "_OLD_ONES", 0.2)
    yield
    agent.stop_all()


def is_running() -> bool:
    return agent.Agent(ctadata.APIClient()._source).is_running()


def test_it_runs_beside_and_once_and_stops_when_asked(desk: Desk) -> None:
    """The caller goes on, as a kernel must: the old one forked it, and ended it. A second start is none."""
    desk.token_file.write_text(jwt(exp=time.time() + 3600))
    me = os.getpid()
    ctadata.start_agent_daemon()
    assert os.getpid() == me
    assert is_running()
    ctadata.start_agent_daemon()
    ctadata.APIClient().request_stop_agent()
    ctadata.APIClient().stop_agent()
    assert not is_running()
    assert not agent.stop_file().exists()


def test_a_request_that_was_left_lying_about_stops_nobody(desk: Desk) -> None:
    """The old agent ended at once, as it found the last one's."""
    desk.token_file.write_text(jwt(exp=time.time() + 3600))
    ctadata.APIClient().request_stop_agent()
    ctadata.start_agent_daemon()
    assert is_running()


def test_without_a_login_it_says_what_is_missing(desk: Desk) -> None:
    """No agent is left running for nothing."""
    desk.token_file.unlink()
    with pytest.raises(ctadata.TokenError):
        ctadata.start_agent_daemon()
    assert not is_running()


def test_the_secret_is_kept_as_the_old_client_kept_it_and_reset(desk: Desk) -> None:
    """Base64, one line; `reset_config` removes it and the token."""
    client = ctadata.APIClient()
    assert client.secret is None
    client.secret = "a secret"
    assert ctadata.APIClient().secret == "a secret"
    client.reset_config()
    assert client.secret is None
    assert not desk.token_file.exists()
