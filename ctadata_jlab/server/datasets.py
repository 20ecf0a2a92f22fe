"""Data sets by their names, as desktop-rucio has them: what is in them, which are here, which come; downloads are jobs of the queue."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any

from ctadata_jlab import paths
from ctadata_jlab.errors import CtaDataError, NotFound
from ctadata_jlab.server.dataset import Dataset, asked_for, found, is_catalogue
from ctadata_jlab.server.dataset_register import Contents, Register
from ctadata_jlab.storage import Catalogues, HasLocalPaths
from ctadata_jlab.transfer.job import FINAL, JobState
from ctadata_jlab.transfer.walk import walk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ctadata_jlab.session import Session
    from ctadata_jlab.storage import Storage
    from ctadata_jlab.tokens.login_state import LoginState
    from ctadata_jlab.transfer.job import Job

__all__ = ["Datasets"]

JSON = dict[str, Any]
QUERIES = 2
"""How many data sets are looked into at once; others wait until they are asked for again."""
MISSING_SECONDS = 3600.0
"""How long it is believed that there is no such data set."""
FRESH_SECONDS = 60.0
"""After so long, what is in a data set is looked up again, while what was known is told."""
LINES, MOST = 500, 1_000_000


class Datasets:
    """The answers of desktop-rucio's web interface; *folder* of the workspace holds the data sets. Nothing runs that nobody asked for."""

    def __init__(self, folder: str, clock: Callable[[], float] = time.time) -> None:
        self._folder = paths.remote(folder)
        self._clock = clock
        self._asking: set[Dataset] = set()
        self._failed: dict[Dataset, str] = {}
        self._notes: dict[str, deque[str]] = {
            "web_server": deque(maxlen=LINES),
            "rucio_file_listing": deque(maxlen=LINES),
        }
        self._register: Register | None = None
        self._lock = threading.RLock()

    def status(self, session: Session, login: Callable[[str], LoginState | None]) -> JSON:
        """Return whether the catalogue takes us, as *login* knows it, and which data sets are coming."""
        coming = {dataset.name: None for job, dataset in self._jobs(session) if job.state not in FINAL}
        answer: JSON = {"rucio_download": {"downloading": list(coming)}}
        for name in session.config.sources:
            if is_catalogue(session.source(name)):
                state = login(name)
                return {"grid_cert": {"is_good": state is None or state.state == "ok"}, **answer}
        return answer

    def logs(self, session: Session, name: str | None, login: Callable[[str], LoginState | None]) -> list[str]:
        """Return the names of the logs, or the lines of the one called *name*; none if there is none such."""
        if name is None:
            return ["web_server", "rucio_downloader", "rucio_file_listing", "grid_cert"]
        if name == "rucio_downloader":
            return [
                line for job, _ in self._jobs(session) for line in session.engine.log(job.id).splitlines(keepends=True)
            ]
        if name == "grid_cert":
            return list(_logins(session, login))
        return list(self._notes.get(name, ()))

    def files(self, session: Session, name: str) -> JSON:
        """Return the files of the data set *name*, as far as they are known; looks them up in the background."""
        dataset = self._asked("GET dsfiles", session, name)
        known = self._known(session, dataset)
        if known is None or self._clock() - known.when > FRESH_SECONDS:
            self._look_up(session, dataset)
        if known is None:
            return {"status": self._failed.get(dataset, "query queued")}
        if not known.exists:
            return {"status": "dataset does not exist"}
        return {"status": "OK", "files": [list(row) for row in known.files]}

    def local(self, session: Session, name: str) -> JSON:
        """Return whether the data set *name* is here; nobody else is asked."""
        return self._here(session, self._asked("GET ds", session, name))

    def download(self, session: Session, name: str) -> JSON:
        """Let the data set *name* come, unless it is here, comes already, or is known not to exist."""
        dataset = self._asked("POST ds", session, name)
        with self._lock:
            told = self._here(session, dataset)
            if told["status"] != "not_on_server":
                return told
            job = self._job(session, dataset)
            if job is not None and job.state in {JobState.FAILED, JobState.CANCELLED}:
                session.engine.retry(job.id)
            else:
                session.engine.submit(dataset.request)
        self._look_up(session, dataset)
        return {"status": "downloading", "filelist": []}

    # -- what is known -------------------------------------------------------------------------------------------------

    def _asked(self, what: str, session: Session, name: str) -> Dataset:
        self._note("web_server", f"{what} {paths.display(name)}")
        return asked_for(session, name, self._folder)

    def _here(self, session: Session, dataset: Dataset) -> JSON:
        job, known = self._job(session, dataset), self._known(session, dataset)
        is_done = job is not None and job.state is JobState.DONE
        if job is not None and job.state not in FINAL:
            return {"status": "downloading", "filelist": []}
        if known is not None and not known.exists:
            return {"status": "does_not_exist", "filelist": []}
        if job is not None and known is None and is_done:
            known = self._carried(session, job)
        if known is not None and self._are_here(session, known, may_be_empty=is_done):
            return {"status": "local", "filelist": sorted(path for path, _ in known.landings)}
        return {"status": "not_on_server", "filelist": []}

    def _carried(self, session: Session, job: Job) -> Contents:
        """Return what *job* has brought: it may be known before what is in the data set."""
        items = session.engine.items(job.id, limit=MOST)
        landings = (
            (paths.relative(item.target, self._folder), item.size)
            for item in items
            if item.kind == "file" and item.target
        )
        return Contents(exists=True, when=self._clock(), landings=tuple(landings))

    def _are_here(self, session: Session, known: Contents, *, may_be_empty: bool) -> bool:
        workspace = session.storage("local")
        assert isinstance(workspace, HasLocalPaths)  # noqa: S101 - for the type checker
        for path, size in known.landings:
            try:
                there = workspace.local(paths.join(self._folder, path)).stat().st_size
            except (OSError, CtaDataError):
                return False
            if size is not None and there != size:
                return False
        return bool(known.landings) or may_be_empty

    def _jobs(self, session: Session) -> Iterator[tuple[Job, Dataset]]:
        """Yield the downloads of data sets, the newest first."""
        for job in session.engine.jobs():
            dataset = found(session, job.request, self._folder)
            if dataset is not None:
                yield job, dataset

    def _job(self, session: Session, dataset: Dataset) -> Job | None:
        return next((job for job in session.engine.jobs() if dataset.is_of(job.request)), None)

    def _known(self, session: Session, dataset: Dataset) -> Contents | None:
        known = self._kept(session).get(dataset)
        if known is not None and not known.exists and self._clock() - known.when > MISSING_SECONDS:
            return None
        return known

    def _kept(self, session: Session) -> Register:
        with self._lock:
            if self._register is None:
                self._register = Register(session.config.state / "datasets")
            return self._register

    # -- finding out ---------------------------------------------------------------------------------------------------

    def _look_up(self, session: Session, dataset: Dataset) -> None:
        """Find out in the background what is in *dataset*, unless that is under way or others are."""
        with self._lock:
            if dataset in self._asking or len(self._asking) >= QUERIES:
                return
            self._asking.add(dataset)
        threading.Thread(target=self._query, args=(session, dataset), name="ctadata-dataset", daemon=True).start()

    def _query(self, session: Session, dataset: Dataset) -> None:
        said = "Internal error"
        try:
            said = self._find_out(session, dataset)
        finally:
            with self._lock:
                self._asking.discard(dataset)
                self._failed.pop(dataset, None)
                if said == "Internal error":
                    self._failed[dataset] = said

    def _find_out(self, session: Session, dataset: Dataset) -> str:
        """Look into *dataset* and keep what is found; returns what is to be told of it while nothing is known."""
        now = self._clock()
        try:
            contents = _contents(session.storage(dataset.source), dataset, now)
        except NotFound:
            contents = Contents(exists=False, when=now)
        except CtaDataError as error:
            self._note("rucio_file_listing", f"{paths.display(dataset.name)}: {error.message} {error.hint}")
            return "query queued" if error.retryable else "Internal error"
        self._kept(session).put(dataset, contents)
        words = f"{len(contents.files)} files" if contents.exists else "dataset does not exist"
        self._note("rucio_file_listing", f"{paths.display(dataset.name)}: {words}")
        return "OK"

    def _note(self, log: str, line: str) -> None:
        when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(self._clock()))
        self._notes[log].append(f"{when} {line}\n")


def _contents(storage: Storage, dataset: Dataset, now: float) -> Contents:
    top = storage.stat(dataset.path)
    entries = [top] if not top.is_folder else [one for one in walk(storage, dataset.path) if not one.is_folder]
    landings = tuple((dataset.landing(entry.path), entry.size) for entry in entries)
    if "catalogues" in storage.traits.extras and isinstance(storage, Catalogues) and top.is_folder:
        files = tuple(sorted(storage.files(dataset.path)))
    else:
        files = tuple(sorted((f"{dataset.source}:{entry.path}", entry.size, None) for entry in entries))
    return Contents(exists=True, when=now, files=files, landings=landings)


def _logins(session: Session, login: Callable[[str], LoginState | None]) -> Iterator[str]:
    for name in session.config.sources:
        if is_catalogue(session.source(name)):
            state = login(name)
            words = "no login is needed" if state is None else f"{state.state}. {state.hint}".strip()
            yield f"{name}: {words}\n"
