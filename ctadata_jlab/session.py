"""Builds everything from the settings: storages, tokens, transfers. The only file that knows everybody."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from ctadata_jlab import paths
from ctadata_jlab.errors import Misconfigured, NotFound
from ctadata_jlab.http import Trust, origin
from ctadata_jlab.storage import registry
from ctadata_jlab.storage.pacing import Pacing
from ctadata_jlab.storage.registry import Credentials
from ctadata_jlab.storage.remembering import Remembering
from ctadata_jlab.storage.retrying import Retrying
from ctadata_jlab.storage.scoped import Scoped
from ctadata_jlab.tokens.bearer import Bearer
from ctadata_jlab.tokens.chain import agent_login_of, keeper_of, login_of, token_file_of
from ctadata_jlab.tokens.proof import Proof

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path
    from types import TracebackType

    from ctadata_jlab import config as settings
    from ctadata_jlab.config import Config
    from ctadata_jlab.storage import Storage
    from ctadata_jlab.storage.rucio import Door
    from ctadata_jlab.tokens.agent_login import AgentLogin
    from ctadata_jlab.tokens.basic import Basic
    from ctadata_jlab.tokens.foreign import GivesAccessTokens
    from ctadata_jlab.tokens.keeper import Keeper
    from ctadata_jlab.tokens.pending import ByCode, Pending
    from ctadata_jlab.tokens.scopes import Ability
    from ctadata_jlab.transfer.engine import Engine
    from ctadata_jlab.transfer.job import Job

__all__ = ["Session", "Source"]

_DOORS = {"webdav", "dcache"}
"""The kinds of sources at which a catalogue's files are read."""


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
    url: str = ""
    root: str = "/"
    token_file: Path | None = None
    """Where a token given by hand is kept; None where tokens come from elsewhere."""
    login: Pending | None = None
    """The built-in login; None where no client is configured."""
    agent: AgentLogin | None = None
    """The login through oidc-agent; None where no account of it is configured."""
    password: Basic | None = None
    """The login by user and password; None where that is not how one logs in."""
    keys: Callable[[], object] | None = None
    """Reads the keys that requests are signed with, or raises; None where they are not."""

    @property
    def by_code(self) -> ByCode | None:
        """What asks for a code, for us or for oidc-agent; None where there is no such login."""
        return self.login or (None if self.agent is None else self.agent.pending)


class Session:
    """All sources of *config* in their order, the workspace last, and the queue of transfers between them.

    *givers* have the tokens of some sources, by name: any objects with `get_access_token()`.
    """

    def __init__(self, config: Config, givers: Mapping[str, GivesAccessTokens] | None = None) -> None:
        self.config = config
        self._givers = givers or {}
        self._sources = _Sources(config, self._givers, self._doors)
        self.sources: Mapping[str, Source] = self._sources
        self._engine: Engine | None = None
        self._lock = threading.Lock()

    def source(self, name: str) -> Source:
        """Return the source called *name*, or raise `NotFound` naming those there are."""
        found = self.sources.get(name)
        if found is None:
            raise NotFound(f"There is no source called {name!r}.", hint=f"Known are {', '.join(self.sources)}.")
        return found

    def choose(self, name: str | None = None, *, dev: bool = False) -> Source:
        """Return the source called *name*, by default the first one; with *dev* its twin. Raises `NotFound` or `Misconfigured`."""
        first = next(iter(self.config.sources), None)
        if name is None and first is None:
            raise Misconfigured("No source is configured.", hint="Add one to ctadata.toml.")
        source = self.source(name or first or "")
        if not dev:
            return source
        if source.twin is None:
            raise Misconfigured(
                f"{source.title} has no dev instance.", hint="Set `twin` of this source in ctadata.toml."
            )
        return self.source(source.twin)

    def storage(self, name: str) -> Storage:
        """Return the storage of the source called *name*."""
        return self.source(name).storage

    @property
    def engine(self) -> Engine:
        """The queue of transfers; made at first use, started by whoever owns the process."""
        from ctadata_jlab.transfer.engine import Engine  # noqa: PLC0415 - a listing needs no queue
        from ctadata_jlab.transfer.place import usable  # noqa: PLC0415

        with self._lock:
            if self._engine is None:
                transfers = self.config.transfers
                folder, notice = usable(self.config.state)
                self._engine = Engine(
                    folder,
                    self.storage,
                    files_at_once=transfers.files_at_once,
                    jobs_at_once=transfers.jobs_at_once,
                    rate=transfers.bytes_per_second or None,
                    spool_limit=transfers.spool_bytes,
                )
                self._engine.notice = notice
                self._engine.listeners.append(self._forget_written)
            return self._engine

    def adopt(self, config: Config) -> list[str]:
        """Take another *config*: sources that it says the same of stay the very objects. Returns the names of the others."""
        kept = {
            name: made
            for name, made in self._sources.made.items()
            if config.sources.get(name) == self.config.sources.get(name)
        }
        self.config = config
        self._sources = _Sources(config, self._givers, self._doors)
        self._sources.made.update((name, made) for name, made in kept.items() if name in self._sources)
        self.sources = self._sources
        return [name for name in self._sources if name not in kept]

    def close(self) -> None:
        """Close all connections, and give up logins that nobody confirmed. The queue is stopped by whoever started it."""
        for source in self._sources.made.values():
            if source.by_code is not None:
                source.by_code.cancel()
            close = getattr(_innermost(source.storage), "close", None)
            if close is not None:
                close()

    def _doors(self, place: str) -> list[Door]:
        """Return the sources whose server is at the origin *place*: a catalogue's files are read there, with their own logins."""
        from ctadata_jlab.storage.rucio import Door  # noqa: PLC0415 - only catalogues ask

        found = []
        for name, configured in self.config.sources.items():
            if configured.kind in _DOORS and origin(configured.url) == place:
                source = self.sources[name]
                found.append(Door(name, source.title, paths.remote(source.root), source.storage))
        return found

    def _forget_written(self, job: Job) -> None:
        """Let the panel see what a job has changed, be it where files lie."""
        places = {job.request.source} if job.request.kind in {"move", "delete", "stage"} else set()
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


class _Sources(Mapping[str, Source]):
    """The sources of *config*, each built when it is asked for: a command of the shell needs one. Thread-safe."""

    def __init__(
        self,
        config: Config,
        givers: Mapping[str, GivesAccessTokens],
        doors: Callable[[str], Sequence[Door]],
    ) -> None:
        self.made: dict[str, Source] = {}
        self._lock = threading.Lock()
        self._makers: dict[str, Callable[[], Source]] = {
            name: partial(_remote, source, givers.get(name), doors) for name, source in config.sources.items()
        }
        self._makers["local"] = partial(_local, "local", "Workspace", config.workspace)
        for name, root in config.roots.items():
            self._makers[name] = partial(_local, name, str(root), root)

    def __getitem__(self, name: str) -> Source:
        maker = self._makers[name]
        with self._lock:
            if name not in self.made:
                source = maker()
                self.made[name] = source if source.twin in self._makers else replace(source, twin=None)
            return self.made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)


def _local(name: str, title: str, root: Path) -> Source:
    from ctadata_jlab.storage.local import Local  # noqa: PLC0415 - a listing of a door needs no disk

    storage = Local(root)
    return Source(name, title, "local", storage, Remembering(storage, seconds=0.0))


def _remote(source: settings.Source, giver: GivesAccessTokens | None, doors: Callable[[str], Sequence[Door]]) -> Source:
    title = source.title or source.name
    keeper = login = password = None
    try:
        login = login_of(source) if giver is None else None
        keeper = keeper_of(source, login) if giver is None else _given(giver)
        if keeper is not None:
            keeper.prove = Proof(source.url, Trust.of(source.ca))
        password = _login_by_password(source) if source.login.kind == "basic" else None
        credentials = replace(_credentials(source, keeper, password), doors=doors)
        storage: Storage = Retrying(_paced(registry.build(source, credentials), source))
        storage = storage if keeper is None else Scoped(storage, _lacks(keeper, source.root))
    except Misconfigured as error:
        from ctadata_jlab.storage.broken import Broken  # noqa: PLC0415 - seldom needed

        storage = Broken(error)
    if source.read_only:
        from ctadata_jlab.storage.readonly import ReadOnly  # noqa: PLC0415 - seldom needed

        storage = ReadOnly(storage)
    return Source(
        name=source.name,
        title=title,
        kind=source.kind,
        storage=storage,
        browse=Remembering(storage),
        keeper=keeper,
        twin=source.twin or None,
        production=source.production,
        home=source.home,
        url=source.url,
        root=source.root,
        login=login,
        agent=agent_login_of(source, login) if giver is None else None,
        password=password,
        keys=_keys(source),
        token_file=token_file_of(source) if giver is None and source.login.kind in {"auto", "file"} else None,
    )


def _lacks(keeper: Keeper, root: str) -> Callable[[Ability, str], str | None]:
    """Return what tells the scope that is missing at a path below *root*: scopes speak of the door's own paths."""
    return lambda ability, path: keeper.lacks(ability, f"{root.rstrip('/')}{path}")


def _paced(storage: Storage, source: settings.Source) -> Pacing:
    return Pacing(storage, starts_per_second=source.starts_per_second, connections=source.files_at_once)


def _given(giver: GivesAccessTokens) -> Keeper:
    from ctadata_jlab.tokens.foreign import Foreign  # noqa: PLC0415 - seldom needed
    from ctadata_jlab.tokens.keeper import Keeper  # noqa: PLC0415

    return Keeper(Foreign(giver, "object that was given"))


def _login_by_password(source: settings.Source) -> Basic:
    from ctadata_jlab.tokens.basic import Basic  # noqa: PLC0415 - seldom needed

    return Basic(source.login.user, partial(_password, source), source.url)


def _keys(source: settings.Source) -> Callable[[], object] | None:
    if source.kind != "s3" or source.login.kind == "none":
        return None
    from ctadata_jlab.storage.s3.keys import keys_of  # noqa: PLC0415 - seldom needed

    return keys_of(source)


def _credentials(source: settings.Source, keeper: Keeper | None, password: Basic | None) -> Credentials:
    if password is not None:
        return Credentials(password.authorise)
    return Credentials() if keeper is None else Credentials(Bearer(keeper, source.url).authorise)


def _password(source: settings.Source) -> str:
    try:
        return token_file_of(source).read_text(encoding="utf-8").partition("\n")[0].strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(
            f"{source.title or source.name}: the file with the password cannot be read: {token_file_of(source)}.",
            hint="Write the password into the file that `login.file` names, readable by you alone.",
        ) from error


def _innermost(storage: object) -> object:
    while (inner := getattr(storage, "inner", None)) is not None:
        storage = inner
    return storage
