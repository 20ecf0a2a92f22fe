"""nginx with dav and dav-ext over https: strict about slashes, shy about properties."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import pytest

from tests.rig.doors import Door, answers
from tests.rig.process import free_port, need, running, user

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.rig.certificate import Certificate

__all__ = ["nginx"]

CONFIG = """
load_module /usr/lib/nginx/modules/ngx_http_dav_ext_module.so;
daemon off;
worker_processes 2;
pid {folder}/pid;
error_log stderr;
events {{}}
http {{
    access_log off;
    default_type application/octet-stream;
    client_max_body_size 0;
    client_body_temp_path {folder}/temporary/body;
    proxy_temp_path {folder}/temporary/proxy;
    fastcgi_temp_path {folder}/temporary/fastcgi;
    uwsgi_temp_path {folder}/temporary/uwsgi;
    scgi_temp_path {folder}/temporary/scgi;
    server {{
        listen 127.0.0.1:{port} ssl;
        server_name localhost;
        ssl_certificate {cert};
        ssl_certificate_key {key};
        root {folder}/data;
        add_header WWW-Authenticate $challenge always;
        set $challenge "";
        if ($http_authorization != "Bearer {token}") {{
            set $challenge Bearer;
            return 401;
        }}
        location / {{
            dav_methods PUT DELETE MKCOL COPY MOVE;
            dav_ext_methods PROPFIND OPTIONS;
        }}
    }}
}}
"""


@pytest.fixture(scope="session")
def nginx(rig_folder: Path, certificate: Certificate) -> Iterator[Door]:
    """Start nginx with dav-ext; any other token than the one it was started with is answered with 401."""
    program, owner = need("nginx"), user("www-data")
    folder = owner.folder(rig_folder / "nginx")
    for name in ("data", "temporary"):
        owner.folder(folder / name)
    port, token = free_port(), secrets.token_urlsafe()
    lent = certificate.lend(folder, owner)
    config = owner.file(
        folder / "nginx.conf", CONFIG.format(folder=folder, port=port, token=token, cert=lent.cert, key=lent.key)
    )
    door = Door("nginx", f"https://localhost:{port}", folder / "data", certificate.ca, lambda: token, owner)
    command: list[str | Path] = [program, "-p", folder, "-c", config, "-e", "stderr"]

    def ready() -> bool:
        return answers(door.url, door.ca)

    with running(command, log=folder / "log", ready=ready, run_as=owner, folder=folder):
        yield door
