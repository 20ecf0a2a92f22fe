"""A real Rucio server: the catalogue of datasets over the rig's doors, with tokens from the rig's provider.

It runs in an environment of its own (``make .rig/rucio/.made``, below the checkout or wherever ``RIG_RUCIO`` says): its 82 distributions
are none of the project's. SQLite is its database. Whoever is registered in it is so by its REST interface, as the root account.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import ssl
import subprocess
import time
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote_plus, urlsplit

import httpx
import pytest

from tests.hunt import MINTED
from tests.rig.process import RigError, free_port, running
from tests.rig.provider import AUDIENCE, PERSON, note_secrets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from tests.rig.certificate import Certificate
    from tests.rig.doors import Door
    from tests.rig.provider import Provider

__all__ = ["Catalogue", "Site", "checksums", "rucio"]

CHECKOUT = Path(__file__).parents[2]
ENVIRONMENT = Path(os.environ.get("RIG_RUCIO") or CHECKOUT / ".rig" / "rucio")
USER, PASSWORD = "ddmlab", secrets.token_urlsafe()
MOST = 1 << 50
PRIVATELY = ("sh", "-c", 'umask 077; exec "$@"', "sh")
"""What is written holds tokens: the database, Rucio's own token files."""
CONFIG = """
[common]
logdir = {folder}/log
loglevel = WARNING
[database]
default = sqlite:///{folder}/credentials
echo = 0
[bootstrap]
userpass_identity = {user}
userpass_pwd = {password}
[policy]
permission = generic
schema = generic
lfn2pfn_algorithm_default = hash
[trace]
tracedir = {folder}/trace
[nongrid-trace]
tracedir = {folder}/trace
[alembic]
cfg = {folder}/etc/alembic.ini
[oidc]
idpsecrets = {folder}/etc/client-idp.json
admin_issuer = rig
expected_audience = {audience}
expected_scope = storage.read:/
"""
ALEMBIC = """
[alembic]
script_location = {package}/db/sqla/migrate_repo/
sqlalchemy.url = sqlite:///{folder}/credentials
[loggers]
keys = root
[handlers]
keys = console
[formatters]
keys = generic
[logger_root]
level = WARN
handlers = console
[handler_console]
class = StreamHandler
args = (sys.stderr,)
formatter = generic
[formatter_generic]
format = %(message)s
"""


def checksums(data: bytes) -> dict[str, str]:
    """Return what Rucio keeps of a file's bytes."""
    # MD5 is what Rucio has; nothing rests on its strength
    return {"adler32": f"{zlib.adler32(data):08x}", "md5": hashlib.md5(data, usedforsecurity=False).hexdigest()}


class Holds(Protocol):
    """Where a replica's bytes are put: a door of the rig, or a double."""

    def raw_put(self, path: str, data: bytes, /) -> object:
        """Put a file there, parents too."""
        ...


@dataclass(frozen=True, slots=True)
class Site:
    """A storage element (RSE) that the catalogue knows: a folder of a *door*."""

    name: str
    url: str
    door: Holds | None

    def pfn(self, path: str) -> str:
        """Return the address of the file at the door's *path*."""
        return f"{self.url}{path}"


@dataclass(frozen=True)
class Catalogue:
    """The running server; `ask` speaks as its root account, `token()` is what the rig's person has for it."""

    url: str
    ca: Path
    token: Callable[[], str]
    folder: Path
    _root: str = field(repr=False)

    def ask(self, method: str, route: str, body: object = None) -> list[Any]:
        """Return the lines that it answers, as root."""
        verify = ssl.create_default_context(cafile=str(self.ca))
        headers = {"X-Rucio-Auth-Token": self._root, "Content-Type": "application/json"}
        content = None if body is None else json.dumps(body)
        answer = httpx.request(
            method, f"{self.url}/{route}", headers=headers, content=content, verify=verify, timeout=60
        )
        if answer.status_code >= 400:
            raise RigError(f"{method} {route}: {answer.status_code} {answer.text}")
        return [json.loads(line) for line in answer.text.splitlines() if line.startswith(("{", "[", '"'))]

    def scope(self) -> str:
        """Make a scope that no other test knows."""
        name = f"t{secrets.token_hex(4)}"
        self.ask("POST", f"scopes/root/{name}")
        return name

    def site(self, door: Door | None = None, url: str = "", *, kind: str = "DISK") -> Site:
        """Make a storage element: at *door*, or at the address *url* where nobody, or somebody else, is."""
        name, where = f"S{secrets.token_hex(4)}".upper(), url or (door.url if door else "")
        parts = urlsplit(where)
        self.ask("POST", f"rses/{name}", {"deterministic": False, "rse_type": kind})
        read = {"read": 1, "write": 1, "delete": 1}
        protocol = {
            "hostname": parts.hostname,
            "scheme": parts.scheme,
            "port": parts.port,
            "prefix": parts.path or "/",
            "impl": "rucio.rse.protocols.webdav.Default",
            "domains": {"lan": read, "wan": {**read, "third_party_copy_read": 1, "third_party_copy_write": 1}},
        }
        self.ask("POST", f"rses/{name}/protocols/{parts.scheme}", protocol)
        self.ask("POST", f"accounts/root/limits/local/{name}", {"bytes": MOST})
        return Site(name, where.rstrip("/"), door)

    def file(
        self,
        scope: str,
        name: str,
        data: bytes,
        sites: Mapping[Site, str] | Iterable[Site],
        *,
        events: int | None = None,
        **facts: object,
    ) -> None:
        """Register *data* as a file with a replica at each of *sites*, and put it there; *facts* overrule what is registered."""
        paths = dict(sites) if isinstance(sites, dict) else dict.fromkeys(sites, f"/{scope}/{name}")
        for site, path in paths.items():
            if site.door is not None:
                site.door.raw_put(path, data)
            known = {"scope": scope, "name": name, "bytes": len(data), **checksums(data), "pfn": site.pfn(path)}
            known = {key: value for key, value in {**known, **facts}.items() if value is not None}
            self.ask("POST", "replicas/", {"rse": site.name, "files": [known], "ignore_availability": True})
        if events is not None:
            self.ask("POST", f"dids/{scope}/{quote_plus(name)}/meta", {"meta": {"events": events}})

    def files(self, scope: str, all_data: Mapping[str, bytes], site: Site) -> None:
        """Register many files at once."""
        rows = []
        for name, data in all_data.items():
            path = f"/{scope}/{name}"
            if site.door is not None:
                site.door.raw_put(path, data)
            rows.append({"scope": scope, "name": name, "bytes": len(data), **checksums(data), "pfn": site.pfn(path)})
        self.ask("POST", "replicas/", {"rse": site.name, "files": rows, "ignore_availability": True})

    def collection(
        self,
        scope: str,
        name: str,
        members: Iterable[str] = (),
        *,
        kind: str = "DATASET",
        closed: bool = False,
        meta: Mapping[str, object] | None = None,
    ) -> None:
        """Register a dataset or container of *members* (``name`` or ``scope:name``)."""
        where = f"dids/{scope}/{quote_plus(name)}"
        self.ask("POST", where, {"type": kind, "meta": dict(meta or {})})
        self.attach(scope, name, members)
        if closed:
            self.ask("PUT", f"{where}/status", {"open": False})

    def attach(self, scope: str, name: str, members: Iterable[str]) -> None:
        """Add *members* to a collection."""
        dids = []
        for member in members:
            its_scope, _, its_name = member.rpartition(":")
            dids.append({"scope": its_scope or scope, "name": its_name})
        if dids:
            self.ask("POST", f"dids/{scope}/{quote_plus(name)}/dids", {"dids": dids})

    def client(self, script: str, *arguments: str, folder: Path) -> str:
        """Run *script* with Rucio's own client, logged in as the rig's person; return what it prints."""
        home = folder / "rucio-home"
        (home / "etc").mkdir(parents=True, exist_ok=True)
        token = home / "token"
        token.touch(mode=0o600)
        token.write_text(self.token())
        settings = _settings(home)
        settings.touch(mode=0o600)
        settings.write_text(
            f"[client]\nrucio_host = {self.url}\nauth_host = {self.url}\nca_cert = {self.ca}\naccount = {PERSON}\n"
            f"auth_type = oidc\nauth_token_file_path = {token}\noidc_scope = openid\noidc_audience = rucio\n"
            "[policy]\npermission = generic\nschema = generic\n"
        )
        done = subprocess.run(
            [ENVIRONMENT / "bin" / "python", "-c", script, *arguments],
            env=_environment(home, self.ca),
            cwd=folder,
            check=False,
            capture_output=True,
            text=True,
            timeout=300,
        )
        if done.returncode:
            raise RigError(f"Rucio's client ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
        return done.stdout


@pytest.fixture(scope="session")
def rucio(rig_folder: Path, certificate: Certificate, provider: Provider) -> Iterator[Catalogue]:
    """Start the server; the rig's person is known to it by the provider's tokens."""
    if not (ENVIRONMENT / "bin" / "flask").exists():
        missing = "Rucio's server is not installed: make .rig/rucio/.made"
        pytest.fail(missing) if os.environ.get("RIG_REQUIRED") else pytest.skip(missing)
    folder = rig_folder / "rucio"
    for name in ("etc", "log", "trace"):
        (folder / name).mkdir(parents=True)
    folder.chmod(0o700)
    note_secrets(folder / MINTED, [PASSWORD])
    _configure(folder, provider)
    python, env = ENVIRONMENT / "bin" / "python", _environment(folder, certificate.ca)
    _run([python, ENVIRONMENT / "rucio" / "tools" / "bootstrap.py"], env)
    url = f"https://localhost:{free_port()}"
    command: list[str | Path] = [*PRIVATELY, ENVIRONMENT / "bin" / "flask", "run", "--host", "127.0.0.1"]
    command += ["--port", str(urlsplit(url).port), "--cert", certificate.cert, "--key", certificate.key]
    env["FLASK_APP"] = "rucio.web.rest.flaskapi.v1.main:application"
    with running(
        command, log=folder / "log" / "server", ready=lambda: _answers(url, certificate.ca), env=env, patience=90
    ):
        catalogue = Catalogue(url, certificate.ca, _kept(provider), folder, _log_in(url, certificate.ca))
        note_secrets(folder / MINTED, [catalogue._root])
        catalogue.ask("POST", f"accounts/{PERSON}", {"type": "USER", "email": "person@example.org"})
        identity = {
            "identity": f"SUB={PERSON}, ISS={provider.issuer}",
            "authtype": "OIDC",
            "email": "person@example.org",
        }
        catalogue.ask("POST", f"accounts/{PERSON}/identities", {**identity, "default": True})
        yield catalogue


def _configure(folder: Path, provider: Provider) -> None:
    client: dict[str, Any] = {
        "issuer": provider.issuer,
        "client_id": provider.client_id,
        "client_secret": provider.client_secret,
        "redirect_uris": ["https://localhost/auth/oidc_token"],
        "registration_access_token": "none",
    }
    client["SCIM"] = {**client}
    package = next((ENVIRONMENT / "lib").glob("python3*")) / "site-packages" / "rucio"
    (folder / "etc").chmod(0o700)
    files = {
        _settings(folder).name: CONFIG.format(folder=folder, user=USER, password=PASSWORD, audience=AUDIENCE),
        "alembic.ini": ALEMBIC.format(folder=folder, package=package),
        "client-idp.json": json.dumps({"rig": client}),
    }
    for name, text in files.items():
        file = folder / "etc" / name
        file.touch(mode=0o600)
        file.write_text(text)


def _settings(home: Path) -> Path:
    """Return the file of settings; it holds a password."""
    return home / "etc" / "credentials-of-rucio"


def _environment(home: Path, ca: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "RUCIO_HOME": str(home),
        "RUCIO_CONFIG": str(_settings(home)),
        "REQUESTS_CA_BUNDLE": str(ca),
        "SSL_CERT_FILE": str(ca),
        "PYTHONWARNINGS": "ignore",
    }


def _run(command: list[str | Path], env: dict[str, str]) -> None:
    done = subprocess.run([*PRIVATELY, *command], env=env, check=False, capture_output=True, text=True)
    if done.returncode:
        raise RigError(f"{command} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")


def _answers(url: str, ca: Path) -> bool:
    try:
        return httpx.get(f"{url}/ping", verify=ssl.create_default_context(cafile=str(ca)), timeout=5).is_success
    except httpx.TransportError:
        return False


def _log_in(url: str, ca: Path) -> str:
    headers = {"X-Rucio-Account": "root", "X-Rucio-Username": USER, "X-Rucio-Password": PASSWORD}
    verify = ssl.create_default_context(cafile=str(ca))
    answer = httpx.get(f"{url}/auth/userpass", headers=headers, verify=verify, timeout=60)
    return str(answer.raise_for_status().headers["X-Rucio-Auth-Token"])


def _kept(provider: Provider) -> Callable[[], str]:
    """Return what gives the same token for ten minutes of its hour; it is another than any door's."""
    kept: dict[float, str] = {}

    def token() -> str:
        number = time.monotonic() // 600
        return kept.get(number) or kept.setdefault(number, provider.as_client("users-short").token(lifetime=3600))

    return token
