"""A login at the rig's provider, with the person who confirms it."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

from ctadata_jlab.tokens.asking import ask_with, drive
from ctadata_jlab.tokens.device import Show, log_in
from ctadata_jlab.tokens.file import TokenFile
from ctadata_jlab.tokens.oauth import Client
from ctadata_jlab.tokens.refresh import Refresh

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.rig.provider import Provider

SCOPE = "openid offline_access storage.read:/ storage.modify:/"


def client_of(provider: Provider, scope: str = SCOPE) -> Client:
    """Return the provider's client as our settings would have it."""
    return Client(provider.issuer, provider.client_id, scope, provider.client_secret or None)


def refresh_at(folder: Path, provider: Provider, clock: Callable[[], float] = time.time) -> Refresh:
    """Return the login kept in *folder*."""
    shared = TokenFile(folder / "token", clock=clock)
    return Refresh(folder / "refresh-dcache", shared, lambda: client_of(provider), ask_with(str(provider.ca)), clock)


def logged_in(folder: Path, provider: Provider, clock: Callable[[], float] = time.time) -> Refresh:
    """Return a login that has just been confirmed."""
    kept = refresh_at(folder, provider, clock)
    kept.keep(drive(log_in(client_of(provider)), kept.ask, time.sleep, confirming(provider)))
    return kept


def confirming(provider: Provider, answer: str = "approve") -> Callable[[Show], Any]:
    """Return what plays the user, meanwhile: *approve* or *refuse*."""
    deed = getattr(provider, answer)
    return lambda show: threading.Thread(target=deed, args=(show.user_code,), daemon=True).start()
