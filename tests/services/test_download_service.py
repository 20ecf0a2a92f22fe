"""The download service as a storage, and the old generation of functions by way of it; certificates."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from ctadata_jlab import compat as ctadata
from ctadata_jlab import config
from ctadata_jlab.compat import direct
from ctadata_jlab.errors import AlreadyExists, Corrupted, Forbidden, NotFound, NotLoggedIn, Unreachable, Unsupported
from ctadata_jlab.http import Trust
from ctadata_jlab.session import Session
from ctadata_jlab.storage.download_service import DownloadService
from tests.cli.settings import Desk, desk_for, names
from tests.services.double import FOLDER, TOKEN, running
from tests.storage.suite import Bytes, content

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.rig.doors import Door
    from tests.services.double import Services

USER = "Volodymyr.Savchenko@epfl.ch"
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"


@pytest.fixture
def services() -> Iterator[Services]:
    with running() as services:
        yield services
        for asked in services.asked:  # whatever a test does
            assert "token" not in asked.query, "a token in a URL is in every log on its way"
            assert TOKEN not in asked.path


@pytest.fixture
def service(services: Services) -> Iterator[DownloadService]:
    service = DownloadService(
        "service", services.download, Trust.of(), authorise=lambda _refused: f"Bearer {TOKEN}", user=USER
    )
    yield service
    service.close()


@pytest.fixture
def hub(services: Services, wsgidav: Door, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Return a user's machine in a session of the hub; there is a dCache, too."""
    desk = desk_for(wsgidav, tmp_path, monkeypatch)
    monkeypatch.setenv("CTADS_URL", services.download)
    monkeypatch.setenv("CTACS_URL", services.certificate)
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", TOKEN)
    monkeypatch.setenv("JUPYTERHUB_USER", USER)
    services.folder("lst/users")
    return desk


# --- the storage


def test_folders_are_listed(services: Services, service: DownloadService) -> None:
    """Kinds, sizes, times; the folder itself is not in it; the root, which the service calls a file, is a folder."""
    services.put("lst/dl1/a b%é.h5", b"12345")
    services.folder("lst/dl1/sub")
    found = {entry.path: entry for entry in service.list("/lst/dl1")}
    assert set(found) == {"/lst/dl1/a b%é.h5", "/lst/dl1/sub"}
    assert (found["/lst/dl1/a b%é.h5"].size, found["/lst/dl1/sub"].kind) == (5, "folder")
    assert found["/lst/dl1/a b%é.h5"].modified is not None
    assert [entry.path for entry in service.list("/")] == ["/lst"]
    assert service.stat("/").is_folder
    assert service.stat("/lst/dl1/a b%é.h5").size == 5
    with pytest.raises(NotFound):
        list(service.list("/lst/none"))
    with pytest.raises(NotFound):
        list(service.list("/lst/dl1/a b%é.h5"))


def test_a_missing_file_is_not_its_error_page(services: Services, service: DownloadService) -> None:
    """The service fetches it with 200; the old client saved the page."""
    with pytest.raises(NotFound):
        content(service, "/lst/none")
    services.put("lst/a", b"x" * 100)
    reader = service.open("/lst/a")
    del services.files["lst/a"]
    with pytest.raises(Corrupted):
        reader.pour(0, None, lambda _: None)


def test_what_breaks_off_is_no_file(services: Services, service: DownloadService) -> None:
    """It tells no length; the listing does."""
    services.put("lst/a", b"x" * 100_000)
    services.cut = 70_000
    with pytest.raises(Corrupted):
        content(service, "/lst/a")


@pytest.mark.parametrize(("start", "end"), [(0, 1), (5, 10), (99, 100), (50, None), (0, 100), (100, None)])
def test_ranges_are_exact_though_there_are_none(
    services: Services, service: DownloadService, start: int, end: int | None
) -> None:
    """What comes before is dropped, what comes after too."""
    services.put("lst/a", bytes(range(100)))
    assert content(service, "/lst/a", start, end) == bytes(range(100))[start:end]


def test_uploads_go_into_the_users_own_folder_only(services: Services, service: DownloadService) -> None:
    """With the folders above; elsewhere it says where; nothing is replaced, for the service replaces before it refuses."""
    services.folder("lst/users")
    own = f"/lst/users/{FOLDER}"
    assert service.put(f"{own}/new/deep/a", Bytes(b"12345"), ticket="t").entry.size == 5
    assert services.files[f"lst/users/{FOLDER}/new/deep/a"] == b"12345"
    for replace in (False, True, service.stat(f"{own}/new/deep/a")):
        with pytest.raises(AlreadyExists):
            service.put(f"{own}/new/deep/a", Bytes(b"other"), replace=replace, ticket="t")
    assert services.files[f"lst/users/{FOLDER}/new/deep/a"] == b"12345"
    for path in ("/lst/a", "/lst/users/somebody_else/a"):
        with pytest.raises(Forbidden):
            service.put(path, Bytes(b"1"), ticket="t")
    service.make_folder(f"{own}/more")
    assert f"lst/users/{FOLDER}/more/" in services.files
    with pytest.raises(Unsupported):
        service.move(f"{own}/new/deep/a", f"{own}/b")
    with pytest.raises(Unsupported):
        service.remove(f"{own}/new/deep/a")


def test_the_users_folder_is_made_as_the_service_makes_it(services: Services, service: DownloadService) -> None:
    """Lower case, other characters as underscores; digits from 2 on are lost, which is why it is looked before."""
    services.put(f"lst/users/{FOLDER}/a", b"before")
    with pytest.raises(AlreadyExists):
        service.upload("a", Bytes(b"after"))
    assert services.files[f"lst/users/{FOLDER}/a"] == b"before"


def test_a_bad_token_is_told_and_not_a_login_page(services: Services) -> None:
    """By 401, for JSON is what is asked for; the hint says where one gets a token."""
    service = DownloadService("service", services.download, Trust.of(), authorise=lambda _refused: "Bearer wrong")
    for act in (lambda: service.stat("/lst"), lambda: service.upload("a", Bytes(b"1"))):
        with pytest.raises(NotLoggedIn) as caught:
            act()
        assert "JUPYTERHUB_API_TOKEN" in caught.value.hint
        assert "wrong" not in str(caught.value)
    services.scopes = False
    with pytest.raises(Forbidden):
        DownloadService("s", services.download, Trust.of(), authorise=lambda _: f"Bearer {TOKEN}").stat("/")


def test_it_can_be_configured_as_a_source(services: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the hub's token; then it is in the panel, the shell and everywhere."""
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", TOKEN)
    monkeypatch.setenv("JUPYTERHUB_API_URL", f"{services.url}/hub/api")
    services.put("lst/a", b"12345")
    settings = tmp_path / "ctadata.toml"
    settings.write_text(
        f'only = []\n[sources.hub]\nkind = "download-service"\nurl = "{services.download}"\nlogin = {{ kind = "hub-token" }}\n'
    )
    with Session(config.load(places=[settings])) as session:
        assert [entry.path for entry in session.storage("hub").list("/lst")] == ["/lst/a"]
        assert content(session.storage("hub"), "/lst/a") == b"12345"


def test_a_listing_that_breaks_is_no_empty_folder(services: Services, service: DownloadService) -> None:
    """The service takes paths for patterns: an open bracket is a fault of its, and told as one."""
    services.put("lst/run (1/a", b"1")
    with pytest.raises(Unreachable):
        list(service.list("/lst/run (1"))


def test_uploads_say_what_they_are(services: Services, service: DownloadService) -> None:
    """Bytes, sent in pieces: the old client called them JSON."""
    services.folder("lst/users")
    service.upload("a", Bytes(b"12345"))
    asked = next(asked for asked in services.asked if asked.method == "POST")
    assert asked.headers["content-type"] == "application/octet-stream"
    assert asked.headers["transfer-encoding"] == "chunked"


# --- the old generation


def test_the_service_is_meant_when_its_address_is_set(services: Services, hub: Desk) -> None:
    """By CTADS_URL; not by `ctadata.direct`, nor for the dev instance."""
    services.put("lst/a", b"1")
    hub.raw_put("/direct", b"1")
    hub.raw_put("/../dev/dev", b"1")
    assert set(ctadata.list_dir("/")) == {"lst"}
    assert direct.list_dir("/") == ["direct"]
    assert direct.APIClient().list_dir("/") == ["direct"]
    assert ctadata.list_dir("/", dev_instance=True) == ["dev"]


def test_the_service_is_meant_by_keyword_and_attribute(
    services: Services, hub: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As 0.6 took them: for each function, on the class, on an instance."""
    monkeypatch.delenv("CTADS_URL")
    monkeypatch.delenv("JUPYTERHUB_API_TOKEN")
    services.put("lst/dl1/a", b"12345")
    assert ctadata.list_dir("/") == []
    how: dict[str, Any] = {"downloadservice": services.download, "token": TOKEN, "chunk_size": 1024}
    assert ctadata.list_dir("lst/dl1", **how) == ["a"]
    assert ctadata.fetch_and_save_file("lst/dl1/a", **how) == 5
    client = ctadata.APIClient()
    client.downloadservice, client.token = services.download, TOKEN
    assert client.list_dir("lst/dl1") == ["a"]
    monkeypatch.setattr(ctadata.APIClient, "downloadservice", services.download)
    with pytest.raises(ctadata.TokenError, match="Invalid jupyterhub token"):
        ctadata.list_dir("lst/dl1")
    monkeypatch.setattr(ctadata.APIClient, "token", TOKEN)
    assert ctadata.list_dir("lst/dl1") == ["a"]


def test_listings_answer_as_the_old_dictionaries(services: Services, hub: Desk) -> None:
    """And as names; percent signs are not doubled, a folder does not hold itself."""
    services.put("lst/dl1/a b.txt", b"12345")
    services.folder("lst/dl1/sub")
    found = {str(entry): entry for entry in ctadata.list_dir("lst/dl1/")}
    assert set(found) == {"a b.txt", "sub"}
    assert (found["a b.txt"]["href"], found["a b.txt"]["size"]) == ("lst/dl1/a b.txt", "5")
    assert (found["sub"]["type"], found["sub"].get("size")) == ("directory", None)


def test_downloads_keep_the_old_layout_and_are_whole(services: Services, hub: Desk) -> None:
    """A folder lands under its whole remote path, each file once; a file under its name."""
    services.put("lst/dl1/a b.txt", b"12345")
    services.put("lst/dl1/sub/b", b"22")
    assert ctadata.fetch_and_save_file_or_dir("lst/dl1", recursive=True) == 7
    assert (hub.cwd / "lst/dl1/a b.txt").read_bytes() == b"12345"
    assert (hub.cwd / "lst/dl1/sub/b").read_bytes() == b"22"
    assert sum("/fetch/" in asked.path for asked in services.asked) == 2
    assert ctadata.fetch_and_save_file("lst/dl1/a b.txt") == 5
    assert names(hub.cwd) == ["a b.txt", "lst"]
    with pytest.raises(ctadata.StorageException) as caught:
        ctadata.fetch_and_save_file("lst/none")
    assert isinstance(caught.value, NotFound)
    assert names(hub.cwd) == ["a b.txt", "lst"]


def test_uploads_say_where_they_are_and_who_can_read_them(
    services: Services, hub: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    """The result's path can be shared and fetched."""
    (hub.cwd / "latest.txt").write_bytes(b"12345")
    result = ctadata.upload_file("latest.txt", "filelists/")
    assert result == {
        "path": f"lst/users/{FOLDER}/filelists/latest.txt",
        "status": "uploaded",
        "total_written": 5,
    }
    said = capsys.readouterr().err
    assert result["path"] in said
    assert "All members" in said
    assert ctadata.fetch_and_save_file(result["path"], "back") == 5
    with pytest.raises(AlreadyExists):
        ctadata.upload_file("latest.txt", "filelists/")


def test_upload_dir_stays_in_its_folder(services: Services, hub: Desk) -> None:
    """With and without a slash at the end; the old client sent subfolders to the root."""
    for name in ("a", "sub/b"):
        place = hub.cwd / "results" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(name.encode())
    done = ctadata.upload_dir("results/", "out")
    assert done == {"path": f"lst/users/{FOLDER}/out", "status": "uploaded", "total_written": 6}
    assert services.files[f"lst/users/{FOLDER}/out/sub/b"] == b"sub/b"


def test_the_webdav_client_goes_through_the_service(services: Services, hub: Desk) -> None:
    """It lists and reads everything, and uploads into the user's own folder."""
    services.put("lst/a.txt", b"12345")
    (hub.cwd / "example.txt").write_bytes(b"new")
    client = ctadata.webdav4_client()
    assert [entry["name"] for entry in client.ls("/lst") if isinstance(entry, dict)] == ["lst/a.txt", "lst/users"]
    client.download_file("lst/a.txt", hub.cwd / "a.txt")
    assert (hub.cwd / "a.txt").read_bytes() == b"12345"
    client.uploadFile("example.txt", "remote/example.txt")
    assert services.files[f"lst/users/{FOLDER}/remote/example.txt"] == b"new"


# --- certificates


def test_certificates_are_given_to_the_service(services: Services, hub: Desk) -> None:
    """One's own and the shared one, by all names of all generations."""
    (hub.cwd / "own.crt").write_text(CERTIFICATE)
    assert "validity" in ctadata.upload_personal_certificate("own.crt", "lst", user="me")
    assert services.certificates["lst"] == {"certificate": CERTIFICATE, "certificate_key": "lst", "user": "me"}
    assert ctadata.upload_certificate("own.crt")["message"] == "Certificate stored"
    assert services.certificates["cta"]["certificate"] == CERTIFICATE
    assert ctadata.upload_shared_certificate("own.crt")["certificateUploaded"] is True
    ctadata.upload_admin_certificate("own.crt", "own.crt")
    assert services.certificates["main"] == {"certificate": CERTIFICATE, "cabundle": CERTIFICATE}


def test_what_the_service_refuses_is_an_error(services: Services, hub: Desk) -> None:
    """Also when it says so inside of a 200; the text never has the certificate in it."""
    (hub.cwd / "bad.crt").write_text("nonsense")
    (hub.cwd / "old.crt").write_text(CERTIFICATE + "EXPIRED")
    with pytest.raises(ctadata.CertificateError, match="no chain"):
        ctadata.upload_certificate("bad.crt")
    with pytest.raises(ctadata.CertificateError, match="expired"):
        ctadata.upload_certificate("old.crt")
    with pytest.raises(ctadata.CertificateError, match="cta, lst, arc"):
        ctadata.upload_personal_certificate("old.crt", "xyz")
    services.is_admin = False
    (hub.cwd / "good.crt").write_text(CERTIFICATE)
    with pytest.raises(ctadata.CertificateError, match="denied"):
        ctadata.upload_shared_certificate("good.crt")
    with pytest.raises(FileNotFoundError):
        ctadata.upload_certificate("none.crt")


def test_a_certificate_goes_by_https_only(hub: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has a private key in it."""
    monkeypatch.setenv("CTACS_URL", "http://example.org/services/certificateservice/")
    (hub.cwd / "own.crt").write_text(CERTIFICATE)
    with pytest.raises(ctadata.EnvironmentError, match="not https"):
        ctadata.upload_certificate("own.crt")


def test_the_old_import_names_know_both_generations(services: Services, hub: Desk) -> None:
    """Through the successor, in a process of its own: `ctadata` by the service, `ctadata.direct` not."""
    services.put("lst/a", b"1")
    hub.raw_put("/direct", b"1")
    code = (
        "import ctadata\n"
        "from ctadata import direct\n"
        "from ctadata.direct.api import APIClient, StorageException\n"
        "print(*ctadata.list_dir('/'), *direct.list_dir('/'), *direct.direct.list_dir('/'), *APIClient().list_dir('/'))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout.split() == ["lst", "direct", "direct", "direct"], done.stderr
