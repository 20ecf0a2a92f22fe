"""The whole life of a login, at a terminal and in a notebook, by our own flow and through the real oidc-agent: four users at once.

The browser's part is `ui-tests/tests/login.spec.ts`. Each test makes sure of what it begins with; the four go through it side by side,
so that what has to be waited for is waited for once.
"""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

from tests.login.crowd import AGENTS, BUILT_IN, all_do, are_in, are_out, notebook_of, went_right, went_wrong
from tests.rig.agent import agent_running

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.login.seats import Seat
    from tests.rig.provider import Provider

LIFETIME = 12  # seconds; oidc-agent's users are not given a token with less than ten left


def test_denied(seats: dict[str, Seat], provider: Provider) -> None:
    """The person says no: it is told, and nothing is kept but the client's secret, which was right."""
    said = all_do(seats, lambda seat: seat.do("login", provider.refuse))
    went_wrong(said, {"": "declined"})
    for name, seat in seats.items():
        left = {path.name for path in seat.machine.profile.glob("*")}
        assert not {"token-grid", "refresh-grid"} & left, name


def test_provider_down_at_the_login(seats: dict[str, Seat], provider: Provider) -> None:
    """There is no code to be had (nobody is in yet): that is told, and nobody is asked for another secret or password in vain."""
    with provider.outage():
        said = all_do(seats, lambda seat: seat.do("login"))
    went_wrong(said, {"": "does not answer"})


def test_the_code_expires(seats: dict[str, Seat], provider: Provider, approve: Callable[[str], object]) -> None:
    """Nobody confirms: it ends by itself, says so, and the next try works."""
    with provider.manners(code=3):
        said = all_do(seats, lambda seat: seat.do("login"))
    went_wrong(said, {"": "expired before it was confirmed"})
    went_right(all_do(seats, lambda seat: seat.do("login", approve)), "Logged in to grid as scientist")


def test_provider_down_while_the_user_confirms(seats: dict[str, Seat], provider: Provider) -> None:
    """An outage between code and confirmation is outlived: the same code still counts."""

    def later(code: str) -> None:
        def confirm() -> None:
            with gone:
                pass
            provider.approve(code)

        threading.Thread(target=confirm, daemon=True).start()

    gone = _Once(provider)
    went_right(all_do(seats, lambda seat: seat.do("login", later), BUILT_IN), "Logged in to grid as scientist")


class _Once:
    """One outage for all: the first who comes causes it, everybody leaves after it."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._lock = threading.Lock()
        self._is_over = False

    def __enter__(self) -> None:
        with self._lock:
            if not self._is_over:
                time.sleep(1)  # the others have their codes by then, or ask until they have
                with self._provider.outage():
                    time.sleep(3)
                self._is_over = True

    def __exit__(self, *_: object) -> None:
        """Go on."""


def test_use_expiry_renewal_rotation_and_an_outage(
    seats: dict[str, Seat], folder: str, provider: Provider, approve: Callable[[str], object]
) -> None:
    """The grid opens; tokens that ended are renewed unasked, the refresh token changes; an outage is told, and over when it is over."""
    listing = lambda seat: seat.do(f"ls {folder}")  # noqa: E731
    with provider.manners(lifetime=LIFETIME):
        went_right(all_do(seats, lambda seat: seat.do("login", approve)), "Logged in to grid as scientist")
        before = {name: seat.machine.refresh_token for name, seat in seats.items()}
        went_right(all_do(seats, listing), "a.txt")
        time.sleep(LIFETIME + 0.5)
        with provider.outage():
            down = all_do(seats, listing)
        went_right(all_do(seats, listing), "a.txt")
    went_wrong(down, {"built-in": "does not answer", "oidc-agent": "cannot reach the login server"})
    after = {name: seat.machine.refresh_token for name, seat in seats.items()}
    assert all(after[name] and after[name] != before[name] for name in seats), "not rotated"


def test_agent_killed(
    seats: dict[str, Seat], folder: str, provider: Provider, approve: Callable[[str], object]
) -> None:
    """It is named; one `login` mends it, without the agent; and where the agent is back with its account, it serves again."""
    are_in(seats, folder, approve)
    for name in AGENTS:
        agent = seats[name].machine.agent
        assert agent is not None
        agent.kill()
    notebook_of(seats, AGENTS[1]).forget()  # while it has a good token, it does without the agent
    said = all_do(seats, lambda seat: seat.do(f"ls {folder}"), AGENTS)
    went_wrong(said, {"oidc-agent": "oidc-agent at"})
    went_right(all_do(seats, lambda seat: seat.do("login", approve), AGENTS), "Logged in to grid as scientist")
    went_right(all_do(seats, lambda seat: seat.do(f"ls {folder}"), AGENTS), "a.txt")
    went_right(all_do(seats, lambda seat: seat.do("logout"), AGENTS), "Logged out")
    with ExitStack() as stack:
        for name in AGENTS:
            stack.enter_context(agent_running(seats[name].machine.folder))
        went_right(all_do(seats, lambda seat: seat.do("login", approve), AGENTS), "Logged in to grid as scientist")
        went_right(all_do(seats, lambda seat: seat.do(f"ls {folder}"), AGENTS), "a.txt")
        are_out(seats, AGENTS, folder)


def test_out(seats: dict[str, Seat], folder: str, provider: Provider, approve: Callable[[str], object]) -> None:
    """Revoked and removed; the next command says that nobody is logged in."""
    for name in BUILT_IN:
        are_in({name: seats[name]}, folder, approve)
    are_out(seats, BUILT_IN, folder)


def test_nothing_secret_was_shown(seats: dict[str, Seat], provider: Provider) -> None:
    """No notebook holds a token, a secret, a device code or a password."""
    minted = (provider.manners_file.parent / "minted").read_text().split()
    for name in (BUILT_IN[1], AGENTS[1]):
        seat = notebook_of(seats, name)
        secrets = [*minted, seat.machine.client.client_secret, *([seat.machine.password] if seat.machine.agent else [])]
        kept = str(seat.kept)
        assert "Logged in to grid" in kept
        assert not [secret[:6] for secret in secrets if secret in kept]
