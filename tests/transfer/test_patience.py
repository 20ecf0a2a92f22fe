"""A door that falls silent when it is asked for the checksums of many files: the short way is given up, and every file arrives proven."""

from __future__ import annotations

import random
import threading
import time
import zlib
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import pycurl
import pytest

from ctadata_jlab import config, foreground
from ctadata_jlab.curl import Curl
from ctadata_jlab.curl.bundle import Bundle, Errand
from ctadata_jlab.curl.exchange import Head
from ctadata_jlab.curl.resting import MOST, Resting
from ctadata_jlab.errors import AlreadyExists, BadAnswer, Unreachable, Unsupported
from ctadata_jlab.http import Trust
from ctadata_jlab.session import Session
from ctadata_jlab.storage.patience import Patience
from tests.storage.scripted import reply, scripted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from http.server import BaseHTTPRequestHandler
    from pathlib import Path

    from ctadata_jlab.foreground import Summary
    from tests.rig.doors import Door
    from tests.storage.scripted import Asked

COUNT = 30
FILES = {f"run{n:02}.h5": random.Random(n).randbytes(1000 + n) for n in range(COUNT)}


@dataclass
class Silent:
    """XRootD as far as it matters here: it sums up what it has, replaces whatever it is told, and leaves some questions unanswered."""

    swallowed: frozenset[int] = frozenset()
    """Which questions about checksums get no answer, counted from 1."""
    fails: bool = False
    """Whether it says that it cannot, instead."""
    files: dict[str, bytes] = field(default_factory=dict)
    asked: int = 0
    at_once: int = 0
    most: int = 0
    needs: float = 0.0
    """Seconds after a sum within which it forgets what comes on the same connection, as XRootD does."""
    forgotten: int = 0
    in_vain: int = 0
    """How often it was asked for something that is not there; it hangs up then."""
    listings: int = 0
    over: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, handler: BaseHTTPRequestHandler, asked: Asked) -> None:
        """Answer one request."""
        path = unquote(asked.path)
        if time.monotonic() < getattr(handler, "clears_until", 0.0):
            self.forgotten += 1
            self.over.wait(1)
            handler.close_connection = True
        elif asked.method == "HEAD" and "want-digest" in asked.headers:
            self._sum(handler, path)
        elif asked.method == "GET" and "want-digest" in asked.headers:
            handler.close_connection = True  # XRootD 5.5 dies, if it has to compute the sum
        elif asked.method == "PROPFIND":
            self._list(handler, path.rstrip("/"), asked.headers["depth"])
        else:
            self._do(handler, path, asked)

    def _sum(self, handler: BaseHTTPRequestHandler, path: str) -> None:
        with self.lock:
            self.asked += 1
            self.at_once += 1
            self.most = max(self.most, self.at_once)
            number = self.asked
        if number in self.swallowed and self.fails:
            reply(handler, 500)
        elif number in self.swallowed:
            self.over.wait(60)
            handler.close_connection = True
        else:
            time.sleep(0.002)  # so that two at once would be seen
            data = self.files[path]
            head = {"Content-Length": str(len(data)), "Digest": f"adler32={zlib.adler32(data):08x}"}
            with self.lock:
                self.at_once -= 1
            handler.clears_until = time.monotonic() + self.needs  # type: ignore[attr-defined]
            reply(handler, 200, b"", head)
            return
        with self.lock:
            self.at_once -= 1

    def _list(self, handler: BaseHTTPRequestHandler, path: str, depth: str) -> None:
        self.listings += depth == "1"
        below = [name for name in self.files if name.rpartition("/")[0] == path] if depth == "1" else []
        is_folder = path not in self.files
        if is_folder and path not in {"", "/lst"}:
            reply(handler, 404)
            return
        answer = "".join(self._response(one, is_folder=one == path and is_folder) for one in [path or "/", *below])
        body = f'<?xml version="1.0"?><D:multistatus xmlns:D="DAV:">{answer}</D:multistatus>'.encode()
        reply(handler, 207, body, {"Content-Type": "text/xml", "Server": "XrootD/v5.5.3"})

    def _response(self, path: str, *, is_folder: bool) -> str:
        kind = "<D:resourcetype><D:collection/></D:resourcetype>" if is_folder or path == "/" else ""
        return (
            f"<D:response><D:href>{path}</D:href><D:propstat><D:prop>{kind}"
            f"<D:getcontentlength>{len(self.files.get(path, b''))}</D:getcontentlength>"
            f"<D:getlastmodified>{formatdate(1.7e9, usegmt=True)}</D:getlastmodified></D:prop>"
            "<D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>"
        )

    def _do(self, handler: BaseHTTPRequestHandler, path: str, asked: Asked) -> None:
        if asked.method == "PUT":
            self.files[path] = asked.body
            reply(handler, 200, b":-)")
        elif asked.method == "MKCOL":
            reply(handler, 201)
        elif path not in self.files:
            self.in_vain += 1
            reply(handler, 404, b"", {"Connection": "close"})
        elif asked.method == "MOVE":
            self.files[urlsplit(asked.headers["destination"]).path] = self.files.pop(path)
            reply(handler, 201)
        elif asked.method == "DELETE":
            del self.files[path]
            reply(handler, 200)
        else:
            reply(handler, 200, self.files[path])


@contextmanager
def _session(server: Silent, work: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """Yield a session with the source ``door``, which is waited for half a second."""
    patience = Patience("door", questions=1, seconds=0.5, awhile=600, rest=Patience.with_xrootd("door").rest)
    monkeypatch.setattr(Patience, "with_xrootd", lambda _title: patience)
    with _patient_session(server, work) as session:
        yield session


@contextmanager
def _patient_session(server: Silent, work: Path) -> Iterator[Session]:
    """Yield the same, but with the patience that XRootD needs."""
    with scripted(server.answer) as script:
        settings = work / "ctadata.toml"
        settings.write_text(
            f'only = []\n[sources.door]\nkind = "webdav"\nurl = "{script.url}"\n[sources.door.login]\nkind = "none"\n'
        )
        with Session(config.load(places=[settings])) as session:
            yield session
            server.over.set()


def _is_given_up(session: Session) -> bool:
    try:
        session.storage("door").gather(iter(()), 4)  # type: ignore[attr-defined]
    except Unsupported:
        return True
    return False


def _proofs(summary: Summary) -> set[str]:
    assert [result.error for result in summary.results] == [None] * COUNT
    return {result.note for result in summary.results}


SILENCES = pytest.mark.parametrize(
    ("swallowed", "fails"),
    [((), False), ((7,), False), ((7,), True), ((1,), False), ((COUNT,), False)],
)


@SILENCES
def test_every_file_comes_proven(
    swallowed: tuple[int, ...], fails: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One question at a time; the first that is not answered ends the short way, and the hands ask again."""
    server = Silent(frozenset(swallowed), fails, {f"/lst/{name}": data for name, data in FILES.items()})
    target = tmp_path / "down"
    with _session(server, tmp_path, monkeypatch) as session:
        summary = foreground.get(session, "door", "/lst", target, recursive=True)
        assert _proofs(summary) == {"adler32 checked"}
        assert _is_given_up(session) is bool(swallowed)
    assert {file.name: file.read_bytes() for file in target.iterdir()} == FILES
    if not swallowed:
        assert (server.asked, server.most) == (COUNT, 1)


def _up(work: Path, files: dict[str, bytes] = FILES) -> Path:
    """Write *files* into a folder to be sent."""
    source = work / "up"
    source.mkdir()
    for name, data in files.items():
        (source / name).write_bytes(data)
    return source


@SILENCES
def test_every_file_goes_up_proven(
    swallowed: tuple[int, ...], fails: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same the other way; nothing temporary is left, and nothing is named that was not proven."""
    server = Silent(frozenset(swallowed), fails)
    source = _up(tmp_path)
    with _session(server, tmp_path, monkeypatch) as session:
        summary = foreground.put(session, "door", source, "/lst", recursive=True)
        assert _proofs(summary) == {"adler32 checked"}
        assert _is_given_up(session) is bool(swallowed)
    assert server.files == {f"/lst/{name}": data for name, data in FILES.items()}
    if not swallowed:
        assert (server.asked, server.most) == (COUNT, 1)


def test_after_a_silence_nothing_more_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither of those under way nor of others; what is not proven is an error, and every file that was begun is told of once."""
    server = Silent(frozenset({7}), files={f"/lst/{name}": data for name, data in FILES.items()})
    with _session(server, tmp_path, monkeypatch) as session:
        storage: Any = session.storage("door")
        came = [one for one in storage.gather(iter(list(storage.list("/lst"))), 4) if one is not None]
    assert server.asked == 7
    assert sum(one.error is None and one.entry.checksum is not None for one in came) == 6
    assert all(one.error is not None for one in came if one.entry.checksum is None)
    assert len({one.entry.path for one in came}) == len(came) < COUNT


def test_a_name_that_came_meanwhile_is_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Such a server replaces whatever it is told, so it is asked right before the name is taken."""
    server = Silent()
    source = tmp_path / "up"
    source.mkdir()
    (source / "a").write_bytes(b"ours")
    (source / "b").write_bytes(b"ours")
    summed = server._sum

    def summed_late(handler: BaseHTTPRequestHandler, path: str) -> None:
        server.files["/lst/a"] = b"theirs"
        summed(handler, path)

    monkeypatch.setattr(server, "_sum", summed_late)
    with _session(server, tmp_path, monkeypatch) as session:
        summary = foreground.put(session, "door", source, "/lst", recursive=True)
    errors = {result.target: type(result.error) for result in summary.results}
    assert errors == {"/lst/a": AlreadyExists, "/lst/b": type(None)}
    assert server.files == {"/lst/a": b"theirs", "/lst/b": b"ours"}


def test_a_connection_rests_after_a_sum(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What would come too soon by the connection of a checksum's answer is forgotten: it goes by others, up and down."""
    server = Silent(needs=0.01)
    with _session(server, tmp_path, monkeypatch) as session:
        assert _proofs(foreground.put(session, "door", _up(tmp_path), "/lst", recursive=True)) == {"adler32 checked"}
        summary = foreground.get(session, "door", "/lst", tmp_path / "down", recursive=True)
        assert _proofs(summary) == {"adler32 checked"}
        assert not _is_given_up(session)
    assert (server.forgotten, server.asked, server.most) == (0, 2 * COUNT, 1)


def test_the_connection_that_rests_longest_is_used_again() -> None:
    """As soon as its time is over; there is a new one else, up to so many that enough answers came meanwhile."""
    now, made = [0.0], list[pycurl.Curl]()

    def make() -> pycurl.Curl:
        made.append(pycurl.Curl())
        return made[-1]

    resting = Resting(make, clock=lambda: now[0])
    first = resting.take()
    resting.give_back(first, 0.01)
    second = resting.take()
    assert second is not first
    resting.give_back(second, 0.01)
    now[0] = 0.01
    assert resting.take() is first
    resting.give_back(first, 0.01)
    assert resting.take() is second
    handles = [second, *(resting.take() for _ in range(MOST - 2))]
    for handle in handles:
        resting.give_back(handle, 0.01)
    assert (len(made), resting.take(), len(made)) == (MOST, first, MOST)
    resting.close()


def test_patience_comes_back() -> None:
    """After a while the short way is tried again; an answer, also a refusal, is no silence."""
    now = 0.0
    patience = Patience("door", questions=1, seconds=5, awhile=600, clock=lambda: now)
    patience.heard(None)
    patience.heard(BadAnswer("no"))
    patience.require()
    patience.heard(Unreachable("silence"))
    with pytest.raises(Unsupported, match="did not answer"):
        patience.require()
    now = 600.0
    patience.require()


def test_a_silence_now_and_then_is_borne() -> None:
    """Each costs its file the short way; only several within a while cost it all files."""
    now = [0.0]
    patience = Patience("door", questions=1, seconds=5, awhile=600, silences=3, clock=lambda: now[0])
    for now[0] in (0.0, 599.0, 601.0):
        patience.heard(Unreachable("silence"))
        patience.require()
    now[0] = 602.0
    patience.heard(Unreachable("silence"))
    assert patience.is_over
    now[0] = 1202.0
    patience.require()


def test_xrootd_takes_the_short_way(xrootd: Door, tmp_path: Path) -> None:
    """There and back, whether or not it answers every question: right bytes, each proven."""
    source, folder = tmp_path / "up", xrootd.fresh()
    source.mkdir()
    for name, data in FILES.items():
        (source / name).write_bytes(data)
    settings = tmp_path / "ctadata.toml"
    (tmp_path / "token").touch(mode=0o600)
    (tmp_path / "token").write_text(xrootd.token() if xrootd.token else "")
    settings.write_text(
        f'only = []\n[sources.door]\nkind = "webdav"\nurl = "{xrootd.url}"\nca = "{xrootd.ca}"\n'
        f'[sources.door.login]\nkind = "file"\nfile = "{tmp_path / "token"}"\n'
    )
    with Session(config.load(places=[settings])) as session:
        assert _proofs(foreground.put(session, "door", source, f"{folder}/up", recursive=True)) == {"adler32 checked"}
        assert sorted(xrootd.raw_names(f"{folder}/up")) == sorted(FILES)
        summary = foreground.get(session, "door", f"{folder}/up", tmp_path / "down", recursive=True)
        assert _proofs(summary) == {"adler32 checked"}
    assert {file.name: file.read_bytes() for file in (tmp_path / "down").iterdir()} == FILES


def _answered(step: Head, url: str, before: float, after: float) -> Errand:
    """Send *step*, so many seconds after it was made, and look after it only so many seconds later; return what became of it."""
    with Bundle(Curl(url, Trust.of())) as bundle:
        time.sleep(before)
        bundle.start(Errand(url, step))
        time.sleep(after)
        ended: list[Errand] = []
        while not ended:
            ended = bundle.turn(0.05)
    return ended[0]


@pytest.mark.parametrize(("before", "after", "takes"), [(0.9, 0.0, 0.3), (0.0, 1.2, 0.0)])
def test_only_the_servers_silence_counts(before: float, after: float, takes: float) -> None:
    """Neither the seconds in which a question waits for its turn, nor those in which nobody looks after it."""

    def answer(handler: BaseHTTPRequestHandler, _asked: Asked) -> None:
        time.sleep(takes)
        reply(handler, 200)

    step = Head("a question")
    step.patience = 0.6
    with scripted(answer) as script:
        assert _answered(step, script.url, before, after).error is None


def test_an_unknown_server_is_not_taken_for_one_that_bears_much(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until it has said what it is, files go one by one; then as it bears."""
    server = Silent(files={"/lst/a": b"data"})
    refuses = [True]
    listed = server._list

    def list_or_refuse(handler: BaseHTTPRequestHandler, path: str, depth: str) -> None:
        if refuses[0]:
            reply(handler, 403)
        else:
            listed(handler, path, depth)

    monkeypatch.setattr(server, "_list", list_or_refuse)
    with _session(server, tmp_path, monkeypatch) as session:
        storage: Any = session.storage("door")
        with pytest.raises(Unsupported, match="what kind of server"):
            storage.gather(iter(()), 4)
        refuses[0] = False
        assert list(storage.gather(iter(()), 4)) in ([], [None])
        while hasattr(storage, "inner"):
            storage = storage.inner
        assert storage._patience.questions == 1
