"""`checksum`: what the storage has stored of files and trees, as a manifest; and whether files fit one."""

from __future__ import annotations

import re
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from ctadata_jlab.cli.remotepath import REMOTE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ctadata_jlab.cli.program import Choice
    from ctadata_jlab.errors import CtaDataError
    from ctadata_jlab.remote import Remote
    from ctadata_jlab.storage import Checksum, Entry

__all__ = ["checksum"]

_AT_ONCE = 4
_LINE = re.compile(r"(?P<algorithm>[A-Z0-9]+) \((?P<path>.*)\) = (?P<value>[0-9a-fA-F]+)")
_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r"}


class _Sum(NamedTuple):
    """One line of a manifest: a path as seen from the tree's top, and the checksum it should have."""

    path: str
    algorithm: str
    value: str


@click.command()
@click.argument("files", metavar="PATH...", nargs=-1, required=True, type=REMOTE)
@click.option("-r", "--recursive", is_flag=True, help="Of a folder, all that is in it.")
@click.option(
    "-a",
    "--algorithm",
    type=click.Choice(["adler32", "md5", "sha1", "sha256", "sha512"]),
    help="Default: what is stored.",
)
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write the manifest to this new file."
)
@click.option(
    "-c",
    "--check",
    type=click.File("r", encoding="utf-8"),
    metavar="MANIFEST",
    help="Check the files of the folder PATH.",
)
@click.option("--local", is_flag=True, help="PATH is on this machine: what was downloaded is checked, or listed.")
@click.pass_obj
def checksum(
    choice: Choice,
    files: tuple[str, ...],
    algorithm: str | None,
    output: Path | None,
    check: Iterable[str] | None,
    *,
    recursive: bool,
    local: bool,
) -> None:
    """Tell the checksums of PATH, a line each: ADLER32 (path) = value, paths as seen from the folder PATH.

    A checksum that is not stored, or another algorithm, is computed by reading the file. MD5, SHA1, SHA256 and SHA512 manifests
    are also read by md5sum --check and its like. With --check, each file of the manifest is looked at: 9 if one does not fit, 4
    if one is missing; files that the manifest does not have are not looked at.

    \b
    Examples:
      checksum lst/run.h5
      checksum -r lst/DL1/20241114 -o 20241114.sums
      checksum --check 20241114.sums --local ./20241114
      checksum --check 20241114.sums your-folder/copy
    """  # noqa: D301
    remote, paths_there = _end(choice, files, local=local)
    if check is not None:
        if len(paths_there) > 1:
            raise click.UsageError("--check looks at one folder.")
        sys.exit(_check(remote, paths_there[0], check))
    lines = _manifest(remote, paths_there, algorithm, recursive=recursive)
    if output is None:
        for one in lines:
            click.echo(one)
        return
    _write(output, list(lines))


def _end(choice: Choice, files: tuple[str, ...], *, local: bool) -> tuple[Remote, list[str]]:
    """Return where the files are, and their paths there."""
    from ctadata_jlab import paths  # noqa: PLC0415 - help needs no storage
    from ctadata_jlab.remote import Remote  # noqa: PLC0415

    if not local:
        return Remote(choice.session, choice.source.name), [paths.remote(file) for file in files]
    from ctadata_jlab.session import Session  # noqa: PLC0415 - as above

    places = [Path(file).expanduser().resolve() for file in files]
    top = Path(places[0].anchor)
    session = Session(choice.session.config.with_workspace(top))
    return Remote(session, "local"), ["/" + place.relative_to(top).as_posix() for place in places]


def _manifest(remote: Remote, tops: list[str], algorithm: str | None, *, recursive: bool) -> Iterator[str]:
    from ctadata_jlab import paths  # noqa: PLC0415 - help needs no storage

    with _threads() as (threads, stop):
        for top in tops:
            entry = remote.stat(top)
            files = _files(remote, entry, recursive=recursive)
            known = threads.map(lambda file: remote.checksum(file.path, algorithm, stop=stop), files)
            for file, found in zip(files, known, strict=True):
                name = paths.relative(file.path, top) if entry.is_folder else entry.name
                yield _line(name, found)


@contextmanager
def _threads() -> Iterator[tuple[ThreadPoolExecutor, threading.Event]]:
    """Give threads, and what tells them to stop; they are told so when this ends by an error or Ctrl-C."""
    stop = threading.Event()
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        try:
            yield threads, stop
        except BaseException:
            stop.set()
            threads.shutdown(wait=False, cancel_futures=True)
            raise


def _files(remote: Remote, top: Entry, *, recursive: bool) -> list[Entry]:
    from ctadata_jlab.errors import Unsupported  # noqa: PLC0415 - help needs no storage

    if not top.is_folder:
        return [top]
    if not recursive:
        raise Unsupported(f"{top.path} is a folder.", hint="Ask for all that is in it: -r.")
    return sorted((entry for entry in remote.walk(top.path) if not entry.is_folder), key=lambda entry: entry.path)


def _line(name: str, found: Checksum) -> str:
    escaped = "".join(_ESCAPES.get(char, char) for char in name)
    return f"{'' if escaped == name else chr(92)}{found.algorithm.upper()} ({escaped}) = {found.value}"


def _write(output: Path, lines: list[str]) -> None:
    from ctadata_jlab.errors import AlreadyExists  # noqa: PLC0415 - help needs no files

    try:
        with output.open("x", encoding="utf-8", errors="surrogateescape") as file:
            file.write("".join(f"{line}\n" for line in lines))
    except FileExistsError:
        raise AlreadyExists(f"{output} exists already.", hint="Give the manifest another name.") from None
    click.echo(f"{len(lines)} checksums: {output}", err=True)


def _check(remote: Remote, top: str, manifest: Iterable[str]) -> int:
    """Look at each file of *manifest* below *top*; tell each that does not fit, and return the exit code."""
    from ctadata_jlab import paths  # noqa: PLC0415 - help needs no storage
    from ctadata_jlab.cli.program import exit_code, tell  # noqa: PLC0415

    sums = [_parsed(text.rstrip("\r\n"), number) for number, text in enumerate(manifest, 1) if text.strip()]
    code, good = 0, 0
    with _threads() as (threads, stop):
        for one, error in zip(sums, threads.map(lambda one: _fault(remote, top, one, stop), sums), strict=True):
            if error is None:
                good += 1
                continue
            tell(error, f"{paths.display(one.path)}: ")
            code = code if code in {0, exit_code(error)} else 1
            code = code or exit_code(error)
    click.echo(f"{good} of {len(sums)} files are what the manifest says.", err=True)
    return code


def _fault(remote: Remote, top: str, wanted: _Sum, stop: threading.Event) -> CtaDataError | None:
    """Return what is wrong with the file, None if it is as *wanted*."""
    from ctadata_jlab import paths  # noqa: PLC0415 - help needs no storage
    from ctadata_jlab.errors import Corrupted, CtaDataError  # noqa: PLC0415

    try:
        found = remote.checksum(paths.join(top, wanted.path), wanted.algorithm, stop=stop)
    except CtaDataError as error:
        return error
    if found.value.lower() == wanted.value.lower():
        return None
    return Corrupted(f"the bytes are others ({found}, expected {wanted.value}).", hint="Get or put it again.")


def _parsed(text: str, number: int) -> _Sum:
    from ctadata_jlab.errors import BadPath  # noqa: PLC0415 - help needs no errors

    is_escaped = text.startswith("\\")
    match = _LINE.fullmatch(text.removeprefix("\\"))
    if match is None:
        raise BadPath(
            f"Line {number} of the manifest is none: {text[:80]!r}.", hint="Lines are like: ADLER32 (path) = 0a1b2c3d"
        )
    path = match["path"]
    if is_escaped:
        path = re.sub(r"\\(.)", lambda found: {"n": "\n", "r": "\r"}.get(found[1], found[1]), path)
    return _Sum(path, match["algorithm"].lower(), match["value"])
