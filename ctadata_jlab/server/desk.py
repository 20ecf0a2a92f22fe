"""Opening, saving and tidying files of one source, as editors and the file browser ask for it."""

from __future__ import annotations

import contextlib
import itertools
import uuid
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from ctadata_jlab import paths
from ctadata_jlab.errors import (
    AlreadyExists,
    BadAnswer,
    Changed,
    Forbidden,
    NotFound,
    Offline,
    TooLargeToOpen,
    Unsupported,
)
from ctadata_jlab.server import documents, wire
from ctadata_jlab.server.refusal import BadRequest
from ctadata_jlab.transfer.checksum import Digests
from ctadata_jlab.transfer.compare import End, with_checksum

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ctadata_jlab.server.requests import Fields
    from ctadata_jlab.session import Source
    from ctadata_jlab.storage import Checksum, Entry

__all__ = ["Desk"]

JSON = dict[str, Any]

NEW_NAMES = {"directory": ("Untitled Folder", ""), "notebook": ("Untitled", ".ipynb"), "file": ("untitled", "")}
TRIES = 1000
"""How many names of new files are tried."""
SAME_MOMENT = timedelta(milliseconds=1)
AS_JOB = "Do it as a transfer instead."


class Desk:
    """Jupyter's contents of one source. Reads and decisions ask the storage itself, only listings may be remembered.

    All methods block and return Jupyter's models; files larger than *limit* bytes are not opened.
    """

    def __init__(self, source: Source, limit: int) -> None:
        self.source, self._storage, self._limit = source, source.storage, limit

    # --- reading ---

    def get(self, path: str, kind: str | None, form: str | None, *, content: bool) -> JSON:
        """Return the model of *path*; *kind* must fit what is there."""
        entry = self._storage.stat(path)
        if entry.is_folder:
            return self._folder(entry, kind, content=content)
        if kind == "directory":
            raise BadRequest(f"{self._words(path)} is a file, not a folder.", hint="Open it as a file.")
        if not content:
            entry = with_checksum(End(self.source.name, self._storage, path), entry)
        notebook = kind == "notebook" or (kind is None and path.endswith(".ipynb"))
        model = wire.entry_model(self.source, entry, "notebook" if notebook else "file")
        return self._filled(model, entry, form) if content else model

    def _folder(self, entry: Entry, kind: str | None, *, content: bool) -> JSON:
        if kind not in {None, "directory"}:
            raise BadRequest(f"{self._words(entry.path)} is a folder, not a {kind}.", hint="Open it as a folder.")
        model = wire.entry_model(self.source, entry)
        if content:
            model["content"] = [wire.entry_model(self.source, one) for one in self.source.browse.list(entry.path)]
            model["format"] = "json"
        return model

    def _filled(self, model: JSON, entry: Entry, form: str | None) -> JSON:
        document = documents.decode(self.read(entry), notebook=model["type"] == "notebook", form=form)
        model["content"], model["format"] = document.content, document.format
        if document.type == "file":
            model["mimetype"] = "text/plain" if document.format == "text" else "application/octet-stream"
            model["mimetype"] = wire.mimetype(entry.name) or model["mimetype"]
        if document.message:
            model["message"] = document.message
        return model

    def read(self, entry: Entry, hint: str | None = None) -> bytes:
        """Return the whole of a file that is small enough."""
        if entry.size is not None and entry.size > self._limit:
            raise self._too_large(entry, hint)
        if entry.online is False:
            raise Offline(f"{self._words(entry.path)} is on tape.")
        data = bytearray()

        def take(chunk: bytes) -> None:
            data.extend(chunk)
            if len(data) > self._limit:
                raise self._too_large(entry, hint)

        with self._storage.open(entry.path, expect=entry) as reader:
            reader.pour(0, None, take)
        if entry.size is not None and len(data) != entry.size:
            raise BadAnswer(f"{self._words(entry.path)} has {entry.size} bytes, but {len(data)} came.")
        return bytes(data)

    def _too_large(self, entry: Entry, hint: str | None) -> TooLargeToOpen:
        return TooLargeToOpen(f"{self._words(entry.path)} is larger than {self._limit} bytes.", hint=hint)

    # --- writing ---

    def save(self, path: str, model: Fields) -> tuple[JSON, bool]:
        """Store what *model* holds, whole or not at all; return the model and whether it is new."""
        self._not_root(path)
        if "chunk" in model:
            raise Unsupported("Files are not saved in pieces.", hint="Upload it as a transfer instead.")
        kind = model.choice("type", ("file", "notebook", "directory"), "file")
        current = self._current(path)
        if kind == "directory":
            return self._make_folder(path, current), current is None
        if current is not None and current.is_folder:
            raise BadRequest(f"{self._words(path)} is a folder.", hint="Choose another name.")
        replace = _agreed(current, model, self._words(path))
        return self._put(path, documents.encode(model), replace, kind), current is None

    def _put(self, path: str, data: bytes, replace: Entry | bool, kind: str | None = None) -> JSON:
        receipt = self._storage.put(path, _Bytes(data), replace=replace, ticket=uuid.uuid4().hex)
        self._forget(path)
        return wire.entry_model(self.source, receipt.entry, kind)

    def _make_folder(self, path: str, current: Entry | None) -> JSON:
        if current is not None and not current.is_folder:
            raise AlreadyExists(f"{self._words(path)} is a file.")
        self._storage.make_folder(path)
        self._forget(path)
        return wire.entry_model(self.source, self._storage.stat(path))

    def untitled(self, folder: str, kind: str, extension: str) -> JSON:
        """Make a new, empty file or folder with a name that is free."""
        self.require_folder(folder)
        stem, suffix = NEW_NAMES[kind]
        gap = " " if kind == "directory" else ""
        suffix = extension if kind == "file" else suffix
        path = self._free(folder, (f"{stem}{gap * bool(n)}{n or ''}{suffix}" for n in itertools.count()))
        if kind == "directory":
            return self._make_folder(path, None)
        return self._put(path, documents.new_notebook() if kind == "notebook" else b"", replace=False, kind=kind)

    def copy(self, path: str, folder: str) -> JSON:
        """Copy a small file into *folder*, under its own name or one made from it."""
        self.require_folder(folder)
        entry = self._storage.stat(path)
        if entry.is_folder:
            raise BadRequest(f"{self._words(path)} is a folder.", hint=AS_JOB)
        stem, dot, extension = entry.name.partition(".")
        if not stem:
            stem, dot, extension = entry.name, "", ""
        names = (f"{stem}{f'-Copy{n}' * bool(n)}{dot}{extension}" for n in itertools.count())
        return self._put(self._free(folder, names), self.read(entry, AS_JOB), replace=False)

    def keep(self, folder: str, names: Iterator[str], data: bytes) -> JSON:
        """Store *data* in *folder* under the first of *names* that is free, also of those who store there at the same moment."""
        for name in itertools.islice(names, TRIES):
            with contextlib.suppress(AlreadyExists):
                return self._put(paths.join(folder, name), data, replace=False)
        raise self._crowded(folder)

    def rename(self, path: str, target: str) -> JSON:
        """Give *path* another name or folder of the same source; never replaces."""
        self._not_root(path)
        self._not_root(target)
        if path != target:
            self._storage.move(path, target)
            self._forget(path)
            self._forget(target)
        return wire.entry_model(self.source, self._storage.stat(target))

    def remove(self, path: str) -> None:
        """Remove a file or an empty folder."""
        self._not_root(path)
        entry = self._storage.stat(path)
        if entry.is_folder and next(iter(self._storage.list(path)), None) is not None:
            raise BadRequest(f"{self._words(path)} is not empty.", hint="Delete it as a job, which counts first.")
        self._storage.remove(path)
        self._forget(path)

    # --- what all need ---

    def _current(self, path: str) -> Entry | None:
        try:
            return self._storage.stat(path)
        except NotFound:
            return None

    def _free(self, folder: str, names: Iterator[str]) -> str:
        """Return the path of the first name that nothing has."""
        for name in itertools.islice(names, TRIES):
            path = paths.join(folder, name)
            if self._current(path) is None:
                return path
        raise self._crowded(folder)

    def _crowded(self, folder: str) -> AlreadyExists:
        return AlreadyExists(f"{self._words(folder)} has too many files of this name.")

    def require_folder(self, path: str) -> None:
        """Refuse a file where a folder is meant; `NotFound` if there is nothing."""
        if not self._storage.stat(path).is_folder:
            raise BadRequest(f"{self._words(path)} is a file, not a folder.")

    def _not_root(self, path: str) -> None:
        if path == "/":
            raise Forbidden(f"{self.source.title} itself cannot be changed.", hint="Choose something inside it.")

    def _forget(self, path: str) -> None:
        self.source.browse.forget(paths.parent(path))
        self.source.browse.forget(path)

    def _words(self, path: str) -> str:
        return f"{paths.display(path)} on {self.source.title}"


def _agreed(current: Entry | None, model: Fields, words: str) -> Entry | bool:
    """Return what may be replaced: the version that the user saw, if that is what is there."""
    version = model.fields("ctadata").raw("version") if "ctadata" in model else None
    seen = model.raw("last_modified")
    if current is None:
        if version is not None:
            raise Changed(f"{words} has been deleted meanwhile.", hint="Save it under another name.")
        return False
    if version is not None and version != current.version:
        raise Changed(f"{words} has been changed meanwhile.")
    if version is None and seen is not None and not _same_moment(seen, current.modified):
        raise Changed(f"{words} has been changed meanwhile.")
    return current


def _same_moment(seen: object, modified: datetime | None) -> bool:
    if seen == wire.moment(modified):
        return True
    if not isinstance(seen, str) or modified is None:
        return False
    try:
        return abs(datetime.fromisoformat(seen.replace("Z", "+00:00")) - modified) < SAME_MOMENT
    except (ValueError, TypeError) as error:
        raise BadRequest("'last_modified' must be a time with its zone, as in the model.") from error


class _Bytes:
    """A body that is in memory already."""

    def __init__(self, data: bytes) -> None:
        self.size = len(data)
        self._data = data
        self.rewind()

    def read(self, count: int) -> bytes:
        piece = self._data[self._at : self._at + count]
        self._at += len(piece)
        self._digests.update(piece)
        return piece

    def rewind(self) -> None:
        self._at = 0
        self._digests = Digests(("adler32", "md5"))

    def checksum(self, algorithm: str) -> Checksum | None:
        return self._digests.checksum(algorithm)
