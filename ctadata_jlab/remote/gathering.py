"""Several files and folders at once, some of them by patterns: what the shell and notebooks get and put.

What a pattern means lands as it is seen from its first folder without wildcards; everything else under its own name.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ctadata_jlab import foreground, paths
from ctadata_jlab.errors import BadPath, NotFound, Unsupported
from ctadata_jlab.foreground import Selection, Summary
from ctadata_jlab.remote.glob import glob, is_pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from ctadata_jlab.foreground import Standing
    from ctadata_jlab.session import Session
    from ctadata_jlab.storage import Entry, Storage
    from ctadata_jlab.transfer.job import Conflict

__all__ = ["download", "meant", "upload"]


def download(
    session: Session,
    source: str,
    words: Sequence[str],
    destination: str | None,
    *,
    recursive: bool = False,
    conflict: Conflict = "ask",
    only: Selection | None = None,
    report: Callable[[Standing], object] = lambda _: None,
) -> Summary:
    """Download what *words* mean, paths and patterns, to *destination* (None: the current folder).

    One path becomes *destination* itself if that is not a folder; several, or a pattern's, land in it. Folders want *recursive*;
    with `only.names`, the one word is the folder that these names are seen from.
    """
    storage, only = session.storage(source), only or Selection()
    options = {"conflict": conflict, "report": report}
    if only.names is not None:
        place = Path(destination or ".")
        return foreground.get(session, source, words[0], place, recursive=True, only=only, **options)  # type: ignore[arg-type]
    if len(words) == 1 and (entry := _exactly(storage, words[0])) is not None:
        target = foreground.landing(words[0], destination, is_folder=recursive and entry.is_folder)
        return foreground.get(session, source, entry.path, target, recursive=recursive, only=only, **options)  # type: ignore[arg-type]
    folder = Path(destination or ".").expanduser()
    if folder.exists() and not folder.is_dir():
        raise BadPath(f"{paths.display(str(folder))} is a file.", hint="Several files are downloaded to a folder.")
    done = [
        foreground.get(session, source, base, folder, recursive=True, only=replace(only, names=names), **options)  # type: ignore[arg-type]
        for base, names in _by_folder(meant(storage, words, recursive=recursive))
    ]
    return _together(str(folder.resolve()), done)


def upload(
    session: Session,
    source: str,
    files: Sequence[Path],
    target: str,
    *,
    recursive: bool = False,
    conflict: Conflict = "ask",
    only: Selection | None = None,
    report: Callable[[Standing], object] = lambda _: None,
) -> Summary:
    """Upload *files* as *target*, or, if these are several, into it; ``folder/`` is completed by their names.

    With `only.names`, the one of *files* is the folder that these names are seen from, and becomes *target*.
    """
    only = only or Selection()
    options = {"recursive": recursive or only.names is not None, "conflict": conflict, "report": report}
    if len(files) == 1:
        path = foreground.upload_path(files[0], target)
        return foreground.put(session, source, files[0], path, only=only, **options)  # type: ignore[arg-type]
    storage, folder = session.storage(source), paths.remote(target)
    if not target.endswith("/") and not _is_folder(storage, folder):
        raise BadPath(
            f"{paths.display(folder)} is no folder.", hint="Several files are uploaded to a folder; write folder/."
        )
    done = []
    for file in files:
        path = paths.join(folder, file.resolve().name)
        done.append(foreground.put(session, source, file, path, only=only, **options))  # type: ignore[arg-type]
    return _together(folder, done)


def meant(storage: Storage, words: Iterable[str], *, recursive: bool) -> list[tuple[str, Entry]]:
    """Return what *words* mean, paths and patterns, each with the folder that it is seen from.

    A path that is there to the letter is no pattern. `NotFound` for a word that means nothing, `Unsupported` for a folder that
    nobody asked for by *recursive*.
    """
    found: list[tuple[str, Entry]] = []
    for word in words:
        entry = _exactly(storage, word)
        if entry is not None:
            some = [(paths.parent(entry.path), entry)]
        else:
            base = _plain_beginning(word)
            some = [(base, entry) for entry in glob(storage, word)]
        if not some:
            raise NotFound(f"Nothing is like {paths.display(word)}.", hint="Look what there is: ls.")
        found += some
    folder = next((entry for _, entry in found if entry.is_folder and not recursive), None)
    if folder is not None:
        raise Unsupported(
            f"{paths.display(folder.path)} is a folder.", hint="Ask for it recursively (-r, or recursive=True)."
        )
    return found


def _exactly(storage: Storage, word: str) -> Entry | None:
    """Return what is at the path *word*; None for a pattern that is no such path. Raises `NotFound` for other words."""
    try:
        return storage.stat(paths.remote(word))
    except NotFound:
        if is_pattern(word):
            return None
        raise


def _is_folder(storage: Storage, path: str) -> bool:
    try:
        return storage.stat(path).is_folder
    except NotFound:
        return False


def _plain_beginning(pattern: str) -> str:
    names = paths.remote(pattern).strip("/").split("/")
    plain = next(n for n, name in enumerate(names) if is_pattern(name))
    return "/" + "/".join(names[:plain])


def _by_folder(found: Iterable[tuple[str, Entry]]) -> list[tuple[str, tuple[str, ...]]]:
    """Return, for each folder, the names in it: they are moved together, several at once."""
    folders: dict[str, dict[str, None]] = {}
    for base, entry in found:
        folders.setdefault(base, {})[paths.relative(entry.path, base)] = None
    return [(base, tuple(names)) for base, names in folders.items()]


def _together(target: str, done: Sequence[Summary]) -> Summary:
    results = tuple(result for summary in done for result in summary.results)
    return Summary(target, results, sum(summary.left for summary in done))
