"""Two users of a real JupyterHub: each finds the token that the hub has, and neither sees anything of the other's."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.rig.hub import Hub, User, hub_running

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.rig.doors import Door
    from tests.rig.provider import Provider

NAMES = ("alice", "bob")
API = """
import ctadata_jlab.compat as ctadata
print(sorted(ctadata.list_dir("{folder}")))
print(len(ctadata.APIClient().token) > 100)
"""


@pytest.fixture(scope="module")
def tokens(provider: Provider) -> dict[str, str]:
    """Return what the provider gave the hub for each: another person's token each."""
    return {name: provider.login(person=name)["access_token"] for name in NAMES}


@pytest.fixture(scope="module")
def hub(
    tmp_path_factory: pytest.TempPathFactory, xrootd: Door, provider: Provider, tokens: dict[str, str]
) -> Iterator[Hub]:
    """Run the hub; an admin's settings name the grid and its issuer. Alice's session asks the hub, Bob's is handed a file."""
    folder = tmp_path_factory.mktemp("hub")
    settings = folder / "ctadata.toml"
    settings.write_text(
        f'only = []\n[sources.grid]\nurl = "{xrootd.url}"\nca = "{xrootd.ca}"\nlogin.issuer = "{provider.issuer}"\n'
    )
    with hub_running(folder, tokens, ["bob"], {"CTADATA_CONFIG": str(settings)}) as running:
        yield running


@pytest.fixture(scope="module")
def alice(hub: Hub) -> Iterator[User]:
    with hub.session("alice") as user:
        yield user


@pytest.fixture(scope="module")
def bob(hub: Hub) -> Iterator[User]:
    with hub.session("bob") as user:
        yield user


def _get(user: User, route: str) -> Any:
    answer = user.http.get(f"ctadata-jlab/{route}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def _names(user: User, folder: str) -> list[str]:
    lines = user.http.get(f"ctadata-jlab/listing/grid{folder}").text.splitlines()
    blocks = [json.loads(line) for line in lines]
    assert blocks[-1].get("complete"), lines
    return [name for block in blocks[:-1] for name in block["names"]]


def test_each_is_who_they_are(alice: User, bob: User, xrootd: Door) -> None:
    """By the token that the hub keeps, or hands to the session; with nothing set up, panel, shell and scripts work."""
    folder = xrootd.fresh()
    xrootd.raw_put(f"{folder}/a.txt", b"alpha")
    for user, way in ((alice, "hub"), (bob, "environment")):
        state = _get(user, "login/grid")
        assert (state["state"], state["subject"], state["source"]) == ("ok", user.name, way), _get(
            user, "login/grid?places=1"
        )
        assert _names(user, folder) == ["a.txt"]
        listed = user.shell("-m", "ctadata_jlab.cli", "ls", folder)
        assert listed.stdout == "a.txt\n", listed.stderr
        explained = user.shell("-m", "ctadata_jlab.cli", "token", "explain").stdout
        assert user.name in explained
        script = user.shell("-c", API.format(folder=folder))
        assert script.stdout == "['a.txt']\nTrue\n", script.stderr


def test_neither_sees_the_other(alice: User, bob: User, xrootd: Door, tokens: dict[str, str]) -> None:
    """Jobs, logins and tokens are each user's own: the other's key opens nothing, and no answer shows a token."""
    folder = xrootd.fresh()
    xrootd.raw_put(f"{folder}/a.txt", b"alpha")
    request = {
        "kind": "download",
        "from": {"source": "grid", "paths": [f"{folder}/a.txt"]},
        "to": {"source": "local", "path": "/"},
    }
    posted = alice.http.post("ctadata-jlab/jobs", json=request)
    assert posted.status_code == 201, posted.text
    assert [job["id"] for job in _get(alice, "jobs")] == [posted.json()["id"]]
    assert _get(bob, "jobs") == []
    for route in ("jobs", "login/grid", "sources", f"listing/grid{folder}", f"jobs/{posted.json()['id']}"):
        stolen = alice.http.get(f"ctadata-jlab/{route}", headers={"Authorization": f"token {bob.key}"})
        assert stolen.status_code in {403, 404}, (route, stolen.status_code)
    said = "".join(
        user.http.get(f"ctadata-jlab/{route}").text
        for user in (alice, bob)
        for route in ("jobs", "sources", "login/grid?places=1")
    )
    assert not [name for name, token in tokens.items() if token in said]
    assert tokens["bob"] not in str(alice.environment())
    assert tokens["alice"] not in str(bob.environment())


def test_nothing_secret_is_left(hub: Hub, alice: User, bob: User, tokens: dict[str, str]) -> None:
    """The hub's log and the sessions' have no token; Bob's is in his own file, readable by him alone; Alice's is in none."""
    assert not [name for name, token in tokens.items() if token in hub.log.read_text(errors="replace")]
    found = [
        file
        for file in (hub.folder / "homes").rglob("*")
        if file.is_file() and any(token.encode() in file.read_bytes() for token in tokens.values())
    ]
    assert found == [bob.home / "hub-token"]
    assert found[0].stat().st_mode & 0o777 == 0o600
