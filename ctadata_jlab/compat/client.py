"""`APIClient`: one instance of the storage as the older `ctadata` client saw it."""

from __future__ import annotations

import os
import sys
from functools import partial
from getpass import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ctadata_jlab import foreground, paths
from ctadata_jlab.compat import certificates
from ctadata_jlab.compat.cache import Cache
from ctadata_jlab.compat.customised import customised
from ctadata_jlab.compat.errors import as_before
from ctadata_jlab.compat.hub_token import hub_token
from ctadata_jlab.compat.names import RemoteName, remote_path
from ctadata_jlab.compat.service import NAME, WEBDAV, at_service, upload_to_service
from ctadata_jlab.errors import NotFound, NotLoggedIn, Unsupported
from ctadata_jlab.foreground import Selection, agent, login
from ctadata_jlab.remote.bar import shown
from ctadata_jlab.tokens.attempt import when
from ctadata_jlab.tokens.chain import secret_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from os import PathLike

    from ctadata_jlab.compat.webdav import Client
    from ctadata_jlab.foreground import Standing
    from ctadata_jlab.session import Session, Source
    from ctadata_jlab.tokens.device import Show
    from ctadata_jlab.tokens.foreign import GivesAccessTokens
    from ctadata_jlab.tokens.keeper import Keeper
    from ctadata_jlab.tokens.secret import Secret
    from ctadata_jlab.transfer.job import Conflict

    Report = bool | Callable[[Standing], object]

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

    # The old generation (0.6 and before): set one of these, or CTADS_URL, and the calls go by the download service.
    downloadservice: str | None = None
    certificateservice: str | None = None
    chunk_size: int | None = None
    """Kept for scripts that set it, as are `data_root` and `optional_url_parts`."""
    data_root: str | None = None
    optional_url_parts: list[str] | None = None
    always_direct = False
    """Whether the download service is never meant: `ctadata.direct`."""

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
            top = remote_path(path)
            is_folder = recursive and self._source.storage.stat(top).is_folder
            if self._service_url is not None and save_to is None:
                target = Path.cwd() / top.lstrip("/")  # the old generation's layout: the whole remote path
            else:
                target = foreground.landing(top, _text(save_to), is_folder=is_folder)
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
            if self._service_url is None:
                return Client(self._session, self._source)
            return Client(self._session, self._session.source(WEBDAV), upload=partial(upload_to_service, self._source))

    # -- copies that are kept

    def fetch_cached(
        self, path: str, cache: str | PathLike[str] | Cache | None = None, limit: int | None = None
    ) -> Path:
        """See `ctadata_jlab.compat.fetch_cached`."""
        with self._errors():
            kept = cache if isinstance(cache, Cache) else Cache(cache, limit)
            return kept.fetch(self._session, self._source.name, remote_path(path))

    # -- certificates

    def upload_personal_certificate(
        self, certificate_file_path: str | PathLike[str], certificate_key: str, user: str | None = None
    ) -> dict[str, Any]:
        """See `ctadata_jlab.compat.upload_personal_certificate`."""
        with as_before():
            token = self._hub_token(self._certificates)
            return certificates.upload_personal(self._certificates, token, certificate_file_path, certificate_key, user)

    def upload_shared_certificate(
        self, certificate_file_path: str | PathLike[str], cabundle_file_path: str | PathLike[str] | None = None
    ) -> dict[str, Any]:
        """See `ctadata_jlab.compat.upload_shared_certificate`."""
        with as_before():
            token = self._hub_token(self._certificates)
            return certificates.upload_shared(self._certificates, token, certificate_file_path, cabundle_file_path)

    upload_admin_certificate = upload_shared_certificate

    def upload_certificate(
        self, certificate_file_path: str | PathLike[str], certificate_key: str = "cta"
    ) -> dict[str, Any]:
        """See `ctadata_jlab.compat.upload_certificate`."""
        return self.upload_personal_certificate(certificate_file_path, certificate_key)

    # -- the agent

    @property
    def secret(self) -> str | None:
        """The client's secret, if one is kept; one that is assigned is kept for this user's eyes only."""
        return self._secret().read()

    @secret.setter
    def secret(self, value: str) -> None:
        self._secret().keep(value)

    def init_agent(self) -> None:
        """Log in if there is no valid token: shows a code to be confirmed in a browser, and waits for that."""
        with self._errors():
            source, keeper = self._source, self._keeper()
            try:
                keeper.token()
            except NotLoggedIn:
                if source.login is None:
                    raise
                login.log_in(self._session, source, _show, lambda error: getpass(f"{error.message} Client secret: "))

    def start_agent_daemon(self) -> None:
        """See `ctadata_jlab.compat.start_agent_daemon`."""
        with self._errors():
            self.init_agent()
            running = agent.Agent(self._source)
            if not running.is_running():
                running.start()

    def request_stop_agent(self) -> None:
        """Ask the agents of this user, the old client's as well, to stop."""
        agent.stop_file().parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        agent.stop_file().touch(mode=0o600)

    def stop_agent(self) -> None:
        """Stop them, and wait until they have."""
        with self._errors():
            agent.stop_all()

    def reset_config(self) -> None:
        """Stop the agents, log out, and remove the token and the client's secret that are kept on this machine."""
        with self._errors():
            agent.stop_all()
            if self._source.login is not None:
                self._source.login.kept.log_out()
            for file in (self._source.token_file, self._secret().path):
                if file is not None:
                    file.unlink(missing_ok=True)

    def _secret(self) -> Secret:
        return secret_of(self._session.config.sources[self._source.name])

    def _get(
        self,
        path: str,
        target: Path,
        *,
        recursive: bool,
        conflict: Conflict = "replace",
        progress: Report = False,
        skip_existing: bool = False,
        include: Sequence[str] = (),
        exclude: Sequence[str] = (),
    ) -> int:
        session, name = self._session, self._source.name
        top, only = remote_path(path), Selection(tuple(include), tuple(exclude))
        how: Conflict = "skip" if skip_existing else conflict
        with shown(progress, paths.name(top)) as report:
            done = foreground.get(
                session, name, top, target, recursive=recursive, conflict=how, only=only, report=report
            ).require()
        return done.size

    def _put(
        self,
        local: Path,
        path: str,
        *,
        recursive: bool,
        conflict: Conflict = "replace",
        progress: Report = False,
        skip_existing: bool = False,
        include: Sequence[str] = (),
        exclude: Sequence[str] = (),
    ) -> dict[str, Any]:
        session, name = self._session, self._source.name
        if self._service_url is not None:
            return upload_to_service(self._source, local, str(path))
        only = Selection(tuple(include), tuple(exclude))
        how: Conflict = "skip" if skip_existing else conflict
        target = foreground.upload_path(local, path.path if isinstance(path, RemoteName) else str(path))
        with shown(progress, local.name) as report:
            done = foreground.put(
                session, name, local, target, recursive=recursive, conflict=how, only=only, report=report
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
        service, wishes = self._service_url, self._wishes()
        if service is None and not wishes:
            return shared
        token = self._hub_token(service) if service else ""
        key = (shared, service, token, tuple(wishes.items()))
        if self._made is None or self._made[0] != key:
            if service is None:
                name = foreground.chosen(shared, dev=self.dev_instance).name
                self._made = (key, customised(shared, name, wishes))
            else:
                self._made = (key, at_service(shared, service, token))
        return self._made[1]

    @property
    def _source(self) -> Source:
        session = self._session
        return session.source(NAME) if self._service_url else foreground.chosen(session, dev=self.dev_instance)

    @property
    def _service_url(self) -> str | None:
        """The download service, if that is meant; None for the storage itself."""
        if self.always_direct or self.dev_instance:
            return None
        return self.downloadservice or os.environ.get("CTADS_URL") or None

    @property
    def _certificates(self) -> str:
        return self.certificateservice or os.environ.get("CTACS_URL") or certificates.SERVICE

    def _hub_token(self, service: str) -> str:
        """Return the token for the *service* of the hub."""
        token = self._token or _given(getattr(type(self), "token", None))
        text = token if token is None or isinstance(token, str) else token.get_access_token()  # type: ignore[attr-defined]
        sources = foreground.shared_session().config.sources.values()
        return hub_token(text, service, sources)

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


def _show(show: Show) -> None:
    whole = f"\nor open this, which has it filled in: {show.verification_uri_complete}"
    more = whole if show.verification_uri_complete else ""
    print(f"Open {show.verification_uri}\nand enter the code {show.user_code}{more}")  # noqa: T201 - what it is for
