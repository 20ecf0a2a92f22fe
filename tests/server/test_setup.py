"""`sources/<name>/settings`: changed in the user's own file, whose other lines stay; tried before; used at once."""

from __future__ import annotations

import json
from importlib.metadata import EntryPoint, EntryPoints
from typing import TYPE_CHECKING, Any

import pytest

from ctadata_jlab import config
from ctadata_jlab.errors import Misconfigured, NotFound
from ctadata_jlab.server import setup
from ctadata_jlab.session import Session
from ctadata_jlab.storage import registry

if TYPE_CHECKING:
    from pathlib import Path

TEXT = """\
# what I found out about doors
only = []
[sources.sky]  # the good one
url = "https://sky.example:2880"
[sources.sky.login]
kind = "none"
"""


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the user's own file."""
    place = tmp_path / "ctadata.toml"
    place.write_text(TEXT)
    place.chmod(0o640)
    monkeypatch.setenv("CTADATA_CONFIG", str(place))
    return place


def _text(place: Path) -> str:
    return place.read_text()


def test_written_beside_the_rest(own: Path) -> None:
    """Comments, order and the file's mode stay; only what is not the default is written."""
    setup.write(
        own, "sea", {"title": "Sea", "url": "https://sea.example", "root": "/", "login": {"kind": "none", "file": ""}}
    )
    text = own.read_text()
    assert text.startswith(TEXT)
    assert text[len(TEXT) :].split() == [
        "[sources.sea]", "title", "=", '"Sea"', "url", "=", '"https://sea.example"', "[sources.sea.login]", "kind", "=", '"none"',
    ]  # fmt: skip
    assert own.stat().st_mode & 0o777 == 0o640
    assert [path.name for path in own.parent.iterdir() if "ctadata" in path.name] == ["ctadata.toml"]
    found = config.load().sources
    assert (list(found), found["sea"].login.kind) == (["sky", "sea"], "none")


def test_set_back(own: Path) -> None:
    """What is set back to what holds anyway is no longer written."""
    setup.write(own, "sky", {"root": "/lst", "url": "https://sky.example:2880"})
    assert config.load().sources["sky"].root == "/lst"
    setup.write(own, "sky", {"root": "/"})
    assert _text(own).replace("\n\n", "\n") == TEXT


def test_another_door_inherits_no_login(own: Path) -> None:
    """A built-in source that is moved elsewhere keeps the login that is asked for, not the one of the old place."""
    own.write_text("")
    built_in = config.BUILT_IN["dcache"].login
    setup.write(own, "dcache", {"url": "https://else.example", "login": {"kind": "auto", "file": built_in.file}})
    login = config.load().sources["dcache"].login
    assert (login.issuer, login.file) == ("", built_in.file)


def test_removed(own: Path) -> None:
    """What others configure is there again; what is not in the file cannot be taken out of it."""
    setup.write(own, "sea", {"url": "https://sea.example"})
    setup.remove(own, "sea")
    assert list(config.load().sources) == ["sky"]
    with pytest.raises(NotFound):
        setup.remove(own, "sea")


def test_a_broken_file_is_left_alone(own: Path) -> None:
    """A file that is no TOML is an error that names it, and is not written over."""
    own.write_text("[sources")
    with pytest.raises(Misconfigured, match=str(own)):
        setup.write(own, "sea", {"url": "https://sea.example"})
    assert own.read_text() == "[sources"


def test_adopt_keeps_what_is_the_same(own: Path) -> None:
    """Sources of which nothing has changed stay the very objects, with their connections and logins."""
    with Session(config.load()) as session:
        sky, _ = session.source("sky"), session.source("local")
        setup.write(own, "sea", {"url": "https://sea.example", "login": {"kind": "none"}})
        assert session.adopt(config.load()) == ["sea"]
        assert session.source("sea").title == "sea"
        assert session.source("sky") is sky
        setup.write(own, "sky", {"root": "/lst"})
        assert session.adopt(config.load()) == ["sky"]
        assert session.source("sky") is not sky
        setup.remove(own, "sea")
        session.adopt(config.load())
        assert "sea" not in session.sources


@pytest.mark.parametrize(
    ("body", "says"),
    [("nonsense", "JSON"), ("[]", "object"), ('{"secret": 1}', "secret"), ('{"login": {"token": "x"}}', "token")],
)
async def test_bad_requests(ask: Any, own: Path, body: str, says: str) -> None:
    """What is not understood is refused by name, and nothing is written."""
    answer = await ask("sources/sea/settings", "PUT", body=body)
    assert (answer.status, answer.json["error"]) == (400, "BadRequest")
    assert says in answer.json["message"]
    assert _text(own) == TEXT


async def test_without_a_url(ask: Any, own: Path) -> None:
    """A source without a door's address is refused with what to do."""
    answer = await ask("sources/sea/settings", "PUT", body=json.dumps({"title": "Sea"}))
    assert (answer.status, answer.json["error"]) == (400, "Misconfigured")
    assert _text(own) == TEXT


async def test_every_kind_is_offered(ask: Any) -> None:
    """With its title and an example, its own settings being such as the form may send; those of other packages come last."""
    told = (await ask("kinds")).json
    assert {kind["name"] for kind in told} == set(registry.FACTORIES)
    for kind in told:
        assert set(kind["settings"]) <= set(setup.FIELDS)
        made = config.checked("mine", {"kind": kind["name"], "url": kind["address"]})
        assert registry.build(made, registry.Credentials()).traits is not None


def test_kinds_of_other_packages_are_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Under the names of their entry points."""
    found = EntryPoints([EntryPoint("tapes", "tapes:make", "ctadata_jlab.storages")])
    monkeypatch.setattr("importlib.metadata.entry_points", lambda *, group: found.select(group=group))
    assert [kind.name for kind in registry.kinds()][-1] == "tapes"
