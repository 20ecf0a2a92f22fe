"""What goes wrong between us and an object store: answers that are lost, cut or refused, and processes that are killed."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from ctadata_jlab.errors import (
    AlreadyExists,
    Busy,
    Cancelled,
    Changed,
    Corrupted,
    CtaDataError,
    Forbidden,
    NotFound,
    NotLoggedIn,
    Unreachable,
)
from ctadata_jlab.storage.s3 import sending
from ctadata_jlab.storage.temporary import temporary
from ctadata_jlab.transfer.orphans import sweep_one
from tests.objects.faulty import Fault, faulty
from tests.objects.test_s3 import uploads
from tests.storage.suite import Bytes, content

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ctadata_jlab.storage.s3 import ObjectStore
    from tests.objects.faulty import Faulty
    from tests.rig.seaweed import S3

SIZE = 5 << 20
LARGE = bytes(range(256)) * (2 * SIZE // 256) + b"the end"
"""Three parts."""


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let 5 MiB be large, the least that S3 takes as a part."""
    monkeypatch.setattr(sending, "PART", SIZE)


@pytest.fixture
def proxy(seaweed: S3) -> Iterator[Faulty]:
    with faulty(seaweed.url) as running:
        yield running


@pytest.fixture
def store(proxy: Faulty, opened: Callable[..., ObjectStore], root: str) -> ObjectStore:
    """Return the storage behind the proxy."""
    return opened(root, url=proxy.url)


def once(wanted: Callable[[str, str], bool], fault: Fault) -> Callable[[str, str, dict[str, str]], Fault | None]:
    """Return a plan that spoils the first request that is *wanted* (method and path)."""
    left = [fault]

    def plan(method: str, path: str, _headers: dict[str, str]) -> Fault | None:
        return left.pop() if left and wanted(method, path) else None

    return plan


def always(wanted: Callable[[str, str], bool], fault: Fault) -> Callable[[str, str, dict[str, str]], Fault | None]:
    return lambda method, path, _headers: fault if wanted(method, path) else None


def is_part(number: int) -> Callable[[str, str], bool]:
    return lambda method, path: method == "PUT" and f"partNumber={number}&" in path


def is_completion(method: str, path: str) -> bool:
    return method == "POST" and "uploadId=" in path


# -- reading


def test_a_download_that_is_cut_is_no_download(seaweed: S3, proxy: Faulty, store: ObjectStore, root: str) -> None:
    """What came is right, the rest is missing, and that is an error that may be tried again."""
    seaweed.ask("PUT", f"{root}/f", LARGE)
    proxy.plan = once(lambda method, _: method == "GET", Fault(cut=1_000_000))
    got = bytearray()
    with store.open("/f") as reader, pytest.raises(Unreachable):
        reader.pour(0, None, got.extend)
    assert LARGE.startswith(bytes(got))
    assert content(store, "/f") == LARGE


def test_a_server_that_ignores_ranges_is_an_error(seaweed: S3, proxy: Faulty, store: ObjectStore, root: str) -> None:
    """The bytes from the beginning are not taken for those of the middle."""
    seaweed.ask("PUT", f"{root}/f", bytes(range(100)))
    proxy.plan = always(lambda method, _: method == "GET", Fault(without=("range",)))
    with pytest.raises(Corrupted):
        content(store, "/f", 10, 20)


@pytest.mark.parametrize("body", [b"short", b"x" * 101])
def test_an_answer_of_another_length_is_no_file(
    seaweed: S3, proxy: Faulty, store: ObjectStore, root: str, body: bytes
) -> None:
    """A success with fewer or more bytes than the object has is an error, though the answer itself is whole."""
    seaweed.ask("PUT", f"{root}/f", bytes(range(100)))
    with store.open("/f") as reader:
        proxy.plan = always(lambda method, _: method == "GET", Fault(200, body))
        with pytest.raises(Corrupted, match="were expected"):
            reader.pour(0, None, lambda _: None)


@pytest.mark.parametrize("ignored", [(), ("if-match",)])
def test_a_version_that_goes_while_it_is_read_is_noticed(
    seaweed: S3, proxy: Faulty, store: ObjectStore, root: str, ignored: tuple[str, ...]
) -> None:
    """By `If-Match`, and where a server does not know that, by the entity tag of the answer."""
    proxy.plan = always(lambda *_: True, Fault(without=ignored))
    seaweed.ask("PUT", f"{root}/f", b"first")
    with store.open("/f") as reader:
        seaweed.ask("PUT", f"{root}/f", b"other")
        with pytest.raises(Changed):
            reader.pour(0, None, lambda _: None)


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (403, "ExpiredToken", NotLoggedIn),
        (403, "InvalidAccessKeyId", NotLoggedIn),
        (403, "AccessDenied", Forbidden),
        (404, "NoSuchBucket", NotFound),
        (503, "SlowDown", Busy),
        (500, "InternalError", Unreachable),
    ],
)
def test_refusals_are_errors_by_what_can_be_done(
    proxy: Faulty, store: ObjectStore, status: int, code: str, error: type[CtaDataError]
) -> None:
    """The code in the answer's body decides, where there is one."""
    proxy.plan = always(lambda *_: True, Fault(status, f"<Error><Code>{code}</Code></Error>".encode()))
    with pytest.raises(error):
        list(store.list("/"))


def test_a_permission_that_expires_on_the_way_is_made_anew(
    seaweed: S3, proxy: Faulty, store: ObjectStore, root: str
) -> None:
    """A presigned URL that is refused is one failed attempt: the next has another one."""
    seaweed.ask("PUT", f"{root}/f", b"hello")
    proxy.plan = once(lambda method, path: method == "GET" and "X-Amz-Signature" in path, Fault(403))
    with store.open("/f") as reader:
        with pytest.raises(Forbidden):
            reader.pour(0, None, lambda _: None)
        reader.pour(0, None, lambda _: None)


# -- storing


@pytest.mark.parametrize("data", [b"small", LARGE], ids=["whole", "in parts"])
def test_an_answer_that_is_lost_is_looked_for(
    proxy: Faulty, store: ObjectStore, seaweed: S3, root: str, data: bytes
) -> None:
    """The object was stored, only nobody said so: it is found by its entity tag, and nothing is sent twice."""
    proxy.plan = once(
        lambda method, path: is_completion(method, path) or (method == "PUT" and "uploadId" not in path),
        Fault(lost=True),
    )
    assert store.put("/f", Bytes(data), ticket="t").verified_by == Bytes(data).checksum("md5")
    assert seaweed.ask("GET", f"{root}/f") == data
    assert uploads(seaweed, root) == []


@pytest.mark.parametrize("data", [b"small", LARGE], ids=["whole", "in parts"])
def test_bytes_that_are_spoilt_on_the_way_are_never_seen(
    proxy: Faulty, store: ObjectStore, seaweed: S3, root: str, data: bytes
) -> None:
    """The server compares a whole object with its MD5, we compare each part: neither becomes an object."""
    proxy.plan = always(lambda method, _: method == "PUT", Fault(spoilt=True))
    with pytest.raises(CtaDataError):
        store.put("/f", Bytes(data), ticket="t")
    with pytest.raises(NotFound):
        store.stat("/f")
    assert uploads(seaweed, root) == []


def test_parts_that_are_there_are_not_sent_again(proxy: Faulty, store: ObjectStore, seaweed: S3, root: str) -> None:
    """After an outage the same ticket goes on where it was; the object is that of one go."""
    proxy.plan = always(is_part(3), Fault(500))
    with pytest.raises(Unreachable):
        store.put("/f", Bytes(LARGE), ticket="t")
    with pytest.raises(NotFound):
        store.stat("/f")
    proxy.plan, before = lambda *_: None, len(proxy.asked)
    store.put("/f", Bytes(LARGE), ticket="t")
    sent = [path for method, path in proxy.asked[before:] if method == "PUT"]
    assert [re.findall(r"partNumber=(\d)", path) for path in sent] == [["3"]]
    assert seaweed.ask("GET", f"{root}/f") == LARGE
    assert uploads(seaweed, root) == []


def test_another_file_under_the_same_ticket_begins_anew(
    proxy: Faulty, store: ObjectStore, seaweed: S3, root: str
) -> None:
    """Parts of an older version are thrown away, also where the size is the same."""
    proxy.plan = always(is_part(2), Fault(500))
    with pytest.raises(Unreachable):
        store.put("/f", Bytes(LARGE), ticket="t")
    proxy.plan = lambda *_: None
    other = b"!" + LARGE[1:]
    store.put("/f", Bytes(other), ticket="t")
    assert seaweed.ask("GET", f"{root}/f") == other
    assert uploads(seaweed, root) == []


def test_an_upload_that_the_store_has_forgotten_begins_anew(
    proxy: Faulty, store: ObjectStore, seaweed: S3, root: str
) -> None:
    """Unfinished uploads expire by the bucket's rules: then all parts are sent again."""
    proxy.plan = always(is_part(2), Fault(500))
    with pytest.raises(Unreachable):
        store.put("/f", Bytes(LARGE), ticket="t")
    name = re.findall(r"uploadId=([^&]+)", proxy.of("PUT", "uploadId=")[0])[0]
    seaweed.ask("DELETE", f"{root}/f", uploadId=name)
    proxy.plan = lambda *_: None
    store.put("/f", Bytes(LARGE), ticket="t")
    assert seaweed.ask("GET", f"{root}/f") == LARGE
    assert uploads(seaweed, root) == []


def test_an_upload_that_is_stopped_leaves_nothing(store: ObjectStore, seaweed: S3, root: str) -> None:
    """Neither an object nor parts that somebody pays for."""

    class Stopped(Bytes):
        def read(self, count: int) -> bytes:
            if self._file.tell() > SIZE:
                raise Cancelled("stop")
            return super().read(count)

    with pytest.raises(Cancelled):
        store.put("/f", Stopped(LARGE), ticket="t")
    with pytest.raises(NotFound):
        store.stat("/f")
    assert uploads(seaweed, root) == []


def test_an_error_inside_a_success_is_an_error(proxy: Faulty, store: ObjectStore) -> None:
    """CompleteMultipartUpload says 200 first, and may fail afterwards (Amazon S3 API Reference)."""
    proxy.plan = always(is_completion, Fault(200, b"<Error><Code>InternalError</Code></Error>"))
    with pytest.raises(Unreachable):
        store.put("/f", Bytes(LARGE), ticket="t")
    with pytest.raises(NotFound):
        store.stat("/f")


@pytest.mark.parametrize("data", [b"small", LARGE], ids=["whole", "in parts"])
def test_a_store_without_conditions_is_looked_at_before(
    proxy: Faulty, store: ObjectStore, seaweed: S3, root: str, data: bytes
) -> None:
    """Some answer 501 to `If-None-Match`: then what was seen before must do; what is there is still not replaced."""

    def plan(_method: str, _path: str, headers: dict[str, str]) -> Fault | None:
        return Fault(501, b"<Error><Code>NotImplemented</Code></Error>") if "if-none-match" in headers else None

    proxy.plan = plan
    store.put("/f", Bytes(data), ticket="t")
    assert seaweed.ask("GET", f"{root}/f") == data
    with pytest.raises(AlreadyExists):
        store.put("/f", Bytes(b"other"), ticket="t")
    assert uploads(seaweed, root) == []


def test_a_folder_that_only_its_files_made_gets_a_marker(
    proxy: Faulty, store: ObjectStore, seaweed: S3, root: str
) -> None:
    """Where nothing has the prefix any more, an empty object stands for the folder."""
    seaweed.ask("PUT", f"{root}/box/only", b"x")
    nothing = b"<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>"
    proxy.plan = always(lambda method, path: method == "GET" and "box" in path, Fault(200, nothing))
    store.remove("/box/only")
    assert proxy.of("PUT") == [f"{root}/box/"]


def test_a_copy_that_fails_removes_nothing(proxy: Faulty, store: ObjectStore, seaweed: S3, root: str) -> None:
    """A move is a copy, then a removal: the removal comes when all copies are there."""
    for name in ("a", "b"):
        seaweed.ask("PUT", f"{root}/box/{name}", name.encode())
    proxy.plan = once(
        lambda method, path: method == "PUT" and path.endswith("/b"),
        Fault(200, b"<Error><Code>InternalError</Code></Error>"),
    )
    with pytest.raises(Unreachable):
        store.move("/box", "/moved")
    assert sorted(entry.name for entry in store.list("/box")) == ["a", "b"]


# -- processes that die

VICTIM = """
import os, sys
from pathlib import Path
from ctadata_jlab.http import Trust
from ctadata_jlab.storage.s3 import ObjectStore, sending
from ctadata_jlab.storage.s3.signing import Keys, Signer
from ctadata_jlab.transfer.body import FileBody
sending.PART = 5 << 20
url, root, folder = sys.argv[1:]
signer = Signer(lambda: Keys("rigkey", os.environ["SECRET"]), "us-east-1")
store = ObjectStore("S3", url, Trust.of(), signer, Path(folder, "state"), root=root)
with FileBody(Path(folder, "file")) as body:
    store.put("/f", body, ticket="job-1")
"""


@pytest.fixture
def killed(proxy: Faulty, root: str, tmp_path: Path, seaweed: S3) -> None:
    """Let a process upload, and kill it while its second part is on the way."""
    (tmp_path / "file").write_bytes(LARGE)
    held = threading.Event()
    proxy.plan = always(is_part(2), Fault(held=held))
    process = subprocess.Popen(
        [sys.executable, "-c", VICTIM, proxy.url, root, str(tmp_path)], env={"SECRET": seaweed.secret}
    )
    try:
        end = time.monotonic() + 60
        while not proxy.of("PUT", "partNumber=1&") or len(uploads(seaweed, root)) != 1 or not _is_noted(tmp_path):
            assert process.poll() is None
            assert time.monotonic() < end
            time.sleep(0.05)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
        proxy.plan = lambda *_: None
        held.set()


def _is_noted(folder: Path) -> bool:
    """Whether the first part is written down."""
    with suppress(OSError):
        return '"parts": [["' in (folder / "state" / "uploads.json").read_text()
    return False


@pytest.mark.usefixtures("killed")
def test_a_killed_upload_leaves_no_half_object_and_can_be_swept(
    opened: Callable[..., ObjectStore], proxy: Faulty, seaweed: S3, root: str
) -> None:
    """The next process finds the upload under its ticket's temporary name, as on any storage, and removes it."""
    store = opened(root, url=proxy.url)
    with pytest.raises(NotFound):
        store.stat("/f")
    assert len(uploads(seaweed, root)) == 1
    assert not sweep_one(store, "/f", len(LARGE), "somebody-elses")
    assert sweep_one(store, "/f", len(LARGE), "job-1")
    assert uploads(seaweed, root) == []
    with pytest.raises(NotFound):
        store.stat(temporary("/f", "job-1"))


@pytest.mark.usefixtures("killed")
def test_a_killed_upload_goes_on(opened: Callable[..., ObjectStore], proxy: Faulty, seaweed: S3, root: str) -> None:
    """The same ticket in another process sends only what is missing."""
    store, before = opened(root, url=proxy.url), len(proxy.asked)
    store.put("/f", Bytes(LARGE), ticket="job-1")
    sent = [re.findall(r"partNumber=(\d)", path) for method, path in proxy.asked[before:] if method == "PUT"]
    assert ["1"] not in sent
    assert seaweed.ask("GET", f"{root}/f") == LARGE
    assert uploads(seaweed, root) == []


def test_what_is_noted_of_an_upload_is_for_this_user_alone(proxy: Faulty, store: ObjectStore, tmp_path: Path) -> None:
    """And holds no key."""
    proxy.plan = always(is_part(2), Fault(500))
    with pytest.raises(Unreachable):
        store.put("/f", Bytes(LARGE), ticket="t")
    place = tmp_path / "state" / "uploads.json"
    assert place.stat().st_mode & 0o077 == 0
    assert "rigkey" not in place.read_text()
