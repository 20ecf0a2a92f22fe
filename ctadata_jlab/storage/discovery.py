"""Where a door's REST frontend is, if nobody has said so: on dCache's usual port of the same host, where it says what it is."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ctadata_jlab.errors import CtaDataError
from ctadata_jlab.http import client

if TYPE_CHECKING:
    from collections.abc import Callable

    from ctadata_jlab.http import Trust
    from ctadata_jlab.storage.frontend import Frontend

__all__ = ["NOWHERE", "Discovery", "is_frontend"]

NOWHERE = "none"
"""What a source's `frontend` is set to if it has none, or is not to be looked for."""
PORT = 3880
"""``frontend.net.port`` of dCache's own configuration."""
_SECONDS = 4.0
_LOOK_AGAIN = 600.0


class Discovery:
    """Finds the frontend beside the door at *url* when it is first needed; *make* builds it.

    What was not found is looked for again later.
    """

    def __init__(
        self,
        url: str,
        trust: Trust,
        make: Callable[[str], Frontend],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._door = urlsplit(url)
        self._trust = trust
        self._make = make
        self._clock = clock
        self._lock = threading.Lock()
        self._next = clock()
        self.found: Frontend | None = None

    def frontend(self) -> Frontend | None:
        """Return it, None if there is none; asks at most every ten minutes."""
        if self.found is not None:
            return self.found
        with self._lock:
            if self.found is None and self._clock() >= self._next:
                self._next = self._clock() + _LOOK_AGAIN
                host = f"[{self._door.hostname}]" if ":" in (self._door.hostname or "") else self._door.hostname
                url = f"{self._door.scheme}://{host}:{PORT}"
                if is_frontend(url, self._trust):
                    self.found = self._make(url)
            return self.found


def is_frontend(url: str, trust: Trust) -> bool:
    """Whether a dCache frontend answers at *url*: asked without a token, which goes only to who is known (``/api/v1/user``)."""
    import httpx  # noqa: PLC0415 - a listing that is not empty needs no frontend

    try:
        with client(url, trust, None) as http:
            answer = http.get("/api/v1/user", timeout=httpx.Timeout(_SECONDS))
            said = answer.json() if answer.is_success else None
    except (httpx.HTTPError, ValueError, CtaDataError):
        return False
    return isinstance(said, dict) and said.get("status") in {"ANONYMOUS", "AUTHENTICATED"}
