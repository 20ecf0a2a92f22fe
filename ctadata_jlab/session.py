"""Builds everything from the settings: storages, tokens, transfers. The only file that knows everybody."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ctadata_jlab import config as settings
from ctadata_jlab.errors import Misconfigured, NotFound
from ctadata_jlab.storage import registry
from ctadata_jlab.storage.broken import Broken
from ctadata_jlab.storage.local import Local
from ctadata_jlab.storage.pacing import Pacing
from ctadata_jlab.storage.readonly import ReadOnly
from ctadata_jlab.storage.registry import Credentials
from ctadata_jlab.storage.remembering import Remembering
from ctadata_jlab.storage.retrying import Retrying
from ctadata_jlab.tokens import FirstOf
from ctadata_jlab.tokens.agent import OidcAgent
from ctadata_jlab.tokens.basic import Basic
from ctadata_jlab.tokens.bearer import Bearer
from ctadata_jlab.tokens.environment import Environment
from ctadata_jlab.tokens.file import TokenFile
from ctadata_jlab.tokens.keeper import Keeper
from ctadata_jlab.tokens.own_issuer import OnlyFrom

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from ctadata_jlab.config import Config
    from ctadata_jlab.storage import Storage
    from ctadata_jlab.tokens import TokenSource
    from ctadata_jlab.transfer.engine import Engine
    from ctadata_jlab.transfer.job import Job

__all__ = ["Session", "Source"]


@dataclass(frozen=True, slots=True)
class Source:
    """A storage by its name, ready for use: `storage` decides, `browse` may remember listings, `keeper` has the tokens (None: no login)."""

    name: str
    title: str
    kind: str
    storage: Storage
    browse: Remembering
    keeper: Keeper | None = None
    twin: str | None = None
    production: bool = False
    home: str = "/"
    token_file: Path | None = None
    """Where a token given by hand is kept; None where tokens come from elsewhere."""


class Session:
    """All sources of *config* in their order, the workspace last, and the queue of transfers between them."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.sources: Mapping[str, Source] = _sources(config)
        self._engine: Engine | None = None
        self._lock = threading.Lock()

    def source(self, name: str) -> Source:
        """Return the source called *name*, or raise `NotFound` naming those there are."""
        found = self.sources.get(name)
        if found is None:
            raise NotFound(f"There is no source called {name!r}.", hint=f"Known are {', '.join(self.sources)}.")
        return found

    def storage(self, name: str) -> Storage:
        """Return the storage of the source called *name*."""
        return self.source(name).storage

    @property
    def engine(self) -> Engine:
        """The queue of transfers; made at first use, started by whoever owns the process."""
        from ctadata_jlab.transfer.engine import Engine  # noqa: PLC0415 - a listing needs no queue

        with self._lock:
            if self._engine is None:
                transfers = self.config.transfers
                self._engine = Engine(
                    self.config.state,
                    self.storage,
                    files_at_once=transfers.files_at_once,
                    spool_limit=transfers.spool_bytes,
                )
                self._engine.listeners.append(self._forget_written)
            return self._engine

    def close(self) -> None:
        """Close all connections. The queue is stopped by whoever started it."""
        for source in self.sources.values():
            close = getattr(_innermost(source.storage), "close", None)
            if close is not None:
                close()

    def _forget_written(self, job: Job) -> None:
        """Let the panel see what a job has changed."""
        places = {job.request.source} if job.request.kind in {"move", "delete"} else set()
        if job.request.to is not None:
            places.add(job.request.to.source)
        for name in places & set(self.sources):
            self.sources[name].browse.forget(None)

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _sources(config: Config) -> dict[str, Source]:
    found = {name: _remote(source, config) for name, source in config.sources.items()}
    found["local"] = _local("local", "Workspace", config.workspace)
    for name, root in config.roots.items():
        found[name] = _local(name, str(root), root)
    return found


def _local(name: str, title: str, root: Path) -> Source:
    storage = Local(root)
    return Source(name, title, "local", storage, Remembering(storage, seconds=0.0))


def _remote(source: settings.Source, config: Config) -> Source:
    title = source.title or source.name
    keeper = None
    try:
        keeper = _keeper(source)
        storage: Storage = Retrying(Pacing(registry.build(source, _credentials(source, keeper))))
    except Misconfigured as error:
        storage = Broken(error)
    if source.read_only:
        storage = ReadOnly(storage)
    return Source(
        name=source.name,
        title=title,
        kind=source.kind,
        storage=storage,
        browse=Remembering(storage),
        keeper=keeper,
        twin=source.twin if source.twin in config.sources else None,
        production=source.production,
        home=source.home,
        token_file=_token_file(source) if source.login.kind in {"auto", "file"} else None,
    )


def _credentials(source: settings.Source, keeper: Keeper | None) -> Credentials:
    if source.login.kind == "basic":
        basic = Basic(source.login.user, _password(source), source.url)
        return Credentials(basic, basic.authorise)
    if keeper is None:
        return Credentials()
    bearer = Bearer(keeper, source.url)
    return Credentials(bearer, bearer.authorise)


def _keeper(source: settings.Source) -> Keeper | None:
    """Return the keeper of the tokens that the login of *source* means; None for an open server."""
    login, file = source.login, _token_file(source)
    if login.kind in {"none", "basic"}:
        return None
    if login.kind == "file":
        return Keeper(TokenFile(file))
    if login.kind == "environment":
        return Keeper(Environment())
    if login.kind == "oidc-agent":
        return Keeper(OidcAgent(login.account, login.issuer, optional=False))
    discovered: list[TokenSource] = [OnlyFrom(login.issuer, Environment())] if login.issuer else []
    agent: list[TokenSource] = [OidcAgent(login.account, login.issuer)] if login.account or login.issuer else []
    return Keeper(FirstOf([*discovered, TokenFile(file), *agent]))


def _password(source: settings.Source) -> str:
    try:
        return _token_file(source).read_text(encoding="utf-8").partition("\n")[0].strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(
            f"{source.title or source.name}: the file with the password cannot be read: {_token_file(source)}.",
            hint="Write the password into the file that `login.file` names, readable by you alone.",
        ) from error


def _token_file(source: settings.Source) -> Path:
    if source.login.file:
        return Path(source.login.file).expanduser()
    return settings.profile_folder() / f"token-{source.name}"


def _innermost(storage: object) -> object:
    while (inner := getattr(storage, "inner", None)) is not None:
        storage = inner
    return storage
