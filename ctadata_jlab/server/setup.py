"""`sources/<name>/settings`: a source as it is configured; changed in the user's own file, tried before that."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from tornado.web import authenticated

from ctadata_jlab import config
from ctadata_jlab.errors import Misconfigured, NotFound
from ctadata_jlab.server.base import Handler
from ctadata_jlab.server.refusal import BadRequest
from ctadata_jlab.storage import registry
from ctadata_jlab.transfer.disk import local_errors

if TYPE_CHECKING:
    from collections.abc import MutableMapping
    from pathlib import Path

    from tomlkit import TOMLDocument

    from ctadata_jlab.session import Session

__all__ = ["ROUTES", "remove", "write"]

JSON = dict[str, Any]
FIELDS = ("title", "kind", "url", "root", "home", "ca", "read_only", "production", "twin", "account", "region")
LOGIN = ("kind", "issuer", "client_id", "account", "file", "user")


class KindsHandler(Handler):
    """The kinds of sources that can be added."""

    @authenticated
    async def get(self) -> None:
        """Send what a form needs to offer them."""
        await self.answer(lambda: [asdict(kind) for kind in registry.kinds()])


class SettingsHandler(Handler):
    """What one source is made of."""

    @authenticated
    async def get(self, name: str) -> None:
        """Send it, and whether it is in the user's own file."""
        session = await self.session()
        await self.answer(_told, session, name)

    @authenticated
    async def put(self, name: str) -> None:
        """Write it into the user's own file, and use it from now on."""
        settings = _settings(self.request.body)
        await self.work(_write, name, settings)
        await self.workshop.reload()
        await self.answer(_told, await self.session(), name)

    @authenticated
    async def delete(self, name: str) -> None:
        """Take it out of the user's own file; what others configure is there again."""
        await self.work(remove, config.own_file(), name)
        await self.workshop.reload()
        self.set_status(204)
        await self.finish()


class TrialHandler(Handler):
    """A look at a source that is not configured yet."""

    @authenticated
    async def post(self, name: str) -> None:
        """List its top; nothing is written."""
        settings = _settings(self.request.body)
        session = await self.session()
        await self.answer(_tried, session, name, settings)


def _told(session: Session, name: str) -> JSON:
    source = session.config.sources.get(name)
    if source is None:
        raise NotFound(f"No source called {name!r} is configured.", hint="Local folders are set in `transfers.roots`.")
    values = asdict(source)
    return {
        "name": name,
        **{key: values[key] for key in FIELDS},
        "login": {key: values["login"][key] for key in LOGIN},
        "is_mine": name in _document(config.own_file()).get("sources", {}),
        "file": str(config.own_file()),
    }


def _settings(text: bytes) -> JSON:
    """Return the settings in a request, of known keys only."""
    try:
        found = json.loads(text)
    except ValueError as error:
        raise BadRequest("The body is not JSON.") from error
    if not isinstance(found, dict) or not isinstance(found.get("login", {}), dict):
        raise BadRequest("The body is not an object of settings.")
    unknown = (set(found) - {*FIELDS, "login"}) | (set(found.get("login", {})) - set(LOGIN))
    if unknown:
        raise BadRequest(f"There is no setting {', '.join(sorted(unknown))}.")
    return found


def _tried(session: Session, name: str, settings: JSON) -> JSON:
    from ctadata_jlab.session import Session  # noqa: PLC0415 - neither httpx nor libcurl at start

    source = config.checked(name, settings, session.config.sources.get(name))
    folder = source.home or "/"
    with Session(config.Config(sources={name: source}, workspace=session.config.workspace)) as trial:
        first = next(iter(trial.source(name).storage.list(folder)), None)
    return {"is_empty": first is None, "folder": folder}


def _write(name: str, settings: JSON) -> None:
    place = config.own_file()
    wanted = config.checked(name, settings, config.load().sources.get(name))
    if not wanted.url:
        raise Misconfigured(
            "A source needs a URL.", hint="Write the address of its door, such as https://door.example:2880."
        )
    write(place, name, settings)
    if config.load().sources.get(name) != wanted:
        raise Misconfigured(
            f"Another file than {place} says otherwise about {name}.",
            hint="An administrator's file is stronger; ask there.",
        )


def write(place: Path, name: str, settings: JSON) -> None:
    """Set *settings* of the source *name* in *place*, as far as weaker files do not say the same; the rest of it stays as it is."""
    import tomlkit  # noqa: PLC0415 - only when something is changed

    document = _document(place)
    weaker = config.load(places=[one for one in config.files() if one != place]).sources.get(name)
    base = weaker or config.Source(name, title=name)
    said = asdict(base)
    if (settings.get("url", base.url), settings.get("login", {}).get("issuer", base.login.issuer)) != (
        base.url, base.login.issuer,
    ):  # fmt: skip
        said["login"] = asdict(config.Login())  # a source elsewhere inherits no login
    sources = document.setdefault("sources", tomlkit.table(is_super_table=True))
    _fill(sources.setdefault(name, tomlkit.table()), settings, said)
    _save(place, document)


def remove(place: Path, name: str) -> None:
    """Take the source *name* out of *place*; `NotFound` if it is not there."""
    document = _document(place)
    if name not in document.get("sources", {}):
        raise NotFound(
            f"{name} is not set in {place}.", hint="What an administrator configures cannot be removed here."
        )
    document["sources"].remove(name)
    _save(place, document)


def _fill(table: MutableMapping[str, Any], settings: JSON, said: JSON) -> None:
    import tomlkit  # noqa: PLC0415

    for key, value in settings.items():
        if isinstance(value, dict):
            inner = table.get(key) or tomlkit.table()
            _fill(inner, value, said[key])
            if inner:
                table[key] = inner
            else:
                table.pop(key, None)
        elif value == said[key]:
            table.pop(key, None)
        else:
            table[key] = value


def _document(place: Path) -> TOMLDocument:
    import tomlkit  # noqa: PLC0415 - only when something is changed
    from tomlkit.exceptions import TOMLKitError  # noqa: PLC0415

    try:
        return tomlkit.parse(place.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return tomlkit.document()
    except (OSError, UnicodeDecodeError, TOMLKitError) as error:
        raise Misconfigured(
            f"{place} cannot be read: {error}", hint="Correct the file; it must be valid TOML."
        ) from error


def _save(place: Path, document: TOMLDocument) -> None:
    """Replace the file as a whole or not at all."""
    import tomlkit  # noqa: PLC0415

    with local_errors(place):
        place.parent.mkdir(parents=True, exist_ok=True)
        target = place.resolve()
        part = target.with_name(f".{target.name}.{os.getpid()}")
        mode = target.stat().st_mode & 0o777 if target.exists() else 0o600
        with part.open("w", encoding="utf-8") as out:
            os.fchmod(out.fileno(), mode)
            out.write(tomlkit.dumps(document))
            out.flush()
            os.fsync(out.fileno())
        part.replace(target)


_NAME = "([A-Za-z0-9-]+)"
ROUTES = [
    (r"ctadata-jlab/kinds", KindsHandler),
    (rf"ctadata-jlab/sources/{_NAME}/settings", SettingsHandler),
    (rf"ctadata-jlab/sources/{_NAME}/trial", TrialHandler),
]
