"""`login/<source>`: how the login of a source stands, a login by device code, here or in oidc-agent, and a token by hand.

No answer repeats a secret.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from tornado.web import authenticated

from ctadata_jlab.errors import CtaDataError, NotLoggedIn, Unsupported
from ctadata_jlab.server import agent_login, requests, wire
from ctadata_jlab.server.base import Handler
from ctadata_jlab.server.refusal import BadRequest, body
from ctadata_jlab.tokens import file as token_file
from ctadata_jlab.tokens.claims import looks_broken, token_from
from ctadata_jlab.tokens.line import first_line
from ctadata_jlab.tokens.login_state import by_keys, by_password
from ctadata_jlab.transfer.disk import local_errors

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ctadata_jlab.server.events import Announcer
    from ctadata_jlab.session import Source
    from ctadata_jlab.tokens.device import Show
    from ctadata_jlab.tokens.grant import Grant
    from ctadata_jlab.tokens.keeper import Keeper, LoginState
    from ctadata_jlab.tokens.oauth import Client
    from ctadata_jlab.tokens.pending import ByCode

__all__ = ["ROUTES", "state_of"]


class LoginHandler(Handler):
    """The login of one source."""

    @authenticated
    async def get(self, where: str) -> None:
        """Send how it stands, and what the user has to confirm if a login is under way; with ``places=1``, where tokens were looked for."""
        source, _ = await self.place(where)
        await self.answer(_explained if self.get_query_argument("places", "") == "1" else _told, source)

    @authenticated
    async def post(self, where: str) -> None:
        """Start a login by device code; with a password, one that oidc-agent keeps, or its end; with a token, try that and store it."""
        source, _ = await self.place(where)
        asked = requests.login(self.request.body)
        if asked.token is not None:
            await self.work(_keep, source, asked.token)
            await self.answer(_told, source)
        elif asked.password is None:
            await self.answer(_start, source, self.workshop.announcer)
        elif asked.ends:  # the agent's programs wait for it, and it for the login server
            await self.workshop.threads.long(partial(agent_login.leave, source, asked.password))
            await self.answer(_told, source)
        else:
            step = partial(_enter, source, self.workshop.announcer, asked.password)
            said = await self.workshop.threads.long(step)
            await self.answer(lambda: said)

    @authenticated
    async def delete(self, where: str) -> None:
        """Give up the login that is under way; without one, log out."""
        source, _ = await self.place(where)
        await self.work(_end, source)
        await self.work(state_of, source)
        self.set_status(204)
        await self.finish()


def state_of(source: Source) -> LoginState | None:
    """Return how a login stands, None where none is needed."""
    if source.keeper is not None:
        return source.keeper.state()
    if source.keys is not None:
        return by_keys(source.keys)
    return None if source.password is None else by_password(source.password.user)


def _told(source: Source) -> dict[str, Any]:
    """Return what is known of the login of *source*."""
    login = source.by_code
    show, problem = (None, None) if login is None else (login.show, login.problem)
    state = wire.login(state_of(source))  # after `show`: a login that is over has left its token by now
    is_open = problem is not None and state["state"] != "ok"
    return {
        **state,
        "device": source.login is not None,
        "pending": None if show is None else _shown(show),
        "problem": body(problem) if problem is not None and is_open else None,
        "kept": _at_rest(source, state["source"]),
        "agent": None if show is not None else agent_login.offer(source),
    }


def _at_rest(source: Source, by: str | None) -> str:
    """Return where the login is kept, in words; *by* is where its token comes from."""
    if source.agent is not None and by == "oidc-agent":
        return source.agent.place
    return "" if source.login is None else source.login.kept.at_rest


def _explained(source: Source) -> dict[str, Any]:
    """Ask every place for tokens anew, and tell what each had to offer."""
    attempts = [] if source.keeper is None else source.keeper.explain()
    places = [wire.attempt(one) for one in attempts]
    return {**_told(source), "places": places}


def _shown(show: Show) -> dict[str, Any]:
    return {
        "user_code": show.user_code,
        "verification_uri": show.verification_uri,
        "verification_uri_complete": show.verification_uri_complete,
        "expires_in": round(show.expires_in, 1),
        "interval": show.interval,
    }


# --- by device code ---


def _start(
    source: Source, announcer: Announcer, keep: Callable[[Client, Grant], object] | None = None
) -> dict[str, Any]:
    login, keeper = source.by_code, source.keeper
    kept_by = "" if keep is None else "oidc-agent"
    keep = keep or (None if source.login is None else source.login.keep)
    if login is None or keeper is None or keep is None:
        raise Unsupported(
            f"{source.title} has no login by code.", hint="Set `issuer` and `client_id` of its login, or paste a token."
        )
    login.ended[:] = [partial(_ended, source.name, login, keeper, announcer)]
    return _shown(login.start(keep, kept_by))


def _enter(source: Source, announcer: Announcer, password: str) -> dict[str, Any]:
    """Log in through oidc-agent; return the code to confirm, or how the login stands where none is needed."""
    keep = agent_login.enter(source, password)
    return _told(source) if keep is None else _start(source, announcer, keep)


def _ended(name: str, login: ByCode, keeper: Keeper, announcer: Announcer) -> None:
    """Tell the pages how a login ended; what waited for it goes on by the keeper's own news."""
    keeper.look_again()
    state = keeper.state()
    if login.problem is not None or state.state != "ok":
        announcer.login(name, state.state, state.until)


def _end(source: Source) -> None:
    if source.by_code is not None and source.by_code.cancel():
        return
    place, keeper = _given_by_hand(source)
    try:
        if source.login is not None:
            source.login.forget()
            source.login.kept.log_out()
        with local_errors(place):
            token_file.forget(place)
    finally:
        keeper.look_again()


# --- by hand ---


def _keep(source: Source, value: str) -> None:
    """Try the token at the storage's door; it replaces nothing if the door does not take it."""
    place, keeper = _given_by_hand(source)
    if looks_broken(value):
        raise BadRequest("The token is cut off or damaged: it cannot be read.", hint="Copy all of it, and paste again.")
    with local_errors(place):
        before = first_line(place, f"The file {place}")
        token_file.store(place, value)
    keeper.look_again()
    try:
        _try(source, keeper, value)
    except NotLoggedIn:
        with local_errors(place):
            _put_back(place, value, before)
        keeper.look_again()
        raise


def _try(source: Source, keeper: Keeper, value: str) -> None:
    """Look at the user's folder; raises `NotLoggedIn` if that shows that *value* is not taken."""
    try:
        source.storage.stat(source.home)
    except NotLoggedIn:
        raise
    except CtaDataError:
        pass  # the door does not answer, or says something else than 401: the token may well be good
    if keeper.has_refused(token_from(value, "file")):
        raise NotLoggedIn(f"{source.title} does not take this token.", hint="Log in, or paste another one.")


def _put_back(place: Path, value: str, before: str | None) -> None:
    if (first_line(place, f"The file {place}") or "").strip() != value:
        return  # somebody has stored another one meanwhile
    if before:
        token_file.store(place, before)
    else:
        token_file.forget(place)


def _given_by_hand(source: Source) -> tuple[Path, Keeper]:
    """Return where a token given by hand is kept, and who then hands it out."""
    if source.keeper is None:
        raise Unsupported(f"{source.title} needs no login.")
    if source.token_file is None:
        raise Unsupported(f"The tokens of {source.title} come from elsewhere.", hint="Look into its configuration.")
    return source.token_file, source.keeper


ROUTES = [(r"ctadata-jlab/login(/[^/]+)", LoginHandler)]
