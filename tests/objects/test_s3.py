"""S3 through its storage, at a real SeaweedFS: the suite, and what is S3's own."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from datetime import datetime, timezone
from typing import TYPE_CHECKING

import httpx
import obstore
import pytest
from obstore.store import S3Store

from ctadata_jlab import config
from ctadata_jlab.errors import (
    AlreadyExists,
    BadAnswer,
    BadPath,
    Changed,
    Misconfigured,
    NotFound,
    NotLoggedIn,
    Unsupported,
)
from ctadata_jlab.server.login import state_of
from ctadata_jlab.session import Session
from ctadata_jlab.storage.s3 import copying, sending, signing
from ctadata_jlab.storage.s3.signing import Keys, Signer
from tests.storage.scripted import scripted
from tests.storage.suite import NAMES, Bytes, Shelf, StorageSuite, content

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from http.server import BaseHTTPRequestHandler
    from pathlib import Path

    from ctadata_jlab.storage.s3 import ObjectStore
    from tests.rig.seaweed import S3

BACKSLASHED = frozenset(name for name in NAMES if "\\" in name)


class TestSuite(StorageSuite):
    """The rules that all storages keep, in a folder of a bucket."""

    @pytest.fixture
    def shelf(self, seaweed: S3, storage: ObjectStore, root: str) -> Shelf:
        return Shelf(
            storage,
            lambda path, data: seaweed.ask("PUT", root + path, data),
            lambda path: seaweed.ask("GET", root + path),
            lambda path: seaweed.ask("PUT", f"{root}{path}/", b""),
            odd_names=BACKSLASHED,
        )


@pytest.fixture
def in_parts(monkeypatch: pytest.MonkeyPatch) -> int:
    """Let 5 MiB be large, the least that S3 takes as a part; return the size of a part."""
    monkeypatch.setattr(sending, "PART", 5 << 20)
    return 5 << 20


# -- signatures


def test_a_presigned_url_is_that_of_amazons_own_example(monkeypatch: pytest.MonkeyPatch) -> None:
    """The example of "Authenticating Requests: Using Query Parameters" (AWS Signature Version 4), to the letter."""
    monkeypatch.setattr(signing, "_SECONDS", 86400)
    keys = Keys("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    signer = Signer(lambda: keys, "us-east-1", lambda: datetime(2013, 5, 24, tzinfo=timezone.utc))
    url = signer.presigned("GET", "https://examplebucket.s3.amazonaws.com/test.txt")
    assert url.endswith("&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404")


def test_a_signed_question_is_that_of_amazons_own_example() -> None:
    """The example "GET Bucket Lifecycle" of "Authenticating Requests: Using the Authorization Header"."""
    keys = Keys("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    signer = Signer(lambda: keys, "us-east-1", lambda: datetime(2013, 5, 24, tzinfo=timezone.utc))
    request = httpx.Request("GET", "https://examplebucket.s3.amazonaws.com/?lifecycle")
    signed = next(signer.auth_flow(request)).headers["authorization"]
    assert signed.endswith("Signature=fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543")


def test_temporary_keys_bring_their_token_along() -> None:
    """The session's token is sent with both ways of signing, and signed."""
    signer = Signer(lambda: Keys("a", "b", "the-session"), "us-east-1")
    assert "X-Amz-Security-Token=the-session" in signer.presigned("GET", "https://s3.example/b/k")
    request = next(signer.auth_flow(httpx.Request("GET", "https://s3.example/b/k")))
    assert request.headers["x-amz-security-token"] == "the-session"
    assert "x-amz-security-token" in request.headers["authorization"]


# -- folders


def test_buckets_are_the_first_folders(opened: Callable[..., ObjectStore], bucket: str) -> None:
    """From all buckets down to an object, every step is a folder; nothing is written beside buckets."""
    storage = opened("/")
    assert f"/{bucket}" in {entry.path for entry in storage.list("/") if entry.is_folder}
    assert storage.stat(f"/{bucket}").is_folder
    storage.make_folder(f"/{bucket}")
    for attempt in (
        lambda: storage.put("/file", Bytes(b"x"), ticket="t"),
        lambda: storage.make_folder("/new-bucket"),
        lambda: storage.remove(f"/{bucket}"),
        lambda: storage.move(f"/{bucket}", "/other"),
    ):
        with pytest.raises(BadPath):
            attempt()


def test_a_bucket_that_is_not_there_is_not_found(opened: Callable[..., ObjectStore]) -> None:
    """It is not shown as an empty folder."""
    with pytest.raises(NotFound):
        list(opened("/no-such-bucket").list("/"))
    with pytest.raises(NotFound):
        opened("/").stat("/no-such-bucket")


def test_a_long_folder_comes_page_by_page(seaweed: S3, storage: ObjectStore, root: str) -> None:
    """What does not fit on a page is on the next ones, folders too."""
    for n in range(7):
        seaweed.ask("PUT", f"{root}/f{n}", b"x")
        seaweed.ask("PUT", f"{root}/d{n}/x", b"x")
    bucket, prefix = root[1:].split("/")
    keys = [found.key for found in storage.api.objects(bucket, f"{prefix}/", most=3)]
    assert sorted(keys) == sorted([f"{prefix}/f{n}" for n in range(7)] + [f"{prefix}/d{n}/" for n in range(7)])


def test_a_folder_stays_when_its_last_file_goes(seaweed: S3, storage: ObjectStore, root: str) -> None:
    """As on any other storage: it is empty now, and still there."""
    seaweed.ask("PUT", f"{root}/box/only", b"x")
    storage.remove("/box/only")
    assert list(storage.list("/box")) == []
    assert [(entry.name, entry.kind) for entry in storage.list("/")] == [("box", "folder")]


def test_a_key_that_is_no_path_is_said_not_left_out(storage: ObjectStore) -> None:
    """`a//b` and `..` cannot be paths; a listing that leaves them out would not be whole."""
    for rest in ("/", "..", "../", "."):
        with pytest.raises(Unsupported, match="no path"):
            storage._child("/folder", rest)


# -- versions and checksums


def test_the_md5_is_told_where_the_entity_tag_is_one(storage: ObjectStore, in_parts: int) -> None:
    """An object in one piece has its MD5 as entity tag, one in parts has not."""
    small, large = b"s" * 1000, b"l" * (2 * in_parts + 7)
    assert storage.put("/small", Bytes(small), ticket="t").verified_by == Bytes(small).checksum("md5")
    assert storage.stat("/small").checksum == Bytes(small).checksum("md5")
    receipt = storage.put("/large", Bytes(large), ticket="t")
    assert receipt.verified_by == Bytes(large).checksum("md5")  # part by part
    assert receipt.entry.version == f'"{composite(large, in_parts)}"'
    assert storage.stat("/large").checksum is None


def test_an_encrypted_objects_entity_tag_is_no_md5() -> None:
    """With a key of somebody's (SSE-KMS, SSE-C) the entity tag looks like an MD5 and is none."""
    from ctadata_jlab.storage.s3 import _md5

    tag = hashlib.md5(b"x").hexdigest()
    assert _md5(tag, "") == _md5(tag, "AES256") == Bytes(b"x").checksum("md5")
    assert _md5(tag, "aws:kms") is None
    assert _md5(f"{tag}-2", "") is None


def composite(data: bytes, size: int) -> str:
    parts = [data[start : start + size] for start in range(0, len(data), size)]
    joined = b"".join(hashlib.md5(part).digest() for part in parts)
    return f"{hashlib.md5(joined).hexdigest()}-{len(parts)}"


@pytest.mark.parametrize("large", [False, True])
def test_an_upload_does_not_replace_what_came_meanwhile(
    seaweed: S3, storage: ObjectStore, root: str, in_parts: int, large: bool
) -> None:
    """`If-None-Match` and `If-Match` decide at the last moment, for an object in one piece and for one in parts."""
    seaweed.ask("PUT", f"{root}/seen", b"seen")
    seen = storage.stat("/seen")

    class Meanwhile(Bytes):
        name = ""

        def read(self, count: int) -> bytes:
            seaweed.ask("PUT", f"{root}/{self.name}", b"somebody else's")
            return super().read(count)

    body = Meanwhile(b"ours" * (in_parts // 3 if large else 10))
    body.name = "new"
    with pytest.raises(AlreadyExists):
        storage.put("/new", body, ticket="t")
    body.name = "seen"
    with pytest.raises(Changed):
        storage.put("/seen", body, replace=seen, ticket="t")
    assert seaweed.ask("GET", f"{root}/new") == seaweed.ask("GET", f"{root}/seen") == b"somebody else's"
    assert uploads(seaweed, root) == []


def uploads(seaweed: S3, root: str) -> list[str]:
    """Return the keys of uploads in parts in the folder *root* that nobody has ended."""
    bucket, prefix = root[1:].split("/")
    told = seaweed.ask("GET", f"/{bucket}", uploads="").decode()
    keys = [piece.split("</Key>")[0] for piece in told.split("<Key>")[1:]]
    return [key for key in keys if key.startswith(f"{prefix}/")]


def test_a_large_object_is_copied_part_by_part(
    seaweed: S3, storage: ObjectStore, root: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CopyObject ends at 5 GiB; above, the server copies ranges."""
    monkeypatch.setattr(copying, "MOST_AT_ONCE", 5 << 20)
    monkeypatch.setattr(copying, "_PART", 5 << 20)
    data = bytes(range(256)) * (30 << 10)
    seaweed.ask("PUT", f"{root}/a", data)
    storage.move("/a", "/b")
    assert seaweed.ask("GET", f"{root}/b") == data
    assert [entry.name for entry in storage.list("/")] == ["b"]


# -- another client


def test_another_client_reads_what_we_store_and_we_read_what_it_stores(
    seaweed: S3, storage: ObjectStore, root: str, in_parts: int
) -> None:
    """An independent client of S3 (obstore) sees the same bytes and names as we do, whole and in parts."""
    bucket, prefix = root[1:].split("/")
    other = S3Store(
        bucket,
        prefix=prefix,
        endpoint=seaweed.url,
        access_key_id=seaweed.key,
        secret_access_key=seaweed.secret,
        region="us-east-1",
        virtual_hosted_style_request=False,
        client_options={"allow_http": True},
    )
    data = bytes(range(256)) * (25 << 10)
    storage.put("/ours/large é+%.bin", Bytes(data), ticket="t")
    assert bytes(obstore.get(other, "ours/large é+%.bin").bytes()) == data
    obstore.put(other, "theirs/large.bin", data * 2, use_multipart=True, chunk_size=5 << 20)
    assert content(storage, "/theirs/large.bin", 1000, 700_000) == (data * 2)[1000:700_000]
    storage.make_folder("/ours/empty")
    assert obstore.list_with_delimiter(other, "ours")["common_prefixes"] == ["ours/empty"]


# -- keys


def source_of(tmp_path: Path, url: str, login: str, root: str = "/") -> config.Config:
    place = tmp_path / "ctadata.toml"
    place.write_text(
        f'only = []\n[sources.store]\nkind = "s3"\nurl = "{url}"\nroot = "{root}"\n[sources.store.login]\n{login}\n'
    )
    return config.load(places=[place])


def keys_file(tmp_path: Path, secret: str, key: str = "rigkey") -> Path:
    place = tmp_path / "credentials"
    place.touch(mode=0o600)
    place.write_text(f"[default]\naws_access_key_id = {key}\naws_secret_access_key = {secret}\n")
    return place


def test_a_source_reads_its_keys_from_a_file(seaweed: S3, tmp_path: Path, root: str) -> None:
    """A source of kind ``s3`` works from its settings alone; it has no token, and asks for no login."""
    seaweed.ask("PUT", f"{root}/f", b"hello")
    place = keys_file(tmp_path, seaweed.secret)
    with Session(source_of(tmp_path, seaweed.url, f'file = "{place}"', root)) as session:
        source = session.source("store")
        assert [entry.name for entry in source.storage.list("/")] == ["f"]
        assert (source.keeper, source.login, source.storage.traits.renames) == (None, None, False)
        state = state_of(source)
        assert state is not None
        assert (state.state, state.subject) == ("ok", "keys")


def test_a_source_reads_its_keys_from_the_environment_when_told_so(
    seaweed: S3, tmp_path: Path, root: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keys that lie in the environment go to the source that names it, and to no other."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", seaweed.key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", seaweed.secret)
    seaweed.ask("PUT", f"{root}/f", b"hello")
    with Session(source_of(tmp_path, seaweed.url, 'kind = "environment"', root)) as session:
        assert [entry.name for entry in session.storage("store").list("/")] == ["f"]
    with Session(source_of(tmp_path, seaweed.url, 'file = "/nowhere"', root)) as session, pytest.raises(Misconfigured):
        list(session.storage("store").list("/"))


def test_keys_that_others_can_read_are_refused(tmp_path: Path, seaweed: S3) -> None:
    """The file is for this user's eyes only, or it is not used; the message says what to do."""
    place = keys_file(tmp_path, "not-really-a-secret")
    place.chmod(0o640)
    with Session(source_of(tmp_path, seaweed.url, f'file = "{place}"')) as session:
        with pytest.raises(Misconfigured) as caught:
            list(session.storage("store").list("/"))
        assert "chmod 600" in caught.value.hint
        state = state_of(session.source("store"))
        assert state is not None
        assert state.state == "error"
        assert "chmod 600" in state.hint


def test_no_message_quotes_a_key(tmp_path: Path, seaweed: S3) -> None:
    """A file that cannot be understood is not quoted, and neither are keys that are refused."""
    secret = "A" * 20 + "very-secret-half"
    place = keys_file(tmp_path, secret)
    place.write_text(f"aws_secret_access_key {secret}\n")
    with Session(source_of(tmp_path, seaweed.url, f'file = "{place}"')) as session:
        with pytest.raises(Misconfigured) as caught:
            list(session.storage("store").list("/"))
        assert secret not in f"{caught.value!r} {caught.value.hint} {caught.value.__cause__} {caught.value.__context__}"
        keys_file(tmp_path, secret)
        with pytest.raises(NotLoggedIn) as refused:
            list(session.storage("store").list("/"))
        assert secret not in repr(refused.value)
    assert "rigkey" not in repr(Keys("rigkey", secret))
    assert secret not in repr(Keys("rigkey", secret))


def test_what_is_no_s3_is_said_so(opened: Callable[..., ObjectStore], web_page: str) -> None:
    """A web page where S3 was expected is an error of its own."""
    with pytest.raises(BadAnswer, match="something else than S3"):
        list(opened("/bucket", url=web_page).list("/"))


@pytest.fixture
def web_page() -> Iterator[str]:
    """Serve a page of HTML, whatever is asked."""

    def page(handler: BaseHTTPRequestHandler, _asked: object) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "19")
        handler.end_headers()
        handler.wfile.write(b"<html>hello<br>sir!")

    with scripted(page) as script:
        yield script.url


def test_the_core_loads_nothing_for_it() -> None:
    """Who has no object store loads nothing of it: neither our own modules nor a client for S3."""
    asked = (
        "import sys, json, ctadata_jlab, ctadata_jlab.session, ctadata_jlab.cli; print(json.dumps(sorted(sys.modules)))"
    )
    loaded = json.loads(
        subprocess.run([sys.executable, "-c", asked], capture_output=True, check=True, text=True).stdout
    )
    assert "ctadata_jlab.session" in loaded
    assert not [name for name in loaded if name.startswith(("obstore", "boto", "ctadata_jlab.storage.s3"))]
