"""`%dcache login` and `%dcache logout`: a code below the cell, confirmed in any browser."""

from __future__ import annotations

import getpass
from functools import partial
from html import escape
from typing import TYPE_CHECKING, Any

import segno
from IPython.display import display

from ctadata_jlab import foreground
from ctadata_jlab.errors import Misconfigured
from ctadata_jlab.foreground import login
from ctadata_jlab.foreground.agent_login import Way

if TYPE_CHECKING:
    import argparse

    from ctadata_jlab.session import Source
    from ctadata_jlab.tokens.device import Show
    from ctadata_jlab.tokens.oauth import NeedsSecret

__all__ = ["log_in", "log_out"]


def log_in(parser: argparse.ArgumentParser, words: list[str]) -> None:
    """Log in, through oidc-agent where that runs: shows the code and waits until it is confirmed; interrupting the cell gives up."""
    parser.add_argument("--built-in", dest="agent", action="store_false", default=None)
    source, wanted = _chosen(parser, words)
    way = _way(source, wanted)
    token = (
        login.log_in(foreground.shared_session(), source, _show, _secret) if way is None else way.log_in(_show, _secret)
    )
    print(
        f"Logged in to {source.title}{f' as {token.subject}' if token.subject else ''}; renewed by itself from now on."
    )


def log_out(parser: argparse.ArgumentParser, words: list[str]) -> None:
    """Log out: revokes the login, here or in oidc-agent, and removes it."""
    source, wanted = _chosen(parser, words)
    way = _way(source, wanted) if wanted else None
    if way is None:
        login.log_out(source)
    else:
        way.log_out()
    print(f"Logged out of {source.title}.")


def _chosen(parser: argparse.ArgumentParser, words: list[str]) -> tuple[Source, bool | None]:
    """Return the source that is meant, and whether oidc-agent is; None if that was not said."""
    parser.add_argument("--agent", action="store_true", default=None)
    said = parser.parse_args(words)
    return foreground.chosen(foreground.shared_session(), said.source, dev=said.dev), said.agent


def _way(source: Source, wanted: bool | None) -> Way | None:
    ask = partial(_password, source.title)
    return Way.of(foreground.shared_session(), source, wanted=wanted, ask_password=ask)


def _password(title: str, new: bool) -> str:
    """Ask for the password of oidc-agent's account, as `_secret` does; twice for a *new* one."""
    words = f"assword with which oidc-agent encrypts the login to {title}: "
    try:
        password = getpass.getpass(f"{'New p' if new else 'P'}{words}")
        again = getpass.getpass(f"Again: p{words}") if new else password
    except (EOFError, NotImplementedError, RuntimeError):
        raise Misconfigured(
            "oidc-agent needs a password, and nobody can be asked for it here.", hint="Add `--built-in`."
        ) from None
    if password != again:
        raise Misconfigured("The two passwords are not the same.", hint="Try again.")
    return password


def _secret(error: NeedsSecret) -> str:
    """Ask for the client's secret in a field that does not show it, and that no notebook keeps."""
    try:
        return getpass.getpass(f"{error.message} Client secret: ")
    except (EOFError, NotImplementedError, RuntimeError):  # a kernel without anybody to ask
        raise error from None


def _show(show: Show) -> None:
    address = show.verification_uri_complete or show.verification_uri
    minutes = max(1, round(show.expires_in / 60))
    text = (
        f"Open {show.verification_uri}\nand enter the code  {show.user_code}\n"
        f"Waiting for you to confirm it, for at most {minutes} min."
    )
    display(_Both(text, address, show.user_code), metadata={"text/html": {"isolated": False}})


class _Both:
    """The code as a terminal shows it, and as a notebook does."""

    def __init__(self, text: str, address: str, code: str) -> None:
        self._text, self._address, self._code = text, address, code

    def __repr__(self) -> str:
        return self._text

    def _repr_html_(self) -> str:
        picture: Any = segno.make(self._address, error="l").svg_inline(scale=3, light="#fff")
        link = f'<a href="{escape(self._address)}" target="_blank" rel="noopener noreferrer">Open the login page</a>'
        return f"<p>Confirm the code <b>{escape(self._code)}</b> in any browser: {link}</p>{picture}"
