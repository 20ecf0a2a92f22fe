"""Holds conversations with a provider over the network."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from ctadata_jlab.errors import Misconfigured
from ctadata_jlab.http import CONNECT_SECONDS, USER_AGENT, Trust
from ctadata_jlab.tokens.device import Show
from ctadata_jlab.tokens.oauth import Answer, Get, Post, Wait

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Generator

    import httpx

__all__ = ["ask_with", "drive"]

Result = TypeVar("Result")
_SECONDS = 30.0


def drive(
    steps: Generator[Get | Post | Show | Wait, Answer | None, Result],
    ask: Callable[[Get | Post], Answer | None],
    pause: Callable[[float], object],
    show: Callable[[Show], object] = lambda _: None,
) -> Result:
    """Do what the conversation *steps* wants, until it returns something or raises."""
    answer: Answer | None = None
    while True:
        try:
            step = steps.send(answer)
        except StopIteration as end:
            result: Result = end.value
            return result
        answer = None
        if isinstance(step, Wait):
            pause(step.seconds)
        elif isinstance(step, Show):
            show(step)
        else:
            answer = ask(step)


def ask_with(ca: str = "") -> Callable[[Get | Post], Answer | None]:
    """Return what asks one question; None means that nobody answered.

    Believed are the system's certificate authorities and *ca* (file or folder): a storage's may be of the grid, its provider's not.
    No redirect is followed: what is sent is meant for this very address.
    """

    def ask(step: Get | Post) -> Answer | None:
        import httpx  # noqa: PLC0415 - slow to load, and few commands ask a provider

        try:
            with _client(ca) as client:
                return _read(client.send(_request(client, step)))
        except httpx.TransportError:
            return None

    return ask


def _client(ca: str) -> httpx.Client:
    import httpx  # noqa: PLC0415 - as above

    return httpx.Client(
        verify=_context(ca),
        timeout=httpx.Timeout(_SECONDS, connect=CONNECT_SECONDS),
        headers={"User-Agent": USER_AGENT, "Accept": "application/json"},
        follow_redirects=False,
    )


def _context(ca: str) -> ssl.SSLContext:
    context = Trust.of().context()
    if ca:
        place = str(Path(ca).expanduser())
        try:
            context.load_verify_locations(**({"capath": place} if os.path.isdir(place) else {"cafile": place}))  # noqa: PTH112
        except OSError as error:
            raise Misconfigured(f"The certificate authority {place} cannot be read.") from error
    return context


def _request(client: httpx.Client, step: Get | Post) -> httpx.Request:
    headers = {} if step.authorization is None else {"Authorization": step.authorization}
    if isinstance(step, Get):
        return client.build_request("GET", step.url, headers=headers)
    return client.build_request("POST", step.url, data=dict(step.form), headers=headers)


def _read(response: httpx.Response) -> Answer:
    try:
        said = json.loads(response.content)
    except (ValueError, RecursionError):
        said = None
    return Answer(response.status_code, said if isinstance(said, dict) else {})
