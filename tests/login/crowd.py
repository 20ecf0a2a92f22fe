"""Several users at once: what they do, and what came of it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.login.seats import Notebook
from tests.rig.process import RigError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.login.seats import Said, Seat

__all__ = ["AGENTS", "BUILT_IN", "all_do", "are_in", "are_out", "notebook_of", "went_right", "went_wrong"]

BOTH = ("terminal", "notebook")
BUILT_IN = tuple(f"{place}, built-in" for place in BOTH)
AGENTS = tuple(f"{place}, oidc-agent" for place in BOTH)


def all_do(seats: Mapping[str, Seat], deed: Callable[[Seat], Said], names: tuple[str, ...] = ()) -> dict[str, Said]:
    """Have all do it at once, or those of *names*."""
    chosen = {name: seat for name, seat in seats.items() if not names or name in names}
    with ThreadPoolExecutor(len(chosen)) as pool:
        return dict(zip(chosen, pool.map(deed, chosen.values()), strict=True))


def notebook_of(seats: Mapping[str, Seat], name: str) -> Notebook:
    seat = seats[name]
    assert isinstance(seat, Notebook)
    return seat


def went_right(said: Mapping[str, Said], *words: str) -> None:
    for name, one in said.items():
        assert one.ok, (name, one.text)
        assert all(word in one.text for word in words), (name, one.text)


def went_wrong(said: Mapping[str, Said], words: Mapping[str, str]) -> None:
    """Each failed in its way: *words* by the end of its name."""
    for name, one in said.items():
        assert not one.ok, (name, one.text)
        wanted = next(text for way, text in words.items() if name.endswith(way))
        assert wanted in one.text, (name, one.text)


def are_in(seats: Mapping[str, Seat], folder: str, approve: Callable[[str], object]) -> None:
    """Make sure that everybody is logged in."""
    for name, seat in seats.items():
        if not seat.do(f"ls {folder}").ok:
            said = seat.do("login", approve)
            assert said.ok, (name, said.text)


def are_out(seats: Mapping[str, Seat], names: tuple[str, ...], folder: str) -> None:
    """Have them log out, and see that nothing is left of their logins, here or at the provider."""
    before = {name: seats[name].machine.refresh_token for name in names}
    words = "logout" if names == BUILT_IN else "logout --agent"
    went_right(all_do(seats, lambda seat: seat.do(words), names), "Logged out of grid")
    said = all_do(seats, lambda seat: seat.do(f"ls {folder}"), names)
    went_wrong(said, {"": "No usable token"})
    for name in names:
        left = {path.name for path in seats[name].machine.profile.glob("*-grid")}
        assert left <= {"secret-grid"}, left
        with pytest.raises(RigError, match="invalid_grant"):
            seats[name].machine.client.post("token", grant_type="refresh_token", refresh_token=before[name])
