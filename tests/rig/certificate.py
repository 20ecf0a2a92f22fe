"""A certificate for localhost, from an authority of its own."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.rig.process import User, need

__all__ = ["Certificate", "certificate", "made"]

AUTHORITY = """
[req]
distinguished_name = name
x509_extensions = authority
prompt = no
[name]
CN = ctadata test authority
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
"""
SERVER = """
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = DNS:localhost, IP:127.0.0.1
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
"""


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a server shows (`cert`, `key`) and what a client trusts (`ca`)."""

    ca: Path
    cert: Path
    key: Path

    def lend(self, folder: Path, borrower: User) -> Certificate:
        """Copy it into *folder* such that a server running as *borrower* accepts it: the key is nobody else's."""
        cert, key = (Path(shutil.copy(file, folder)) for file in (self.cert, self.key))
        key.chmod(0o400)
        borrower.own(key)
        return Certificate(self.ca, cert, key)


@pytest.fixture(scope="session")
def certificate(rig_folder: Path) -> Certificate:
    """Make the certificate that all servers of the rig show."""
    folder = rig_folder / "certificate"
    folder.mkdir()
    return made(folder)


def made(folder: Path) -> Certificate:
    """Make a certificate, and the authority that vouches for it, in *folder*."""
    (folder / "authority.cnf").write_text(AUTHORITY)
    (folder / "server.cnf").write_text(SERVER)
    for step in _STEPS:
        subprocess.run([need("openssl"), *step.split()], cwd=folder, check=True, capture_output=True)
    return Certificate(folder / "ca.pem", folder / "cert.pem", folder / "key.pem")


_STEPS = (
    "ecparam -name prime256v1 -genkey -noout -out ca.key",
    "req -x509 -new -key ca.key -config authority.cnf -days 30 -out ca.pem",
    "ecparam -name prime256v1 -genkey -noout -out key.pem",
    "req -new -key key.pem -subj /CN=localhost -out request.pem",
    "x509 -req -in request.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -extfile server.cnf -out cert.pem",
)
