"""The whole life of a login, at a terminal and in a notebook, by our own flow and through the real oidc-agent: four users at once.

The browser's part is `ui-tests/tests/login.spec.ts`. Each test makes sure of what it begins with; the four go through it side by side,
so that what has to be waited for is waited for once.
"""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tests.login.seats import Machine, Notebook, Seat, Terminal
from tests.rig.agent import agent_running
from tests.rig.process import RigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tests.login.seats import Said
    from tests.rig.doors import Door
    from tests.rig.provider import Provider

LIFETIME = 12  # seconds; oidc-agent's users are not given a token with less than ten left
BOTH = ("terminal", "notebook")
BUILT_IN = tuple(f"{place}, built-in" for place in BOTH)
AGENTS = tuple(f"{place}, oidc-agent" for place in BOTH)


@pytest.fixture(scope="module")
def folder(xrootd: Door) -> str:
    """A folder of the grid with one file."""
    path = xrootd.fresh()
    xrootd.raw_put(f"{path}/a.txt", b"alpha")
    return path


@pytest.fixture(scope="module")
def seats(tmp_path_factory: pytest.TempPathFactory, xrootd: Door, provider: Provider) -> Iterator[dict[str, Seat]]:
    """Four users with nothing set up but their source; two have an oidc-agent that knows nobody."""
    client = provider.as_client("users-short")
    with ExitStack() as stack:
        seats: dict[str, Seat] = {}
        for name in (*BUILT_IN, *AGENTS):
            place = tmp_path_factory.mktemp("user")
            agent = stack.enter_context(agent_running(place)) if name in AGENTS else None
            machine = Machine(place, client, agent)
            machine.settle(xrootd.url)
            is_terminal = name.startswith("terminal")
            seats[name] = Terminal(machine) if is_terminal else stack.enter_context(Notebook(machine).open())
        yield seats


@pytest.fixture
def approve(provider: Provider) -> Callable[[str], object]:
    """The person who confirms, in another browser."""
    return lambda code: threading.Thread(target=provider.approve, args=(code,), daemon=True).start()


def _all(seats: Mapping[str, Seat], deed: Callable[[Seat], Said], names: tuple[str, ...] = ()) -> dict[str, Said]:
    """Have all do it at once, or those of *names*."""
    chosen = {name: seat for name, seat in seats.items() if not names or name in names}
    with ThreadPoolExecutor(len(chosen)) as pool:
        return dict(zip(chosen, pool.map(deed, chosen.values()), strict=True))


def _notebook(seats: Mapping[str, Seat], name: str) -> Notebook:
    seat = seats[name]
    assert isinstance(seat, Notebook)
    return seat


def _right(said: Mapping[str, Said], *words: str) -> None:
    for name, one in said.items():
        assert one.ok, (name, one.text)
        assert all(word in one.text for word in words), (name, one.text)


def _wrong(said: Mapping[str, Said], words: Mapping[str, str]) -> None:
    """Each failed in its way: *words* by the end of its name."""
    for name, one in said.items():
        assert not one.ok, (name, one.text)
        wanted = next(text for way, text in words.items() if name.endswith(way))
        assert wanted in one.text, (name, one.text)


def _are_in(seats: Mapping[str, Seat], folder: str, approve: Callable[[str], object]) -> None:
    """Make sure that everybody is logged in."""
    for name, seat in seats.items():
        if not seat.do(f"ls {folder}").ok:
            said = seat.do("login", approve)
            assert said.ok, (name, said.text)


def test_denied(seats: dict[str, Seat], provider: Provider) -> None:
    """The person says no: it is told, and nothing is kept but the client's secret, which was right."""
    said = _all(seats, lambda seat: seat.do("login", provider.refuse))
    _wrong(said, {"built-in": "declined", "oidc-agent": "access_denied"})
    for name, seat in seats.items():
        left = {path.name for path in seat.machine.profile.glob("*")}
        assert not {"token-grid", "refresh-grid"} & left, name


def test_the_code_expires(seats: dict[str, Seat], provider: Provider, approve: Callable[[str], object]) -> None:
    """Nobody confirms: it ends by itself, says so, and the next try works."""
    with provider.manners(code=3):
        said = _all(seats, lambda seat: seat.do("login"))
    _wrong(said, {"built-in": "expired before it was confirmed", "oidc-agent": "expired"})
    _right(_all(seats, lambda seat: seat.do("login", approve)), "Logged in to grid as scientist")


def test_provider_down_at_the_login(seats: dict[str, Seat], provider: Provider) -> None:
    """There is no code to be had: that is told, and nobody is asked for another secret or password in vain."""
    with provider.outage():
        said = _all(seats, lambda seat: seat.do("login"), BUILT_IN)
    _wrong(said, {"built-in": "does not answer"})


def test_provider_down_while_the_user_confirms(seats: dict[str, Seat], provider: Provider) -> None:
    """An outage between code and confirmation is outlived: the same code still counts."""

    def later(code: str) -> None:
        def confirm() -> None:
            with gone:
                pass
            provider.approve(code)

        threading.Thread(target=confirm, daemon=True).start()

    gone = _Once(provider)
    _right(_all(seats, lambda seat: seat.do("login", later), BUILT_IN), "Logged in to grid as scientist")


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
        _right(_all(seats, lambda seat: seat.do("login", approve)), "Logged in to grid as scientist")
        before = {name: seat.machine.refresh_token for name, seat in seats.items()}
        _right(_all(seats, listing), "a.txt")
        time.sleep(LIFETIME + 0.5)
        with provider.outage():
            down = _all(seats, listing)
        _right(_all(seats, listing), "a.txt")
    _wrong(down, {"built-in": "does not answer", "oidc-agent": "cannot reach the login server"})
    after = {name: seat.machine.refresh_token for name, seat in seats.items()}
    assert all(after[name] and after[name] != before[name] for name in seats), "not rotated"


def test_agent_killed(
    seats: dict[str, Seat], folder: str, provider: Provider, approve: Callable[[str], object]
) -> None:
    """It is named; one `login` mends it, without the agent; and where the agent is back with its account, it serves again."""
    _are_in(seats, folder, approve)
    for name in AGENTS:
        agent = seats[name].machine.agent
        assert agent is not None
        agent.kill()
    _notebook(seats, AGENTS[1]).forget()  # while it has a good token, it does without the agent
    said = _all(seats, lambda seat: seat.do(f"ls {folder}"), AGENTS)
    _wrong(said, {"oidc-agent": "oidc-agent at"})
    _right(_all(seats, lambda seat: seat.do("login", approve), AGENTS), "Logged in to grid as scientist")
    _right(_all(seats, lambda seat: seat.do(f"ls {folder}"), AGENTS), "a.txt")
    _right(_all(seats, lambda seat: seat.do("logout"), AGENTS), "Logged out")
    with ExitStack() as stack:
        for name in AGENTS:
            stack.enter_context(agent_running(seats[name].machine.folder))
        _right(_all(seats, lambda seat: seat.do("login", approve), AGENTS), "Logged in to grid as scientist")
        _right(_all(seats, lambda seat: seat.do(f"ls {folder}"), AGENTS), "a.txt")
        _out(seats, AGENTS, folder, provider)


def test_out(seats: dict[str, Seat], folder: str, provider: Provider, approve: Callable[[str], object]) -> None:
    """Revoked and removed; the next command says that nobody is logged in."""
    for name in BUILT_IN:
        _are_in({name: seats[name]}, folder, approve)
    _out(seats, BUILT_IN, folder, provider)


def _out(seats: Mapping[str, Seat], names: tuple[str, ...], folder: str, provider: Provider) -> None:
    before = {name: seats[name].machine.refresh_token for name in names}
    words = "logout" if names == BUILT_IN else "logout --agent"
    on_terminals = " --pw-file {}" if names == AGENTS else ""

    def leave(seat: Seat) -> Said:
        option = on_terminals.format(seat.machine.folder / "password") if isinstance(seat, Terminal) else ""
        return seat.do(words + option)

    _right(_all(seats, leave, names), "Logged out of grid")
    said = _all(seats, lambda seat: seat.do(f"ls {folder}"), names)
    _wrong(said, {"": "No usable token"})
    for name in names:
        left = {path.name for path in seats[name].machine.profile.glob("*-grid")}
        assert left <= {"secret-grid"}, left
        with pytest.raises(RigError, match="invalid_grant"):
            seats[name].machine.client.post("token", grant_type="refresh_token", refresh_token=before[name])


def test_nothing_secret_was_shown(seats: dict[str, Seat], provider: Provider) -> None:
    """No notebook holds a token, a secret, a device code or a password."""
    minted = (provider.manners_file.parent / "minted").read_text().split()
    for name in (BUILT_IN[1], AGENTS[1]):
        seat = _notebook(seats, name)
        secrets = [*minted, seat.machine.client.client_secret, *([seat.machine.password] if seat.machine.agent else [])]
        kept = str(seat.kept)
        assert "Logged in to grid" in kept
        assert not [secret[:6] for secret in secrets if secret in kept]
