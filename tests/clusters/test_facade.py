"""FirecREST from a script: the calls of the users' course, and what its own client makes of the double and of our tokens."""

from __future__ import annotations

import json
import os
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import firecrest as real
import pytest

from ctadata_jlab import firecrest as f7t
from ctadata_jlab.errors import BadAnswer, Misconfigured, NotFound, Unreachable
from ctadata_jlab.storage.firecrest.waiting import JobFailed
from ctadata_jlab.tokens.claims import token_from
from ctadata_jlab.tokens.keeper import Keeper
from tests.clusters.double import TOKEN

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ctadata_jlab.tokens import Token
    from tests.clusters.double import Clusters


class MyAuthorizationClass:
    """As the course writes it."""

    def __init__(self) -> None:
        pass

    def get_access_token(self) -> str:
        return TOKEN


class Fixed:
    """A source of tokens that has one."""

    name = "fixed"

    def fetch(self, min_valid: float = 60, refused: Token | None = None) -> Token | None:
        return None if refused else token_from(TOKEN, "fixed")


@pytest.fixture
def client(clusters: Clusters) -> Iterator[f7t.Firecrest]:
    made = f7t.Firecrest(clusters.url, MyAuthorizationClass(), verify=str(clusters.ca))
    yield made
    made.close()


@pytest.fixture
def theirs(clusters: Clusters) -> real.v2.Firecrest:
    """Return the field's own client, with one of our keepers as its authorization."""
    return real.v2.Firecrest(firecrest_url=clusters.url, authorization=Keeper(Fixed()), verify=str(clusters.ca))


# -- the course, with our client


def test_the_first_call_of_the_course(client: f7t.Firecrest) -> None:
    """`all_systems` and `systems` are one."""
    assert [system["name"] for system in client.all_systems()] == ["daint", "eiger"]
    assert client.systems() == client.all_systems()


def test_a_small_file_is_there_at_once(clusters: Clusters, client: f7t.Firecrest, tmp_path: Path) -> None:
    """Small files give None, both ways."""
    clusters.raw_put("/users/small.txt", b"small")
    assert client.download("daint", "/users/small.txt", tmp_path / "s.txt", account="crs02", blocking=True) is None
    assert (tmp_path / "s.txt").read_bytes() == b"small"
    assert client.upload("daint", tmp_path / "s.txt", "/users", "up.txt", account="crs02", blocking=True) is None
    assert clusters.file("/users/up.txt").read_bytes() == b"small"
    assert [path.name for path in tmp_path.iterdir()] == ["s.txt"]


def test_a_large_file_in_one_call(clusters: Clusters, client: f7t.Firecrest, tmp_path: Path) -> None:
    """`blocking=True` does all the steps."""
    data = os.urandom(7_000_000)
    clusters.raw_put("/users/7mb_file.obj", data)
    client.download(
        system_name="daint",
        source_path="/users/7mb_file.obj",
        target_path=str(tmp_path / "local_file.txt"),
        account="crs02",
        blocking=True,
    )
    assert (tmp_path / "local_file.txt").read_bytes() == data
    client.upload(
        system_name="daint",
        local_file=str(tmp_path / "local_file.txt"),
        directory="/capstor/scratch/cscs",
        filename="uploaded_file.out",
        account="crs02",
        blocking=True,
    )
    assert clusters.file("/capstor/scratch/cscs/uploaded_file.out").read_bytes() == data
    assert {job.account for job in clusters.jobs.values()} == {"crs02"}


def test_a_large_download_step_by_step(clusters: Clusters, client: f7t.Firecrest, tmp_path: Path) -> None:
    """The staged copy can be fetched several times."""
    data = os.urandom(2_000_000)
    clusters.raw_put("/users/f.obj", data)
    target = tmp_path / "local_file.txt"
    download_obj = client.download("daint", "/users/f.obj", str(target), account="crs02", blocking=False)
    assert download_obj
    assert download_obj.transfer_info == download_obj.transfer_data
    assert download_obj.transfer_info["transferJob"]["jobId"]
    download_obj.wait_for_transfer_job(timeout=None)
    download_obj.download_file_from_stage(file_path=None)
    download_obj.download_file_from_stage(file_path=tmp_path / "again")
    assert target.read_bytes() == (tmp_path / "again").read_bytes() == data


def test_a_large_upload_step_by_step(clusters: Clusters, client: f7t.Firecrest, tmp_path: Path) -> None:
    """The parts go to the stage, then the job fetches them."""
    data = os.urandom(6_000_000)
    (tmp_path / "f").write_bytes(data)
    upload_obj = client.upload("daint", tmp_path / "f", "/users", "f", account="crs02", blocking=False)
    assert upload_obj
    assert upload_obj.transfer_info["transferDirectives"]["partsUploadUrls"]
    upload_obj.upload_file_to_stage()
    upload_obj.wait_for_transfer_job(timeout=None)
    assert clusters.file("/users/f").read_bytes() == data


def test_a_failed_download_leaves_no_file(clusters: Clusters, client: f7t.Firecrest, tmp_path: Path) -> None:
    """A job that lies, or a missing file, leaves what was there as it was."""
    (tmp_path / "f").write_bytes(b"mine")
    clusters.raw_put("/users/f", b"1" * 2_000_000)
    clusters.traps.lying_jobs = True
    with pytest.raises(JobFailed):
        client.download("daint", "/users/f", tmp_path / "f")
    with pytest.raises(NotFound):
        client.download("daint", "/users/none", tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == b"mine"
    assert [path.name for path in tmp_path.iterdir()] == ["f"]


def test_a_wait_ends_at_its_timeout(clusters: Clusters, client: f7t.Firecrest, tmp_path: Path) -> None:
    """`timeout` is in seconds, and the object can be waited for again."""
    clusters.traps.job_seconds = 1.0
    clusters.raw_put("/users/f", b"1" * 2_000_000)
    transfer = client.download("daint", "/users/f", tmp_path / "f", blocking=False)
    assert transfer
    with pytest.raises(TimeoutError):
        transfer.wait_for_transfer_job(timeout=0.05)
    transfer.wait_for_transfer_job()
    transfer.download_file_from_stage()
    assert (tmp_path / "f").stat().st_size == 2_000_000


def test_the_exercise_of_the_course(clusters: Clusters, client: f7t.Firecrest) -> None:
    """The user's name, a listing, a job of one's own, and polling until it has ended."""
    clusters.traps.job_seconds = 0.2
    assert client.userinfo("daint")["user"]["name"] == "alice"
    client.mkdir("daint", "/users/run")
    assert [row["name"] for row in client.list_files("daint", "/users")] == ["run"]
    job = client.submit("daint", "/users/run", script_str="#!/bin/bash\nhostname\n", account="crs02")
    assert client.job_info("daint", job["jobId"])[0]["status"]["state"] == "RUNNING"
    assert client.wait_for_job("daint", job["jobId"])["status"]["state"] == "COMPLETED"
    assert clusters.jobs[str(job["jobId"])].script.startswith("#!/bin/bash")
    client.rm("daint", "/users/run")
    assert not clusters.file("/users/run").exists()


def test_a_cancelled_job_is_told(clusters: Clusters, client: f7t.Firecrest) -> None:
    """A job that was cancelled did not complete."""
    clusters.traps.job_seconds = 60
    job = client.submit("daint", "/users", script_str="sleep 1", account="crs02")
    client.cancel_job("daint", job["jobId"])
    with pytest.raises(JobFailed, match="CANCELLED"):
        client.wait_for_job("daint", job["jobId"])


@pytest.mark.parametrize("scripts", [{}, {"script_str": "a", "script_remote_path": "/b"}])
def test_a_job_has_one_script(client: f7t.Firecrest, scripts: dict[str, str]) -> None:
    """None, or two, are an error before anything is sent."""
    with pytest.raises(ValueError, match="exactly one"):
        client.submit("daint", "/users", **scripts)  # type: ignore[arg-type]


# -- client credentials


class _Provider(BaseHTTPRequestHandler):
    asked: list[dict[str, list[str]]]

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.asked.append(form)
        good = form["client_secret"] == ["s3cret"]
        body = json.dumps(
            {"access_token": f"t{len(self.asked)}", "expires_in": 11} if good else {"error": "no"}
        ).encode()
        self.send_response(200 if good else 401)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def provider() -> Iterator[tuple[str, list[dict[str, list[str]]]]]:
    asked: list[dict[str, list[str]]] = []
    server = HTTPServer(("127.0.0.1", 0), type("Provider", (_Provider,), {"asked": asked}))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/token", asked
    server.shutdown()
    server.server_close()


def test_client_credentials_are_asked_for_as_rarely_as_possible(
    provider: tuple[str, list[dict[str, list[str]]]],
) -> None:
    """A token is used until shortly before its end."""
    url, asked = provider
    keycloak = f7t.ClientCredentialsAuth("me", "s3cret", url)
    assert keycloak.get_access_token() == keycloak.get_access_token() == "t1"
    assert asked[0]["grant_type"] == ["client_credentials"]
    impatient = f7t.ClientCredentialsAuth("me", "s3cret", url, min_token_validity=11)
    assert impatient.get_access_token() != impatient.get_access_token()


def test_client_credentials_that_are_refused_are_told_without_the_secret(
    provider: tuple[str, list[dict[str, list[str]]]],
) -> None:
    """The error names what to check, not the secret; an unset variable is named before anything is asked."""
    with pytest.raises(BadAnswer) as caught:
        f7t.ClientCredentialsAuth("me", "wrong-secret", provider[0]).get_access_token()
    assert "wrong-secret" not in str(caught.value) + caught.value.hint
    with pytest.raises(Misconfigured, match="client_secret"):
        f7t.ClientCredentialsAuth("me", os.environ.get("NOT_SET_AT_ALL", ""), provider[0])
    with pytest.raises(Unreachable):
        f7t.ClientCredentialsAuth("me", "s3cret", "http://127.0.0.1:9/token").get_access_token()


# -- the field's own client, against the double and with our tokens


def test_the_fields_client_agrees_with_the_double(clusters: Clusters, theirs: real.v2.Firecrest) -> None:
    """Every call that we rely on means the same to pyfirecrest."""
    clusters.raw_put("/users/a.txt", b"abc")
    assert [system["name"] for system in theirs.systems()] == ["daint", "eiger"]
    assert theirs.userinfo("daint")["accounts"][0] == {"name": "crs02", "default": True}
    assert [row["name"] for row in theirs.list_files("daint", "/users")] == ["a.txt"]
    assert theirs.stat("daint", "/users/a.txt")["size"] == 3
    assert theirs.checksum("daint", "/users/a.txt")["algorithm"] == "SHA256"
    assert theirs.view("daint", "/users/a.txt") == "abc"
    theirs.mkdir("daint", "/users/x/y", create_parents=True)
    theirs.mv("daint", "/users/a.txt", "/users/x/b.txt", account="crs02", blocking=True)
    assert clusters.file("/users/x/b.txt").read_bytes() == b"abc"
    theirs.rm("daint", "/users/x", account="crs02")
    assert list(theirs.list_files("daint", "/users")) == []


@pytest.mark.parametrize("size", [1000, 6_000_000])
def test_the_fields_client_moves_bytes_through_the_double(
    clusters: Clusters, theirs: real.v2.Firecrest, tmp_path: Path, size: int
) -> None:
    """Small files directly, large ones by staging, both ways."""
    data = os.urandom(size)
    (tmp_path / "f").write_bytes(data)
    theirs.upload("daint", str(tmp_path / "f"), "/users", "f", account="crs02", blocking=True)
    assert clusters.file("/users/f").read_bytes() == data
    theirs.download("daint", "/users/f", str(tmp_path / "g"), account="crs02", blocking=True)
    assert (tmp_path / "g").read_bytes() == data


def test_the_fields_client_submits_and_waits(clusters: Clusters, theirs: real.v2.Firecrest) -> None:
    """A job of one's own."""
    job = theirs.submit("daint", "/users", script_str="#!/bin/bash\n", account="crs02")
    assert theirs.wait_for_job("daint", job["jobId"])[0]["status"]["state"] == "COMPLETED"
    assert clusters.count("POST", "/jobs") == 1


def test_errors_are_errors_to_the_fields_client(theirs: real.v2.Firecrest) -> None:
    """What the double refuses, pyfirecrest takes for a refusal."""
    for path in ("/users/none", "/etc/passwd"):
        with pytest.raises(real.FirecrestException):
            theirs.stat("daint", path)
