"""What was found out about data sets: which files they have, or that there are none such. Kept on disk, over restarts."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import threading
from collections import OrderedDict
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from ctadata_jlab.server.dataset import Dataset

__all__ = ["Contents", "Register"]

_LOG = logging.getLogger(__name__)
_MOST = 64


@dataclass(frozen=True, slots=True)
class Contents:
    """The files of a data set, as name, size and events, and where they land with which size; `exists` False: there is none such."""

    exists: bool
    when: float
    """In seconds since the epoch."""
    files: tuple[tuple[str, int | None, int | None], ...] = ()
    landings: tuple[tuple[str, int | None], ...] = ()


class Register:
    """Remembers `Contents` in *folder*, a file each; a few are kept in memory, too. Thread-safe."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._near: OrderedDict[Path, Contents] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, dataset: Dataset) -> Contents | None:
        """Return what is known of *dataset*, None if nothing is."""
        place = self._place(dataset)
        with self._lock:
            if place not in self._near:
                known = _read(place)
                if known is None:
                    return None
                self._remember(place, known)
            return self._near[place]

    def put(self, dataset: Dataset, contents: Contents) -> None:
        """Remember *contents*; where the disk takes nothing, until the server ends."""
        place = self._place(dataset)
        with self._lock:
            self._remember(place, contents)
            half = place.with_suffix(f".{os.getpid()}")
            try:
                self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                half.write_text(json.dumps({"name": dataset.name, **asdict(contents)}), encoding="utf-8")
                half.replace(place)
            except OSError as error:
                _LOG.warning("What is in a data set cannot be kept: %s.", error.strerror)
                with suppress(OSError):
                    half.unlink(missing_ok=True)

    def _place(self, dataset: Dataset) -> Path:
        key = f"{dataset.source}\0{dataset.path}\0{dataset.to.path}"
        return self._folder / f"{hashlib.sha256(key.encode()).hexdigest()[:40]}.json"

    def _remember(self, place: Path, contents: Contents) -> None:
        self._near[place] = contents
        self._near.move_to_end(place)
        while len(self._near) > _MOST:
            self._near.popitem(last=False)


def _read(place: Path) -> Contents | None:
    """Return what *place* holds; a file that cannot be understood is as good as none."""
    try:
        told = json.loads(place.read_text(encoding="utf-8"))
        files = tuple((str(name), size, events) for name, size, events in told["files"])
        landings = tuple((str(path), size) for path, size in told["landings"])
        return Contents(bool(told["exists"]), float(told["when"]), files, landings)
    except (OSError, ValueError, LookupError, TypeError):
        return None
