"""`APIClient`: one instance of the storage as the older `ctadata` client saw it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ctadata_jlab import foreground, paths
from ctadata_jlab.compat.customised import customised
from ctadata_jlab.compat.errors import as_before
from ctadata_jlab.compat.names import RemoteName, remote_path
from ctadata_jlab.errors import NotFound, Unsupported
from ctadata_jlab.tokens.attempt import when

if TYPE_CHECKING:
    from collections.abc import Callable
    from os import PathLike

    from ctadata_jlab.compat.webdav import Client
    from ctadata_jlab.foreground import Standing
    from ctadata_jlab.session import Session, Source
    from ctadata_jlab.tokens.foreign import GivesAccessTokens
    from ctadata_jlab.tokens.keeper import Keeper
    from ctadata_jlab.transfer.job import Conflict

__all__ = ["APIClient"]


class APIClient:
    """The storage, prod or dev. Making one costs nothing and leaves nothing behind; connections are shared.

    `dcache_url`, `iss_url`, `client_id`, `token_name` (oidc-agent's account), `cta_token_file` and `token` may be set on the
    class or on an instance; what is None is as configured.
    """

    dcache_url: str | None = None
    iss_url: str | None = None
    client_id: str | None = None
    token_name: str | None = None
    cta_token_file: str | PathLike[str] | None = None
    token_update_interval: int = 300
    """Kept for scripts that set it; tokens are renewed when they are about to end."""

    def __init__(self, dev_instance: bool = False) -> None:
        self.dev_instance = dev_instance
        self._token: str | GivesAccessTokens | None = None
        self._made: tuple[object, Session] | None = None

    @property
    def token(self) -> str:
        """The access token that is valid now. A text, or an object with `get_access_token()`, that is assigned is used instead."""
        with self._errors():
            return self._keeper().get_access_token()

    @token.setter
    def token(self, value: str | GivesAccessTokens) -> None:
        self._token = value

    def print_token(self) -> None:
        """Print the access token on stdout, and until when it is valid on stderr."""
        with self._errors():
            token = self._keeper().token()
        print(token.value)  # noqa: T201 - what it is for
        if token.expires is not None:
            print(f"valid till {when(token.expires)}", file=sys.stderr)  # noqa: T201 - what it is for

    def list_dir(self, path: str, recursive: bool = False, n_threads: int = 2) -> list[RemoteName]:  # noqa: ARG002 - old name
        """See `ctadata_jlab.compat.list_dir`."""
        with self._errors():
            source, top = self._source, remote_path(path)
            found = foreground.entries(source.storage, top, recursive=recursive)
            settings = self._session.config.sources[source.name]
            url = settings.url.rstrip("/") + paths.quoted(settings.root).rstrip("/")
            return [
                RemoteName(entry.path.lstrip("/") if recursive else entry.name, entry, url + paths.quoted(entry.path))
                for entry in found
            ]

    def fetch_and_save_file(self, path: str, save_to_fn: str | PathLike[str] | None = None, **options: Any) -> int:
        """See `ctadata_jlab.compat.fetch_and_save_file`."""
        with self._errors():
            target = foreground.landing(remote_path(path), _text(save_to_fn), is_folder=False)
            return self._get(path, target, recursive=False, **options)

    def fetch_and_save_file_or_dir(
        self, path: str, recursive: bool = False, save_to: str | PathLike[str] | None = None, **options: Any
    ) -> int:
        """See `ctadata_jlab.compat.fetch_and_save_file_or_dir`."""
        with self._errors():
            is_folder = recursive and self._source.storage.stat(remote_path(path)).is_folder
            target = foreground.landing(remote_path(path), _text(save_to), is_folder=is_folder)
            return self._get(path, target, recursive=recursive, **options)

    def fetch_and_save_dir(
        self, path: str, save_to_fn: str | PathLike[str] | None = None, recursive: bool = True, **options: Any
    ) -> int:
        """See `ctadata_jlab.compat.fetch_and_save_dir`."""
        with self._errors():
            name = paths.name(remote_path(path))
            target = Path.cwd() / name if save_to_fn is None else Path(save_to_fn)
            return self._get(path, target, recursive=recursive, **options)

    def upload_file(self, local_fn: str | PathLike[str], path: str, **options: Any) -> dict[str, Any]:
        """See `ctadata_jlab.compat.upload_file`."""
        with self._errors():
            return self._put(Path(local_fn), path, recursive=False, **options)

    def upload_dir(
        self, local_dir: str | PathLike[str], path: str, recursive: bool = True, **options: Any
    ) -> dict[str, Any]:
        """See `ctadata_jlab.compat.upload_dir`."""
        with self._errors():
            if not Path(local_dir).expanduser().is_dir():
                raise NotFound(f"There is no folder {paths.display(str(local_dir))} here.", hint="Check its name.")
            return self._put(Path(local_dir), path, recursive=recursive, **options)

    def webdav4_client(self) -> Client:
        """See `ctadata_jlab.compat.webdav4_client`."""
        from ctadata_jlab.compat.webdav import Client  # noqa: PLC0415 - webdav4 is loaded for those who want it

        with self._errors():
            return Client(self._session, self._source)

    def _get(
        self,
        path: str,
        target: Path,
        *,
        recursive: bool,
        conflict: Conflict = "replace",
        progress: Callable[[Standing], object] = lambda _: None,
    ) -> int:
        session, name = self._session, self._source.name
        top = remote_path(path)
        done = foreground.get(
            session, name, top, target, recursive=recursive, conflict=conflict, report=progress
        ).require()
        return done.size

    def _put(
        self,
        local: Path,
        path: str,
        *,
        recursive: bool,
        conflict: Conflict = "replace",
        progress: Callable[[Standing], object] = lambda _: None,
    ) -> dict[str, Any]:
        session, name = self._session, self._source.name
        target = foreground.upload_path(local, path.path if isinstance(path, RemoteName) else str(path))
        done = foreground.put(
            session, name, local, target, recursive=recursive, conflict=conflict, report=progress
        ).require()
        stored = done.results[0].target if not recursive and done.results else done.target
        return {"path": stored.lstrip("/"), "status": "uploaded", "total_written": done.size}

    def _keeper(self) -> Keeper:
        keeper = self._source.keeper
        if keeper is None:
            raise Unsupported(f"{self._source.title} is not logged in to with a token.", hint="It needs none.")
        return keeper

    @property
    def _session(self) -> Session:
        shared = foreground.shared_session()
        wishes = self._wishes()
        if not wishes:
            return shared
        key = (shared, tuple(wishes.items()))
        if self._made is None or self._made[0] != key:
            name = foreground.chosen(shared, dev=self.dev_instance).name
            self._made = (key, customised(shared, name, wishes))
        return self._made[1]

    @property
    def _source(self) -> Source:
        return foreground.chosen(self._session, dev=self.dev_instance)

    def _wishes(self) -> dict[str, Any]:
        """Return what the user has set, on the class or here."""
        given = {
            "url": self.dcache_url,
            "issuer": self.iss_url,
            "client_id": self.client_id,
            "account": self.token_name,
            "file": _text(self.cta_token_file),
            "token": self._token or _given(getattr(type(self), "token", None)),
        }
        return {name: value for name, value in given.items() if value is not None}

    def _errors(self) -> Any:
        with as_before():
            return as_before(self._source.keeper)


def _text(given: object) -> str | None:
    """Return what the user gave as text; None for nothing."""
    return None if given is None else str(given)


def _given(token: object) -> object:
    """Return the token, or what gives tokens, that the user set on the class; None for this class's own property."""
    return None if isinstance(token, property) else token
