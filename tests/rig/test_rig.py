"""The rig itself: every server does what the tests above it rely on, as seen by programs that are not ours."""

from __future__ import annotations

import base64
import json
import re
import secrets
import socket
import time
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.rig import seaweed
from tests.rig.curl import Curl
from tests.rig.process import RigError, free_port, running
from tests.rig.provider import DEVICE

if TYPE_CHECKING:
    from tests.rig.agent import Agent
    from tests.rig.doors import Door
    from tests.rig.provider import Provider

DOORS = ("xrootd", "apache", "nginx", "wsgidav")
NAME = "a b%20c é+&.txt"


@pytest.fixture(params=DOORS)
def door(request: pytest.FixtureRequest) -> Door:
    """Each door in turn."""
    found: Door = request.getfixturevalue(request.param)
    return found


def claims(token: str) -> dict[str, Any]:
    """Return what a JWT says, unverified."""
    body = token.split(".")[1]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return found


# doors


def test_propfind_shows_a_raw_file(door: Door) -> None:
    """What was put behind the server's back is listed."""
    folder = door.fresh()
    door.raw_put(f"{folder}/raw.txt", b"0123456789")
    answer = Curl(door).ask("PROPFIND", f"{folder}/", Depth="1")
    assert answer.status == 207
    assert re.search(rb">[^<]*/raw.txt</", answer.body)


def test_get_returns_the_bytes(door: Door) -> None:
    """Odd names included."""
    path = f"{door.fresh()}/{NAME}"
    door.raw_put(path, bytes(range(256)) * 5000)
    answer = Curl(door).ask("GET", path)
    assert (answer.status, answer.body) == (200, bytes(range(256)) * 5000)


def test_range(door: Door) -> None:
    """A part of a file is answered with 206 and just these bytes."""
    path = f"{door.fresh()}/part"
    door.raw_put(path, b"0123456789")
    answer = Curl(door).ask("GET", path, Range="bytes=2-4")
    assert (answer.status, answer.body, answer.headers["content-range"]) == (206, b"234", "bytes 2-4/10")


@pytest.mark.parametrize("size", [0, 3, 3_000_000])
def test_put(door: Door, size: int) -> None:
    """A file arrives whole, also one that curl announces with `Expect: 100-continue`."""
    path = f"{door.fresh()}/{NAME}"
    answer = Curl(door).ask("PUT", path, b"x" * size)
    assert answer.status in {200, 201}
    assert door.raw_get(path) == b"x" * size


def test_make_move_and_delete(door: Door) -> None:
    """Folders are made, files moved and deleted; the names in Destination need no encoding here."""
    folder = door.fresh()
    door.raw_put(f"{folder}/here", b"x")
    curl = Curl(door)
    assert curl.ask("MKCOL", f"{folder}/{NAME}/").status == 201
    assert curl.ask("MOVE", f"{folder}/here", Destination=f"{door.url}{folder}/there").status in {201, 204}
    assert door.raw_names(folder) == sorted([NAME, "there"])
    assert curl.ask("DELETE", f"{folder}/there").status in {200, 204}
    assert curl.ask("DELETE", f"{folder}/{NAME}/").status in {200, 204}
    assert door.raw_names(folder) == []


@pytest.mark.parametrize("token", ["", "wrong"])
@pytest.mark.parametrize("method", ["GET", "PUT", "PROPFIND", "DELETE"])
def test_no_entry_without_the_token(door: Door, token: str, method: str) -> None:
    """No token or a wrong one: 401, or 403 from XRootD; and nothing happened."""
    path = f"{door.fresh()}/kept"
    door.raw_put(path, b"kept")
    answer = Curl(door, token=token).ask(method, path, b"new" if method == "PUT" else None)
    assert answer.status == (403 if door.name == "xrootd" else 401)
    assert door.raw_get(path) == b"kept"


def test_raw_methods(door: Door) -> None:
    """Files and folders made behind the back can be replaced and removed through the door, and the reverse."""
    folder = door.fresh()
    door.raw_folder(f"{folder}/a/b")
    door.raw_put(f"{folder}/a/b/c", b"1")
    assert Curl(door).ask("PUT", f"{folder}/a/b/c", b"22").status in {200, 204}
    assert Curl(door).ask("PUT", f"{folder}/a/b/d", b"22").status in {200, 201}
    assert door.raw_get(f"{folder}/a/b/c") == b"22"
    door.raw_remove(f"{folder}/a")
    assert not door.raw_exists(f"{folder}/a")


@pytest.mark.parametrize("name", ["xrootd", "wsgidav"])
def test_digest(name: str, request: pytest.FixtureRequest) -> None:
    """`Want-Digest: adler32` is answered with the checksum of the file."""
    door: Door = request.getfixturevalue(name)
    path, content = f"{door.fresh()}/file", b"some bytes to sum up"
    door.raw_put(path, content)
    answer = Curl(door).ask("HEAD", path, Want_Digest="adler32")
    assert answer.headers["digest"] == f"adler32={zlib.adler32(content):08x}"


def test_scopes_count(xrootd: Door, provider: Provider) -> None:
    """XRootD lets a token do what its scopes say, and no expired token anything."""
    folder = xrootd.fresh()
    xrootd.raw_put(f"{folder}/file", b"x")
    reader = Curl(xrootd, token=provider.token(f"storage.read:{folder}"))
    assert reader.ask("GET", f"{folder}/file").status == 200
    assert reader.ask("PUT", f"{folder}/file", b"y").status == 403
    assert reader.ask("PROPFIND", "/", Depth="1").status == 403
    expired = Curl(xrootd, token=provider.token(lifetime=1))
    time.sleep(2.5)
    assert expired.ask("GET", f"{folder}/file").status == 403


# tokens


def test_provider_tokens(provider: Provider) -> None:
    """Tokens are JWTs of the provider, with the scope and the lifetime that were asked for."""
    found = claims(provider.token("storage.read:/data", lifetime=7))
    assert found["iss"] == provider.issuer
    assert found["scope"] == "storage.read:/data"
    assert found["exp"] - found["iat"] == 7
    assert provider.token() != provider.token()


@pytest.mark.parametrize(("client", "lifetime"), [("users", 3600), ("users-short", 60), ("users-public", 60)])
def test_clients(provider: Provider, client: str, lifetime: int) -> None:
    """Each client's tokens live as documented."""
    found = claims(provider.as_client(client).token())
    assert found["exp"] - found["iat"] == lifetime


def test_refusing_user(provider: Provider) -> None:
    """A user who does not know the device ends its login; until then it is pending."""
    started = provider.post("device/auth", scope="storage.read:/")
    with pytest.raises(RigError, match="authorization_pending"):
        provider.post("token", grant_type=DEVICE, device_code=started["device_code"])
    provider.refuse(started["user_code"])
    with pytest.raises(RigError, match="access_denied"):
        provider.post("token", grant_type=DEVICE, device_code=started["device_code"])


def test_rotating_refresh_token(provider: Provider) -> None:
    """The short-lived client's refresh token works once: whoever uses it must keep the next."""
    client = provider.as_client("users-short")
    first = client.login()["refresh_token"]
    second = client.post("token", grant_type="refresh_token", refresh_token=first)["refresh_token"]
    assert second != first
    with pytest.raises(RigError, match="invalid_grant"):
        client.post("token", grant_type="refresh_token", refresh_token=first)


def test_agent_answers_json(agent: Agent, provider: Provider) -> None:
    """oidc-agent's socket takes plain JSON and gives the provider's tokens."""
    loaded = agent.ask(request="loaded_accounts")
    assert (loaded["status"], agent.account in loaded["info"]) == ("success", True)
    answer = agent.ask(request="access_token", account=agent.account, min_valid_period=30, application_hint="rig")
    assert answer["status"] == "success"
    assert claims(answer["access_token"])["iss"] == answer["issuer"].rstrip("/") == provider.issuer
    assert answer["expires_at"] == claims(answer["access_token"])["exp"]


def test_agent_renews(agent: Agent) -> None:
    """The same token while it lasts; another when it would end within the period asked for."""
    first = agent.token()
    assert agent.token() == first
    time.sleep(1.1)
    assert agent.token(min_valid_period=60) != first


def test_agents_unknown_account(agent: Agent) -> None:
    """An unknown account is a failure with a reason."""
    answer = agent.ask(request="access_token", account="nobody", min_valid_period=30)
    assert answer["status"] == "failure"
    assert answer["error"]


# processes


def test_failing_server_shows_its_log(tmp_path: Path) -> None:
    """A server that ends instead of answering is an error that ends with its log."""
    command = ["/bin/sh", "-c", "echo no such luck; exit 3"]
    with (
        pytest.raises(RigError, match="status 3:\nno such luck"),
        running(command, log=tmp_path / "log", ready=lambda: False),
    ):
        pytest.fail("it never was ready")


def test_a_port_is_given_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a port that was given before is given again, nor one that somebody listens on, on whatever address."""
    given = free_port()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        taken = (given, listening.getsockname()[1])
        offered = iter([*taken, *range(20_000, 32_000)])
        monkeypatch.setattr(secrets, "choice", lambda _: next(offered))
        assert free_port() not in taken


def test_a_port_that_another_took_first_is_not_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between being found free and being used, a port may become somebody else's: the server is started once more."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        offered = iter([free_port(), listening.getsockname()[1]])  # the second is the master server's
        monkeypatch.setattr(seaweed, "free_port", lambda: next(offered, None) or free_port())
        with seaweed.serving(tmp_path) as s3:
            assert s3.ask("GET", "/rig/ready") == b"yes"


def test_children_end_too(tmp_path: Path) -> None:
    """What a server started ends with it."""
    child = tmp_path / "child"
    command = ["/bin/sh", "-c", f"sleep 1000 & echo $! > {child}; wait"]
    with running(command, log=tmp_path / "log", ready=lambda: child.exists() and child.read_text().endswith("\n")):
        number = int(child.read_text())
        assert _is_alive(number)
    assert not _is_alive(number)


def _is_alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
