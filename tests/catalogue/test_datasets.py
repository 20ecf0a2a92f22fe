"""Data sets by their names: what is told of them, from the catalogue, the disk and the queue; nobody is asked who need not be."""

from __future__ import annotations

import json
import os
import threading
from typing import TYPE_CHECKING, Any

import pytest

from ctadata_jlab import config
from ctadata_jlab.errors import BadPath, Misconfigured, Unreachable
from ctadata_jlab.server.dataset import asked_for, found
from ctadata_jlab.server.datasets import FRESH_SECONDS, MISSING_SECONDS, Datasets
from ctadata_jlab.session import Session
from ctadata_jlab.storage.rucio import Rucio
from ctadata_jlab.tokens.login_state import LoginState
from tests.catalogue.test_rucio import questions
from tests.transfer.kit import wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.catalogue.conftest import Field
    from tests.rig.doors import Door


class Desk:
    """The answers, for a session whose queue runs; its clock is moved by hand."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.now = 1e9
        self.datasets = Datasets("/datasets", clock=lambda: self.now)

    def files(self, name: str) -> dict[str, Any]:
        return self.datasets.files(self.session, name)

    def found(self, name: str) -> dict[str, Any]:
        """Return what is told of the files once they have been looked up."""
        self.files(name)
        self.rest()
        return self.files(name)

    def local(self, name: str) -> dict[str, Any]:
        return self.datasets.local(self.session, name)

    def download(self, name: str) -> dict[str, Any]:
        return self.datasets.download(self.session, name)

    def fetched(self, name: str) -> dict[str, Any]:
        """Return what is told of the data set once it has come."""
        assert self.download(name) == {"status": "downloading", "filelist": []}
        wait_for(lambda: self.local(name)["status"] != "downloading", 60)
        self.rest()
        return self.local(name)

    def rest(self) -> None:
        """Wait until nothing is being looked up."""
        wait_for(lambda: not any(thread.name == "ctadata-dataset" for thread in threading.enumerate()), 60)

    def data(self, path: str) -> bytes:
        return (self.session.config.workspace / "datasets" / path).read_bytes()


@pytest.fixture
def desk(field: Field) -> Iterator[Desk]:
    with_queue = Desk(field.session)
    field.session.engine.start()
    yield with_queue
    with_queue.rest()
    field.session.engine.stop(10)


def registered(field: Field, name: str = "ds") -> tuple[str, dict[str, bytes]]:
    """Register a dataset of three files; return its DID and what they hold."""
    data = {f"{name}.a": os.urandom(1000), f"{name}.b": b"", f"{name}.c": os.urandom(70_000)}
    for file, content in data.items():
        field.catalogue.file(field.scope, file, content, [field.dav])
    field.catalogue.collection(field.scope, name, data, closed=True)
    return f"{field.scope}:{name}", data


def test_a_dataset_comes_by_its_did(field: Field, desk: Desk) -> None:
    """Not here, coming, here; its files lie where the list says, below the folder of data sets."""
    did, data = registered(field)
    assert desk.local(did) == {"status": "not_on_server", "filelist": []}
    told = desk.fetched(did)
    assert told == {"status": "local", "filelist": [f"{field.scope}/ds/{name}" for name in sorted(data)]}
    assert {path.rpartition("/")[2]: desk.data(path) for path in told["filelist"]} == data
    assert desk.download(did) == told
    assert len(field.session.engine.jobs()) == 1


def test_the_scope_may_be_left_out(field: Field, desk: Desk) -> None:
    """Where it begins the name: the same data set by either name, in a folder of its own name."""
    name = f"{field.scope}.simulation.v1"
    _, data = registered(field, name)
    told = desk.fetched(name)
    assert told == {"status": "local", "filelist": [f"{name}/{file}" for file in sorted(data)]}
    assert desk.local(f"{field.scope}:{name}") == told


def test_files_are_told_with_size_and_events(field: Field, desk: Desk) -> None:
    """The lookup goes on in the background; of a container, all files are told."""
    field.catalogue.file(field.scope, "one", b"12345", [field.dav], events=77)
    field.catalogue.file(field.scope, "two", b"123", [field.dav])
    field.catalogue.collection(field.scope, "ds", ["one", "two"])
    field.catalogue.collection(field.scope, "box", ["ds"], kind="CONTAINER")
    for name in ("ds", "box"):
        assert desk.files(f"{field.scope}:{name}") == {"status": "query queued"}
        desk.rest()
        assert desk.files(f"{field.scope}:{name}") == {
            "status": "OK",
            "files": [[f"{field.scope}:one", 5, 77], [f"{field.scope}:two", 3, None]],
        }


def test_a_container_keeps_its_datasets_apart(field: Field, desk: Desk) -> None:
    """Its files are in the folders of their datasets."""
    _, data = registered(field)
    field.catalogue.collection(field.scope, "box", ["ds"], kind="CONTAINER")
    told = desk.fetched(f"{field.scope}:box")
    assert told["filelist"] == [f"{field.scope}/box/ds/{name}" for name in sorted(data)]


def test_what_there_is_not_is_known_after_it_was_looked_up(field: Field, desk: Desk) -> None:
    """For an hour; before that, nobody knows."""
    did = f"{field.scope}:nothing"
    assert desk.local(did) == {"status": "not_on_server", "filelist": []}
    assert desk.found(did) == {"status": "dataset does not exist"}
    assert desk.local(did) == desk.download(did) == {"status": "does_not_exist", "filelist": []}
    assert not field.session.engine.jobs()
    desk.now += MISSING_SECONDS + 1
    assert desk.local(did) == {"status": "not_on_server", "filelist": []}


def test_a_download_of_what_there_is_not_finds_out(field: Field, desk: Desk) -> None:
    """It is told once it is known."""
    did = f"{field.scope}:nothing"
    assert desk.fetched(did) == {"status": "does_not_exist", "filelist": []}


def test_a_folder_of_any_source_is_a_data_set(field: Field, desk: Desk, wsgidav: Door) -> None:
    """SOURCE:/PATH; its files are told with their paths, the number of events is not known."""
    folder = wsgidav.fresh()
    wsgidav.raw_put(f"{folder}/run/a.h5", b"12345")
    wsgidav.raw_put(f"{folder}/run/deep/b.h5", b"123")
    name = f"wsgidav:{folder}/run"
    assert desk.found(name) == {
        "status": "OK",
        "files": [[f"wsgidav:{folder}/run/a.h5", 5, None], [f"wsgidav:{folder}/run/deep/b.h5", 3, None]],
    }
    told = desk.fetched(name)
    assert told["filelist"] == [f"wsgidav{folder}/run/a.h5", f"wsgidav{folder}/run/deep/b.h5"]
    assert desk.data(told["filelist"][1]) == b"123"
    assert desk.found(f"wsgidav:{folder}/gone") == {"status": "dataset does not exist"}


def test_a_file_that_was_removed_here_comes_again(field: Field, desk: Desk) -> None:
    """A data set is here when all its files are, in their sizes; only the missing one is fetched."""
    did, data = registered(field)
    path = desk.fetched(did)["filelist"][-1]
    (field.session.config.workspace / "datasets" / path).unlink()
    assert desk.local(did)["status"] == "not_on_server"
    assert desk.fetched(did)["status"] == "local"
    assert desk.data(path) == data["ds.c"]
    assert field.session.engine.jobs()[0].files_skipped == 2


def test_what_the_user_has_changed_is_asked_about(field: Field, desk: Desk) -> None:
    """A file of one's own is never replaced by a download that nobody looks at."""
    did, _ = registered(field)
    place = field.session.config.workspace / "datasets" / field.scope / "ds"
    place.mkdir(parents=True)
    (place / "ds.a").write_bytes(b"mine")
    desk.download(did)
    wait_for(lambda: field.session.engine.jobs()[0].reason == "question", 60)
    desk.rest()
    assert desk.local(did) == {"status": "downloading", "filelist": []}
    assert (place / "ds.a").read_bytes() == b"mine"


def test_a_download_that_failed_is_taken_up_again(field: Field, desk: Desk, wsgidav: Door) -> None:
    """By asking again: the same job, and what it has fetched stays."""
    did, _ = registered(field)
    kept = wsgidav.raw_get(f"/{field.scope}/ds.c")
    wsgidav.raw_remove(f"/{field.scope}/ds.c")
    assert desk.fetched(did) == {"status": "not_on_server", "filelist": []}
    wsgidav.raw_put(f"/{field.scope}/ds.c", kept)
    assert desk.fetched(did)["status"] == "local"
    (job,) = field.session.engine.jobs()
    assert (job.files_done, job.files_failed) == (3, 0)


def test_two_that_ask_at_once_start_one_download(field: Field, desk: Desk) -> None:
    """However many clients there are."""
    did, _ = registered(field)
    threads = [threading.Thread(target=desk.download, args=(did,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(field.session.engine.jobs()) == 1
    wait_for(lambda: desk.local(did)["status"] == "local", 60)


def test_looking_asks_nobody(field: Field, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """`ds`, `status` and `logs` are answered from here; idle, there is neither a question nor a thread."""
    did, _ = registered(field)
    desk.fetched(did)
    asked, before = questions(monkeypatch, field.catalogue), threading.active_count()
    for name in (did, f"{field.scope}:unknown", "wsgidav:/somewhere"):
        desk.local(name)
    status = desk.datasets.status(field.session, lambda _: None)
    assert status == {"grid_cert": {"is_good": True}, "rucio_download": {"downloading": []}}
    assert any("job" in line for line in desk.datasets.logs(field.session, "rucio_downloader", lambda _: None))
    assert asked == []
    assert threading.active_count() <= before


def test_what_was_found_out_survives_a_restart(field: Field, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another server on the same state knows it without asking."""
    did, _ = registered(field)
    told = desk.found(did)
    desk.rest()
    again = Desk(field.session)
    asked = questions(monkeypatch, field.catalogue)
    assert again.files(did) == told
    assert asked == []


def test_what_may_have_changed_is_looked_up_again(field: Field, desk: Desk) -> None:
    """The last list is told meanwhile: who polls is not kept waiting."""
    field.catalogue.file(field.scope, "one", b"1", [field.dav])
    field.catalogue.file(field.scope, "two", b"2", [field.dav])
    field.catalogue.collection(field.scope, "growing", ["one"])
    did = f"{field.scope}:growing"
    first = desk.found(did)
    field.catalogue.attach(field.scope, "growing", ["two"])
    desk.now += FRESH_SECONDS + 1
    assert desk.files(did) == first
    desk.rest()
    assert len(desk.files(did)["files"]) == 2


@pytest.mark.parametrize("retryable", [True, False])
def test_a_lookup_that_fails_is_made_again(
    field: Field, desk: Desk, monkeypatch: pytest.MonkeyPatch, retryable: bool
) -> None:
    """Whoever asks again lets it be tried again: while the network is away it is queued; what went wrong is in the log."""
    did, _ = registered(field)
    error = Unreachable("No network.") if retryable else Misconfigured("Wrong setting.")

    def fails(*_: object) -> None:
        raise error

    with monkeypatch.context() as broken:
        broken.setattr(Rucio, "stat", fails)
        assert desk.found(did) == {"status": "query queued" if retryable else "Internal error"}
        desk.rest()
    (line, *_) = desk.datasets.logs(field.session, "rucio_file_listing", lambda _: None)
    assert error.message in line
    desk.rest()
    assert desk.found(did)["status"] == "OK"


def test_the_login_is_told_without_the_token(field: Field, desk: Desk) -> None:
    """Good or not; the log says what to do."""
    state = LoginState("expired", hint="Log in again.")
    status = desk.datasets.status(field.session, lambda _: state)
    assert status["grid_cert"] == {"is_good": False}
    assert desk.datasets.logs(field.session, "grid_cert", lambda _: state) == ["rucio: expired. Log in again.\n"]
    assert desk.datasets.logs(field.session, "no such log", lambda _: None) == []


@pytest.mark.parametrize(
    "name", ["../../etc:passwd", "wsgidav:/../etc", "local:/", "wsgidav:/", "a:", "x/../../y:z", "nul\0:x"]
)
def test_what_leads_elsewhere_is_refused(field: Field, desk: Desk, name: str) -> None:
    """A name never becomes a path out of its folder; the error says what a name is."""
    for answer in (desk.files, desk.local, desk.download):
        with pytest.raises(BadPath):
            answer(name)
    assert not field.session.engine.jobs()


@pytest.mark.parametrize("name", [r"s:..", r"s:%2e%2e", "s:$(touch x)", "s:a b", "s:/../..", "s:.ctapart", "s:x\n"])
def test_odd_names_stay_in_their_folder(field: Field, name: str) -> None:
    """Whatever a name is, it lands below the folder of data sets, or is refused."""
    try:
        dataset = asked_for(field.session, name, "/datasets")
    except BadPath:
        return
    landing = dataset.landing(dataset.path + "/file")
    assert ".." not in f"{dataset.to.path}/{landing}".split("/")
    assert found(field.session, dataset.request, "/datasets") == dataset


def test_without_a_catalogue_one_is_told_so(tmp_path: Path, opened: Callable[..., Session]) -> None:
    """A name alone needs one; a folder of a source does not."""
    del opened
    file = tmp_path / "none.toml"
    file.write_text(f'only = []\n[sources.door]\nurl = "https://localhost:1"\n[transfers]\nstate = "{tmp_path}"\n')
    with Session(config.load(places=[file]).with_workspace(tmp_path)) as session:
        with pytest.raises(Misconfigured, match="No catalogue"):
            asked_for(session, "scope:name", "/datasets")
        assert asked_for(session, "door:/folder", "/datasets").path == "/folder"
        assert Datasets("/datasets").status(session, lambda _: None) == {"rucio_download": {"downloading": []}}


def test_a_register_that_cannot_be_read_is_made_anew(field: Field, desk: Desk) -> None:
    """A damaged file costs a question, no more."""
    did, _ = registered(field)
    told = desk.found(did)
    (file,) = (field.session.config.state / "datasets").glob("*.json")
    assert json.loads(file.read_text())["name"] == did
    file.write_text('{"exists": tr')
    assert Desk(field.session).found(did) == told
