"""Twenty users' servers behind one address, in front of a dCache that limits rates and blocks whoever insists on dead tokens."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from ctadata_jlab import config
from ctadata_jlab.errors import CtaDataError, NotLoggedIn
from ctadata_jlab.session import Session
from ctadata_jlab.tokens.file import store
from tests.door.traps import Traps
from tests.tokens.making import jwt

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.door.double import Double

USERS = 20
DEAD = (3, 11)
ROUNDS = 3
ALL = {"storage.read", "storage.modify", "storage.stage"}


def _sessions(tmp_path: Path, double: Double) -> Iterator[Session]:
    """Yield a server's session for each user, with a home and a token of their own; two tokens the door does not know."""
    for number in range(USERS):
        home = tmp_path / f"user{number}"
        token = jwt(sub=f"user{number}", exp=time.time() + 900)
        store(home / "token", token)
        if number not in DEAD:
            double.tokens[token] = ALL
        settings = home / "ctadata.toml"
        settings.write_text(
            f'only = []\n[sources.dcache]\nkind = "dcache"\nurl = "{double.door.url}"\nca = "{double.ca}"\n'
            f'login = {{ kind = "file", file = "{home / "token"}" }}\n'
        )
        yield Session(config.load(places=[settings]))


def test_nobody_is_blocked(double: Double, tmp_path: Path) -> None:
    """All list at once, again and again: each gets all; a dead token costs one 401 in all, and its user is told so."""
    double.reset(Traps(block_after_401=3, block_seconds=60))
    double.tokens = {}
    double.raw_put("/lst/a.txt", b"alpha")
    sessions = list(_sessions(tmp_path, double))

    def work(number: int) -> list[object]:
        results: list[object] = []
        for _ in range(ROUNDS):
            try:
                results.append([entry.name for entry in sessions[number].storage("dcache").list("/lst")])
            except CtaDataError as error:  # noqa: PERF203 - each round by itself
                results.append(error)
        return results

    with ThreadPoolExecutor(USERS) as pool:
        results = list(pool.map(work, range(USERS)))
    for session in sessions:
        session.close()
    for number, found in enumerate(results):
        if number in DEAD:
            assert all(isinstance(one, NotLoggedIn) for one in found), found
        else:
            assert found == [["a.txt"]] * ROUNDS, (number, found)
    asked = double.requests("door")
    assert [one.status for one in asked].count(401) == len(DEAD)
    assert 429 not in {one.status for one in asked}


def test_a_cold_limiter_stops_nobody(double: Double, tmp_path: Path) -> None:
    """Who is asked to slow down does, and gets all the same."""
    double.reset(Traps(cold_limiter=True))
    double.tokens = {}
    double.raw_put("/lst/a.txt", b"alpha")
    sessions = list(_sessions(tmp_path, double))
    living = [session for number, session in enumerate(sessions) if number not in DEAD]

    def names(session: Session) -> list[str]:
        return [entry.name for entry in session.storage("dcache").list("/lst")]

    with ThreadPoolExecutor(USERS) as pool:
        assert list(pool.map(names, living)) == [["a.txt"]] * len(living)
    for session in sessions:
        session.close()
