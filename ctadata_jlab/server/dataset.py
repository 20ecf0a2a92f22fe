"""A data set that is asked for by its name: where it is, and where its files land in the workspace."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ctadata_jlab import paths
from ctadata_jlab.errors import BadPath, Misconfigured
from ctadata_jlab.storage import Catalogues
from ctadata_jlab.transfer.job import JobRequest, Place

if TYPE_CHECKING:
    from ctadata_jlab.session import Session, Source

__all__ = ["Dataset", "asked_for", "found", "is_catalogue"]


@dataclass(frozen=True, slots=True)
class Dataset:
    """The folder `path` of the source `source`, called `name`; `folder` is the workspace's folder of data sets."""

    name: str
    source: str
    path: str
    folder: str
    base: str | None
    """Files land as they are seen from here; None: under the data set's own last name."""

    @property
    def to(self) -> Place:
        """The folder of the workspace that a download goes to."""
        return Place("local", paths.join(self.folder, self.source) if ":/" in self.name else self.folder)

    @property
    def request(self) -> JobRequest:
        """The job that downloads it; what is there already with other bytes is asked about, never replaced."""
        return JobRequest("download", self.source, (self.path,), self.to, "ask", base=self.base)

    def landing(self, path: str) -> str:
        """Return where the file *path* of the data set lands, as seen from the folder of data sets."""
        base = paths.parent(self.path) if self.base is None else self.base
        return paths.relative(paths.join(self.to.path, paths.relative(path, base)), self.folder)

    def is_of(self, request: JobRequest) -> bool:
        """Whether *request* downloads it."""
        mine = self.request
        return (request.kind, request.source, request.paths, request.to, request.base) == (
            *("download", mine.source, mine.paths),
            *(mine.to, mine.base),
        )


def asked_for(session: Session, text: str, folder: str) -> Dataset:
    """Return the data set *text*: ``SOURCE:/PATH``, or a name of the first source that is a catalogue.

    Raises `BadPath` for neither, and `Misconfigured` where there is no catalogue.
    """
    name, _, path = text.partition(":")
    if path.startswith("/") and name in session.sources:
        return _of_folder(session.source(name), paths.remote(path), folder)
    source = next((one for one in map(session.source, session.config.sources) if is_catalogue(one)), None)
    if source is None:
        raise Misconfigured(
            f"No catalogue is configured to look {paths.display(text)} up in.",
            hint='Add a source of kind "rucio" to ctadata.toml, or ask for SOURCE:/PATH.',
        )
    return _of_catalogue(source, _catalogue(source).locate(text), folder)


def found(session: Session, request: JobRequest, folder: str) -> Dataset | None:
    """Return the data set that *request* downloads, None if it is another kind of job."""
    if request.kind != "download" or len(request.paths) != 1 or request.source not in session.sources:
        return None
    source, (path,) = session.source(request.source), request.paths
    try:
        one = _of_catalogue(source, path, folder) if is_catalogue(source) else _of_folder(source, path, folder)
    except BadPath:
        return None
    return one if one.is_of(request) else None


def is_catalogue(source: Source) -> bool:
    """Whether data sets of *source* have names of their own."""
    return "catalogues" in source.storage.traits.extras


def _catalogue(source: Source) -> Catalogues:
    assert isinstance(source.storage, Catalogues)  # noqa: S101 - for the type checker: its traits say so
    return source.storage


def _of_folder(source: Source, path: str, folder: str) -> Dataset:
    if is_catalogue(source):
        return _of_catalogue(source, path, folder)
    if "local" in source.storage.traits.extras:
        raise BadPath(f"{source.name} is on this machine already.", hint="Ask for a folder of a remote source.")
    if path == "/":
        raise BadPath(f"All of {source.title} is no data set.", hint="Ask for a folder of it.")
    return Dataset(f"{source.name}:{path}", source.name, path, folder, "/")


def _of_catalogue(source: Source, path: str, folder: str) -> Dataset:
    catalogue = _catalogue(source)
    name = catalogue.call(path)
    path = catalogue.locate(name)
    return Dataset(name, source.name, path, folder, "/" if ":" in name else None)
