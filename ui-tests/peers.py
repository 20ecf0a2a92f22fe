# ruff: noqa: INP001  # no package: a program of the browser's tests
"""The other systems of the field for the browser's tests: ``peers.py FOLDER`` prints where, and ends when its input does.

A real S3 server, and the doubles of FirecREST, Onedata and OSCAR, whose MinIO the S3 server is. What is printed are the settings of
one source each; their secrets are in files of FOLDER. Each has a folder ``night`` with files, and one folder in it.
"""

from __future__ import annotations

import json
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.clusters import double as firecrest
from tests.objects import cdmi, oscar_double
from tests.rig import certificate, seaweed

if TYPE_CHECKING:
    from collections.abc import Callable
    from http.server import HTTPServer

FILES = ("night/run 1.txt", "night/é.txt", "night/deep {}/run#2.txt")


def lay(name: str, put: Callable[[str, bytes], object]) -> None:
    """Put the files of a night."""
    for path in FILES:
        put(path.format(name), path.format(name).encode())


def keep(place: Path, text: str) -> str:
    """Write a secret, for this user alone."""
    place.touch(mode=0o600)
    place.write_text(text)
    return str(place)


def start(server: HTTPServer) -> None:
    """Let it serve until this process ends."""
    threading.Thread(target=server.serve_forever, daemon=True).start()


def login(folder: Path, token: str) -> dict[str, str]:
    """Return a login by a file that holds *token*."""
    return {"kind": "file", "file": keep(folder / "token", token)}


def store(folder: Path, s3: seaweed.S3) -> dict[str, object]:
    """Fill a bucket."""
    s3.ask("PUT", "/nights")
    lay("store", lambda path, data: s3.ask("PUT", f"/nights/{path}", data))
    keys = f"[default]\naws_access_key_id = {s3.key}\naws_secret_access_key = {s3.secret}\n"
    by_keys = {"kind": "auto", "file": keep(folder / "credentials", keys)}
    return {"title": "Object store", "kind": "s3", "url": s3.url, "root": "/nights", "login": by_keys}


def alps(folder: Path, s3: seaweed.S3, shown: certificate.Certificate) -> dict[str, object]:
    """Start two clusters."""
    s3.ask("PUT", "/alice")
    clusters = firecrest.Clusters(folder / "files", s3, shown)
    lay("alps", lambda path, data: clusters.raw_put(f"/users/{path}", data))
    start(clusters.server)
    by_token = login(folder, firecrest.TOKEN)
    return {"title": "Alps", "kind": "firecrest", "url": clusters.url, "ca": str(shown.ca), "login": by_token}


def space(folder: Path, shown: certificate.Certificate) -> dict[str, object]:
    """Start an Oneprovider."""
    provider = cdmi.Oneprovider(folder / "files", shown)
    lay("space", lambda path, data: provider.raw_put(f"/space/{path}", data))
    start(provider.server)
    by_token = login(folder, cdmi.TOKEN)
    return {"title": "Onedata", "kind": "onedata", "url": provider.url, "ca": str(shown.ca), "login": by_token}


def oscar(folder: Path, s3: seaweed.S3) -> dict[str, object]:
    """Start a cluster with one service, which has run once."""
    cluster = oscar_double.Cluster()
    s3.ask("PUT", "/moo")
    lay("oscar", lambda path, data: s3.ask("PUT", f"/moo/{path}", data))
    s3.ask("PUT", "/moo/night/hello.json", b'{"message": "Hi there"}')
    for marker in ("in", "out"):
        s3.ask("PUT", f"/moo/{marker}/", b"")
    cluster.config["minio_provider"] = {
        "endpoint": s3.url,
        "region": "us-east-1",
        "access_key": s3.key,
        "secret_key": s3.secret,
    }
    coming, going = ([{"storage_provider": "minio.default", "path": f"moo/{name}"}] for name in ("in", "out"))
    cluster.add("cowsay", input=coming, output=going)
    cluster.jobs["cowsay"] = {"cowsay-7d1x": {"status": "Succeeded", "log": "SCRIPT: read /tmp/in/run 1.txt\n"}}
    start(cluster.server)
    by_token = login(folder, oscar_double.TOKEN)
    return {"title": "OSCAR", "kind": "oscar", "url": cluster.url, "login": by_token}


def main(folder: Path) -> None:
    """Start everything, say where, and wait."""
    rooms = {name: folder / name for name in ("store", "alps", "space", "oscar", "certificate")}
    for room in rooms.values():
        room.mkdir(parents=True)
    shown = certificate.made(rooms["certificate"])
    with seaweed.serving(folder / "seaweed") as s3:
        sources = {
            "store": store(rooms["store"], s3),
            "alps": alps(rooms["alps"], s3, shown),
            "space": space(rooms["space"], shown),
            "oscar": oscar(rooms["oscar"], s3),
        }
        secrets = [s3.secret, firecrest.TOKEN, cdmi.TOKEN, oscar_double.TOKEN]
        keep(folder / "secrets", "\n".join(secrets))
        print(json.dumps(sources), flush=True)  # noqa: T201  # for who started it
        sys.stdin.buffer.read()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
