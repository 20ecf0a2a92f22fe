"""`jobs…`: the queue through the server's door."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ctadata_jlab.transfer.job import ErrorNote, Item, ItemState, JobState

if TYPE_CHECKING:
    from pathlib import Path

    from tests.server.fakes import FakeEngine

DOWNLOAD = {
    "kind": "download",
    "from": {"source": "sky", "paths": ["/lst/sub", "lst//a.txt"]},
    "to": {"source": "local", "path": "/data"},
}
BROWSER = {
    "kind": "upload",
    "from": {"source": "browser"},
    "manifest": [{"path": "f/a.h5", "size": 5, "modified": 1.5}, {"path": "b.h5", "size": 0}],
    "folders": ["f/empty"],
    "to": {"source": "sky", "path": "/lst"},
    "conflict": "rename",
}


async def test_post(ask: Any, engine: FakeEngine) -> None:
    """A job is taken with its paths in one spelling, and shown as the contract says."""
    answer = await ask("jobs", "POST", DOWNLOAD)
    assert answer.status == 201
    job = answer.json
    assert answer.headers["Location"].endswith(f"/ctadata-jlab/jobs/{job['id']}")
    assert job["from"] == {"source": "sky", "paths": ["/lst/sub", "/lst/a.txt"], "count": 2, "base": None}
    assert job["to"] == {"source": "local", "path": "/data"}
    assert (job["state"], job["conflict"], job["error"], job["question"]) == ("waiting", "ask", None, None)
    assert engine.started


async def test_browser_job(ask: Any, engine: FakeEngine) -> None:
    """An upload from the browser brings its manifest; its items are numbered alike."""
    job = (await ask("jobs", "POST", BROWSER)).json
    request = engine.job(job["id"]).request
    assert [one.path for one in request.manifest] == ["f/a.h5", "b.h5"]
    assert (request.manifest[0].modified, request.folders, request.conflict) == (1.5, ("f/empty",), "rename")
    assert job["from"] == {"source": "browser", "paths": [], "count": 0, "base": None}


async def test_newest_first(ask: Any) -> None:
    """The list begins with what was asked for last."""
    ids = [(await ask("jobs", "POST", DOWNLOAD)).json["id"] for _ in range(3)]
    assert [job["id"] for job in (await ask("jobs")).json] == ids[::-1]


def _with(base: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {key: value for key, value in {**base, **changes}.items() if value is not None}


@pytest.mark.parametrize(
    ("body", "name", "word"),
    [
        ([], "BadRequest", "object"),
        ({}, "BadRequest", "kind"),
        (_with(DOWNLOAD, kind="steal"), "BadRequest", "kind"),
        (_with(DOWNLOAD, kind=["download"]), "BadRequest", "kind"),
        (_with(DOWNLOAD, surprise=1), "BadRequest", "surprise"),
        (_with(DOWNLOAD, to=None), "BadRequest", "'to'"),
        (_with(DOWNLOAD, to={"source": "local", "path": 3}), "BadRequest", "'to'.path"),
        (_with(DOWNLOAD, to={"source": "local", "path": "/../etc"}), "BadPath", "'..'"),
        (_with(DOWNLOAD, to={"source": "local", "path": "/" + "x" * 3000}), "BadPath", "255"),
        (_with(DOWNLOAD, to={"source": "elsewhere", "path": "/"}), "NotFound", "elsewhere"),
        (_with(DOWNLOAD, to={"source": "sky", "path": "/"}), "BadRequest", "local"),
        (_with(DOWNLOAD, **{"from": {"source": "sky", "paths": []}}), "BadRequest", "paths"),
        (_with(DOWNLOAD, **{"from": {"source": "sky", "paths": ["/"]}}), "BadRequest", "root"),
        (_with(DOWNLOAD, **{"from": {"source": "sky", "paths": ["/a\0b"]}}), "BadPath", "NUL"),
        (_with(DOWNLOAD, **{"from": {"source": "sky", "paths": ["/\ud800"]}}), "BadPath", "Unicode"),
        (_with(DOWNLOAD, **{"from": {"source": "local", "paths": ["/x"]}}), "BadRequest", "remote"),
        (_with(DOWNLOAD, kind="delete"), "BadRequest", "absent"),
        (_with(DOWNLOAD, kind="stage"), "BadRequest", "absent"),
        (
            _with(DOWNLOAD, kind="delete", to=None, **{"from": {"source": "archive", "paths": ["/old"]}}),
            "Unsupported",
            "",
        ),
        (_with(DOWNLOAD, kind="copy", to={"source": "archive", "path": "/"}), "Unsupported", "read-only"),
        (_with(DOWNLOAD, conflict="maybe"), "BadRequest", "conflict"),
        (_with(DOWNLOAD, manifest=[]), "BadRequest", "manifest"),
        (_with(DOWNLOAD, kind="upload"), "BadRequest", "local"),
        (_with(BROWSER, kind="copy"), "BadRequest", "upload"),
        (_with(BROWSER, manifest=[], folders=None), "BadRequest", "manifest"),
        (_with(BROWSER, manifest=[{"path": "../x", "size": 1}]), "BadPath", "'..'"),
        (_with(BROWSER, manifest=[{"path": "/etc/x", "size": 1}]), "BadRequest", "below"),
        (_with(BROWSER, manifest=[{"path": "x", "size": -1}]), "BadRequest", "size"),
        (_with(BROWSER, manifest=[{"path": "x", "size": True}]), "BadRequest", "size"),
        (_with(BROWSER, manifest=[{"path": "x", "size": 1}] * 2), "BadRequest", "twice"),
        (_with(BROWSER, manifest=["x"]), "BadRequest", "'manifest'[0]"),
        (_with(BROWSER, folders=["../x"]), "BadPath", "'..'"),
    ],
)
async def test_bad_job(ask: Any, engine: FakeEngine, body: object, name: str, word: str) -> None:
    """A job that is not right is refused, the field named, and none is made."""
    answer = await ask("jobs", "POST", body)
    assert answer.json["error"] == name
    assert word in answer.json["message"]
    assert not engine.kept


async def test_body_that_is_no_json(ask: Any) -> None:
    """What is no JSON is said to be none, and is not repeated."""
    answer = await ask("jobs", "POST", body='{"kind": secret')
    assert (answer.status, answer.json["message"]) == (400, "The body is not JSON.")


async def test_link_out_of_the_workspace(ask: Any, engine: FakeEngine, jp_root_dir: Path, tmp_path: Path) -> None:
    """A target that a symbolic link leads out of its root is refused."""
    (jp_root_dir / "out").symlink_to(tmp_path)
    for path in ("/out/x", "/out"):
        answer = await ask("jobs", "POST", _with(DOWNLOAD, to={"source": "local", "path": path}))
        assert (answer.status, answer.json["error"]) == (400, "BadPath")
    assert not engine.kept


async def test_steps(ask: Any) -> None:
    """Each action reaches the queue and answers with the job."""
    path = f"jobs/{(await ask('jobs', 'POST', DOWNLOAD)).json['id']}"
    assert (await ask(path, "PATCH", {"action": "pause"})).json["state"] == "paused"
    assert (await ask(path, "PATCH", {"action": "resume"})).json["state"] == "waiting"
    assert (await ask(path, "PATCH", {"action": "answer", "answer": "newer"})).json["note"] == "answered newer"
    assert (await ask(path, "PATCH", {"action": "cancel"})).json["state"] == "cancelled"
    assert (await ask(path, "PATCH", {"action": "retry"})).json["state"] == "waiting"
    assert (await ask(path)).json["state"] == "waiting"
    assert (await ask(path, "PATCH", {"action": "explode"})).json["error"] == "BadRequest"
    assert (await ask(path, "PATCH", {"action": "answer"})).json["error"] == "BadRequest"
    assert (await ask(path, "PATCH", {"action": "answer", "answer": "ask"})).json["error"] == "BadRequest"


async def test_order_and_limits(ask: Any, engine: FakeEngine) -> None:
    """A job is put before another or last, and limited or not; a limit that is left out is a mistake, null is none."""
    path = f"jobs/{(await ask('jobs', 'POST', DOWNLOAD)).json['id']}"
    assert (await ask(path, "PATCH", {"action": "reorder", "before": "J7"})).json["order"] == 0.5
    assert (await ask(path, "PATCH", {"action": "reorder"})).json["order"] == 9
    assert (await ask(path, "PATCH", {"action": "limit", "limit": 100_000})).json["limit"] == 100_000
    assert (await ask(path, "PATCH", {"action": "limit", "limit": None})).json["limit"] is None
    for wrong in ({"action": "limit"}, {"action": "limit", "limit": "1M"}, {"action": "reorder", "before": 3}):
        assert (await ask(path, "PATCH", wrong)).json["error"] == "BadRequest"
    assert (await ask("queue", "PATCH", {"limit": 70_000})).json["limit"] == engine.overall_limit == 70_000
    assert (await ask("queue", "PATCH", {})).status == 400
    assert (await ask("queue")).json == {
        "owner": None, "folder": "/state", "notice": None, "limit": 70_000, "files_at_once": 4, "jobs_at_once": 2,
    }  # fmt: skip


async def test_options(ask: Any, engine: FakeEngine) -> None:
    """Patterns, lists and syncs come in as they were said, and are shown again; a sync replaces unless it is told otherwise."""
    origin = {"source": "sky", "paths": ["/lst/sub/b.bin"], "base": "/lst/"}
    options = {"include": ["*.bin"], "exclude": ["tmp/"], "sync": True, "limit": 20_000}
    job = (await ask("jobs", "POST", _with(DOWNLOAD, **{"from": origin}, **options))).json
    request = engine.job(job["id"]).request
    assert (request.base, request.include, request.exclude) == ("/lst", ("*.bin",), ("tmp/",))
    assert (request.sync, request.limit, request.conflict) == (True, 20_000, "replace")
    assert (job["from"]["base"], job["include"], job["exclude"], job["sync"]) == ("/lst", ["*.bin"], ["tmp/"], True)
    job = (await ask("jobs", "POST", _with(DOWNLOAD, sync=True, conflict="newer"))).json
    assert job["conflict"] == "newer"
    for wrong in ({"include": "*.h5"}, {"sync": 1}, {"exclude": [3]}, {"limit": -1}, {"limit": 1.5}):
        assert (await ask("jobs", "POST", _with(DOWNLOAD, **wrong))).json["error"] == "BadRequest"


async def test_unknown(ask: Any) -> None:
    """A job that is not there is 404 whatever is asked of it."""
    for path, method, body in [
        ("jobs/X", "GET", None), ("jobs/X", "PATCH", {"action": "pause"}), ("jobs/X", "DELETE", None),
        ("jobs/X/items", "GET", None), ("jobs/X/log", "GET", None),
    ]:  # fmt: skip
        answer = await ask(path, method, body)
        assert (answer.status, answer.json["error"]) == (404, "NotFound")


async def test_forget(ask: Any, engine: FakeEngine) -> None:
    """A finished job leaves the list; one that runs does not."""
    identity = (await ask("jobs", "POST", DOWNLOAD)).json["id"]
    assert (await ask(f"jobs/{identity}", "DELETE")).status == 400
    engine.move(identity, state=JobState.DONE)
    assert (await ask(f"jobs/{identity}", "DELETE")).status == 204
    assert (await ask("jobs")).json == []


async def test_items(ask: Any, engine: FakeEngine) -> None:
    """Items come by pages: `next` of one is `after` of the next."""
    identity = (await ask("jobs", "POST", DOWNLOAD)).json["id"]
    note = ErrorNote("Changed", "It changed.", "Look.", retryable=False)
    engine.of[identity] = [Item(n, f"/{n}", None) for n in range(5)]
    engine.of[identity][3] = Item(3, "/3", "/data/3", size=7, state=ItemState.FAILED, error=note, note="n")
    seen, after = [], -1
    while after is not None:
        page = (await ask(f"jobs/{identity}/items?after={after}&limit=2")).json
        seen += [one["n"] for one in page["items"]]
        after = page["next"]
    assert seen == [0, 1, 2, 3, 4]
    (failed,) = (await ask(f"jobs/{identity}/items?state=failed")).json["items"]
    assert failed == {
        "n": 3, "path": "/3", "target": "/data/3", "size": 7, "state": "failed", "note": "n",
        "error": {"error": "Changed", "message": "It changed.", "hint": "Look.", "retryable": False},
    }  # fmt: skip
    for query in ("state=odd", "after=x", "limit=0", "limit=99999", "after=²"):
        answer = await ask(f"jobs/{identity}/items?{query}".replace("²", "%C2%B2"))
        assert (answer.status, answer.json["error"]) == (400, "BadRequest")


async def test_log(ask: Any) -> None:
    """The log is text in UTF-8."""
    identity = (await ask("jobs", "POST", DOWNLOAD)).json["id"]
    answer = await ask(f"jobs/{identity}/log")
    assert answer.headers["Content-Type"] == "text/plain; charset=UTF-8"
    assert "naïvely" in answer.body.decode()
