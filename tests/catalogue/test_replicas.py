"""Where a file's bytes come from: the best copy, at its own door with its own token, and the next one when that fails."""

from __future__ import annotations

import os
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import certifi
import httpx
import pytest
import stamina

from ctadata_jlab import config
from ctadata_jlab.errors import Corrupted, Forbidden, NoSpace, NotFound, NotLoggedIn, Offline, Unreachable
from ctadata_jlab.http import Trust
from ctadata_jlab.session import Session
from ctadata_jlab.storage import Checksum, Entry, staging
from ctadata_jlab.storage.rucio import Did, Rucio
from ctadata_jlab.storage.rucio.api import Replica
from ctadata_jlab.storage.rucio.doors import Doors
from ctadata_jlab.storage.rucio.replicas import ReplicaReader, Replicas
from ctadata_jlab.tokens.file import store
from ctadata_jlab.transfer.job import JobRequest, JobState, Place
from ctadata_jlab.transfer.waiting import waiting
from tests.catalogue.conftest import Giver, settings
from tests.door.double import TOKEN
from tests.rig.process import free_port
from tests.rig.rucio import checksums
from tests.storage.suite import content
from tests.tokens.thief import listening
from tests.transfer.kit import Bench, wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.catalogue.conftest import Field
    from tests.door.double import Double
    from tests.rig.certificate import Certificate
    from tests.rig.doors import Door
    from tests.rig.rucio import Catalogue, Site

LARGE = os.urandom(3_000_001)


@pytest.fixture(autouse=True)
def _no_rests() -> Iterator[None]:
    """Repeat as in earnest, but without resting."""
    with stamina.set_testing(True, attempts=5):
        yield


def spoil(site: Site, path: str, data: bytes) -> None:
    """Let the copy at *site* have other bytes than were registered, as many."""
    assert site.door is not None
    site.door.raw_put(path, bytes([data[0] ^ 1]) + data[1:])


@pytest.fixture
def dead(rucio: Catalogue) -> Site:
    """Return a storage element where nobody answers."""
    return rucio.site(url=f"https://localhost:{free_port()}")


# -- the next copy


def test_every_door_is_read_with_its_own_token(field: Field) -> None:
    """XRootD's takes tokens of the provider, wsgidav's one of its own: a copy at either can be read."""
    for site in (field.grid, field.dav):
        name = f"at-{site.name}"
        field.catalogue.file(field.scope, name, LARGE, [site])
        assert content(field.storage, f"/{field.scope}/{name}") == LARGE
        assert content(field.storage, f"/{field.scope}/{name}", 5, 77) == LARGE[5:77]


def test_davs_is_https(rucio: Catalogue, field: Field, wsgidav: Door) -> None:
    """What grid sites call davs is read as what it is."""
    site = replace(rucio.site(url=wsgidav.url.replace("https:", "davs:")), door=wsgidav)
    field.catalogue.file(field.scope, "davs", b"davs", [site])
    assert content(field.storage, f"/{field.scope}/davs") == b"davs"


def test_a_dead_storage_element_is_passed_over(field: Field, dead: Site) -> None:
    """Whichever Rucio names first; and for all files, for a while."""
    for number in range(4):
        field.catalogue.file(field.scope, f"f{number}", LARGE, [dead, field.dav])
        assert content(field.storage, f"/{field.scope}/f{number}") == LARGE


def test_a_copy_that_is_gone_is_passed_over(field: Field, wsgidav: Door) -> None:
    """Rucio may not have noticed yet."""
    field.catalogue.file(field.scope, "lost", LARGE, [field.grid, field.dav])
    wsgidav.raw_remove(f"/{field.scope}/lost")
    assert content(field.storage, f"/{field.scope}/lost") == LARGE


def test_all_copies_dead_is_told_of_each(field: Field, dead: Site, wsgidav: Door) -> None:
    """The error names every storage element and what is the matter there; the network may come back, so it is worth repeating."""
    field.catalogue.file(field.scope, "f", b"data", [dead, field.dav])
    wsgidav.raw_remove(f"/{field.scope}/f")
    with pytest.raises(Unreachable) as caught:
        content(field.storage, f"/{field.scope}/f")
    assert dead.name in caught.value.message
    assert field.dav.name in caught.value.message
    assert caught.value.retryable


def test_no_copy_over_https_is_said_to_be_that(field: Field) -> None:
    """A file may be registered, and nowhere to be had."""
    field.catalogue.collection(field.scope, "ds")
    site = field.catalogue.site(url="root://localhost:1094")
    field.catalogue.file(field.scope, "f", b"data", [site])
    with pytest.raises(NotFound, match="no copy that can be had over https") as caught:
        content(field.storage, f"/{field.scope}/f")
    assert "rule" in caught.value.hint


# -- true bytes


@pytest.mark.parametrize("known", ["adler32", "md5"])
def test_a_corrupt_copy_is_replaced_by_the_next(field: Field, tmp_path: Path, known: str) -> None:
    """A job ends with the registered bytes, whichever checksum Rucio has, and whichever copy comes first."""
    other = "md5" if known == "adler32" else "adler32"
    for number in range(4):
        name = f"{known}-{number}"
        field.catalogue.file(field.scope, name, LARGE, [field.grid, field.dav], **{other: None})
        spoil(field.dav if number % 2 else field.grid, f"/{field.scope}/{name}", LARGE)
    field.catalogue.collection(field.scope, known, [f"{known}-{number}" for number in range(4)], closed=True)
    with Bench(tmp_path / "queue", dict(storages(field))) as bench:
        job = bench.run("download", "rucio", f"/{field.scope}/{known}", "local")
    assert (job.state, job.error, job.files_done) == (JobState.DONE, None, 4)
    got = workspace(field) / known
    assert {file.name: file.read_bytes() == LARGE for file in got.iterdir()} == {
        f"{known}-{number}": True for number in range(4)
    }


def test_only_corrupt_copies_are_an_error(field: Field, tmp_path: Path) -> None:
    """Which names the storage elements; no file and no part of one is left under its name."""
    field.catalogue.file(field.scope, "bad", LARGE, [field.grid, field.dav])
    for site in (field.grid, field.dav):
        spoil(site, f"/{field.scope}/bad", LARGE)
    with Bench(tmp_path / "queue", dict(storages(field))) as bench:
        job = bench.run("download", "rucio", f"/{field.scope}/bad", "local")
        (item,) = bench.engine.items(job.id)
    assert (job.state, job.files_failed) == (JobState.FAILED, 1)
    assert item.error is not None
    assert item.error.error == "Corrupted"
    assert field.grid.name in item.error.message or field.dav.name in item.error.message
    assert not (workspace(field) / "bad").exists()


def test_a_door_that_tells_another_checksum_is_not_read(field: Field, double: Double, tmp_path: Path) -> None:
    """DCache has sums of its own: a copy that differs is passed over before a byte of it is fetched."""
    site = replace(field.catalogue.site(url=double.door.url), door=double)
    field.catalogue.file(field.scope, "f", LARGE, [site])
    spoil(site, f"/{field.scope}/f", LARGE)
    with grid(field, double, tmp_path) as session, pytest.raises(Corrupted, match="other bytes than were registered"):
        session.storage("rucio").open(f"/{field.scope}/f")
    assert not double.requests("pool", "GET")


def grid(field: Field, double: Double, folder: Path) -> Session:
    """Return a session with the catalogue and the double of dCache."""
    file = folder / "grid.toml"
    file.write_text(
        settings(field.catalogue)
        + f'[sources.dcache]\nkind = "dcache"\nurl = "{double.door.url}"\nca = "{double.ca}"\n'
        f'frontend = "{double.frontend.url}"\n'
    )
    (folder / "work").mkdir(exist_ok=True)
    givers = {"rucio": Giver(field.catalogue.token), "dcache": Giver(lambda: TOKEN)}
    return Session(config.load(places=[file]).with_workspace(folder / "work"), givers)


def test_a_transfer_that_breaks_off_goes_on_elsewhere(
    field: Field, double: Double, wsgidav: Door, tmp_path: Path
) -> None:
    """The next copy gives what is missing, not all again."""
    site = replace(field.catalogue.site(url=double.door.url), door=double)
    field.catalogue.file(field.scope, "f", LARGE, [site, field.dav])
    double.traps.cut_downloads, double.traps.cut_after = 1_000, 1_000_000
    file = tmp_path / "both.toml"
    file.write_text(
        settings(field.catalogue, wsgidav)
        + f'[sources.dcache]\nkind = "dcache"\nurl = "{double.door.url}"\nca = "{double.ca}"\n'
    )
    givers = {
        "rucio": Giver(field.catalogue.token),
        "dcache": Giver(lambda: TOKEN),
        "wsgidav": Giver(wsgidav.token or str),
    }
    with Session(config.load(places=[file]), givers) as session:
        for _ in range(4):
            assert content(session.storage("rucio"), f"/{field.scope}/f") == LARGE


def test_files_on_tape_are_asked_for(
    field: Field, double: Double, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A copy on tape only is brought online by its door, and then copied; the door is not made to wait for it."""
    monkeypatch.setattr(staging, "_LOOK", 0.0)
    site = replace(field.catalogue.site(url=double.door.url, kind="TAPE"), door=double)
    field.catalogue.file(field.scope, "f", LARGE, [site])
    node = double.names.find(f"/{field.scope}/f")
    assert node is not None
    node.locality = "NEARLINE"
    with grid(field, double, tmp_path) as session:
        with pytest.raises(Offline):
            session.storage("rucio").open(f"/{field.scope}/f")
        with Bench(tmp_path / "queue", {name: session.storage(name) for name in ("rucio", "local")}) as bench:
            monkeypatch.setattr(bench.engine._dispatcher._desk.tape, "_first", 0.3)
            job = bench.engine.job(bench.submit("download", "rucio", f"/{field.scope}/f", "local").id)
            job = bench.until(job.id, lambda one: one.state in {JobState.DONE, JobState.FAILED}, 60)
    assert (job.state, job.error) == (JobState.DONE, None)
    assert (tmp_path / "work" / "f").read_bytes() == LARGE


def test_files_on_tape_are_asked_for_together(field: Field, double: Double, tmp_path: Path) -> None:
    """A door gets one request for all that it has on tape, not one for each; what comes is told by the catalogue's paths."""
    site = replace(field.catalogue.site(url=double.door.url, kind="TAPE"), door=double)
    paths = [f"/{field.scope}/{name}" for name in "fgh"]
    for path in paths:
        field.catalogue.file(field.scope, path[-1], LARGE[:1000], [site])
        node = double.names.find(path)
        assert node is not None
        node.locality = "NEARLINE"
    double.traps.tape_seconds = 3600.0
    with grid(field, double, tmp_path) as session:
        assert list(session.storage("rucio").stage(paths)) == paths
    asked = [one for one in double.requests("frontend", "POST") if one.status == 201]
    assert [sorted(names) for _, names in double.tape.requests.values()] == [paths]
    assert len(asked) == 1


# -- whose token


def test_no_token_goes_where_it_does_not_belong(
    field: Field, certificate: Certificate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The catalogue's token is for the catalogue, a door's for that door; a door that is nobody's source gets none, whatever Rucio says."""
    heard: list[tuple[str, str]] = []
    send = httpx.HTTPTransport.handle_request

    def noted(self: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
        heard.append((f"{request.url.scheme}://{request.url.netloc.decode()}", str(request.headers.raw)))
        return send(self, request)

    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", noted)
    catalogue, home = field.catalogue, tmp_path
    with listening(403, certificate) as door, listening(403, certificate) as thief:
        tokens = {"rucio": catalogue.token(), "door": "the-token-of-the-door"}
        for name, token in tokens.items():
            store(home / f"token-{name}", token)
        file = home / "thief.toml"
        file.write_text(
            f'only = []\n[sources.rucio]\nkind = "rucio"\nurl = "{catalogue.url}"\nca = "{catalogue.ca}"\n'
            f'login = {{ kind = "file", file = "{home / "token-rucio"}" }}\n'
            f'[sources.door]\nurl = "{door.url()}"\nca = "{certificate.ca}"\n'
            f'login = {{ kind = "file", file = "{home / "token-door"}" }}\n'
        )
        sites = [catalogue.site(url=door.url()), catalogue.site(url=thief.url())]
        catalogue.file(field.scope, "f", b"data", sites)
        with Session(config.load(places=[file])) as session, pytest.raises(Forbidden):
            content(session.storage("rucio"), f"/{field.scope}/f")
        assert door.heard
        assert thief.heard
        assert all(tokens["door"] in text and tokens["rucio"] not in text for text in door.heard)
        assert not [text for text in thief.heard if any(token in text for token in tokens.values())]
        assert not [text for text in thief.heard if "uthorization" in text or "Rucio" in text]
    asked = [text for place, text in heard if place == catalogue.url]
    assert any(tokens["rucio"] in text for text in asked)
    assert not [text for _, text in heard if tokens["door"] in text]
    assert not [text for place, text in heard if place != catalogue.url and tokens["rucio"] in text]


def test_a_door_that_wants_a_login_is_named(field: Field, opened: Callable[..., Session], xrootd: Door) -> None:
    """The user is told which source to log in to, or to add; not that the catalogue's login is at fault."""
    field.catalogue.file(field.scope, "f", b"data", [field.dav])
    with pytest.raises(Forbidden, match="no source is configured") as caught:
        content(opened(xrootd).storage("rucio"), f"/{field.scope}/f")
    assert "[sources" not in caught.value.hint
    assert field.dav.url in caught.value.hint


@pytest.fixture
def logged_out(field: Field, xrootd: Door, tmp_path: Path) -> Iterator[Session]:
    """Open a session whose door is a source that is not logged in to: the file with its token is missing."""
    field.catalogue.file(field.scope, "f", b"data", [field.grid])
    file = tmp_path / "no-login.toml"
    file.write_text(
        settings(field.catalogue)
        + f'[sources.archive]\ntitle = "The archive"\nurl = "{xrootd.url}"\nca = "{xrootd.ca}"\n'
        f'login = {{ kind = "file", file = "{tmp_path / "token-archive"}" }}\n'
        f'[transfers]\nstate = "{tmp_path / "queue"}"\n'
    )
    (tmp_path / "work").mkdir()
    known = config.load(places=[file]).with_workspace(tmp_path / "work")
    with Session(known, {"rucio": Giver(field.catalogue.token)}) as session:
        yield session


def test_a_source_without_a_login_is_named(field: Field, logged_out: Session) -> None:
    """It is the door's login that is missing, not the catalogue's: the error says whose."""
    with pytest.raises(NotLoggedIn, match="The archive wants a login") as caught:
        content(logged_out.storage("rucio"), f"/{field.scope}/f")
    assert caught.value.source == "archive"
    assert "archive" in caught.value.hint


def test_a_job_waits_for_the_doors_login(field: Field, logged_out: Session, xrootd: Door, tmp_path: Path) -> None:
    """It is blocked, not failed; another source's login wakes nothing, the door's lets it go on, also by itself."""
    engine = logged_out.engine
    engine.start()
    try:
        request = JobRequest("download", "rucio", (f"/{field.scope}/f",), Place("local", "/"))
        job = engine.submit(request)
        wait_for(lambda: engine.job(job.id).state is JobState.BLOCKED)
        blocked = engine.job(job.id)
        assert (blocked.reason, blocked.error and blocked.error.source) == ("login", "archive"), blocked.error
        assert waiting(blocked, 0.0) == "waiting for a login to archive"
        engine.wake("rucio")
        engine._dispatcher.look()
        assert engine.job(job.id).state is JobState.BLOCKED
        assert engine.job(job.id).seq == blocked.seq
        assert xrootd.token is not None
        (tmp_path / "token-archive").touch(mode=0o600)
        (tmp_path / "token-archive").write_text(xrootd.token())
        engine._dispatcher.look()
        wait_for(lambda: engine.job(job.id).state is JobState.DONE)
        assert (tmp_path / "work" / "f").read_bytes() == b"data"
        assert engine.job(job.id).error is None
    finally:
        engine.stop()


def test_a_presigned_address_is_its_own_permission(certificate: Certificate) -> None:
    """An address with a signature is read as it is: the door's own token does not go with it."""
    with listening(403, certificate) as door:

        def find(_origin: str) -> list[Any]:
            raise AssertionError("no source is looked for")

        doors = Doors(find, Trust(bundle=str(certificate.ca)))
        with pytest.raises(Forbidden), doors.open(f"{door.url()}/f?X-Amz-Signature=abc", 4, None) as reader:
            reader.pour(0, None, lambda _: None)
        assert "X-Amz-Signature=abc" in door.heard[0]
        assert "uthorization" not in door.heard[0]


# -- datasets as jobs


def storages(field: Field) -> Iterator[tuple[str, Any]]:
    for name in ("rucio", "local"):
        yield name, field.session.storage(name)


def workspace(field: Field) -> Path:
    return field.session.config.workspace


def test_a_dataset_is_a_job(field: Field, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Container, datasets and files come down under their names; copies are asked for by the hundred, small files fetched together."""
    catalogue, scope = field.catalogue, field.scope
    data = {f"f{n:03}": os.urandom(1000 + n) for n in range(60)}
    catalogue.files(scope, data, field.dav)
    catalogue.collection(scope, "even", [name for name in data if int(name[1:]) % 2 == 0], closed=True)
    catalogue.collection(scope, "odd", [name for name in data if int(name[1:]) % 2], closed=True)
    catalogue.collection(scope, "both", ["even", "odd"], kind="CONTAINER")
    asked: list[str] = []
    send = httpx.Client.send

    def noted(self: httpx.Client, request: httpx.Request, **options: Any) -> httpx.Response:
        if str(request.url).startswith(catalogue.url):
            asked.append(request.url.path)
        return send(self, request, **options)

    monkeypatch.setattr(httpx.Client, "send", noted)
    opened = opens(monkeypatch)
    with Bench(tmp_path / "queue", dict(storages(field))) as bench:
        job = bench.run("download", "rucio", f"/{scope}/both", "local")
        again = bench.run("download", "rucio", f"/{scope}/both", "local")
    assert (job.state, job.error, job.files_done) == (JobState.DONE, None, 60)
    assert (again.state, again.files_skipped) == (JobState.DONE, 60)
    got = workspace(field) / "both"
    assert {file.name: file.read_bytes() for file in got.rglob("f*")} == data
    assert len(list((got / "even").iterdir())) == 30
    assert len(asked) < 60
    assert opened == []


def test_a_file_of_two_datasets_comes_to_both(field: Field, tmp_path: Path) -> None:
    """It is one file at its door, and two here."""
    catalogue, scope = field.catalogue, field.scope
    data = {f"f{n}": os.urandom(1000) for n in range(2)}
    catalogue.files(scope, data, field.dav)
    for name in ("one", "two"):
        catalogue.collection(scope, name, list(data), closed=True)
    catalogue.collection(scope, "both", ["one", "two"], kind="CONTAINER")
    with Bench(tmp_path / "queue", dict(storages(field))) as bench:
        job = bench.run("download", "rucio", f"/{scope}/both", "local")
    assert (job.state, job.error, job.files_done) == (JobState.DONE, None, 4)
    for name in ("one", "two"):
        got = workspace(field) / "both" / name
        assert {file.name: file.read_bytes() for file in got.iterdir()} == data


def opens(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note the files that are opened one by one."""
    opened: list[str] = []
    begin = ReplicaReader.begin

    def noted(self: ReplicaReader) -> ReplicaReader:
        opened.append(self.entry.name)
        return begin(self)

    monkeypatch.setattr(ReplicaReader, "begin", noted)
    return opened


def test_what_cannot_come_with_others_comes_alone(
    field: Field, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At another door than the first file, with bytes that are not those registered, or gone: the next copy, or an error, as always."""
    catalogue, scope = field.catalogue, field.scope
    data = {name: os.urandom(1000) for name in ("a-plain", "b-plain", "c-grid", "d-spoilt")}
    for name in ("a-plain", "b-plain"):
        catalogue.file(scope, name, data[name], [field.dav])
    catalogue.file(scope, "c-grid", data["c-grid"], [field.grid])
    catalogue.file(scope, "d-spoilt", data["d-spoilt"], [field.dav, field.grid])
    spoil(field.dav, f"/{scope}/d-spoilt", data["d-spoilt"])
    catalogue.collection(scope, "set", list(data), closed=True)
    opened = opens(monkeypatch)
    with Bench(tmp_path / "queue", dict(storages(field))) as bench:
        job = bench.run("download", "rucio", f"/{scope}/set", "local")
    assert (job.state, job.error, job.files_done) == (JobState.DONE, None, 4)
    assert {file.name: file.read_bytes() for file in (workspace(field) / "set").iterdir()} == data
    assert {"c-grid"} <= set(opened) <= {"c-grid", "d-spoilt"}


def test_rucios_own_client_downloads_the_same(field: Field, tmp_path: Path) -> None:
    """What its DownloadClient makes of a dataset is what our job makes of it."""
    catalogue, scope = field.catalogue, field.scope
    data = {"a": os.urandom(50_000), "b": b"", "c": os.urandom(7)}
    for name, content_ in data.items():
        catalogue.file(scope, name, content_, [field.grid])
    catalogue.collection(scope, "ds", data, closed=True)
    token = tmp_path / "token"
    token.touch(mode=0o600)
    door = field.grid.door
    token.write_text(getattr(door, "token")())  # noqa: B009 - a Door of the rig
    printed = catalogue.client(DOWNLOAD, scope, str(token), folder=tmp_path)
    with Bench(tmp_path / "queue", dict(storages(field))) as bench:
        job = bench.run("download", "rucio", f"/{scope}/ds", "local")
    assert job.state is JobState.DONE, job
    theirs = {file.name: file.read_bytes() for file in (tmp_path / "theirs" / "ds").iterdir()}
    ours = {file.name: file.read_bytes() for file in (workspace(field) / "ds").iterdir()}
    assert theirs == ours == data, printed


DOWNLOAD = """
import sys
from rucio.client import Client
from rucio.client.downloadclient import DownloadClient
from rucio.rse.protocols import webdav
connect = webdav.Default.connect
def with_our_token(self, credentials=None):
    self.auth_token = open(sys.argv[2]).read()
    return connect(self, credentials or {})
webdav.Default.connect = with_our_token
client = DownloadClient(client=Client(), tracing=False)
found = client.download_dids([{"did": sys.argv[1] + ":ds", "base_dir": "theirs"}])
print([(one["name"], one["clientState"]) for one in found])
"""


# -- without servers: who is to blame


SUMS = tuple(Checksum(name, value) for name, value in checksums(b"0123456789").items())
ENTRY = Entry("/s/f", "file", 10, checksum=SUMS[0])


class Copies:
    """Doors that give what they are told to, in the order in which they are asked."""

    def __init__(self, **plans: Any) -> None:
        self.plans = plans
        self.opened: list[str] = []
        self.closed: list[str] = []

    def open(self, url: str, size: int | None, proof: Checksum | None) -> Any:
        del size, proof
        name = url.removeprefix("https://")
        self.opened.append(name)
        return Pouring(self, name)


class Pouring:
    def __init__(self, copies: Copies, name: str) -> None:
        self._copies = copies
        self._name = name
        self.entry = ENTRY

    def pour(self, start: int, end: int | None, sink: Callable[[bytes], object]) -> None:
        plan = self._copies.plans[self._name]
        data, error = plan if isinstance(plan, tuple) else (plan, None)
        if data[start:end]:
            sink(data[start:end])
        if error is not None:
            raise error

    def __enter__(self) -> Pouring:
        return self

    def __exit__(self, *_: object) -> None:
        self._copies.closed.append(self._name)


class Asked:
    """A catalogue that knows the copies *a*, *b* and *c* of every file."""

    def __init__(self) -> None:
        self.questions = 0

    def replicas(self, dids: list[Did]) -> Iterator[tuple[Did, tuple[Replica, ...]]]:
        self.questions += 1
        for did in dids:
            yield did, tuple(Replica(name.upper(), f"https://{name}", is_on_tape=False) for name in "abc")

    def siblings(self, _collection: Did, did: Did, _count: int) -> list[Did]:
        return [did]


def reader_of(copies: Copies, replicas: Replicas) -> ReplicaReader:
    candidates = replicas.of(Did("s", "f"), None)
    return ReplicaReader(ENTRY, candidates, replicas, copies, SUMS, "f").begin()  # type: ignore[arg-type]


def poured(reader: ReplicaReader, start: int = 0, end: int | None = None) -> bytes:
    got = bytearray()
    reader.pour(start, end, got.extend)
    return bytes(got)


@pytest.fixture
def replicas() -> Replicas:
    asked = Asked()
    return Replicas(asked, asked)  # type: ignore[arg-type]


def test_bytes_of_two_copies_make_one_file(replicas: Replicas) -> None:
    """The second gives from where the first broke off; both are closed."""
    copies = Copies(a=(b"0123", Unreachable("cut")), b=b"0123456789")
    with reader_of(copies, replicas) as reader:
        assert poured(reader) == b"0123456789"
    assert (copies.opened, copies.closed) == (["a", "b"], ["a", "b"])


def test_a_corrupt_copy_is_not_read_again(replicas: Replicas) -> None:
    """Three copies, two of them corrupt: the third attempt has the right bytes."""
    copies = Copies(a=b"0123456780", b=b"9123456789", c=b"0123456789")
    for name in "AB":
        with pytest.raises(Corrupted, match=f"from {name} are not"), reader_of(copies, replicas) as reader:
            poured(reader)
    assert poured(reader_of(copies, replicas)) == b"0123456789"


def test_when_all_are_corrupt_they_are_tried_again(replicas: Replicas) -> None:
    """Somebody may have repaired one."""
    copies = Copies(a=b"0123456780", b=b"0123456780", c=b"0123456780")
    for _ in range(3):
        with pytest.raises(Corrupted):
            poured(reader_of(copies, replicas))
    copies.plans["a"] = b"0123456789"
    assert poured(reader_of(copies, replicas)) == b"0123456789"


def test_nobody_is_blamed_for_what_two_have_given(replicas: Replicas) -> None:
    """A file of two copies' bytes that is wrong may be either's fault: both are tried again."""
    copies = Copies(a=(b"0123", Unreachable("cut")), b=b"xxxxxxxxxx", c=b"0123456789")
    with pytest.raises(Corrupted, match="A, B"):
        poured(reader_of(copies, replicas))
    assert {replica.rse for replica in replicas.of(Did("s", "f"), None)} == {"A", "B", "C"}


def test_a_copy_that_gives_too_little_is_not_gone_on_from(replicas: Replicas) -> None:
    """What it gave is not to be trusted: the whole file is read again, from another."""
    copies = Copies(a=(b"01234", Corrupted("too few")), b=b"0123456789")
    with pytest.raises(Corrupted, match="too few"):
        poured(reader_of(copies, replicas))
    assert poured(reader_of(copies, replicas)) == b"0123456789"
    assert copies.opened[-1] == "b"


def test_the_sinks_own_error_tries_no_other_copy(replicas: Replicas) -> None:
    """A full disk is full for all copies."""
    copies = Copies(a=b"0123456789", b=b"0123456789")

    def sink(_: bytes) -> None:
        raise NoSpace("full")

    with pytest.raises(NoSpace, match="full"):
        reader_of(copies, replicas).pour(0, None, sink)
    assert copies.opened == ["a"]


def test_threads_change_over_once(replicas: Replicas) -> None:
    """Several ranges at once fail together: the next copy is opened once, for all of them."""
    ready = threading.Barrier(4)

    class Together(Pouring):
        def pour(self, start: int, end: int | None, sink: Callable[[bytes], object]) -> None:
            if self._name == "a":
                ready.wait(30)
                raise Unreachable("gone")
            super().pour(start, end, sink)

    class Several(Copies):
        def open(self, url: str, size: int | None, proof: Checksum | None) -> Any:
            super().open(url, size, proof)
            return Together(self, url.removeprefix("https://"))

    copies = Several(a=b"", b=b"0123456789")
    reader = reader_of(copies, replicas)
    got: dict[int, bytes] = {}
    threads = [threading.Thread(target=lambda n=n: got.update({n: poured(reader, n * 2, n * 2 + 2)})) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert got == {0: b"01", 1: b"23", 2: b"45", 3: b"67"}
    assert (copies.opened, copies.closed) == (["a", "b"], ["a"])


class Neighbours(Asked):
    def siblings(self, _collection: Did, did: Did, _count: int) -> list[Did]:
        return [did, *(Did("s", f"g{n}") for n in range(_count))]


def test_copies_are_asked_for_together() -> None:
    """One question for a file and those after it in its dataset."""
    asked = Neighbours()
    known = Replicas(asked, asked)  # type: ignore[arg-type]
    known.of(Did("s", "f"), Did("s", "ds"))
    for number in range(200):
        known.of(Did("s", f"g{number}"), Did("s", "ds"))
    assert asked.questions == 1


def test_only_a_server_that_can_be_verified_is_asked(field: Field) -> None:
    """Without the authority of its certificate, the catalogue gets no token."""
    storage = Rucio("Rucio", field.catalogue.url, Trust(bundle=certifi.where()), authorise=lambda _: "Bearer secret")
    with pytest.raises(Unreachable):
        storage.stat("/x/y")
    storage.close()
