"""What `webdav4_client()` returns: webdav4's interface, logged in, with this package's listings and transfers.

webdav4's own transfers give corrupted files when they resume, and are several times slower; its `ls` trusts every answer.
"""

from __future__ import annotations

import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import httpx
import webdav4.client
from webdav4.client import IsAResourceError

from ctadata_jlab import foreground, paths
from ctadata_jlab.compat.errors import as_before
from ctadata_jlab.errors import Unsupported

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from os import PathLike

    from ctadata_jlab.foreground import Standing
    from ctadata_jlab.session import Session, Source
    from ctadata_jlab.storage import Entry

__all__ = ["Client"]


class Client(webdav4.client.Client):  # type: ignore[misc]
    """A `webdav4.client.Client` for *source*. Copies, moves, properties and the like are webdav4's; bytes and listings are ours.

    *upload* takes a file and its path where files are not uploaded by WebDAV.
    """

    def __init__(self, session: Session, source: Source, upload: Callable[[Path, str], object] | None = None) -> None:
        storage: Any = source.storage
        while (inner := getattr(storage, "inner", None)) is not None:
            storage = inner
        if not hasattr(storage, "server"):
            raise Unsupported(f"{source.title} is not a WebDAV door.")
        super().__init__(storage.server.url("/", folder=True), http_client=storage.server.http)
        self._session = session
        self._source = source
        self._door = storage
        self._upload = upload

    def join_url(self, path: str, add_trailing_slash: bool = False) -> httpx.URL:
        """Return the URL of *path*, whatever characters it has: webdav4's own fails for ``#`` and the like."""
        return httpx.URL(self._door.server.url(path, folder=add_trailing_slash))

    def propfind(
        self,
        path: str,
        data: str | None = None,
        headers: Mapping[str, str] | None = None,
        follow_redirects: bool = False,
    ) -> Any:
        """Ask for properties of *path* itself unless *headers* say more: webdav4 leaves the depth to the server, which may refuse."""
        return super().propfind(path, data, {"Depth": "0", **(headers or {})}, follow_redirects)

    def ls(self, path: str, detail: bool = True, allow_listing_resource: bool = True) -> list[str | dict[str, Any]]:
        """Return what the folder *path* holds: dictionaries as webdav4's, or with ``detail=False`` paths."""
        with as_before(self._source.keeper):
            found = foreground.entries(self._source.storage, path)
        if [entry.path for entry in found if not entry.is_folder] == [
            paths.remote(path)
        ] and not allow_listing_resource:
            raise IsAResourceError(path, "cannot list from a resource itself")
        return [self._facts(entry) if detail else entry.path.lstrip("/") for entry in found]

    def download_file(
        self,
        from_path: str,
        to_path: str | PathLike[str],
        chunk_size: int | None = None,  # noqa: ARG002 - webdav4's
        callback: Callable[[int], Any] | None = None,
    ) -> None:
        """Download *from_path* to the file *to_path*, which is replaced when the new one is whole and checked."""
        report = _counted(callback)
        with as_before(self._source.keeper):
            foreground.get(
                self._session, self._source.name, from_path, Path(to_path), conflict="replace", report=report
            ).require()

    def download_fileobj(
        self,
        from_path: str,
        file_obj: IO[bytes],
        callback: Callable[[int], Any] | None = None,
        chunk_size: int | None = None,  # noqa: ARG002 - webdav4's
    ) -> None:
        """Write the bytes of *from_path* to *file_obj*, after all of them have come and were checked."""
        with tempfile.TemporaryDirectory(prefix="ctadata-") as folder:
            file = Path(folder) / "download"
            self.download_file(from_path, file, callback=callback)
            with file.open("rb") as stream:
                shutil.copyfileobj(stream, file_obj)

    def upload_file(
        self,
        from_path: str | PathLike[str],
        to_path: str,
        overwrite: bool = False,
        chunk_size: int | None = None,  # noqa: ARG002 - webdav4's
        callback: Callable[[int], Any] | None = None,
        **_: Any,
    ) -> None:
        """Upload the file *from_path* as *to_path*; another file of that name is replaced only with *overwrite*."""
        local, report = Path(from_path), _counted(callback)
        if self._upload is not None:
            with as_before(self._source.keeper):
                self._upload(local, to_path)
            return
        with as_before(self._source.keeper):
            foreground.put(
                self._session,
                self._source.name,
                local,
                foreground.upload_path(local, to_path),
                conflict="replace" if overwrite else "ask",
                report=report,
            ).require()

    def upload_fileobj(
        self,
        file_obj: IO[bytes],
        to_path: str,
        overwrite: bool = False,
        callback: Callable[[int], Any] | None = None,
        **_: Any,
    ) -> None:
        """Upload what is left to read in *file_obj* as *to_path*."""
        with tempfile.TemporaryDirectory(prefix="ctadata-") as folder:
            file = Path(folder) / "upload"
            with file.open("wb") as stream:
                shutil.copyfileobj(file_obj, stream)
            self.upload_file(file, to_path, overwrite, callback=callback)

    def uploadFile(self, local_fn: str | PathLike[str], path: str) -> None:  # noqa: N802 - as the old README calls it
        """Upload *local_fn* as *path*; ``folder/`` is completed by the file's name."""
        self.upload_file(local_fn, path)

    @contextmanager
    def open(
        self,
        path: str,
        mode: str = "r",
        encoding: str | None = None,
        chunk_size: int | None = None,  # noqa: ARG002 - webdav4's
    ) -> Iterator[IO[Any]]:
        """Open *path* for reading, as text or (``rb``) as bytes, after all of it has come and was checked."""
        if mode not in {"r", "rt", "rb"}:
            raise ValueError(f"The mode must be r, rt or rb, not {mode!r}.")
        with tempfile.TemporaryDirectory(prefix="ctadata-") as folder:
            file = Path(folder) / "open"
            self.download_file(path, file)
            with file.open(mode, encoding=None if mode == "rb" else encoding or "utf-8") as stream:
                yield stream

    def _facts(self, entry: Entry) -> dict[str, Any]:
        return {
            "name": entry.path.lstrip("/"),
            "href": self.join_url(entry.path).path,
            "content_length": None if entry.is_folder else entry.size,
            "created": None,
            "modified": entry.modified,
            "content_language": None,
            "content_type": None,
            "etag": entry.version,
            "type": "directory" if entry.is_folder else "file",
            "display_name": entry.name,
        }


def _counted(callback: Callable[[int], Any] | None) -> Callable[[Standing], object]:
    """Return what tells *callback*, as webdav4 does, how many bytes have moved since it was told last."""
    told = 0

    def report(standing: Standing) -> None:
        nonlocal told
        if callback is not None and standing.bytes_done > told:
            callback(standing.bytes_done - told)
            told = standing.bytes_done

    return report
