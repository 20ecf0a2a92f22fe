"""The storage of an OSCAR cluster's services: services are the first folders, their storage providers the second, then each provider's own.

What a provider can do is its own storage's business; here is only the way to it. Keys that the cluster tells stay in this process.
"""

from __future__ import annotations

import threading
import time
from dataclasses import replace as changed
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from ctadata_jlab import paths
from ctadata_jlab.errors import BadPath, Forbidden, NotLoggedIn, Unsupported
from ctadata_jlab.storage import Entry, Receipt, Run, Service, Traits
from ctadata_jlab.storage.oscar.api import Api, output_of
from ctadata_jlab.storage.oscar.providers import is_known, made, named_in, providers_of, require, split

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from types import TracebackType

    from ctadata_jlab.http import Trust
    from ctadata_jlab.storage import Body, Reader, Storage

__all__ = ["Oscar"]

_SECONDS = 300.0
"""How long a provider's keys are used before the cluster is asked again."""
_RUN_SECONDS = 600.0
"""How long a service is waited for that runs at once; what takes longer is a job."""
_EPOCH = datetime.fromtimestamp(0, timezone.utc)


class Oscar:
    """The OSCAR cluster at *url*, from the folder *root* on, such as ``/service/minio.default/bucket``."""

    traits = Traits(
        writable=True,
        resumes=True,
        renames=False,
        checksums=("md5", "adler32"),
        connections=4,
        extras=frozenset({"runs"}),
    )

    def __init__(
        self,
        title: str,
        url: str,
        trust: Trust,
        *,
        root: str = "/",
        authorise: Callable[[str | None], str] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.title = title
        self.api = Api(title, url, trust, authorise)
        self._trust = trust
        self._root = paths.remote(root)
        self._clock = clock
        self._lock = threading.Lock()
        self._mounted: dict[str, _Mounted] = {}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.title!r}, {self.api.base!r})"

    def close(self) -> None:
        """Close all connections, those of the providers too."""
        self.api.close()
        with self._lock:
            mounted, self._mounted = self._mounted, {}
        for one in mounted.values():
            one.close()

    # -- looking -------------------------------------------------------------------------------------------------------

    def list(self, folder: str) -> Iterator[Entry]:
        """Yield services, a service's providers, or what a provider holds."""
        folder = paths.remote(folder)
        service, provider, rest = self._split(folder)
        if not service:
            yield from (Entry(paths.join(folder, str(told["name"])), "folder") for told in self.api.services())
        elif not provider:
            yield from (Entry(paths.join(folder, name), "folder") for name in sorted(providers_of(self.api, service)))
        else:
            with self._at(service, provider) as storage:
                for entry in storage.list(rest):
                    yield changed(entry, path=paths.join(folder, entry.name))

    def stat(self, path: str) -> Entry:
        """Return the entry at *path*."""
        path = paths.remote(path)
        service, provider, rest = self._split(path)
        if service and not provider:
            self.api.service(service)
        if not provider:
            return Entry(path, "folder")
        with self._at(service, provider) as storage:
            return changed(storage.stat(rest), path=path)

    def open(self, path: str, expect: Entry | None = None) -> Reader:
        """Return a reader of the version *expect*."""
        path = paths.remote(path)
        service, provider, rest = self._split(path)
        if not provider:
            raise Unsupported(f"{self.what(path)} is a folder, not a file.")
        with self._at(service, provider) as storage:
            inner = storage.open(rest, None if expect is None else changed(expect, path=rest))
            return _Elsewhere(inner, path)

    def stage(self, paths: Sequence[str]) -> Sequence[str]:  # noqa: ARG002
        """Return nothing: none of the providers has tape."""
        return ()

    # -- changing ------------------------------------------------------------------------------------------------------

    def put(self, path: str, body: Body, *, replace: Entry | bool = False, ticket: str) -> Receipt:
        """Store *body* as its provider does."""
        path = paths.remote(path)
        service, provider, rest = self._inside(path)
        wanted = changed(replace, path=rest) if isinstance(replace, Entry) else replace
        with self._at(service, provider) as storage:
            receipt = storage.put(rest, body, replace=wanted, ticket=ticket)
        return changed(receipt, entry=changed(receipt.entry, path=path))

    def make_folder(self, path: str) -> None:
        """Make *path* and what is missing above it; services and providers are not made here."""
        path = paths.remote(path)
        service, provider, rest = self._split(path)
        if not provider or rest == "/":
            self.stat(path)
            return
        with self._at(service, provider) as storage:
            storage.make_folder(rest)

    def move(self, source: str, target: str) -> None:
        """Rename *source* within its provider."""
        source, target = paths.remote(source), paths.remote(target)
        service, provider, start = self._inside(source)
        other_service, other_provider, end = self._inside(target)
        if (service, provider) != (other_service, other_provider):
            raise Unsupported(f"A move stays with one provider: {self.what(source)}.", hint="Copy it, then delete it.")
        with self._at(service, provider) as storage:
            storage.move(start, end)

    def remove(self, path: str) -> None:
        """Remove a file or an empty folder."""
        path = paths.remote(path)
        service, provider, rest = self._inside(path)
        with self._at(service, provider) as storage:
            storage.remove(rest)

    # -- running -------------------------------------------------------------------------------------------------------

    def services(self) -> Sequence[Service]:
        """Return all services, with their first input and output folders that can be reached from here."""
        config = self.api.config()
        return [
            Service(str(told["name"]), *(self._folder(told, config, which) for which in ("input", "output")))
            for told in self.api.services()
        ]

    def run(self, service: str, data: bytes) -> bytes:
        """Return what *service* answers, as the bytes that it put out."""
        return output_of(self.api.invoke(service, content=data, timeout=_RUN_SECONDS))

    def runs(self, service: str) -> Sequence[Run]:
        """Return the jobs of *service*, the newest first."""
        found = [
            Run(name, str(told.get("status", "")), _moment(told.get("creation_time")))
            for name, told in self.api.jobs(service).items()
        ]
        return sorted(found, key=lambda run: run.created or _EPOCH, reverse=True)

    def log(self, service: str, run: str) -> str:
        """Return the log of the job *run*."""
        return self.api.ask("GET", "system", "logs", service, run).text

    def _folder(self, told: Mapping[str, Any], config: Mapping[str, Any], which: str) -> str | None:
        providers = named_in(told, config)
        for one in told.get(which) or ():
            kind, name = split(str(one.get("storage_provider", "")))
            if is_known(kind) and f"{kind}.{name}" in providers:
                path = paths.remote(f"/{told['name']}/{kind}.{name}/{one.get('path') or ''}")
                if self._root == "/":
                    return path
                return path[len(self._root) :] or "/" if f"{path}/".startswith(f"{self._root}/") else None
        return None

    # -- the way to a provider -----------------------------------------------------------------------------------------

    def _split(self, path: str) -> tuple[str, str, str]:
        whole = path
        if self._root != "/" and not (path + "/").startswith(self._root + "/"):
            whole = paths.join(self._root, path)
        service, _, rest = whole[1:].partition("/")
        provider, _, rest = rest.partition("/")
        return service, provider, f"/{rest}"

    def _inside(self, path: str) -> tuple[str, str, str]:
        service, provider, rest = self._split(path)
        if path == "/" or not provider or rest == "/":
            raise BadPath(f"{self.what(path)} is not a place for files.", hint="Choose a folder of a storage provider.")
        return service, provider, rest

    def _at(self, service: str, provider: str) -> _Use:
        name = f"{service}/{provider}"
        with self._lock:
            known = self._mounted.get(name)
        if known is None or self._clock() - known.since > _SECONDS:
            kind, settings = require(providers_of(self.api, service), provider, f"{service} on {self.title}")
            if known is None or known.settings != settings:
                title = f"{provider} of {service} on {self.title}"
                known = _Mounted(made(title, kind, settings, self._trust), settings)
            known.since = self._clock()
            with self._lock:
                self._mounted[name] = known  # an older one ends with those who use it
        return _Use(known.storage, lambda: self._forget(name))

    def _forget(self, name: str) -> None:
        """Ask the cluster anew next time: these keys were refused."""
        with self._lock:
            if name in self._mounted:
                self._mounted[name].since = float("-inf")

    def what(self, path: str) -> str:
        """Return *path* as messages name it."""
        return f"{paths.display(path)} on {self.title}"


class _Mounted:
    """A provider's storage, made of *settings*."""

    def __init__(self, storage: Storage, settings: dict[str, Any]) -> None:
        self.storage = storage
        self.settings = settings
        self.since = 0.0

    def close(self) -> None:
        close = getattr(self.storage, "close", None)
        if close is not None:
            close()


class _Use:
    """A storage for one request; *refused* is told when its keys were."""

    def __init__(self, storage: Storage, refused: Callable[[], None]) -> None:
        self._storage = storage
        self._refused = refused

    def __enter__(self) -> Storage:
        return self._storage

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, NotLoggedIn):
            self._refused()
            # the login to the cluster is good: it is the service's keys that are not
            raise Forbidden(f"The provider refuses the keys that the service has for it: {error.message}") from None
        if isinstance(error, Forbidden):
            self._refused()


class _Elsewhere:
    """A reader whose entry is called by its path here."""

    def __init__(self, inner: Reader, path: str) -> None:
        self._inner = inner
        self._path = path

    @property
    def entry(self) -> Entry:
        """What is read."""
        return changed(self._inner.entry, path=self._path)

    def pour(self, start: int, end: int | None, sink: Callable[[bytes], object]) -> None:
        """Give *sink* the bytes."""
        self._inner.pour(start, end, sink)

    def __enter__(self) -> _Elsewhere:
        self._inner.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._inner.__exit__(kind, error, trace)


def _moment(told: object) -> datetime | None:
    """Return the time that the cluster writes (RFC 3339), None if it is none."""
    try:
        found = datetime.fromisoformat(str(told).replace("Z", "+00:00"))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=timezone.utc)
