"""Whether many names are free at a door that replaces what is there: told by few listings, which are believed for a moment, with a witness."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from ctadata_jlab import config
from ctadata_jlab.curl import Curl
from ctadata_jlab.curl.bundle import Bundle
from ctadata_jlab.errors import AlreadyExists
from ctadata_jlab.http import Trust
from ctadata_jlab.session import Session
from ctadata_jlab.storage import ToScatter, glances
from ctadata_jlab.storage.glances import Glance, Glances, Names
from ctadata_jlab.transfer.volley import _Loaded
from tests.storage.scripted import reply, scripted
from tests.transfer.test_patience import COUNT, FILES, Silent, _patient_session

if TYPE_CHECKING:
    from collections.abc import Iterator
    from http.server import BaseHTTPRequestHandler
    from pathlib import Path

    from ctadata_jlab.errors import CtaDataError
    from ctadata_jlab.storage import Scattered
    from tests.rig.doors import Door

FEW = 4
"""So many names are asked for one by one before a folder is looked at."""


def _sent(
    server: Silent, work: Path, files: dict[str, bytes] = FILES, lines: int = 4
) -> dict[str, CtaDataError | None]:
    """Send *files* to the folder ``/lst`` of *server*; return what became of each."""
    with _patient_session(server, work) as session:
        return _scattered(session.storage("door"), "/lst", files, lines)


def _scattered(storage: Any, folder: str, files: dict[str, bytes], lines: int = 4) -> dict[str, CtaDataError | None]:
    wanted = [ToScatter(f"{folder}/{name}", _Loaded(data), "ticket") for name, data in files.items()]
    came: Iterator[Scattered | None] = storage.scatter(iter(wanted), lines)
    return {one.path.rpartition("/")[2]: one.error for one in came if one is not None}


def _stored(files: dict[str, bytes]) -> dict[str, bytes]:
    return {f"/lst/{name}": data for name, data in files.items()}


def test_few_listings_tell_of_many_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Such a server hangs up with each "there is nothing": only the first of a folder are asked for so."""
    monkeypatch.setattr(glances, "MOMENT", 60)  # however slow the machine is
    server = Silent()
    assert set(_sent(server, tmp_path).values()) == {None}
    assert (server.in_vain, server.files) == (FEW, _stored(FILES))
    assert 0 < server.listings < COUNT


@pytest.mark.parametrize("listing", ["slow", "refused", "broken", "without the witness", "long", "200"])
def test_a_look_that_cannot_be_believed_names_nothing(
    listing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was seen long ago, in part or not at all says nothing about now: each name is asked for by itself, and looks come to an end."""
    monkeypatch.setattr(glances, "MOMENT", 0.1)
    server = Silent()
    listed = server._list

    def list_badly(handler: BaseHTTPRequestHandler, path: str, depth: str) -> None:
        if listing == "slow" and depth == "1":
            time.sleep(0.06)
        if depth == "0" or listing in {"slow", "long"}:
            listed(handler, path, depth)
            return
        server.listings += 1
        if listing == "refused":
            reply(handler, 403)
        elif listing == "broken":
            reply(handler, 207, b"<D:multistatus", {"Content-Type": "text/xml"})
        else:
            all_there = [server._response(name, is_folder=False) for name in server.files if listing == "200"]
            told = "".join([server._response(path, is_folder=True), *all_there])
            body = f'<D:multistatus xmlns:D="DAV:">{told}</D:multistatus>'.encode()
            reply(handler, 200 if listing == "200" else 207, body, {"Content-Type": "text/xml"})

    monkeypatch.setattr(server, "_list", list_badly)
    if listing == "long":
        monkeypatch.setattr(glances, "_MOST", 200)
    assert set(_sent(server, tmp_path).values()) == {None}
    assert (server.in_vain, server.files) == (COUNT, _stored(FILES))
    assert server.listings == 3


@pytest.mark.parametrize("theirs", ["run06.h5", "RUN06.H5"])
def test_a_name_that_came_meanwhile_is_not_replaced(
    theirs: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was not there when the file was sent, but is when the folder is looked at; a server may take two spellings for one name."""
    monkeypatch.setattr(glances, "_SHARE", 1)  # so that nobody relies on an earlier look
    monkeypatch.setattr(glances, "MOMENT", 60)  # however slow the machine is
    server = Silent()
    summed = server._sum

    def summed_late(handler: BaseHTTPRequestHandler, path: str) -> None:
        if "run06" in path:
            server.files[f"/lst/{theirs}"] = b"theirs"
        summed(handler, path)

    monkeypatch.setattr(server, "_sum", summed_late)
    some = dict(list(FILES.items())[:8])
    errors = _sent(server, tmp_path, some, lines=1)
    assert {name: type(error) for name, error in errors.items() if error} == {"run06.h5": AlreadyExists}
    ours = {name: data for name, data in some.items() if name != "run06.h5"}
    assert server.files == {**_stored(ours), f"/lst/{theirs}": b"theirs"}
    assert server.in_vain == FEW


def test_what_servers_may_write_otherwise_is_asked_for_by_name(tmp_path: Path) -> None:
    """Who cannot tell how a name stands in a listing does not look for it there."""
    files = {f"{n}{odd}": b"data" for odd in (" b", "%20b", "+b", "&b", "@b") for n in range(FEW)}
    server = Silent()
    assert set(_sent(server, tmp_path, files).values()) == {None}
    assert (server.in_vain, server.listings) == (len(files), 0)


class _Looked:
    """A door of which every listing tells of the file ``b`` and the unfinished upload ``.a``, asked by *clock*."""

    def __init__(self, url: str, bundle: Bundle, now: list[float]) -> None:
        door: Any = self
        self.server, self._url = door, url
        self.glances: Glances[str] = Glances(door, bundle, 5.0, clock=lambda: now[0])
        self._bundle, self._now = bundle, now

    def what(self, path: str) -> str:
        return path

    def url(self, path: str, *, folder: bool) -> str:
        return self._url + path + "/" * folder

    def look(self, path: str, takes: float) -> tuple[Names | None, list[str]]:
        """Have the folder of *path* looked at; return what was seen and who waited."""
        above = path.rpartition("/")[0]
        self.glances.ask(path, f"{above}/.a", "first")
        self.glances.ask(path, f"{above}/.b", "second")
        ended: list[Any] = []
        while not ended:
            ended = self._bundle.turn(0.05)
        self._now[0] += takes
        (glance,) = ended
        assert isinstance(glance, Glance)
        return self.glances.taken(glance), glance.waiting


def _answer(handler: BaseHTTPRequestHandler, asked: Any) -> None:
    names = ["", "b", ".a"]
    told = "".join(f"<D:response><D:href>{asked.path}{name}</D:href></D:response>" for name in names)
    reply(handler, 207, f'<D:multistatus xmlns:D="DAV:">{told}</D:multistatus>'.encode(), {"Content-Type": "text/xml"})


def test_a_look_is_believed_for_a_moment() -> None:
    """The longer it took the longer, so that little time goes into looking, but counted from when it was asked; of one folder at a time."""
    now = [0.0]
    with scripted(_answer) as script, Bundle(Curl(script.url, Trust.of())) as bundle:
        looked = _Looked(script.url, bundle, now)
        assert looked.glances.seen("/lst/b") is None
        names, waited = looked.look("/lst/b", takes=0.001)
        assert waited == ["first", "second"], "who comes meanwhile waits for the same"
        assert names is not None
        assert ("b" in names, "B" in names, "c" in names) == (True, True, False)
        now[0] = 0.0159
        assert looked.glances.seen("/lst/c") is names
        now[0] = 0.016
        assert looked.glances.seen("/lst/c") is None
        now[0] = 1.0
        assert looked.look("/lst/b", takes=0.1)[0] is not None
        now[0] = 1.0 + glances.MOMENT
        assert looked.glances.seen("/lst/c") is None, "however long it took"
        assert looked.look("/lst/b", takes=0.126)[0] is None, "it is old when it comes"
        now[0] = 2.0
        names, _ = looked.look("/lst/b", takes=0.1)
        assert looked.glances.seen("/lst/b") is names
        assert looked.glances.seen("/other/b") is None, "another folder"


def test_xrootd_is_looked_at(xrootd: Door, tmp_path: Path) -> None:
    """A real one, which replaces whatever it is told: what is there stays, and all else gets its name."""
    folder = xrootd.fresh()
    xrootd.raw_put(f"{folder}/run20.h5", b"theirs")
    (tmp_path / "token").touch(mode=0o600)
    (tmp_path / "token").write_text(xrootd.token() if xrootd.token else "")
    settings = tmp_path / "ctadata.toml"
    settings.write_text(
        f'only = []\n[sources.door]\nkind = "webdav"\nurl = "{xrootd.url}"\nca = "{xrootd.ca}"\n'
        f'[sources.door.login]\nkind = "file"\nfile = "{tmp_path / "token"}"\n'
    )
    with Session(config.load(places=[settings])) as session:
        errors = _scattered(session.storage("door"), folder, FILES)
    assert {name: type(error) for name, error in errors.items() if error} == {"run20.h5": AlreadyExists}
    assert {name: xrootd.local(f"{folder}/{name}").read_bytes() for name in xrootd.raw_names(folder)} == {
        **FILES,
        "run20.h5": b"theirs",
    }
