"""An embedded WebDAV door with a bearer token: the demo's stand-in for a storage site, and the tests' simplest one.

::

    python -m ctadata_jlab.demo.door --root FOLDER --token-file FILE [--port 0] [--refuse NAME] [--cert PEM --key PEM]

prints one line, its address, when it answers. It listens on the loopback interface only, lets nobody in without the
token, answers ranges and ``Want-Digest``, streams, and serves many connections at once. Not for real data.
"""

from __future__ import annotations

import argparse
import os
import signal
import threading
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import ParseResult

from ctadata_jlab.demo.gate import Digest, NeedsBearer, Refuses
from ctadata_jlab.demo.tether import end_with_parent

__all__ = ["build", "main"]

HOST = "127.0.0.1"
THREADS = 16


def build(
    root: Path, token_file: Path, *, port: int = 0, refuse: frozenset[str] = frozenset(), pair: tuple[str, str] | None
) -> Any:
    """Return a bound cheroot server, ready for ``serve()``; *pair* is certificate and key for https."""
    from cheroot.ssl.builtin import BuiltinSSLAdapter  # noqa: PLC0415  # only with the extra [demo]
    from cheroot.wsgi import Server  # noqa: PLC0415

    root = root.resolve()
    app = NeedsBearer(Refuses(Digest(_webdav(root), root), refuse), token_file)
    server = Server((HOST, port), app, numthreads=THREADS, timeout=60)
    server.keep_alive_conn_limit = 128
    if pair is not None:
        server.ssl_adapter = BuiltinSSLAdapter(*pair)
    server.prepare()
    return server


def _webdav(root: Path) -> Any:
    """Return wsgidav for one folder; who may enter was decided before, so its own logins and pages are left out."""
    from wsgidav import request_server  # noqa: PLC0415
    from wsgidav.error_printer import ErrorPrinter  # noqa: PLC0415
    from wsgidav.request_resolver import RequestResolver  # noqa: PLC0415
    from wsgidav.wsgidav_app import WsgiDAVApp  # noqa: PLC0415

    request_server.urlparse = _whole  # it decodes a Destination first and then takes `?` and `;` in a name for syntax
    settings = {
        "provider_mapping": {"/": str(root)},
        "middleware_stack": [ErrorPrinter, RequestResolver],
        "simple_dc": {"user_mapping": {"*": True}},
        "lock_storage": False,
        "property_manager": False,
        "block_size": 1 << 20,
        "verbose": 1,
        "logging": {"enable": False},
    }
    return WsgiDAVApp(settings)


def _whole(url: str, *, allow_fragments: bool = False) -> ParseResult:  # noqa: ARG001  # urlparse's own signature
    """Return the parts of an already decoded URL: all that follows the host is path."""
    scheme, _, rest = url.partition("://") if "://" in url else ("", "", url)
    host, slash, path = rest.partition("/")
    return ParseResult(scheme, host, slash + path, "", "", "")


def main(argv: list[str] | None = None) -> NoReturn:
    """Serve one folder until SIGTERM, Ctrl-C or, with ``--tethered``, the end of the parent process."""
    options = _options(argv)
    pair = (options.cert, options.key) if options.cert else None
    server = build(options.root, options.token_file, port=options.port, refuse=frozenset(options.refuse), pair=pair)
    over = threading.Event()
    for kind in (signal.SIGINT, signal.SIGTERM):
        signal.signal(kind, lambda *_: over.set())
    if options.tethered:
        end_with_parent()
    threading.Thread(target=server.serve, name="door", daemon=True).start()
    print(f"{'https' if pair else 'http'}://{HOST}:{server.bind_addr[1]}", flush=True)
    over.wait()
    # A connection that never ends must not keep the door open: there is nothing left here that is worth waiting for.
    os._exit(0)


def _options(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m ctadata_jlab.demo.door", description="A WebDAV door with a token.")
    parser.add_argument("--root", type=Path, required=True, help="the folder to serve")
    parser.add_argument("--token-file", type=Path, required=True, help="holds the token that opens the door")
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    parser.add_argument("--refuse", action="append", default=[], metavar="NAME", help="folders to answer 403 for")
    parser.add_argument("--cert", help="certificate (PEM) for https")
    parser.add_argument("--key", help="its key (PEM)")
    parser.add_argument("--tethered", action="store_true", help="end when standard input ends")
    return parser.parse_args(argv)


if __name__ == "__main__":
    main()
