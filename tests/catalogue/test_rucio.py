"""Rucio through its storage: the suite as far as a catalogue goes, what is a folder, what is remembered, who is told what."""

from __future__ import annotations

import base64
import json
import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from ctadata_jlab import config
from ctadata_jlab.errors import BadAnswer, BadPath, Changed, Forbidden, NotFound, NotLoggedIn, Unreachable, Unsupported
from ctadata_jlab.http import Trust
from ctadata_jlab.server import search
from ctadata_jlab.session import Session
from ctadata_jlab.storage import Checksum, Entry
from ctadata_jlab.storage.rucio import Did, Rucio, path_of, spoken
from ctadata_jlab.storage.rucio.api import Facts, Member
from ctadata_jlab.storage.rucio.contents import SECONDS, Contents
from ctadata_jlab.storage.rucio.names import chain, element
from tests.rig import rucio as rig
from tests.storage.suite import Bytes, Shelf, StorageSuite, content
from tests.tokens.thief import listening

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ctadata_jlab.storage import Storage
    from tests.catalogue.conftest import Field
    from tests.rig.certificate import Certificate
    from tests.rig.provider import Provider
    from tests.rig.rucio import Catalogue

SUM = Checksum("adler32", "00000001")


class Shelves:
    """Puts files into a scope, where the first name of a path is a dataset's."""

    def __init__(self, field: Field) -> None:
        self._catalogue, self._scope, self._site = field.catalogue, field.scope, field.dav
        self._datasets: set[str] = set()
        self._data: dict[str, bytes] = {}

    def put(self, path: str, data: bytes) -> None:
        *folders, name = path.strip("/").split("/")
        self._catalogue.file(self._scope, name, data, [self._site])
        self._data[path] = data
        for folder in folders:
            self.folder(f"/{folder}")
            self._catalogue.attach(self._scope, folder, [name])

    def get(self, path: str) -> bytes:
        return self._data[path]

    def folder(self, path: str) -> None:
        name = path.strip("/")
        if name not in self._datasets:
            self._datasets.add(name)
            self._catalogue.collection(self._scope, name)


class TestSuite(StorageSuite):
    """The rules that all storages keep, of which those hold that are about reading; the root is a scope."""

    @pytest.fixture
    def shelf(self, field: Field, rooted: Callable[[str], Storage]) -> Shelf:
        shelves = Shelves(field)
        return Shelf(rooted(f"/{field.scope}"), shelves.put, shelves.get, shelves.folder)

    # A scope lists its collections; Rucio has no times of files, names of few characters, and never another version of a file.
    test_lists_files_and_folders_with_size_and_time = None  # type: ignore[assignment]
    test_lists_the_root = None  # type: ignore[assignment]
    test_any_name_survives = None  # type: ignore[assignment]
    test_odd_folder_names_can_be_entered = None  # type: ignore[assignment]
    test_another_version_is_refused = None  # type: ignore[assignment]
    test_lists_a_thousand_entries = None  # type: ignore[assignment]
    # It is not written to: `test_is_only_read`.
    test_puts_a_file_and_tells_what_was_stored = None  # type: ignore[assignment]
    test_puts_an_empty_file = None  # type: ignore[assignment]
    test_a_put_leaves_no_other_name = None  # type: ignore[assignment]
    test_put_never_replaces_unasked = None  # type: ignore[assignment]
    test_put_replaces_when_asked = None  # type: ignore[assignment]
    test_put_replaces_only_the_version_that_was_seen = None  # type: ignore[assignment]
    test_put_onto_a_folder_fails = None  # type: ignore[assignment]
    test_a_body_that_fails_leaves_nothing = None  # type: ignore[assignment]
    test_a_body_may_say_stop_until_the_file_has_its_name = None  # type: ignore[assignment]
    test_a_failed_replacement_keeps_the_old_file = None  # type: ignore[assignment]
    test_makes_folders_with_their_parents = None  # type: ignore[assignment]
    test_a_folder_cannot_be_made_where_a_file_is = None  # type: ignore[assignment]
    test_moves_files_and_folders = None  # type: ignore[assignment]
    test_move_never_replaces = None  # type: ignore[assignment]
    test_moving_nothing_is_not_found = None  # type: ignore[assignment]
    test_removes_a_file_and_an_empty_folder = None  # type: ignore[assignment]
    test_a_folder_that_holds_something_is_not_removed = None  # type: ignore[assignment]
    test_removing_nothing_is_not_found = None  # type: ignore[assignment]
    test_is_safe_in_threads = None  # type: ignore[assignment]


@pytest.fixture
def rooted(field: Field) -> Iterator[Callable[[str], Storage]]:
    """Return a function that opens the catalogue from a folder on."""
    made: list[Rucio] = []

    def open_storage(root: str) -> Storage:
        catalogue = field.catalogue

        def authorise(_refused: str | None) -> str:
            return f"Bearer {catalogue.token()}"

        doors = field.session._doors
        trust = Trust(bundle=str(catalogue.ca))
        made.append(Rucio("Rucio", catalogue.url, trust, root=root, authorise=authorise, doors=doors))
        return made[-1]

    yield open_storage
    for storage in made:
        storage.close()


def listed(storage: Storage, folder: str) -> list[tuple[str, str, int | None]]:
    return sorted((entry.path, entry.kind, entry.size) for entry in storage.list(folder))


def test_scopes_containers_and_datasets_are_folders(field: Field) -> None:
    """From the scopes down to a file, every step is a folder; sizes and checksums of files are those that were registered."""
    catalogue, scope = field.catalogue, field.scope
    catalogue.file(scope, "a.h5", b"12345", [field.dav])
    catalogue.file(scope, "b.h5", b"123", [field.dav])
    catalogue.collection(scope, "run1", ["a.h5", "b.h5"])
    catalogue.collection(scope, "all", ["run1"], kind="CONTAINER")
    storage, top = field.storage, f"/{scope}"
    assert (top, "folder", None) in listed(storage, "/")
    assert listed(storage, top) == [(f"{top}/all", "folder", None), (f"{top}/run1", "folder", None)]
    assert listed(storage, f"{top}/all") == [(f"{top}/all/run1", "folder", None)]
    assert listed(storage, f"{top}/all/run1") == [
        (f"{top}/all/run1/a.h5", "file", 5),
        (f"{top}/all/run1/b.h5", "file", 3),
    ]
    entry = storage.stat(f"{top}/all/run1/a.h5")
    assert entry == next(one for one in storage.list(f"{top}/all/run1") if one.name == "a.h5")
    assert entry.checksum == Checksum("adler32", rig.checksums(b"12345")["adler32"])
    assert storage.stat(f"{top}/all").is_folder
    assert content(storage, f"{top}/all/run1/a.h5") == b"12345"


def test_members_of_another_scope_are_called_with_it(field: Field) -> None:
    """Files of two scopes may have one name: who is not of the folder's own scope has it before the name."""
    catalogue, other = field.catalogue, field.catalogue.scope()
    catalogue.file(field.scope, "same", b"ours", [field.dav])
    catalogue.file(other, "same", b"theirs!", [field.dav])
    catalogue.collection(field.scope, "mixed", ["same", f"{other}:same"])
    folder = f"/{field.scope}/mixed"
    assert {entry.name: entry.size for entry in field.storage.list(folder)} == {"same": 4, f"{other}:same": 7}
    assert content(field.storage, f"{folder}/{other}:same") == b"theirs!"
    assert content(field.storage, f"{folder}/same") == b"ours"


def test_names_with_slashes_are_single_names(field: Field) -> None:
    """A slash in a name, which some experiments use, is no folder."""
    catalogue = field.catalogue
    catalogue.file(field.scope, "/cta/mc/f-1", b"slashes", {field.dav: f"/{field.scope}-f1"})
    catalogue.collection(field.scope, "/cta/mc/ds", ["/cta/mc/f-1"])
    (folder,) = field.storage.list(f"/{field.scope}")
    (file,) = field.storage.list(folder.path)
    assert (folder.name, file.name) == ("%2Fcta%2Fmc%2Fds", "%2Fcta%2Fmc%2Ff-1")
    assert content(field.storage, file.path) == b"slashes"


@pytest.mark.parametrize("name", ["plain", "/a/b", "100%2F", "x:y", "..", "."])
@pytest.mark.parametrize("scope", ["here", "there"])
def test_every_name_survives(scope: str, name: str) -> None:
    """What a DID is called in a folder leads back to it."""
    did = Did(scope, name)
    assert chain(f"/here/ds/{element(did, 'here')}")[1][-1] == did
    assert chain(path_of(did)) == (scope, (did,))


@pytest.mark.parametrize(
    ("text", "did"),
    [
        ("mc16_13TeV.311309.Mad.deriv", Did("mc16_13TeV", "mc16_13TeV.311309.Mad.deriv")),
        ("user.alice.test/", Did("user.alice", "user.alice.test")),
        ("ctao:/dl1/run", Did("ctao", "/dl1/run")),
    ],
)
def test_a_did_without_scope_has_the_usual_one(text: str, did: Did) -> None:
    """It is what Rucio's own clients take."""
    assert spoken(text) == did


@pytest.mark.parametrize("text", ["", ":", "a:", ":b", "../../etc:x", "a/b:c", "x:\0"])
def test_what_is_no_did_is_refused(text: str) -> None:
    """With how one is written."""
    with pytest.raises(BadPath, match="no data identifier"):
        spoken(text)


def test_nothing_there_is_not_found(field: Field) -> None:
    """Scopes, collections and members that there are none of; Rucio itself answers some of these with an empty list."""
    catalogue, scope = field.catalogue, field.scope
    catalogue.file(scope, "f", b"x", [field.dav])
    catalogue.collection(scope, "ds", ["f"])
    catalogue.collection(scope, "other")
    for folder in (
        "/nowhere",
        f"/{scope}/nothing",
        f"/{scope}/f",
        f"/{scope}/ds/f",
        "/nowhere/ds",
        f"/{scope}/other/ds",
    ):
        with pytest.raises(NotFound):
            list(field.storage.list(folder))
    for path in ("/nowhere", f"/{scope}/nothing", f"/{scope}/other/f", f"/{scope}/ds/f/f", f"/{scope}/other/ds/f"):
        with pytest.raises(NotFound):
            field.storage.stat(path)


def test_another_version_is_refused(field: Field) -> None:
    """A file that is not what was seen is not opened."""
    field.catalogue.file(field.scope, "f", b"now", [field.dav])
    seen = field.storage.stat(f"/{field.scope}/f")
    with pytest.raises(Changed):
        field.storage.open(seen.path, replace(seen, size=99, version='"adler32:11111111"'))


def test_is_only_read(field: Field) -> None:
    """Its traits say so, which is what the panel and the queue look at; and nothing is written."""
    storage = field.storage
    assert not storage.traits.writable
    for attempt in (
        lambda: storage.put(f"/{field.scope}/new", Bytes(b"x"), ticket="t"),
        lambda: storage.make_folder(f"/{field.scope}/new"),
        lambda: storage.move(f"/{field.scope}", "/elsewhere"),
        lambda: storage.remove(f"/{field.scope}"),
    ):
        with pytest.raises(Forbidden, match="only read"):
            attempt()


def test_a_thousand_members_with_few_questions(field: Field, monkeypatch: pytest.MonkeyPatch) -> None:
    """A closed dataset's members are fetched once, and no file of it is asked about by itself."""
    catalogue, scope = field.catalogue, field.scope
    names = [f"file{n:04}.dat" for n in range(1000)]
    catalogue.files(scope, dict.fromkeys(names[:500], b"1"), replace(field.dav, door=None))
    catalogue.files(scope, dict.fromkeys(names[500:], b"1"), replace(field.dav, door=None))
    catalogue.collection(scope, "many", names, closed=True)
    asked = questions(monkeypatch, catalogue)
    folder = f"/{scope}/many"
    assert sorted(entry.name for entry in field.storage.list(folder)) == names
    first = list(asked)
    assert [entry.size for entry in field.storage.list(folder)] == [1] * 1000
    assert field.storage.stat(f"{folder}/file0777.dat").size == 1
    assert asked == first
    assert len(first) <= 3


def test_an_open_dataset_is_asked_each_time(field: Field) -> None:
    """What is still filled is never taken for what it was: a plan made from memory would lack files."""
    catalogue, scope = field.catalogue, field.scope
    catalogue.file(scope, "one", b"1", [field.dav])
    catalogue.file(scope, "two", b"2", [field.dav])
    catalogue.collection(scope, "growing", ["one"])
    folder = f"/{scope}/growing"
    assert [entry.name for entry in field.storage.list(folder)] == ["one"]
    catalogue.attach(scope, "growing", ["two"])
    assert field.storage.stat(f"{folder}/two").size == 1
    assert sorted(entry.name for entry in field.storage.list(folder)) == ["one", "two"]


class Told:
    """A catalogue that answers what it is given."""

    def __init__(self, *members: str, is_closed: bool = True, length: int | None = None) -> None:
        self.did = Did("s", "ds")
        self.rows = [Member(Did("s", name), is_file=True, size=1, sums=(SUM,)) for name in members]
        self.known = Facts(self.did, is_file=False, is_closed=is_closed, length=length)
        self.asked: list[str] = []

    def facts(self, _did: Did) -> Facts:
        self.asked.append("facts")
        return self.known

    def members(self, _did: Did) -> Iterator[Member]:
        self.asked.append("members")
        yield from self.rows


def test_a_closed_dataset_is_remembered_for_good() -> None:
    """Its members are not fetched again; once a minute, it is asked whether it still is what it was."""
    told, now = Told("a", "b", length=2), [0.0]
    contents = Contents(told, clock=lambda: now[0])  # type: ignore[arg-type]
    for _ in range(3):
        assert [member.did.name for member in contents.members(told.did)] == ["a", "b"]
    assert told.asked == ["facts", "members"]
    now[0] += SECONDS + 1
    assert len(list(contents.members(told.did))) == 2
    assert told.asked == ["facts", "members", "facts"]


def test_a_dataset_that_was_opened_again_is_fetched_again() -> None:
    """Administrators can do that; a file that came then is not left out in silence."""
    told, now = Told("a", length=1), [0.0]
    contents = Contents(told, clock=lambda: now[0])  # type: ignore[arg-type]
    list(contents.members(told.did))
    grown = Told("a", "b", length=2)
    told.rows, told.known = grown.rows, grown.known
    now[0] += SECONDS + 1
    assert [member.did.name for member in contents.members(told.did)] == ["a", "b"]


def test_a_listing_that_was_cut_short_is_no_listing() -> None:
    """Fewer members than Rucio has counted is an error, and is not remembered."""
    told = Told("a", "b", length=3)
    contents = Contents(told)  # type: ignore[arg-type]
    for _ in range(2):
        with pytest.raises(Unreachable, match="3 members, 2 came"):
            list(contents.members(told.did))
    assert told.asked.count("members") == 2


def test_memory_is_bounded() -> None:
    """What is remembered does not grow with what is looked at."""
    told = Told("a", "b", "c", length=3)
    contents = Contents(told, room=2)  # type: ignore[arg-type]
    list(contents.members(told.did))
    list(contents.members(told.did))
    assert told.asked.count("members") == 2


def test_is_searched_by_name_and_metadata(field: Field) -> None:
    """Patterns and metadata are left to Rucio; a key that it does not know is said to be that."""
    catalogue, scope = field.catalogue, field.scope
    catalogue.file(scope, "gamma.h5", b"x", [field.dav])
    catalogue.collection(scope, "gamma-1", meta={"project": "simtel"})
    catalogue.collection(scope, "proton-1", meta={"project": "simtel"})
    catalogue.collection(scope, "proton-2", meta={"project": "other"})
    storage = searching(field)
    assert names(storage.search(f"/{scope}", "gamma*", {})) == ["gamma-1", "gamma.h5"]
    assert names(storage.search(f"/{scope}", "*", {"project": "simtel"})) == ["gamma-1", "proton-1"]
    assert names(storage.search(f"/{scope}", "proton*", {"project": "simtel"})) == ["proton-1"]
    assert names(storage.search(f"/{scope}", "'] + [0", {})) == []
    with pytest.raises(Unsupported, match="does not understand"):
        list(storage.search(f"/{scope}", "*", {"no-such-key": "1"}))
    assert f"/{scope}/gamma-1" in {entry.path for entry in storage.search("/", "gamma*", {})}
    with pytest.raises(Unsupported, match="searches scopes"):
        list(storage.search(f"/{scope}/gamma-1", "*", {}))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("gamma", {"gamma-1", "gamma.h5"}),
        ("gamma?h5", {"gamma.h5"}),
        ("project=simtel", {"gamma-1", "proton-1"}),
        ("project=simtel proton*", {"proton-1"}),
    ],
)
def test_the_panels_search_asks_rucio(field: Field, text: str, expected: set[str]) -> None:
    """Words of a name, and ``KEY=VALUE`` for metadata; nothing is walked through for it."""
    catalogue, scope = field.catalogue, field.scope
    catalogue.file(scope, "gamma.h5", b"x", [field.dav])
    catalogue.collection(scope, "gamma-1", ["gamma.h5"], meta={"project": "simtel"})
    catalogue.collection(scope, "proton-1", meta={"project": "simtel"})
    assert panel_search(field, f"/{scope}", text) == expected


def test_within_a_collection_the_panel_looks_itself(field: Field) -> None:
    """There Rucio does not search by name; by metadata nobody does, which is said."""
    catalogue, scope = field.catalogue, field.scope
    catalogue.file(scope, "gamma.h5", b"x", [field.dav])
    catalogue.collection(scope, "ds", ["gamma.h5"])
    catalogue.collection(scope, "box", ["ds"], kind="CONTAINER")
    assert panel_search(field, f"/{scope}/box", "gamma") == {"gamma.h5"}
    with pytest.raises(Unsupported):
        panel_search(field, f"/{scope}/box", "project=simtel")


def panel_search(field: Field, folder: str, text: str) -> set[str]:
    name, facts = search.parted(text)
    lines: list[bytes] = []
    source = field.session.source("rucio")
    search.Search(source.browse, folder, search.pattern(name), search.glob(name), facts).run(lines.append)
    *blocks, end = (json.loads(line) for line in lines)
    assert end["complete"]
    return {name for block in blocks for name in block["names"]}


def names(found: Iterator[Entry]) -> list[str]:
    return sorted(entry.name for entry in found)


def searching(field: Field) -> Rucio:
    storage: Any = field.storage
    while not isinstance(storage, Rucio):
        storage = storage.inner
    return storage


def questions(monkeypatch: pytest.MonkeyPatch, catalogue: Catalogue) -> list[str]:
    """Return the list of what *catalogue* is asked from now on, logins too."""
    asked: list[str] = []
    send = httpx.HTTPTransport.handle_request

    def noted(self: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
        if str(request.url).startswith(catalogue.url):
            asked.append(f"{request.method} {request.url.path}")
        return send(self, request)

    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", noted)
    return asked


def test_rucios_own_client_sees_the_same(field: Field, tmp_path: Path) -> None:
    """Scopes, collections, members, replicas: our listing is what rucio-clients tell of the same server."""
    catalogue, scope = field.catalogue, field.scope
    catalogue.file(scope, "a", b"12345", [field.grid, field.dav])
    catalogue.file(scope, "b", b"123", [field.dav])
    catalogue.collection(scope, "ds", ["a", "b"], meta={"project": "p"})
    catalogue.collection(scope, "box", ["ds"], kind="CONTAINER")
    theirs = json.loads(field.catalogue.client(ORACLE, scope, folder=tmp_path))
    storage, top = searching(field), f"/{scope}"
    assert sorted(theirs["scopes"]) == sorted(entry.name for entry in storage.list("/"))
    assert sorted(theirs["dids"]) == sorted(entry.name for entry in storage.list(top))
    assert theirs["found"] == [entry.name for entry in storage.search(top, "*", {"project": "p"})]
    assert theirs["box"] == [entry.name for entry in storage.list(f"{top}/box")]
    ours = {entry.name: [entry.size, entry.checksum and entry.checksum.value] for entry in storage.list(f"{top}/ds")}
    assert theirs["ds"] == ours
    told = {
        did.name: {(copy.rse, copy.url) for copy in copies} for did, copies in storage.api.replicas([Did(scope, "ds")])
    }
    assert {name: {tuple(pair) for pair in pairs} for name, pairs in theirs["replicas"].items()} == told


ORACLE = """
import json, sys
from rucio.client import Client
client, scope = Client(), sys.argv[1]
print(json.dumps({
    "scopes": client.list_scopes(),
    "dids": list(client.list_dids(scope, [{"name": "*"}])),
    "found": list(client.list_dids(scope, [{"name": "*", "project": "p"}], did_type="all")),
    "box": [row["name"] for row in client.list_content(scope, "box")],
    "ds": {row["name"]: [row["bytes"], row["adler32"]] for row in client.list_content(scope, "ds")},
    "replicas": {
        row["name"]: [[pfn["rse"], url] for url, pfn in row["pfns"].items()]
        for row in client.list_replicas([{"scope": scope, "name": "ds"}], schemes=["https", "davs"])
    },
}))
"""


# -- who asks


def test_without_a_token_one_is_told_to_log_in(rucio: Catalogue) -> None:
    """Rucio answers 400 to no token and 401 to a bad one; both mean that one has to log in."""
    for token in ("", "no.such.token"):
        storage = Rucio(
            "Rucio",
            rucio.url,
            Trust(bundle=str(rucio.ca)),
            authorise=(lambda _, token=token: f"Bearer {token}") if token else None,  # type: ignore[misc]
        )
        with pytest.raises(NotLoggedIn):
            list(storage.list("/"))
        storage.close()


def test_a_new_token_may_be_used_by_many_at_once(rucio: Catalogue, provider: Provider) -> None:
    """Rucio notes a token at its first use, and refuses whoever comes with it in that very moment: that is no refusal."""
    for _ in range(3):
        token = provider.as_client("users-short").token(lifetime=3600)
        refused: list[str] = []

        def authorise(no: str | None, token: str = token, refused: list[str] = refused) -> str:
            refused.extend([no] if no else [])
            return f"Bearer {token}"

        storage = Rucio("Rucio", rucio.url, Trust(bundle=str(rucio.ca)), authorise=authorise)
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda _: storage.api.scopes(), range(8)))  # noqa: B023 - used at once
        storage.close()
        assert not refused


def test_a_password_is_exchanged_for_a_token(rucio: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a site has no tokens: user and password, sent once for many questions; a wrong one is not sent again."""
    password = tmp_path / "password"
    password.touch(mode=0o600)
    password.write_text(rig.PASSWORD)
    file = tmp_path / "ctadata.toml"
    file.write_text(
        f'only = []\n[sources.rucio]\nkind = "rucio"\nurl = "{rucio.url}"\nca = "{rucio.ca}"\naccount = "root"\n'
        f'login = {{ kind = "basic", user = "{rig.USER}", file = "{password}" }}\n'
    )
    asked = questions(monkeypatch, rucio)
    with Session(config.load(places=[file])) as session:
        storage = session.storage("rucio")
        assert names(storage.list("/")) == names(storage.list("/"))
        assert storage.stat("/").is_folder
    count = len(asked)
    password.write_text("wrong")
    with Session(config.load(places=[file])) as session:
        for _ in range(2):
            with pytest.raises(NotLoggedIn):
                list(session.storage("rucio").list("/"))
    assert (count, len(asked)) == (2, 3)


def test_tokens_in_answers_are_not_logged(
    rucio: Catalogue, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rucio answers a password with a token in a header; at no level does a log show it."""
    monkeypatch.setattr(logging.getLogger("httpcore.http11"), "filters", [])
    caplog.set_level(logging.DEBUG)
    login = base64.b64encode(f"{rig.USER}:{rig.PASSWORD}".encode()).decode()
    trust = Trust(bundle=str(rucio.ca))
    storage = Rucio("Rucio", rucio.url, trust, authorise=lambda _: f"Basic {login}", account="root")
    assert storage.api.scopes() is not None
    storage.close()
    assert "send_request_headers" in caplog.text  # or nothing is logged here
    assert "auth-token" not in caplog.text.lower()
    assert rig.PASSWORD not in caplog.text


def test_an_answer_of_somebody_else_is_said_to_be_that(certificate: Certificate) -> None:
    """An address that is no Rucio's is no empty catalogue."""
    with listening(200, certificate) as somebody:
        storage = Rucio("Rucio", somebody.url(), Trust(bundle=str(certificate.ca)))
        with pytest.raises(BadAnswer, match="something else than Rucio"):
            list(storage.list("/"))
        storage.close()
