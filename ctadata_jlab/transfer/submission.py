"""From a request to a job: checked, named, and for files from the browser with its items."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ctadata_jlab import paths
from ctadata_jlab.errors import BadPath, Misconfigured, Unsupported
from ctadata_jlab.transfer.job import Item, Job, JobRequest, JobState, Place, is_from_browser, new_id
from ctadata_jlab.transfer.patterns import Patterns
from ctadata_jlab.transfer.throttle import sensible

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ctadata_jlab.storage import Storage

__all__ = ["accepted"]


MOST_LISTED = 100_000
_AT_HAND = 20
"""So many paths of a long list are kept with the job; all of them once, in the journal."""


def accepted(
    request: JobRequest, storage: Callable[[str], Storage], now: float
) -> tuple[Job, Sequence[Item], Sequence[str]]:
    """Return the job that *request* becomes, its items and its long list of paths if there are; raises what is wrong with it."""
    request = _normal(request)
    _require_able(request, storage)
    if not is_from_browser(request):
        count = len(request.paths)
        slim = replace(request, paths=request.paths[:_AT_HAND], listed=count) if count > 5 * _AT_HAND else request
        job = Job(new_id(now), slim, _title(request.paths), now, limit=request.limit)
        return job, (), request.paths if slim.listed else ()
    items = _sent_items(request)
    job = Job(
        new_id(now),
        replace(request, manifest=(), folders=()),
        _title([f"/{item.path.partition('/')[0]}" for item in items]),
        now,
        state=JobState.BLOCKED if request.manifest else JobState.WAITING,
        reason="upload" if request.manifest else None,
        files_total=len(request.manifest),
        bytes_total=sum(sent.size for sent in request.manifest),
        planned=True,
    )
    return job, items, ()


def _normal(request: JobRequest) -> JobRequest:
    tops = tuple(dict.fromkeys(paths.remote(path) for path in request.paths))
    to = Place(request.to.source, paths.remote(request.to.path)) if request.to is not None else None
    if is_from_browser(request):
        if request.kind != "upload" or not (request.manifest or request.folders):
            raise Misconfigured("Files from the browser can only be uploaded, and must be named.")
    elif not tops:
        raise Misconfigured("A transfer needs at least one path.")
    if (to is None) != (request.kind in {"delete", "measure", "stage"}):
        raise Misconfigured(f"A {request.kind} needs {'a' if to is None else 'no'} target folder.")
    if "/" in tops and request.kind != "measure":
        raise BadPath(f"The whole storage is too much for a {request.kind}; choose what is in it.")
    request = replace(request, paths=tops, to=to)
    return request if is_from_browser(request) else _with_options(request)


def _with_options(request: JobRequest) -> JobRequest:
    """Refuse options that this kind of job does not have, rather than ignore them."""
    within = request.to is not None and request.to.source == request.source
    patterns = Patterns(request.include, request.exclude)
    if request.kind == "move" and within and not (patterns.is_everything and request.base is None):
        raise Unsupported(
            "Within one storage, folders move whole.", hint="Move without patterns and lists, or copy and delete."
        )
    if request.sync and request.kind not in {"download", "upload", "copy"}:
        raise Misconfigured(f"A {request.kind} cannot be a sync.", hint="Choose download, upload or copy.")
    if len(request.paths) > MOST_LISTED:
        raise Misconfigured(f"A list may have {MOST_LISTED} paths.", hint="Name the folder, and patterns if need be.")
    if request.limit is not None:
        sensible(request.limit)
    return request if request.base is None else _seen_from_base(request, request.base)


def _seen_from_base(request: JobRequest, base: str) -> JobRequest:
    if request.to is None:
        raise Misconfigured(f"A {request.kind} has no target, and so no base.")
    base = paths.remote(base)
    for path in request.paths:
        if not paths.relative(path, base):
            raise BadPath(f"{paths.display(path)} is the base of the list itself.", hint="Name what is in it.")
    return replace(request, base=base)


def _require_able(request: JobRequest, storage: Callable[[str], Storage]) -> None:
    """Refuse what the storages cannot do; a name that is not known raises here too."""
    written = [] if request.to is None else [request.to.source]
    if not is_from_browser(request):
        storage(request.source)
        written += [request.source] if request.kind in {"move", "delete"} else []
    for source in written:
        if not storage(source).traits.writable:
            raise Unsupported(f"{source} is read-only.", hint="Choose another place.")
    if request.kind == "stage" and not storage(request.source).traits.tells_of_tape:
        hint = "Its files are read as they are; a download waits for what is not on disk."
        raise Unsupported(f"{request.source} brings nothing from tape for its own sake.", hint=hint)


def _sent_items(request: JobRequest) -> list[Item]:
    to = request.to.path if request.to is not None else "/"
    items = [
        Item(
            n,
            sent.path,
            paths.join(to, sent.path),
            "file",
            sent.size,
            None if sent.modified is None else str(sent.modified),
        )
        for n, sent in enumerate(request.manifest)
    ]
    items += [
        Item(n, folder, paths.join(to, folder), "folder") for n, folder in enumerate(request.folders, start=len(items))
    ]
    seen: set[str] = {to}
    for item in items:
        if item.target in seen or (item.size or 0) < 0:
            raise BadPath(f"{paths.display(item.path)} cannot be sent: it has no name of its own.")
        seen.add(item.target or "")
    return items


def _title(tops: list[str] | tuple[str, ...]) -> str:
    names = list(dict.fromkeys(paths.name(top) or "/" for top in tops))
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return f"{paths.display(names[0], 80)}{more}"
