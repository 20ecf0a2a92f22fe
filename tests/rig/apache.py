"""Apache's mod_dav_fs over https: the oldest dialect of WebDAV."""

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

__all__ = ["apache"]

MODULES = ("mpm_event", "authz_core", "headers", "rewrite", "ssl", "dav", "dav_fs")
CONFIG = """
ServerRoot {folder}
ServerName localhost
DefaultRuntimeDir {folder}/run
PidFile {folder}/run/pid
Mutex file:{folder}/run
ErrorLog {folder}/log
Listen 127.0.0.1:{port}
{modules}
SSLEngine on
SSLCertificateFile {cert}
SSLCertificateKeyFile {key}
Timeout 60
LimitRequestBody 0
LimitXMLRequestBody 0
DocumentRoot {folder}/data
DavLockDB {folder}/run/locks
RewriteEngine on
RewriteCond expr "! %{{HTTP:Authorization}} == 'Bearer {token}'"
RewriteRule ^ - [R=401,L]
Header always set WWW-Authenticate Bearer "expr=%{{REQUEST_STATUS}} == 401"
<Directory {folder}/data>
    Dav On
    Require all granted
</Directory>
"""


@pytest.fixture(scope="session")
def apache(rig_folder: Path, certificate: Certificate) -> Iterator[Door]:
    """Start Apache with mod_dav_fs; any other token than the one it was started with is answered with 401."""
    program, owner = need("apache2"), user("www-data")
    folder = owner.folder(rig_folder / "apache")
    for name in ("data", "run"):
        owner.folder(folder / name)
    port, token = free_port(), secrets.token_urlsafe()
    lent = certificate.lend(folder, owner)
    modules = "\n".join(f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so" for name in MODULES)
    config = owner.file(
        folder / "apache.conf",
        CONFIG.format(folder=folder, port=port, token=token, modules=modules, cert=lent.cert, key=lent.key),
    )
    door = Door("apache", f"https://localhost:{port}", folder / "data", certificate.ca, lambda: token, owner)
    command: list[str | Path] = [program, "-DFOREGROUND", "-f", config]

    def ready() -> bool:
        return answers(door.url, door.ca)

    with running(command, log=folder / "log", ready=ready, run_as=owner, folder=folder):
        yield door
