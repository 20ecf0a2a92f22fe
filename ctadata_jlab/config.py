"""What can be configured: one file, read alike by the server, the command line and a kernel.

``ctadata.toml`` is looked for along Jupyter's own configuration path (system, environment, user), then at ``$CTADATA_CONFIG``;
later files win, source by source and key by key. No file is needed: the two doors of CTA at CSCS are built in.
"""

from __future__ import annotations

import os
import site
import sys
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, get_args

from ctadata_jlab.errors import Misconfigured

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ctadata_jlab.transfer.job import Conflict

__all__ = [
    "Config",
    "Login",
    "Source",
    "Transfers",
    "checked",
    "files",
    "load",
    "own_file",
    "profile_folder",
    "state_folder",
]

_NAME = "ctadata.toml"
_PATH_VARIABLES = ("JUPYTER_CONFIG_DIR", "JUPYTER_CONFIG_PATH", "JUPYTER_NO_CONFIG", "JUPYTER_PLATFORM_DIRS")
LOGIN_KINDS = (
    *("auto", "environment", "file", "oidc-agent", "command", "client-credentials"),
    *("hub", "hub-token", "tessera", "basic", "none"),
)


@dataclass(frozen=True, slots=True)
class Login:
    """How a source is logged in to. `file`, `account` and `command` are for the kinds of these names and extend `auto`."""

    kind: str = "auto"
    issuer: str = ""
    client_id: str = ""
    scope: str = ""
    """What the built-in login asks for; empty: whatever the provider gives this client."""
    account: str = ""
    file: str = ""
    user: str = ""
    command: tuple[str, ...] = ()
    """A program that prints a token, and its arguments."""
    server: str = ""
    """What Tessera calls the server."""
    hub: str = ""
    """The hub's public address, for `hub-token` where the session does not know it."""


@dataclass(frozen=True, slots=True)
class Source:
    """One remote storage; `root` is the folder of it that is shown, `twin` what the dev/prod toggle switches to."""

    name: str
    title: str = ""
    kind: str = "webdav"
    url: str = ""
    root: str = "/"
    home: str = "/"
    twin: str = ""
    ca: str = ""
    production: bool = False
    http_pools: bool = False
    frontend: str = ""
    """dCache's REST frontend, for what its door cannot do; on the door's host, since it gets the same token.

    Empty: it is looked for there; ``none``: there is none.
    """
    files_at_once: int = 0
    """How many files may move to or from it at once; 0: as many as its kind bears."""
    starts_per_second: int = 0
    """How many requests may start in a second; 0: what its kind bears."""
    account: str = ""
    """FirecREST: what jobs of the cluster are charged to; Rucio: whom a password is for; empty: the user's default."""
    region: str = "us-east-1"
    """S3: what requests are signed for; most object stores outside Amazon do not care."""
    read_only: bool = False
    login: Login = field(default_factory=Login)


@dataclass(frozen=True, slots=True)
class Transfers:
    """How the queue works: files at once, what to do with targets that exist, local roots besides the workspace, sizes in bytes."""

    files_at_once: int = 4
    jobs_at_once: int = 2
    bytes_per_second: int = 0
    """How fast all jobs together may be; 0: as fast as it goes."""
    conflict: Conflict = "ask"
    roots: tuple[str, ...] = ("$SCRATCH",)
    state: str = ""
    """The folder of the queue; empty: the user's state folder."""
    open_bytes: int = 10 << 20
    spool_bytes: int = 2 << 30


@dataclass(frozen=True, slots=True)
class Config:
    """All settings. `workspace` is the folder that the Jupyter server, or the shell, works in."""

    sources: Mapping[str, Source] = field(default_factory=dict)
    transfers: Transfers = field(default_factory=Transfers)
    workspace: Path = field(default_factory=Path.cwd)

    def with_workspace(self, root: Path) -> Config:
        """Return the same settings for the workspace *root*."""
        return replace(self, workspace=root)

    @property
    def state(self) -> Path:
        """The folder of the queue of transfers."""
        return Path(_expanded(self.transfers.state)) if self.transfers.state else state_folder()

    @property
    def roots(self) -> dict[str, Path]:
        """The local folders besides the workspace that exist here, by source name: ``$SCRATCH`` is called ``scratch``."""
        found: dict[str, Path] = {}
        for text in self.transfers.roots:
            place = Path(_expanded(text))
            if "$" not in str(place) and place.is_dir():
                found[_slug(text, found, self.sources)] = place
        return found


Settings = TypeVar("Settings", Login, Source, Transfers)
_ISSUER = "https://keycloak.cta.cscs.ch/realms/master/"
BUILT_IN = {
    "dcache": Source(
        "dcache",
        title="dCache",
        kind="dcache",
        url="https://dcache.cta.cscs.ch:2880",
        twin="dcache-dev",
        production=True,
        login=Login(
            issuer=_ISSUER, client_id="dcache-cta-cscs-ch-users", account="kk-dcache", file="~/.config/cta-data/token"
        ),
    ),
    "dcache-dev": Source(
        "dcache-dev",
        title="dCache dev",
        kind="dcache",
        url="https://dcache-dev.ctaodc.ch:2880",
        twin="dcache",
        login=Login(
            issuer=_ISSUER, client_id="dcache-dev", account="kk-dcache-dev", file="~/.config/cta-data/token-dev"
        ),
    ),
}


def profile_folder() -> Path:
    """Return the folder that tokens are kept in, shared with the older `ctadata` clients and agents."""
    return Path.home() / ".config" / "cta-data"


def state_folder() -> Path:
    """Return the folder of this user's queue of transfers."""
    base = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(base) / "ctadata_jlab"


def files() -> list[Path]:
    """Return the configuration files that exist, the weakest first."""
    candidates = [] if _is_plainly_unset() else _along_jupyters_path()
    if named := os.environ.get("CTADATA_CONFIG"):
        if not Path(named).is_file():
            raise Misconfigured(
                f"CTADATA_CONFIG names {named}, which is not a file.", hint="Correct or unset CTADATA_CONFIG."
            )
        candidates.append(Path(named))
    return [place for place in candidates if place.is_file()]


def _is_plainly_unset() -> bool:
    """Whether Jupyter's path is the usual one, and nothing is there: then nobody need ask Jupyter in which order it goes."""
    if os.name != "posix" or sys.platform == "darwin" or any(name in os.environ for name in _PATH_VARIABLES):
        return False
    usual = [Path.home() / ".jupyter", *(Path(base) / "etc" / "jupyter" for base in (sys.prefix, "/usr/local", "/"))]
    if site.ENABLE_USER_SITE:
        usual.append(Path(site.getuserbase()) / "etc" / "jupyter")
    return not any((folder / _NAME).exists() for folder in usual)


def _along_jupyters_path() -> list[Path]:
    from jupyter_core.paths import jupyter_config_path  # noqa: PLC0415 - slow to load

    return [Path(folder) / _NAME for folder in reversed(jupyter_config_path())]


def load(extra: Path | None = None, *, places: Sequence[Path] | None = None) -> Config:
    """Return the settings of *places* (by default `files()`), then of *extra*, over the built-in ones.

    Raises `Misconfigured`, naming file and key, for anything that is not understood.
    """
    config = Config(sources=BUILT_IN)
    for place in [*(files() if places is None else places), *([extra] if extra else [])]:
        config = _merge(config, _read(place), place)
    return config


def checked(name: str, settings: dict[str, Any], base: Source | None = None) -> Source:
    """Return the source that *settings*, written as in a file, make of *base*. Raises `Misconfigured`, naming the key."""
    return _source(base or Source(name, title=name), settings, f"sources.{name}")


def own_file() -> Path:
    """Return the strongest file that is the user's own: what is set there holds."""
    from jupyter_core.paths import jupyter_config_dir  # noqa: PLC0415 - slow to load

    return Path(os.environ.get("CTADATA_CONFIG") or Path(jupyter_config_dir()) / _NAME)


def _read(place: Path) -> dict[str, Any]:
    try:
        table: dict[str, Any] = tomllib.loads(place.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Misconfigured(
            f"{place} cannot be read: {error}", hint="Correct the file; it must be valid TOML."
        ) from error
    return table


def _merge(config: Config, table: dict[str, Any], place: Path) -> Config:
    _known(table, {"sources", "transfers", "only"}, f"{place}")
    sources = dict(config.sources)
    if "only" in table:
        only = table["only"]
        sources = {name: source for name, source in sources.items() if name in only}
    for name, settings in table.get("sources", {}).items():
        sources[name] = _source(sources.get(name, Source(name, title=name)), settings, f"{place}: sources.{name}")
    transfers = _filled(config.transfers, table.get("transfers", {}), f"{place}: transfers")
    if "transfers" in table:
        from ctadata_jlab.transfer.job import Conflict  # noqa: PLC0415 - only where it is configured

        if transfers.conflict not in get_args(Conflict):
            raise Misconfigured(f"{place}: transfers.conflict must be one of {', '.join(get_args(Conflict))}.")
    return replace(config, sources=sources, transfers=transfers)


def _source(source: Source, settings: dict[str, Any], where: str) -> Source:
    if not isinstance(settings, dict):
        raise Misconfigured(f"{where} must be a table.")
    if not _is_name(source.name):
        raise Misconfigured(f"{where}: a source's name has letters, digits and '-' only.")
    login_settings = settings.get("login", {})
    moved = (
        settings.get("url", source.url) != source.url
        or login_settings.get("issuer", source.login.issuer) != source.login.issuer
    )
    base = Login() if moved else source.login  # credentials belong to the place that they were given for
    login = _filled(base, login_settings, f"{where}.login")
    if login.kind not in LOGIN_KINDS:
        raise Misconfigured(f"{where}.login.kind must be one of {', '.join(LOGIN_KINDS)}.")
    rest = {key: value for key, value in settings.items() if key != "login"}
    return replace(_filled(source, rest, where), login=login)


def _filled(values: Settings, settings: dict[str, Any], where: str) -> Settings:
    """Return the dataclass *values* with *settings*, each of the type that the field has now."""
    if not isinstance(settings, dict):
        raise Misconfigured(f"{where} must be a table.")
    allowed = {spec.name for spec in fields(values)} - {"name", "login"}
    _known(settings, allowed, where)
    checked: dict[str, Any] = {}
    for key, value in settings.items():
        wanted = type(getattr(values, key))
        given = tuple(value) if isinstance(value, list) else value
        if type(given) is not wanted:
            raise Misconfigured(f"{where}.{key} must be {_TYPES.get(wanted, wanted.__name__)}.")
        checked[key] = given
    return replace(values, **checked)


_TYPES = {str: "a text", bool: "true or false", int: "a whole number", tuple: "a list"}


def _known(settings: Mapping[str, Any], allowed: set[str], where: str) -> None:
    for key in settings:
        if key not in allowed:
            raise Misconfigured(
                f"{where}: there is no setting {key!r}.", hint=f"Known are {', '.join(sorted(allowed))}."
            )


def _expanded(text: str) -> str:
    return str(Path(os.path.expandvars(text)).expanduser())


def _is_name(name: str) -> bool:
    return (
        bool(name)
        and name.isascii()
        and all(char.isalnum() or char == "-" for char in name)
        and name not in {"local", "browser"}
    )


def _slug(text: str, *taken: Mapping[str, object]) -> str:
    base = (
        "".join(char if char.isalnum() else "-" for char in Path(text.replace("$", "")).name.lower()).strip("-")
        or "folder"
    )
    name, number = base, 1
    while any(name in names for names in taken) or not _is_name(name):
        number += 1
        name = f"{base}-{number}"
    return name
