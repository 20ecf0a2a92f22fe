"""Every source as a file system of fsspec: ``ctadata://SOURCE/path``, and ``dcache://path`` for the first dCache.

So pandas, astropy, h5py, uproot, xarray and dask read straight from storage. Reading fetches only what is read (see
`ctadata_jlab.remote.blocks`); what is written is stored whole and checked when the file is closed, or the transaction ends.
A pickled file system holds the source's name and no token: wherever it is opened, the settings and the login of that place count.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from fsspec.caching import BaseCache
from fsspec.callbacks import DEFAULT_CALLBACK
from fsspec.spec import AbstractBufferedFile, AbstractFileSystem

from ctadata_jlab import foreground, paths
from ctadata_jlab.errors import AlreadyExists, Misconfigured, NotFound, Unsupported
from ctadata_jlab.remote.blocks import BLOCK, Blocks
from ctadata_jlab.remote.reading import Reading, read_range
from ctadata_jlab.remote.writing import Draft
from ctadata_jlab.storage.local import Local
from ctadata_jlab.transfer.copy import End, copy
from ctadata_jlab.transfer.job import new_id
from ctadata_jlab.transfer.progress import Progress, Watch

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from types import TracebackType

    from ctadata_jlab.session import Source
    from ctadata_jlab.storage import Entry, Storage

__all__ = ["DCacheFileSystem", "SourceFileSystem", "StoredFile"]


class SourceFileSystem(AbstractFileSystem):  # type: ignore[misc]
    """The source that the settings call *source*, by default the first."""

    protocol: str | tuple[str, ...] = "ctadata"
    root_marker = "/"
    kind = ""

    def __init__(self, source: str | None = None, **options: Any) -> None:
        super().__init__(**options)
        self._name = source

    @classmethod
    def _strip_protocol(cls, path: Any) -> Any:
        if isinstance(path, list):
            return [cls._strip_protocol(one) for one in path]
        text = str(path)
        scheme, separator, rest = text.partition("://")
        if separator and scheme == cls.protocol:
            text = cls._inside(rest)
        return paths.remote(text)

    @classmethod
    def _inside(cls, rest: str) -> str:
        """Return the path in what follows ``ctadata://``: all but the source's name."""
        return rest.partition("/")[2]

    @staticmethod
    def _get_kwargs_from_urls(path: str) -> dict[str, str]:
        name = urlsplit(path).netloc if "://" in path else ""
        return {"source": name} if name else {}

    def unstrip_protocol(self, name: str) -> str:
        """Return the URL of *name*."""
        return f"ctadata://{self.place.name}{self._strip_protocol(name)}"

    @property
    def fsid(self) -> str:
        """Return what tells this file system from others."""
        return f"ctadata-{self.place.name}"

    @property
    def place(self) -> Source:
        """The source, found in the settings of this machine."""
        session = foreground.shared_session()
        name = self._name
        if name is None and self.kind:
            name = next((one.name for one in session.sources.values() if one.kind == self.kind), None)
            if name is None:
                raise Misconfigured(f"No source of the kind {self.kind} is configured.", hint="Name one: source=….")
        return foreground.chosen(session, name)

    @property
    def storage(self) -> Storage:
        """Where the files are."""
        return self.place.storage

    # -- looking

    def ls(self, path: str, detail: bool = True, **_: Any) -> list[Any]:
        """Return what *path* holds, or itself if it is a file; asked anew each time."""
        found = [_facts(entry) for entry in foreground.entries(self.storage, self._strip_protocol(path))]
        return found if detail else [facts["name"] for facts in found]

    def info(self, path: str, **_: Any) -> dict[str, Any]:
        """Return what is known of *path*."""
        return _facts(self.storage.stat(self._strip_protocol(path)))

    def exists(self, path: str, **_: Any) -> bool:
        """Return whether there is something; raises when that cannot be known."""
        try:
            self.info(path)
        except NotFound:
            return False
        return True

    def modified(self, path: str) -> datetime | None:
        """Return when *path* was last changed, with time zone."""
        return self.storage.stat(self._strip_protocol(path)).modified

    def checksum(self, path: str) -> int:
        """Return a number that is another when the file is."""
        return hash(self.ukey(path))

    def ukey(self, path: str) -> str:
        """Return a text that is another when the file is."""
        entry = self.storage.stat(self._strip_protocol(path))
        return f"{self.fsid}:{entry.path}:{entry.version}:{entry.size}:{entry.modified}"

    # -- bytes

    def _open(
        self, path: str, mode: str = "rb", block_size: Any = None, autocommit: bool = True, **options: Any
    ) -> StoredFile:
        size = block_size if isinstance(block_size, int) else BLOCK
        options.pop("cache_options", None)
        return StoredFile(self, path, mode, size, autocommit, **options)

    def cat_file(self, path: str, start: int | None = None, end: int | None = None, **_: Any) -> bytes:
        """Return the bytes of *path*, or a slice of them; a whole file is checked by its stored checksum."""
        return read_range(self.storage, self._strip_protocol(path), start or 0, end)

    def pipe_file(self, path: str, value: bytes, mode: str = "overwrite", **_: Any) -> None:
        """Store *value* as *path*, whole and checked."""
        draft = Draft(self.storage, self._strip_protocol(path), replace=mode != "create")
        try:
            draft.file.write(value)
            draft.store()
        finally:
            draft.discard()

    def get_file(self, rpath: str, lpath: Any, callback: Any = DEFAULT_CALLBACK, **_: Any) -> None:
        """Download *rpath* to *lpath*, which is replaced when the new file is whole and checked."""
        path = self._strip_protocol(rpath)
        if hasattr(lpath, "write"):
            lpath.write(read_range(self.storage, path))
            return
        place = Path(lpath).expanduser().absolute()
        if self.isdir(path):
            place.mkdir(parents=True, exist_ok=True)
            return
        place.parent.mkdir(parents=True, exist_ok=True)
        self._copied(End(self.fsid, self.storage, path), _local_end(place), callback)

    def put_file(
        self, lpath: str, rpath: str, callback: Any = DEFAULT_CALLBACK, mode: str = "overwrite", **_: Any
    ) -> None:
        """Upload *lpath* as *rpath*, whole and checked."""
        place, path = Path(lpath).expanduser().absolute(), self._strip_protocol(rpath)
        if place.is_dir():
            self.storage.make_folder(path)
            return
        self._copied(_local_end(place), End(self.fsid, self.storage, path), callback, mode=mode)

    def cp_file(self, path1: str, path2: str, **_: Any) -> None:
        """Copy *path1* to *path2* in this source; the bytes come through here."""
        start, end = self._strip_protocol(path1), self._strip_protocol(path2)
        if self.isdir(start):
            self.storage.make_folder(end)
            return
        self._copied(End(self.fsid, self.storage, start), End(self.fsid, self.storage, end), DEFAULT_CALLBACK)

    def _copied(self, start: End, end: End, callback: Any, mode: str = "overwrite") -> None:
        if callback is not DEFAULT_CALLBACK:  # it costs a question
            callback.set_size(start.storage.stat(start.path).size)
        watch = _Called(callback)
        conflict: Any = "ask" if mode == "create" else "replace"
        copy(start, end, conflict=conflict, ticket=new_id(time.time()), watch=watch)
        self.place.browse.forget(None)

    # -- changes

    def mkdir(self, path: str, create_parents: bool = True, **_: Any) -> None:
        """Make the folder *path*; `AlreadyExists` if there is something."""
        target = self._strip_protocol(path)
        if self.exists(target):
            raise AlreadyExists(f"{paths.display(target)} exists already.")
        if not create_parents:
            self.storage.stat(paths.parent(target))
        self.storage.make_folder(target)

    def makedirs(self, path: str, exist_ok: bool = False) -> None:
        """Make the folder *path* and those above it."""
        if exist_ok:
            self.storage.make_folder(self._strip_protocol(path))
        else:
            self.mkdir(path)

    def rmdir(self, path: str) -> None:
        """Remove the empty folder *path*."""
        self.storage.remove(self._strip_protocol(path))

    def _rm(self, path: str) -> None:
        self.storage.remove(self._strip_protocol(path))

    def mv_file(self, path1: str, path2: str, **_: Any) -> None:
        """Rename *path1* to *path2*, which must not exist."""
        self.storage.move(self._strip_protocol(path1), self._strip_protocol(path2))

    def mv(self, path1: str, path2: str, recursive: bool = False, maxdepth: int | None = None, **options: Any) -> None:
        """Rename *path1* to *path2*; a pattern, or a place that exists, is copied and then removed as fsspec does it."""
        if isinstance(path1, str) and isinstance(path2, str) and "*" not in path1 and not self.exists(path2):
            self.mv_file(path1, path2)
            return
        super().mv(path1, path2, recursive=recursive, maxdepth=maxdepth, **options)

    def created(self, path: str) -> datetime:
        """Nobody tells when a file was made."""
        raise NotImplementedError(f"The storage does not tell when {path} was made; ask for modified().")


class DCacheFileSystem(SourceFileSystem):
    """The first source that is a dCache: ``dcache://lst/DL1/run.h5`` is the path ``/lst/DL1/run.h5``."""

    protocol = "dcache"
    kind = "dcache"

    @classmethod
    def _inside(cls, rest: str) -> str:
        return rest

    @staticmethod
    def _get_kwargs_from_urls(path: str) -> dict[str, str]:  # noqa: ARG004 - there is no source in it
        return {}

    def unstrip_protocol(self, name: str) -> str:
        """Return the URL of *name*."""
        return f"dcache://{self._strip_protocol(name)}"


class StoredFile(AbstractBufferedFile):  # type: ignore[misc]
    """An open file. Reading: one version of it. Writing: stored when it is closed (*autocommit*) or by `commit`."""

    def __init__(
        self,
        fs: SourceFileSystem,
        path: str,
        mode: str = "rb",
        block_size: int = BLOCK,
        autocommit: bool = True,
        **options: Any,
    ) -> None:
        self._reading: Reading | None = None
        self._draft: Draft | None = None
        if mode not in {"rb", "wb", "xb"}:
            raise Unsupported(
                f"A file of a storage cannot be opened with the mode {mode!r}.",
                hint="Read it, and write it as a whole: nothing can be added to what is stored.",
            )
        path = fs._strip_protocol(path)  # noqa: SLF001 - as fsspec's own files do
        if mode == "rb":
            self._reading = Reading(fs.storage, path, block=block_size)
            options["size"] = self._reading.size
        else:
            self._draft = Draft(fs.storage, path, replace=mode == "wb")
        options["cache_type"] = "none"
        super().__init__(fs, path, mode, block_size, autocommit, **options)
        if self._reading is not None:
            self.cache = _Cache(block_size, self._fetch_range, self.size)

    def _fetch_range(self, start: int, end: int) -> bytes:
        assert self._reading is not None  # noqa: S101 - for the type checker: only a file that is read fetches
        return self._reading.fetch(start, end)

    def _initiate_upload(self) -> None:
        """Nothing: the draft was begun when the file was opened."""

    def _upload_chunk(self, final: bool = False) -> bool:
        draft = self._draft
        assert draft is not None  # noqa: S101 - for the type checker: only a file that is written uploads
        draft.file.write(self.buffer.getvalue())
        if final and self.autocommit:
            self.commit()
        return True

    def commit(self) -> None:
        """Store what was written."""
        if self._draft is not None and self._draft.is_open:
            self._draft.store()
            self.fs.place.browse.forget(None)

    def discard(self) -> None:
        """Store nothing."""
        if self._draft is not None:
            self._draft.discard()

    def close(self) -> None:
        """Store what was written; let the storage's mover go."""
        try:
            super().close()
        finally:
            if self._reading is not None:
                self._reading.close()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None and self._draft is not None:
            self.discard()
            self.closed = True
        self.close()


class _Cache(BaseCache):  # type: ignore[misc]
    """Our blocks where fsspec looks for its cache."""

    name = "ctadata"

    def __init__(self, blocksize: int, fetcher: Callable[[int, int], bytes], size: int) -> None:
        super().__init__(blocksize, fetcher, size)
        self._blocks = Blocks(size, fetcher, block=blocksize)

    def _fetch(self, start: int | None, end: int | None) -> bytes:
        return self._blocks.read(start or 0, self.size if end is None else end)


class _Called(Watch):
    """Tells fsspec's callback how far a copy is."""

    def __init__(self, callback: Any) -> None:
        super().__init__(Progress())
        self._callback = callback
        self._at = 0

    def moved(self, count: int) -> None:
        super().moved(count)
        self._say(self._at + count)

    def stand(self, count: int) -> None:
        super().stand(count)
        self._say(count)

    def _say(self, at: int) -> None:
        self._at = at
        self._callback.absolute_update(at)


def _local_end(place: Path) -> End:
    return End("local", Local(place.parent), "/" + place.name)


def _facts(entry: Entry) -> dict[str, Any]:
    return {
        "name": entry.path,
        "size": 0 if entry.is_folder else entry.size,
        "type": "directory" if entry.is_folder else "file",
        "mtime": entry.modified,
        "ETag": entry.version,
        "checksum": None if entry.checksum is None else str(entry.checksum),
        "online": entry.online,
    }
