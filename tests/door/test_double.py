"""The double is a WebDAV server to clients that know nothing of us: litmus, davix, curl and rclone; and its traps snap."""

from __future__ import annotations

import json
import os
import re
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.door.double import TOKEN, doubled
from tests.door.traps import Traps
from tests.rig.process import need

if TYPE_CHECKING:
    from pathlib import Path

    from tests.door.double import Double

DATA = os.urandom(700_001)

DEVIATIONS: dict[str, set[str]] = {
    "basic": set(),
    # no local COPY (#6950), with which the test of MOVE prepares its folders
    "copymove": {"copy_simple", "copy_overwrite", "copy_coll", "copy_shallow", "move_coll"},
    # no dead properties; the tests after `propset` are then skipped
    "props": {"propset", "propmanyns", "propget"},
    "http": set(),
}
"""What litmus finds wrong with dCache itself."""


def litmus(double: Double, suite: str) -> dict[str, str]:
    """Return what litmus says of each test of *suite*."""
    command = [need("litmus"), "-k", double.door.url + "/"]
    env = {**os.environ, "TESTS": suite}
    done = subprocess.run(command, capture_output=True, check=False, env=env, timeout=120)
    lines = re.findall(r"\d+\. (\w+)\.+ (pass|FAIL|SKIPPED|WARNING)", done.stdout.decode(errors="replace"))
    return {name: said for name, said in lines if name not in {"init", "begin", "finish"}}


@pytest.mark.parametrize("suite", DEVIATIONS)
def test_litmus_finds_only_dcaches_own_deviations(suite: str) -> None:
    """A WebDAV tester agrees, but for what dCache does otherwise; it speaks neither tokens nor redirects, so both are off."""
    with doubled(None) as double:
        double.tokens = {}
        double.traps.proxies_reads = True
        found = litmus(double, suite)
    assert found, "litmus said nothing"
    assert {name for name, said in found.items() if said == "FAIL"} == DEVIATIONS[suite]


def run(*command: str, cwd: Path | None = None) -> bytes:
    """Return what *command* writes; fail with its complaint."""
    env = {**os.environ, "RCLONE_CONFIG": "", "NO_PROXY": "localhost,127.0.0.1", "no_proxy": "localhost,127.0.0.1"}
    done = subprocess.run(command, capture_output=True, check=False, cwd=cwd, env=env, timeout=120)
    assert done.returncode == 0, f"{command[0]}: {done.stderr.decode()}"
    return done.stdout


def curl(double: Double, *options: str, token: str = TOKEN) -> bytes:
    """Ask by curl; redirects are followed, the token is not."""
    login = ["--header", f"Authorization: Bearer {token}"] if token else []
    return run(need("curl"), "--silent", "--show-error", "--fail", "--cacert", str(double.ca), *login, *options)


def test_curl_downloads_and_uploads_by_the_pool(double: Double, tmp_path: Path) -> None:
    """Bytes go between curl and the pool only."""
    (tmp_path / "f").write_bytes(DATA)
    up = [*("--location", "--upload-file"), str(tmp_path / "f"), *("--header", "Expect: 100-continue")]
    said = curl(double, *up, *("--expect100-timeout", "30"), f"{double.door.url}/curl/f")
    assert said.strip() == b"%d bytes uploaded" % len(DATA)
    assert double.raw_get("/curl/f") == DATA
    assert curl(double, "--location", f"{double.door.url}/curl/f") == DATA
    assert [asked.took for asked in double.requests("door", "PUT")] == [0]
    assert not [asked for asked in double.requests("pool") if "authorization" in asked.headers]
    assert double.movers == {}


def test_curl_reads_ranges_of_one_mover(double: Double) -> None:
    """A mover serves ranges until it is told to close."""
    double.raw_put("/f", DATA)
    curl(double, f"{double.door.url}/f")
    (mover,) = double.movers.values()
    url = mover.url(double.pool.url, double.door.url)
    assert curl(double, "--range", "5-9", url, token="") == DATA[5:10]
    assert curl(double, "--range", "-4", url, token="") == DATA[-4:]
    assert curl(double, "--range", "10-", "--header", "Connection: close", url, token="") == DATA[10:]
    assert double.movers == {}


def test_davix_lists_gets_and_puts(double: Double, tmp_path: Path) -> None:
    """The grid's own client, redirects and all."""
    options = ["--capath", str(tmp_path), "-k", "-H", f"Authorization: Bearer {TOKEN}"]
    double.raw_put("/davix/in", DATA)
    listed = run(need("davix-ls"), *options, f"{double.door.url}/davix/").decode().split()
    assert listed == ["in"]
    run(need("davix-get"), *options, f"{double.door.url}/davix/in", str(tmp_path / "got"))
    assert (tmp_path / "got").read_bytes() == DATA
    run(need("davix-put"), *options, str(tmp_path / "got"), f"{double.door.url}/davix/out")
    assert double.raw_get("/davix/out") == DATA


def test_rclone_copies_there_and_back(double: Double, tmp_path: Path) -> None:
    """What people are told to use."""
    (tmp_path / "in" / "sub").mkdir(parents=True)
    (tmp_path / "in" / "a b%20c").write_bytes(DATA)
    (tmp_path / "in" / "sub" / "é").write_bytes(b"2")
    remote = f":webdav,url='{double.door.url}',bearer_token={TOKEN}:"
    options = ["--ca-cert", str(double.ca), "--retries", "1", "--low-level-retries", "1"]
    run(need("rclone"), "copy", *options, str(tmp_path / "in"), f"{remote}box")
    assert double.raw_get("/box/a b%20c") == DATA
    run(need("rclone"), "copy", *options, f"{remote}box", str(tmp_path / "out"))
    assert (tmp_path / "out" / "sub" / "é").read_bytes() == b"2"
    assert (tmp_path / "out" / "a b%20c").read_bytes() == DATA


def test_rest_looks_and_replaces(double: Double) -> None:
    """The frontend tells children, locality and checksum, and its `mv` replaces a file by a file only."""
    double.raw_put("/r/new", b"new")
    double.raw_put("/r/old", b"old")
    base = f"{double.frontend.url}/api/v1/namespace"
    found = json.loads(curl(double, f"{base}/r?children=true&locality=true&checksum=true"))
    assert {child["fileName"]: child["fileLocality"] for child in found["children"]} == {
        "new": "ONLINE",
        "old": "ONLINE",
    }
    assert found["children"][0]["checksums"][0]["type"] == "ADLER32"
    curl(double, "--json", json.dumps({"action": "mv", "destination": "old"}), f"{base}/r/new")
    assert (double.raw_names("/r"), double.raw_get("/r/old")) == (["old"], b"new")
    assert status(double, "GET", f"{base}/none") == 404
    assert status(double, "GET", f"{base}/r", token="other") == 401
    double.traps.unreadable.add("/r")
    assert status(double, "GET", f"{base}/r?children=true") == 403


def status(double: Double, method: str, url: str, *headers: str, token: str = TOKEN, body: bytes = b"") -> int:
    """Return the status of one request by curl."""
    command = [
        need("curl"),
        "--silent",
        "--cacert",
        str(double.ca),
        "--output",
        os.devnull,
        "--write-out",
        "%{http_code}",
    ]
    command += [part for line in (f"Authorization: Bearer {token}", *headers) for part in ("--header", line)]
    command += ["--data-binary", "@-", "--header", "Content-Type:"] if body else []
    done = subprocess.run([*command, "--request", method, url], input=body, capture_output=True, check=False)
    return int(done.stdout)


def test_move_is_dcaches(double: Double) -> None:
    """Without Overwrite as with F; T replaces; a missing parent is a conflict."""
    double.raw_put("/m/a", b"a")
    double.raw_put("/m/b", b"b")
    to = f"Destination: {double.door.url}/m/b"
    assert status(double, "MOVE", f"{double.door.url}/m/a", to) == 412
    assert status(double, "MOVE", f"{double.door.url}/m/a", to, "Overwrite: F") == 412
    assert status(double, "MOVE", f"{double.door.url}/m/a", f"Destination: {double.door.url}/n/a") == 409
    assert status(double, "MOVE", f"{double.door.url}/m/a", to, "Overwrite: T") == 204
    assert double.raw_get("/m/b") == b"a"


def test_tokens_may_what_their_scopes_say(double: Double) -> None:
    """To create is neither to list nor to remove."""
    double.tokens = {"reader": {"storage.read"}, "maker": {"storage.create"}}
    double.raw_put("/f", b"1")
    url = double.door.url
    assert status(double, "PUT", f"{url}/g", token="reader", body=b"1") == 403
    assert status(double, "PUT", f"{url}/g", token="maker", body=b"1") == 201
    assert status(double, "PUT", f"{url}/g", token="maker", body=b"2") == 403
    assert status(double, "DELETE", f"{url}/g", token="maker") == 403
    assert status(double, "GET", f"{url}/f", token="maker") == 403
    assert status(double, "GET", f"{url}/f", token="nobody") == 401


@pytest.mark.parametrize(("depth", "count"), [("0", 1), ("1", 2), ("infinity", 4), ("", 4)])
def test_depth_is_cut(double: Double, depth: str, count: int) -> None:
    """Three levels, whatever was asked, without a word."""
    double.reset(Traps(depth_cut=3))
    double.raw_put("/1/2/3/4/5", b"")
    answer = curl(
        double, "--request", "PROPFIND", "--header", f"Depth: {depth}" if depth else "Depth;", f"{double.door.url}/1"
    )
    assert answer.count(b"<d:href>") == count


def test_a_refused_address_is_blocked(double: Double) -> None:
    """Three refused tokens, and a good one is refused too."""
    double.reset(Traps(block_after_401=3))
    for _ in range(3):
        assert status(double, "GET", f"{double.door.url}/", token="bad") == 401
    assert status(double, "GET", f"{double.door.url}/") == 429


def test_content_md5_is_enforced_but_the_file_may_stay(double: Double) -> None:
    """400 for other bytes than promised; with the trap the name is taken by them."""
    wrong = "Content-MD5: 1B2M2Y8AsgTpgAmY7PhCfg=="
    assert status(double, "PUT", f"{double.door.url}/f", wrong, body=b"x") == 400
    assert double.raw_names() == []
    double.reset(Traps(keeps_mismatched=True))
    assert status(double, "PUT", f"{double.door.url}/f", wrong, body=b"x") == 400
    assert double.raw_names() == ["f"]
