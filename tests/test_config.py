"""Settings: one file, three readers, and clear words for what is wrong in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ctadata_jlab import config
from ctadata_jlab.errors import CtaDataError, Misconfigured, NotFound
from ctadata_jlab.session import Session


def written(folder: Path, text: str, name: str = "ctadata.toml") -> Path:
    place = folder / name
    place.write_text(text)
    return place


def test_no_file_is_needed() -> None:
    """The two doors are built in, twins of each other, and only one is production."""
    settings = config.load(places=[])
    assert list(settings.sources) == ["dcache", "dcache-dev"]
    assert settings.sources["dcache"].url == "https://dcache.cta.cscs.ch:2880"
    assert [s.twin for s in settings.sources.values()] == ["dcache-dev", "dcache"]
    assert [s.production for s in settings.sources.values()] == [True, False]


def test_later_files_win_key_by_key(tmp_path: Path) -> None:
    """An admin sets what the user does not, and the other way round."""
    first = written(
        tmp_path, '[sources.mine]\nurl = "https://a.example"\ntitle = "A"\n[transfers]\nfiles_at_once = 2', "1.toml"
    )
    second = written(tmp_path, '[sources.mine]\ntitle = "B"', "2.toml")
    settings = config.load(places=[first, second])
    assert (settings.sources["mine"].url, settings.sources["mine"].title) == ("https://a.example", "B")
    assert settings.transfers.files_at_once == 2


def test_moving_a_source_drops_its_login(tmp_path: Path) -> None:
    """A token file that was meant for one door is not offered to another that took its name."""
    place = written(tmp_path, '[sources.dcache]\nurl = "https://evil.example"')
    assert config.load(places=[place]).sources["dcache"].login == config.Login()
    place = written(tmp_path, '[sources.dcache.login]\nissuer = "https://other.example"')
    assert config.load(places=[place]).sources["dcache"].login == config.Login(issuer="https://other.example")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("nonsense", "cannot be read"),
        ("colour = 1", "colour"),
        ("[sources.x]\nurls = 'https://x'", "urls"),
        ("[sources.x]\nread_only = 'yes'", "read_only must be true or false"),
        ("[transfers]\nfiles_at_once = '4'", "files_at_once must be a whole number"),
        ("[transfers]\nconflict = 'guess'", "conflict"),
        ("[sources.x.login]\nkind = 'magic'", "login.kind"),
        ("[sources.'a b']\nurl = 'https://x'", "letters, digits"),
        ("[sources.local]\nurl = 'https://x'", "letters, digits"),
    ],
)
def test_a_mistake_is_named_with_its_file(tmp_path: Path, text: str, says: str) -> None:
    """Nothing that is not understood is passed over."""
    place = written(tmp_path, text)
    with pytest.raises(Misconfigured) as caught:
        config.load(places=[place])
    assert says in str(caught.value)
    assert str(place) in str(caught.value)


def test_a_named_file_that_is_missing_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """CTADATA_CONFIG is not passed over in silence."""
    monkeypatch.setenv("CTADATA_CONFIG", "/no/such/file.toml")
    with pytest.raises(Misconfigured, match="CTADATA_CONFIG"):
        config.files()


def test_the_file_is_found_along_jupyters_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The user's own file is stronger than the environment's."""
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path))
    monkeypatch.delenv("CTADATA_CONFIG", raising=False)
    place = written(tmp_path, "")
    assert config.files()[-1] == place


def test_scratch_is_a_place_where_it_exists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A root whose variable is not set, or whose folder is missing, is not offered."""
    monkeypatch.delenv("SCRATCH", raising=False)
    assert config.load(places=[]).roots == {}
    monkeypatch.setenv("SCRATCH", str(tmp_path))
    assert config.load(places=[]).roots == {"scratch": tmp_path}
    with Session(config.load(places=[])) as session:
        assert session.source("scratch").kind == "local"


def test_a_broken_source_does_not_take_the_others_with_it(tmp_path: Path) -> None:
    """It stays in the list and says at its use what is wrong."""
    text = '[sources.bad]\nurl = "http://plain.example"\n[sources.worse]\nkind = "floppy"\nurl = "https://x"'
    with Session(config.load(places=[written(tmp_path, text)]).with_workspace(tmp_path)) as session:
        assert list(session.sources)[-1] in {"local", "scratch"}
        with pytest.raises(Misconfigured, match="https"):
            session.storage("bad").stat("/")
        with pytest.raises(Misconfigured, match="floppy"):
            list(session.storage("worse").list("/"))
        assert {entry.name for entry in session.storage("local").list("/")} == {"ctadata.toml"}


def test_an_unknown_source_is_not_found_and_the_known_are_named() -> None:
    """A mistyped name is easily mended."""
    with Session(config.load(places=[])) as session, pytest.raises(NotFound) as caught:
        session.source("dcahe")
    assert "dcache-dev" in caught.value.hint


def test_prods_token_never_reaches_a_door_that_someone_added(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """BEARER_TOKEN is offered to its own issuer's sources only."""
    import base64
    import json

    claims = base64.urlsafe_b64encode(
        json.dumps({"iss": "https://keycloak.cta.cscs.ch/realms/master"}).encode()
    ).decode()
    monkeypatch.setenv("BEARER_TOKEN", f"e30.{claims.rstrip('=')}.x")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("OIDC_SOCK", raising=False)
    text = '[sources.other]\nurl = "https://other.example"\n[sources.other.login]\nissuer = "https://elsewhere.example"'
    with Session(config.load(places=[written(tmp_path, text)])) as session:
        keepers = {name: source.keeper for name, source in session.sources.items()}
    assert keepers["dcache"] is not None
    assert keepers["dcache"].token().source == "environment"
    assert keepers["other"] is not None
    with pytest.raises(CtaDataError):
        keepers["other"].token()


@pytest.mark.parametrize("level", range(5))
def test_jupyters_own_path_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, level: int) -> None:
    """A file in any folder that Jupyter would look into is found, also by the short cut for those who have none."""
    paths = pytest.importorskip("jupyter_core.paths")
    for name in (
        "JUPYTER_CONFIG_DIR",
        "JUPYTER_CONFIG_PATH",
        "JUPYTER_NO_CONFIG",
        "JUPYTER_PLATFORM_DIRS",
        "CTADATA_CONFIG",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr("site.ENABLE_USER_SITE", True)
    monkeypatch.setattr("site.getuserbase", lambda: str(tmp_path / ".local"))
    folders = paths.jupyter_config_path()
    assert len(folders) == 5, folders
    wanted = Path(folders[level]) / "ctadata.toml"
    exists, is_file = Path.exists, Path.is_file
    monkeypatch.setattr(Path, "exists", lambda self, **_: self == wanted or (self.name != wanted.name and exists(self)))
    monkeypatch.setattr(Path, "is_file", lambda self: self == wanted or (self.name != wanted.name and is_file(self)))
    assert config.files() == [wanted]


@pytest.mark.parametrize("name", ["JUPYTER_CONFIG_DIR", "JUPYTER_CONFIG_PATH"])
def test_a_folder_that_jupyter_is_told_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """By its own variables."""
    monkeypatch.delenv("CTADATA_CONFIG", raising=False)
    monkeypatch.setenv(name, str(tmp_path))
    assert written(tmp_path, "") in config.files()
