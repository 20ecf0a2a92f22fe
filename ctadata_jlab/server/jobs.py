"""`jobs`: the queue of transfers as the panel sees and steers it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tornado.web import authenticated

from ctadata_jlab import paths
from ctadata_jlab.errors import Unsupported
from ctadata_jlab.server import requests, wire
from ctadata_jlab.server.base import Handler
from ctadata_jlab.server.refusal import BadRequest
from ctadata_jlab.storage import HasLocalPaths
from ctadata_jlab.transfer.job import ItemState

if TYPE_CHECKING:
    from ctadata_jlab.server.requests import Action
    from ctadata_jlab.session import Session, Source
    from ctadata_jlab.transfer.engine import Engine
    from ctadata_jlab.transfer.job import Job, JobRequest

__all__ = ["ROUTES", "require_inside", "require_writable"]

PAGE, LONGEST_PAGE = 200, 2000


class JobsHandler(Handler):
    """All jobs, and new ones."""

    @authenticated
    async def get(self) -> None:
        """Send the jobs, newest first."""
        engine, numbered = (await self.session()).engine, self.workshop.announcer.numbered
        await self.answer(lambda: [wire.job(numbered(job)) for job in engine.jobs()])

    @authenticated
    async def post(self) -> None:
        """Take a new job into the queue."""
        job = await self.work(_submitted, await self.session(), self.request.body)
        self.set_header("Location", f"{self.base_url}ctadata-jlab/jobs/{job.id}")
        await self.answer(lambda: wire.job(self.workshop.announcer.numbered(job)), status=201)


class JobHandler(Handler):
    """One job."""

    @authenticated
    async def get(self, identity: str) -> None:
        """Send how far it is."""
        await self.tell(await self.work((await self.session()).engine.job, identity))

    @authenticated
    async def patch(self, identity: str) -> None:
        """Pause, resume, cancel, retry, reorder or limit it, or answer its question."""
        asked = requests.action(self.request.body)
        await self.tell(await self.work(_done, (await self.session()).engine, identity, asked))

    @authenticated
    async def delete(self, identity: str) -> None:
        """Take a finished job off the list."""
        engine = (await self.session()).engine
        job = await self.work(engine.job, identity)
        await self.work(engine.forget, identity)
        self.workshop.announcer.forgotten(job)
        self.set_status(204)
        await self.finish()

    async def tell(self, job: Job) -> None:
        """Send *job*."""
        await self.answer(lambda: wire.job(self.workshop.announcer.numbered(job)))


class ItemsHandler(Handler):
    """The files of a job."""

    @authenticated
    async def get(self, identity: str) -> None:
        """Send a page of them."""
        state = self.get_query_argument("state", None)
        after, limit = self._whole("after", -1), self._whole("limit", PAGE)
        if state is not None and state not in {one.value for one in ItemState}:
            raise BadRequest(f"'state' must be one of: {', '.join(one.value for one in ItemState)}.")
        if not 1 <= limit <= LONGEST_PAGE:
            raise BadRequest(f"'limit' must be between 1 and {LONGEST_PAGE}.")
        engine = (await self.session()).engine
        wanted = None if state is None else ItemState(state)
        await self.answer(lambda: wire.items(engine.items(identity, wanted, after, limit), limit))

    def _whole(self, name: str, default: int) -> int:
        text = self.get_query_argument(name, str(default))
        digits = text.removeprefix("-")
        if not (digits.isascii() and digits.isdigit() and len(digits) <= 15):
            raise BadRequest(f"'{name}' must be a whole number.")
        return int(text)


class QueueHandler(Handler):
    """The queue itself."""

    @authenticated
    async def get(self) -> None:
        """Send who works it off, where it is kept, and its limit."""
        engine = (await self.session()).engine
        await self.answer(lambda: wire.queue(engine))

    @authenticated
    async def patch(self) -> None:
        """Limit how fast all jobs together may be."""
        limit, engine = requests.queue_limit(self.request.body), (await self.session()).engine
        await self.work(engine.limit_all, limit)
        await self.answer(lambda: wire.queue(engine))


class LogHandler(Handler):
    """What happened to a job."""

    @authenticated
    async def get(self, identity: str) -> None:
        """Send its log as text."""
        text = await self.work((await self.session()).engine.log, identity)
        await self.finish(text.encode(errors="replace"), set_content_type="text/plain; charset=UTF-8")


def _submitted(session: Session, body: bytes) -> Job:
    request = requests.job_request(body, session.config.transfers.conflict)
    _require_places(session, request)
    return session.engine.submit(request)


def _done(engine: Engine, identity: str, asked: Action) -> Job:
    if asked.name == "answer":
        return engine.answer(identity, asked.answer)
    if asked.name == "reorder":
        return engine.reorder(identity, asked.before)
    if asked.name == "limit":
        return engine.limit(identity, asked.limit)
    steps = {"pause": engine.pause, "resume": engine.resume, "cancel": engine.cancel, "retry": engine.retry}
    return steps[asked.name](identity)


# --- where a job may read and write ---


def _require_places(session: Session, request: JobRequest) -> None:
    """Refuse a job whose places are no sources, cannot be written, or lie outside a local root."""
    origin = None if request.source == requests.BROWSER else session.source(request.source)
    target = None if request.to is None else session.source(request.to.source)
    if request.kind == "download" and (origin is None or _is_local(origin)):
        raise BadRequest("'from'.source must be a remote storage: a download comes from one.")
    if request.kind == "download" and (target is None or not _is_local(target)):
        raise BadRequest("'to'.source must be a local source: a download goes to one.")
    if request.kind == "upload" and (target is None or (origin is not None and not _is_local(origin))):
        raise BadRequest("'from'.source must be a local source: an upload comes from one.")
    for path in request.paths:
        require_inside(origin, path)
    if request.to is not None and target is not None:
        require_writable(target)
        require_inside(target, request.to.path)
    if origin is not None and request.kind in {"move", "delete"}:
        require_writable(origin)


def _is_local(source: Source) -> bool:
    return "local" in source.storage.traits.extras


def require_writable(source: Source) -> None:
    """Refuse to write into a source that is only read."""
    if not source.storage.traits.writable:
        raise Unsupported(f"{source.title} is read-only.", hint="Choose another place.")


def require_inside(source: Source | None, path: str) -> None:
    """Refuse a path that a symbolic link leads out of its root."""
    if source is not None and isinstance(source.storage, HasLocalPaths):
        source.storage.local(paths.remote(path))


_ID = r"([^/]+)"
ROUTES = [
    (r"ctadata-jlab/jobs", JobsHandler),
    (rf"ctadata-jlab/jobs/{_ID}", JobHandler),
    (rf"ctadata-jlab/jobs/{_ID}/items", ItemsHandler),
    (rf"ctadata-jlab/jobs/{_ID}/log", LogHandler),
    (r"ctadata-jlab/queue", QueueHandler),
]
