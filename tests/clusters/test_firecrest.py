"""FirecREST through its storage: the suite, staging, and every trap of the real server."""

from __future__ import annotations

import json
import logging
import os
import stat
import time
from typing import TYPE_CHECKING

import httpx
import pytest

from ctadata_jlab.errors import (
    AlreadyExists,
    BadPath,
    Changed,
    Corrupted,
    Forbidden,
    Misconfigured,
    NotFound,
    NotLoggedIn,
    Offline,
    Unreachable,
    Unsupported,
)
from ctadata_jlab.http import Trust
from ctadata_jlab.storage.firecrest import FirecREST, waiting
from tests.clusters.double import TOKEN
from tests.storage.suite import NAMES, Bytes, Shelf, StorageSuite, content

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.clusters.double import Clusters

HOME = "/daint/users"
QUOTED = frozenset(name for name in NAMES if "'" in name)


class Signed(httpx.Auth):
    def __init__(self, token: str) -> None:
        self._token = token

    def auth_flow(self, request: httpx.Request) -> Iterator[httpx.Request]:  # type: ignore[override]
        request.headers["Authorization"] = f"Bearer {self._token}"
        yield request


@pytest.fixture
def opened(clusters: Clusters, tmp_path: Path) -> Iterator[Callable[..., FirecREST]]:
    """Return a function that opens the storage; what is staged is remembered in one place."""
    made: list[FirecREST] = []

    def open_storage(token: str = TOKEN, root: str = "/", account: str = "") -> FirecREST:
        trust = Trust(bundle=str(clusters.ca))
        made.append(
            FirecREST("FirecREST", clusters.url, trust, tmp_path, root=root, auth=Signed(token), account=account)
        )
        return made[-1]

    yield open_storage
    for storage in made:
        storage.close()


@pytest.fixture
def storage(opened: Callable[..., FirecREST]) -> FirecREST:
    return opened()


def staged(storage: FirecREST, path: str) -> None:
    """Stage *path* and wait until it is there."""
    for _ in range(600):
        if not storage.stage([path]):
            return
        time.sleep(0.05)
    raise AssertionError("not staged")


class TestSuite(StorageSuite):
    """The rules that all storages keep, in a folder of a cluster's file system."""

    @pytest.fixture
    def shelf(self, clusters: Clusters, opened: Callable[..., FirecREST]) -> Shelf:
        return Shelf(
            opened(root=HOME),
            lambda path, data: clusters.raw_put("/users" + path, data),
            lambda path: clusters.file("/users" + path).read_bytes(),
            lambda path: clusters.file("/users" + path).mkdir(parents=True, exist_ok=True),
            odd_names=QUOTED,
        )


# -- the clusters as folders


def test_clusters_and_mount_points_are_folders(storage: FirecREST) -> None:
    """From the list of clusters down to a file system, every step is a folder."""
    assert [entry.path for entry in storage.list("/")] == ["/daint", "/eiger"]
    assert [entry.path for entry in storage.list("/daint")] == ["/daint/capstor", "/daint/users"]
    assert [entry.path for entry in storage.list("/daint/capstor/scratch")] == ["/daint/capstor/scratch/cscs"]
    assert list(storage.list("/daint/capstor/scratch/cscs")) == []
    assert storage.stat("/daint/capstor").is_folder


@pytest.mark.parametrize("path", ["/nowhere", "/daint/etc", "/daint/capstors", "/daint/etc/passwd"])
def test_what_no_file_system_holds_is_not_found(storage: FirecREST, path: str) -> None:
    """A cluster, or a folder beside its file systems, that is not there is not found; the server is not asked for it."""
    with pytest.raises(NotFound):
        list(storage.list(path))
    with pytest.raises(NotFound):
        storage.stat(path)


@pytest.mark.parametrize("path", ["/new", "/daint", "/daint/x", "/daint/users", "/daint/capstor/new"])
def test_nothing_is_written_above_the_file_systems(storage: FirecREST, path: str) -> None:
    """Clusters and mount points are not places for files."""
    with pytest.raises((BadPath, NotFound)):
        storage.put(path, Bytes(b"x"), ticket="t")
    with pytest.raises((BadPath, NotFound)):
        storage.remove(path)


def test_symbolic_links_are_what_they_lead_to(clusters: Clusters, storage: FirecREST) -> None:
    """A link to a folder is a folder, one to a file has that file's size, and one to nowhere is not left out."""
    clusters.raw_put("/users/real/file", b"12345")
    for name, target in (("folder", "real"), ("file", "real/file"), ("broken", "gone")):
        clusters.file(f"/users/{name}").symlink_to(target)
    found = {entry.name: (entry.kind, entry.size) for entry in storage.list(HOME)}
    assert found["folder"] == ("folder", None)
    assert found["file"] == ("file", 5)
    assert found["broken"] == ("file", 0)


@pytest.mark.parametrize("name", ["it's", "line\nend", "carriage\rreturn"])
def test_names_that_break_the_servers_shell_are_never_sent(clusters: Clusters, storage: FirecREST, name: str) -> None:
    """The server puts names between single quotes into a command; ours with a quote or a line's end stay here."""
    calls: tuple[Callable[[], object], ...] = (
        lambda: storage.stat(f"{HOME}/{name}"),
        lambda: list(storage.list(f"{HOME}/{name}")),
        lambda: storage.put(f"{HOME}/{name}", Bytes(b"x"), ticket="t"),
        lambda: storage.make_folder(f"{HOME}/{name}"),
        lambda: storage.remove(f"{HOME}/{name}"),
        lambda: storage.move(f"{HOME}/{name}", f"{HOME}/other"),
        lambda: storage.stage([f"{HOME}/{name}"]),
    )
    for call in calls:
        with pytest.raises(Unsupported, match="cannot speak of"):
            call()
    assert not [asked for asked in clusters.asked if name in str((asked.query, asked.body))]


# -- staging down


def big(clusters: Clusters, size: int = 6_000_000, path: str = "/users/big.h5") -> bytes:
    data = os.urandom(size)
    clusters.raw_put(path, data)
    return data


def test_a_large_file_is_staged_and_read_by_ranges(clusters: Clusters, storage: FirecREST) -> None:
    """Too large to go directly is offline until a job of the cluster has copied it; then ranges come from S3."""
    data = big(clusters)
    path = f"{HOME}/big.h5"
    assert [entry.online for entry in storage.list(HOME) if entry.name == "big.h5"] == [False]
    with pytest.raises(Offline):
        storage.open(path)
    assert storage.stage([path]) == [path]
    staged(storage, path)
    assert storage.stat(path).online is True
    assert content(storage, path) == data
    assert content(storage, path, 100, 5_000_000) == data[100:5_000_000]
    assert clusters.count("POST", "/transfer/download") == 1


def test_another_process_goes_on_with_the_same_job(clusters: Clusters, opened: Callable[..., FirecREST]) -> None:
    """After a restart the cluster's job that runs already is waited for, not started again."""
    clusters.traps.job_seconds = 0.3
    data = big(clusters)
    assert opened().stage([f"{HOME}/big.h5"])
    successor = opened()
    staged(successor, f"{HOME}/big.h5")
    assert content(successor, f"{HOME}/big.h5") == data
    assert clusters.count("POST", "/transfer/download") == 1


def test_what_is_remembered_is_for_the_user_alone(clusters: Clusters, storage: FirecREST, tmp_path: Path) -> None:
    """Presigned URLs are permissions: their file is 0600, and holds no token."""
    big(clusters)
    storage.stage([f"{HOME}/big.h5"])
    kept = next(tmp_path.glob("staged-*.json"))
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert "X-Amz-Signature" in kept.read_text()
    assert TOKEN not in kept.read_text()


def test_an_expired_copy_is_staged_again(clusters: Clusters, storage: FirecREST) -> None:
    """A presigned URL that no longer works is forgotten; the next staging starts a new job."""
    data = big(clusters)
    path = f"{HOME}/big.h5"
    clusters.traps.url_seconds = 1
    storage.stage([path])
    staged(storage, path)
    time.sleep(2.1)
    with pytest.raises(Offline, match="expired"):
        content(storage, path)
    clusters.traps.url_seconds = 3600
    assert storage.stat(path).online is False
    storage.stage([path])
    staged(storage, path)
    assert content(storage, path) == data
    assert clusters.count("POST", "/transfer/download") == 2


def test_a_removed_object_is_staged_again(clusters: Clusters, storage: FirecREST) -> None:
    """Objects have a lifetime of days; one that is gone is offline again, not an error for ever."""
    big(clusters)
    path = f"{HOME}/big.h5"
    staged(storage, path)
    clusters.forget_objects()
    with pytest.raises(Offline):
        content(storage, path)
    assert storage.stage([path]) == [path]


def test_a_staged_copy_of_an_old_version_is_not_used(clusters: Clusters, storage: FirecREST) -> None:
    """When the file changed after it was staged, it is staged again."""
    big(clusters)
    path = f"{HOME}/big.h5"
    staged(storage, path)
    data = big(clusters)
    assert storage.stat(path).online is False
    staged(storage, path)
    assert content(storage, path) == data


def test_a_change_while_it_is_read_is_told(clusters: Clusters, storage: FirecREST) -> None:
    """The staged copy is of one version: if the file is another one by then, the bytes are refused."""
    big(clusters)
    path = f"{HOME}/big.h5"
    staged(storage, path)
    with storage.open(path) as reader:
        big(clusters)
        with pytest.raises(Changed):
            reader.pour(0, None, lambda _: None)


def test_the_state_of_a_job_is_not_its_success(clusters: Clusters, storage: FirecREST) -> None:
    """COMPLETED without the sentence in the log is a failure, and the next try starts anew."""
    data = big(clusters)
    path = f"{HOME}/big.h5"
    clusters.traps.lying_jobs = True
    storage.stage([path])
    with pytest.raises(waiting.JobFailed, match=r"did not move the bytes.*\.log"):
        _stat_for_a_while(storage, path)
    clusters.traps.lying_jobs = False
    staged(storage, path)
    assert content(storage, path) == data


def _stat_for_a_while(storage: FirecREST, path: str) -> None:
    for _ in range(500):
        storage.stat(path)
        time.sleep(0.02)


def test_a_file_that_the_server_finds_too_large_is_staged_from_then_on(clusters: Clusters, storage: FirecREST) -> None:
    """413 where our own limit said direct: the file is offline now, and staging brings it."""
    data = big(clusters, 3_000_000)
    path = f"{HOME}/big.h5"
    storage.api.systems()
    clusters.traps.largest = 2_000_000
    with pytest.raises(Offline):
        content(storage, path)
    staged(storage, path)
    assert content(storage, path) == data


def test_a_checksum_that_takes_too_long_is_none(clusters: Clusters, storage: FirecREST) -> None:
    """The server gives a checksum five seconds: a file that takes longer is checked by its size alone."""
    clusters.raw_put("/users/a", b"bytes")
    clusters.traps.slow_checksums = True
    with storage.open(f"{HOME}/a") as reader:
        assert reader.entry.checksum is None
    assert content(storage, f"{HOME}/a") == b"bytes"
    assert storage.put(f"{HOME}/b", Bytes(b"more"), ticket="t").verified_by is None


# -- staging up


def test_a_large_file_goes_up_in_parts(clusters: Clusters, storage: FirecREST) -> None:
    """Parts go to S3, a job fetches them; SHA-256 on the cluster proves it, and a job gives it its name."""
    data = os.urandom(12_000_000)
    receipt = storage.put(f"{HOME}/new/up.h5", Bytes(data), ticket="t1")
    assert clusters.file("/users/new/up.h5").read_bytes() == data
    assert receipt.verified_by is not None
    assert receipt.verified_by.algorithm == "sha256"
    assert receipt.commit == "rename"
    assert [path.name for path in clusters.file("/users/new").iterdir()] == ["up.h5"]


def test_only_missing_parts_are_sent_again(
    clusters: Clusters, opened: Callable[..., FirecREST], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An upload that was cut goes on in the same cluster job, with the parts that are not there yet."""
    data = os.urandom(16_000_000)
    first = opened()
    sent: list[str] = []
    store = first.staging.store("http://127.0.0.1:1")
    real = type(store).put

    def cut(self: object, url: str, what: str, *rest: object, **more: object) -> object:
        sent.append(what)
        if len(sent) == 3:
            raise Unreachable("cut")
        return real(self, url, what, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(type(store), "put", cut)
    with pytest.raises(Unreachable):
        first.put(f"{HOME}/up.h5", Bytes(data), ticket="t1")
    opened().put(f"{HOME}/up.h5", Bytes(data), ticket="t1")
    assert sent == ["part 1 of 4", "part 2 of 4", "part 3 of 4", "part 3 of 4", "part 4 of 4"]
    assert clusters.file("/users/up.h5").read_bytes() == data
    assert clusters.count("POST", "/transfer/upload") == 1


def test_other_bytes_do_not_join_the_parts_of_the_first(
    clusters: Clusters, opened: Callable[..., FirecREST], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that changed between the tries is not glued together from two versions."""
    store = opened().staging.store("http://127.0.0.1:1")
    real = type(store).put
    monkeypatch.setattr(
        type(store),
        "put",
        lambda self, url, what, *a, **k: _cut() if "part 2" in what else real(self, url, what, *a, **k),
    )
    with pytest.raises(Unreachable):
        opened().put(f"{HOME}/up.h5", Bytes(os.urandom(12_000_000)), ticket="t1")
    monkeypatch.undo()
    with pytest.raises(Changed):
        opened().put(f"{HOME}/up.h5", Bytes(os.urandom(12_000_000)), ticket="t1")
    assert not clusters.file("/users/up.h5").exists()


def _cut() -> object:
    raise Unreachable("cut")


def test_an_upload_whose_urls_expired_starts_again(clusters: Clusters, storage: FirecREST) -> None:
    """Parts that S3 no longer takes: the job is cancelled, and the next try asks for new URLs."""
    data = os.urandom(6_000_000)
    clusters.traps.url_seconds = 0
    with pytest.raises((Forbidden, Unreachable)):
        storage.put(f"{HOME}/up.h5", Bytes(data), ticket="t1")
    assert "CANCELLED" in {job.state for job in clusters.jobs.values()}
    clusters.traps.url_seconds = 3600
    storage.put(f"{HOME}/up.h5", Bytes(data), ticket="t1")
    assert clusters.file("/users/up.h5").read_bytes() == data


@pytest.mark.parametrize("size", [100, 6_000_000])
def test_damage_on_the_way_is_found(clusters: Clusters, storage: FirecREST, size: int) -> None:
    """Other bytes on the cluster than were sent: neither the name nor the temporary is left."""
    clusters.traps.damaged = True
    with pytest.raises(Corrupted):
        storage.put(f"{HOME}/up.h5", Bytes(os.urandom(size)), ticket="t1")
    assert not [path for path in clusters.file("/users").iterdir() if "up.h5" in path.name]


def test_a_job_that_did_not_fetch_the_upload_is_an_error(clusters: Clusters, storage: FirecREST) -> None:
    """A job that lies about an upload leaves the old file as it was."""
    clusters.raw_put("/users/up.h5", b"old")
    clusters.traps.lying_jobs = True
    with pytest.raises(waiting.JobFailed):
        storage.put(f"{HOME}/up.h5", Bytes(os.urandom(6_000_000)), replace=True, ticket="t1")
    assert clusters.file("/users/up.h5").read_bytes() == b"old"


def test_a_rename_that_did_not_happen_is_an_error(clusters: Clusters, storage: FirecREST) -> None:
    """A job that says it renamed, but did not, is found out by looking."""
    clusters.raw_put("/users/a", b"1")
    clusters.traps.lying_jobs = True
    with pytest.raises(waiting.JobFailed):
        storage.move(f"{HOME}/a", f"{HOME}/b")


# -- waiting


def test_polls_outlive_a_server_that_stumbles(clusters: Clusters, storage: FirecREST) -> None:
    """A job is not known at once, and some questions are answered 500: neither ends the wait."""
    clusters.traps.unknown_jobs, clusters.traps.broken_polls = 2, 2
    storage.put(f"{HOME}/a", Bytes(b"1"), ticket="t")
    assert clusters.file("/users/a").read_bytes() == b"1"


def test_a_job_that_nobody_knows_is_given_up(
    clusters: Clusters, storage: FirecREST, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After some seconds of «not found» the wait ends with an error that names the job."""
    clusters.traps.unknown_jobs, clusters.traps.lying_jobs = 10**6, True
    monkeypatch.setattr(waiting, "UNKNOWN_SECONDS", 0.3)
    with pytest.raises(waiting.JobFailed, match="does not know job"):
        storage.put(f"{HOME}/a", Bytes(b"1"), ticket="t")


def test_a_slow_removal_becomes_a_job(clusters: Clusters, storage: FirecREST) -> None:
    """What takes longer than the server waits is removed by a job."""
    clusters.raw_put("/users/a", b"1")
    clusters.traps.slow_removals = True
    storage.remove(f"{HOME}/a")
    assert not clusters.file("/users/a").exists()


# -- who pays, who asks


def test_jobs_are_charged_to_the_default_account_or_the_set_one(
    clusters: Clusters, opened: Callable[..., FirecREST]
) -> None:
    """The user's default account pays, unless the settings name another."""
    clusters.traps.accounts = ("first", "second")
    opened().put(f"{HOME}/a", Bytes(b"1"), ticket="t")
    opened(account="mine").put(f"{HOME}/b", Bytes(b"1"), ticket="t")
    assert [job.account for job in clusters.jobs.values()] == ["first", "mine"]


def test_without_an_account_the_setting_is_named(clusters: Clusters, storage: FirecREST) -> None:
    """A system that charges and a user without account: the error says what to set, and nothing is left."""
    clusters.traps.accounts = ()
    with pytest.raises(Misconfigured) as caught:
        storage.put(f"{HOME}/a", Bytes(b"1"), ticket="t")
    assert "account" in caught.value.hint
    assert list(clusters.file("/users").iterdir()) == []


def test_a_refused_token_is_in_no_log_and_no_error(
    clusters: Clusters, opened: Callable[..., FirecREST], caplog: pytest.LogCaptureFixture
) -> None:
    """A 401 carries the token back in a header; not even a log of everything has it."""
    with caplog.at_level(logging.DEBUG), pytest.raises(NotLoggedIn) as caught:
        opened(token="SECRET-OF-MINE").stat(f"{HOME}/x")
    assert clusters.asked[-1].status == 401
    assert "send_request" in caplog.text
    assert "SECRET-OF-MINE" not in caplog.text + str(caught.value) + caught.value.hint


def test_the_token_never_goes_to_the_object_store(
    clusters: Clusters, storage: FirecREST, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Presigned URLs are permission enough."""
    seen: list[str] = []
    kind = type(storage.staging.store("http://127.0.0.1:1"))
    real = kind.prepare

    def noted(self: object, handle: object, url: str, headers: dict[str, str], step: object) -> None:
        seen.append(json.dumps(headers))
        real(self, handle, url, headers, step)  # type: ignore[arg-type]

    monkeypatch.setattr(kind, "prepare", noted)
    data = big(clusters)
    staged(storage, f"{HOME}/big.h5")
    assert content(storage, f"{HOME}/big.h5") == data
    storage.put(f"{HOME}/up.h5", Bytes(data), ticket="t")
    assert len(seen) == 3
    assert not [headers for headers in seen if "uthorization" in headers]


def test_moves_stay_on_one_cluster(clusters: Clusters, storage: FirecREST) -> None:
    """From one cluster to another is a copy."""
    clusters.raw_put("/users/a", b"1")
    with pytest.raises(Unsupported):
        storage.move(f"{HOME}/a", "/eiger/users/b")


def test_an_upload_does_not_replace_what_came_meanwhile(
    clusters: Clusters, storage: FirecREST, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that appears while ours is sent stays, and ours is swept."""
    real = storage.api.checksum

    def appears(*arguments: str) -> str | None:
        clusters.raw_put("/users/a", b"theirs")
        return real(*arguments)

    monkeypatch.setattr(storage.api, "checksum", appears)
    with pytest.raises(AlreadyExists):
        storage.put(f"{HOME}/a", Bytes(b"ours"), ticket="t")
    assert [(path.name, path.read_bytes()) for path in clusters.file("/users").iterdir()] == [("a", b"theirs")]
