"""Several transfers at once in one thread, each on a line of its own; connections are kept and used again."""

from __future__ import annotations

import select
import time
from contextlib import suppress
from typing import TypeAlias

import pycurl

__all__ = ["Lines"]

_READ, _WRITE = 1, 4
"""POLLIN and POLLOUT as every system has them."""
_EVENTS = {pycurl.POLL_IN: _READ, pycurl.POLL_OUT: _WRITE, pycurl.POLL_INOUT: _READ | _WRITE}

_Ended: TypeAlias = "tuple[pycurl.Curl, tuple[int, str] | None]"


class Lines:
    """libcurl's multi interface, driven by sockets: `select` knows no more than 1024 of them, and a server may have more.

    libcurl takes up and lays down its sockets with each request; `poll` hears of that without a call of the system.
    """

    def __init__(self) -> None:
        self._multi = pycurl.CurlMulti()
        self._sockets: select.poll | _Selected = select.poll() if hasattr(select, "poll") else _Selected()
        self._due: float | None = None
        self._over: list[_Ended] = []
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._on_socket)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, self._on_timer)

    def add(self, handle: pycurl.Curl) -> None:
        """Begin what *handle* is prepared for."""
        self._multi.add_handle(handle)

    def remove(self, handle: pycurl.Curl) -> None:
        """Forget *handle*; what it has not finished is broken off."""
        self._multi.remove_handle(handle)

    def turn(self, longest: float) -> list[_Ended]:
        """Move what can be moved, waiting *longest* seconds for it; return who has ended, with libcurl's error if it failed."""
        wait = 0.0 if self._over else longest
        if self._due is not None:
            wait = min(wait, max(0.0, self._due - time.monotonic()))
        for socket, events in self._sockets.poll(wait * 1000):
            # whatever else befalls a socket (an error, the other side's end) is found out by reading and writing
            flags = (events & ~_WRITE and pycurl.CSELECT_IN) | (events & ~_READ and pycurl.CSELECT_OUT)
            self._multi.socket_action(socket, flags)
        self.push()
        ended, self._over = self._over, []
        return ended

    def push(self) -> None:
        """Do what is due, without waiting: what was added is sent. The next turn tells who has ended by that."""
        if self._due is not None and self._due <= time.monotonic():
            self._due = None
            self._multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)
        self._collect()

    def close(self) -> None:
        """Hang up everywhere."""
        self._multi.close()

    def _collect(self) -> None:
        left = 1
        while left:
            left, good, bad = self._multi.info_read()
            self._over += [(handle, None) for handle in good]
            self._over += [(handle, (code, words)) for handle, code, words in bad]

    def _on_socket(self, event: int, socket: int, _multi: object, _data: object) -> None:
        if event == pycurl.POLL_REMOVE:
            with suppress(KeyError):
                self._sockets.unregister(socket)
        elif event in _EVENTS:
            self._sockets.register(socket, _EVENTS[event])

    def _on_timer(self, milliseconds: int) -> None:
        self._due = None if milliseconds < 0 else time.monotonic() + milliseconds / 1000


class _Selected:
    """What stands in for `select.poll` where the system has none."""

    def __init__(self) -> None:
        self._sockets: dict[int, int] = {}

    def register(self, socket: int, events: int) -> None:
        self._sockets[socket] = events

    def unregister(self, socket: int) -> None:
        del self._sockets[socket]

    def poll(self, milliseconds: float) -> list[tuple[int, int]]:
        if not self._sockets:
            time.sleep(milliseconds / 1000)  # Windows cannot wait for nothing
            return []
        read = [socket for socket, events in self._sockets.items() if events & _READ]
        write = [socket for socket, events in self._sockets.items() if events & _WRITE]
        ready, free, broken = select.select(read, write, list(self._sockets), milliseconds / 1000)
        found = dict.fromkeys(broken, _READ | _WRITE)
        for sockets, flag in ((ready, _READ), (free, _WRITE)):
            for socket in sockets:
                found[socket] = found.get(socket, 0) | flag
        return list(found.items())
