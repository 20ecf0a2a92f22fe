"""Rucio: scopes, containers and datasets as folders, to be read; bytes come from the doors that have copies."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from ctadata_jlab import paths
from ctadata_jlab.errors import BadPath, Forbidden, NotFound, Unsupported
from ctadata_jlab.storage import Entry, Traits, versions
from ctadata_jlab.storage.rucio.api import Api, Member
from ctadata_jlab.storage.rucio.contents import Contents
from ctadata_jlab.storage.rucio.doors import Door, Doors
from ctadata_jlab.storage.rucio.gathering import Gathering
from ctadata_jlab.storage.rucio.names import Did, chain, element, path_of, spoken
from ctadata_jlab.storage.rucio.replicas import ReplicaReader, Replicas

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from ctadata_jlab.http import Trust
    from ctadata_jlab.storage import Body, Gathered, Reader, Receipt, Storage
    from ctadata_jlab.storage.rucio.api import Replica

__all__ = ["Did", "Door", "Member", "Rucio", "path_of", "spoken"]


class Rucio:
    """The catalogue at *url*; *doors* tells which of the user's sources have an origin, *authorise* has the catalogue's own token.

    *account* is whom a login by password is for; *root* may be a scope, or a collection.
    """

    traits = Traits(
        resumes=True,
        stages=True,
        checksums=("adler32", "md5"),
        connections=8,
        extras=frozenset({"searches", "catalogues", "gathers"}),
    )

    def __init__(
        self,
        title: str,
        url: str,
        trust: Trust,
        *,
        root: str = "/",
        authorise: Callable[[str | None], str] | None = None,
        account: str = "",
        doors: Callable[[str], Sequence[Door]] = lambda _: (),
    ) -> None:
        self.title = title
        self.api = Api(title, url, trust, authorise, account)
        self._root = paths.remote(root)
        self._contents = Contents(self.api)
        self._replicas = Replicas(self.api, self._contents)
        self._doors = Doors(doors, trust)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.title!r})"

    def close(self) -> None:
        """Close all connections."""
        self.api.close()

    # -- looking -------------------------------------------------------------------------------------------------------

    def list(self, folder: str) -> Iterator[Entry]:
        """Yield the scopes, the collections of a scope, or the members of a collection."""
        folder, scope, dids = self._place(folder)
        if not scope:
            yield from (Entry(paths.join(folder, name), "folder") for name in sorted(self._contents.scopes()))
            return
        self._require_scope(folder, scope)
        if not dids:
            members = self.api.search(scope)
        else:
            self._require_member(folder, dids)
            members = self._contents.members(dids[-1])
        above = dids[-1].scope if dids else scope
        for member in members:
            yield _entry(paths.join(folder, element(member.did, above)), member)

    def stat(self, path: str) -> Entry:
        """Return the entry at *path*, as the catalogue has it."""
        path, scope, dids = self._place(path)
        if not scope:
            return Entry(path, "folder")
        if not dids:
            self._require_scope(path, scope)
            return Entry(path, "folder")
        return _entry(path, self._member(path, dids))

    def open(self, path: str, expect: Entry | None = None) -> Reader:
        """Return a reader that takes the best copy there is, and the next if that one fails."""
        path, _, dids = self._place(path)
        now = self.stat(path)
        versions.require(now, expect, self._what(path))
        member = self._member(path, dids)
        return ReplicaReader(
            now, self._copies(path), self._replicas, self._doors, member.sums, self._what(path)
        ).begin()

    def gather(self, wanted: Iterator[Entry | None], lines: int) -> Iterator[Gathered | None]:
        """Fetch many small files at once, as `Gathers` says, where their door does."""
        return Gathering(self._copies, self._doors).run(wanted, lines)

    def search(self, folder: str, pattern: str, facts: Mapping[str, str]) -> Iterator[Entry]:
        """Yield what in the scope *folder*, or in all, is called like *pattern* and has the metadata *facts*."""
        folder, scope, dids = self._place(folder)
        if dids:
            raise Unsupported(f"Rucio searches scopes, not {self._what(folder)}.", hint="Search in the scope.")
        if scope:
            self._require_scope(folder, scope)
        for one in [scope] if scope else sorted(self._contents.scopes()):
            above = folder if scope else paths.join(folder, one)
            for member in self.api.search(one, pattern, "all", facts):
                yield _entry(paths.join(above, element(member.did, one)), member)

    def locate(self, name: str) -> str:
        """Return the path of the DID *name*, ``SCOPE:NAME``, or without the scope where that begins the name."""
        path = path_of(spoken(name))
        if self._root == "/":
            return path
        if not path.startswith(f"{self._root}/"):
            raise NotFound(f"{paths.display(name)} is not in {self._root} of {self.title}.")
        return path[len(self._root) :]

    def call(self, path: str) -> str:
        """Return the DID at *path*, without its scope where that begins the name."""
        path, _, dids = self._place(path)
        if not dids:
            raise BadPath(f"{self._what(path)} is a scope, not a dataset.")
        did = dids[-1]
        return did.name if ":" not in did.name and spoken(did.name) == did else str(did)

    def files(self, path: str) -> Iterator[tuple[str, int | None, int | None]]:
        """Yield DID, size and number of events of each file in the dataset or container at *path*."""
        path, _, dids = self._place(path)
        if not dids:
            raise BadPath(f"{self._what(path)} is a scope, not a dataset.")
        for member in self.api.files(dids[-1]):
            yield str(member.did), member.size, member.events

    def stage(self, paths: Sequence[str]) -> Sequence[str]:
        """Ask the doors that have *paths* on tape only, each for all of its own at once; return those that are on their way."""
        asked: dict[str, tuple[Storage, dict[str, str]]] = {}
        for path in paths:
            if (found := self._on_tape(path)) is not None:
                door, its_path = found
                asked.setdefault(door.name, (door.storage, {}))[1][path] = its_path
        on_their_way: set[str] = set()
        for storage, its_paths in asked.values():
            coming = set(storage.stage(list(dict.fromkeys(its_paths.values()))))
            on_their_way.update(path for path, its_path in its_paths.items() if its_path in coming)
        return [path for path in paths if path in on_their_way]

    def _on_tape(self, path: str) -> tuple[Door, str] | None:
        """Return the door that can bring the file at *path* from tape, and its path there."""
        for replica in self._copies(path):
            found = self._doors.behind(replica.url)
            if replica.is_on_tape and found is not None and found[0].storage.traits.stages:
                return found
        return None

    # -- what a catalogue does not do ----------------------------------------------------------------------------------

    def put(self, path: str, body: Body, *, replace: Entry | bool = False, ticket: str) -> Receipt:  # noqa: ARG002
        """Refuse."""
        raise self._read_only(path)

    def make_folder(self, path: str) -> None:
        """Refuse."""
        raise self._read_only(path)

    def move(self, source: str, target: str) -> None:
        """Refuse."""
        paths.remote(target)
        raise self._read_only(source)

    def remove(self, path: str) -> None:
        """Refuse."""
        raise self._read_only(path)

    # -- paths ---------------------------------------------------------------------------------------------------------

    def _place(self, path: str) -> tuple[str, str, tuple[Did, ...]]:
        """Return *path* in its one spelling, its scope, and the DIDs from there on."""
        path = paths.remote(path)
        return path, *chain(path if self._root == "/" else paths.join(self._root, path))

    def _member(self, path: str, dids: tuple[Did, ...]) -> Member:
        """Return what is at the end of *dids*, each of which must be a member of the one before."""
        if len(dids) == 1:
            facts = self.api.facts(dids[0])
            return Member(facts.did, facts.is_file, facts.size if facts.is_file else None, facts.sums)
        self._require_member(path, dids[:-1])
        return self._contents.member(dids[-2], dids[-1])

    def _copies(self, path: str) -> Sequence[Replica]:
        """Return the copies of the file at *path*, the best first."""
        _, _, dids = self._place(path)
        return self._replicas.of(dids[-1], dids[-2] if len(dids) > 1 else None)

    def _require_member(self, path: str, dids: tuple[Did, ...]) -> None:
        for collection, did in pairwise(dids):
            if self._contents.member(collection, did).is_file:
                raise NotFound(f"There is no {self._what(path)}.")

    def _require_scope(self, path: str, scope: str) -> None:
        """Refuse a scope that there is none of: a search of it finds nothing, and says so with success."""
        if scope not in self._contents.scopes():
            raise NotFound(f"There is no {self._what(path)}.")

    def _what(self, path: str) -> str:
        return f"{paths.display(path)} on {self.title}"

    def _read_only(self, path: str) -> Forbidden:
        what = self._what(paths.remote(path))
        return Forbidden(f"The catalogue is only read: {what}.", hint="Upload with Rucio's own client.")


def _entry(path: str, member: Member) -> Entry:
    """Return *member* as a file or folder. Rucio never uses a file's name twice, so that its checksum is its version."""
    if not member.is_file:
        return Entry(path, "folder")
    proof = next(iter(member.sums), None)
    return Entry(path, "file", member.size, version=f'"{proof or member.size}"', checksum=proof)
