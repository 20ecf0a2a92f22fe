"""Several transfers at once in one thread, each on a line of its own; connections are kept and used again."""

from __future__ import annotations

import selectors
import time
from contextlib import suppress

import pycurl

__all__ = ["Lines"]

_EVENTS = {
    pycurl.POLL_IN: selectors.EVENT_READ,
    pycurl.POLL_OUT: selectors.EVENT_WRITE,
    pycurl.POLL_INOUT: selectors.EVENT_READ | selectors.EVENT_WRITE,
}


class Lines:
    """libcurl's multi interface, driven by sockets: `select` knows no more than 1024 of them, and a server may have more."""

    def __init__(self) -> None:
        self._multi = pycurl.CurlMulti()
        self._selector = selectors.DefaultSelector()
        self._due: float | None = None
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._on_socket)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, self._on_timer)

    def add(self, handle: pycurl.Curl) -> None:
        """Begin what *handle* is prepared for."""
        self._multi.add_handle(handle)

    def remove(self, handle: pycurl.Curl) -> None:
        """Forget *handle*; what it has not finished is broken off."""
        self._multi.remove_handle(handle)

    def turn(self, longest: float) -> list[tuple[pycurl.Curl, tuple[int, str] | None]]:
        """Move what can be moved, waiting *longest* seconds for it; return who has ended, with libcurl's error if it failed."""
        wait = longest if self._due is None else min(longest, max(0.0, self._due - time.monotonic()))
        for key, events in self._selector.select(wait):
            flags = (events & selectors.EVENT_READ and pycurl.CSELECT_IN) | (
                events & selectors.EVENT_WRITE and pycurl.CSELECT_OUT
            )
            self._multi.socket_action(key.fd, flags)
        if self._due is not None and self._due <= time.monotonic():
            self._due = None
            self._multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)
        return self._ended()

    def close(self) -> None:
        """Hang up everywhere."""
        self._multi.close()
        self._selector.close()

    def _ended(self) -> list[tuple[pycurl.Curl, tuple[int, str] | None]]:
        ended: list[tuple[pycurl.Curl, tuple[int, str] | None]] = []
        left = 1
        while left:
            left, good, bad = self._multi.info_read()
            ended += [(handle, None) for handle in good]
            ended += [(handle, (code, words)) for handle, code, words in bad]
        return ended

    def _on_socket(self, event: int, socket: int, _multi: object, _data: object) -> None:
        if event == pycurl.POLL_REMOVE:
            with suppress(KeyError, ValueError):  # closed already
                self._selector.unregister(socket)
        elif event in _EVENTS:
            try:
                self._selector.modify(socket, _EVENTS[event])
            except KeyError:
                self._selector.register(socket, _EVENTS[event])

    def _on_timer(self, milliseconds: int) -> None:
        self._due = None if milliseconds < 0 else time.monotonic() + milliseconds / 1000
