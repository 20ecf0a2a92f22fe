"""How each program is told to use a door: with the token in a file or the environment wherever it can be."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from benchmarks.race import Contestant
from tests.rig.process import need

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.rig.doors import Door

__all__ = ["Programs"]


@dataclass(frozen=True, slots=True)
class Programs:
    """The contestants at one *door*; *folder* holds their configuration, readable by us alone."""

    door: Door
    folder: Path

    @classmethod
    def at(cls, door: Door, folder: Path) -> Programs:
        """Write down what the programs need to know of *door*."""
        folder.chmod(0o700)
        programs = cls(door, folder)
        token = programs.token
        _private(folder / "token", token + "\n")
        _private(folder / "header", f"Authorization: Bearer {token}\n")
        for at_once in (4, 8):
            _private(programs._config(at_once), programs._settings(at_once))
        authorities = folder / "authorities"
        authorities.mkdir()
        (authorities / "rig.pem").write_bytes(programs.authority.read_bytes())
        subprocess.run([need("openssl"), "rehash", str(authorities)], check=True, capture_output=True)
        return programs

    @property
    def token(self) -> str:
        """Return the token that opens the door."""
        return self.token_of(self.door)

    @staticmethod
    def token_of(door: Door) -> str:
        """Return the token that opens *door*, empty for an open one."""
        return door.token() if door.token else ""

    @property
    def authority(self) -> Path:
        """Return the certificate authority of the rig."""
        if self.door.ca is None:
            raise RuntimeError(f"{self.door.name} has no certificate")
        return self.door.ca

    def url(self, path: str) -> str:
        """Return the address of *path*."""
        return self.door.url + quote(path)

    def ours(self, name: str, act: str, *arguments: str | Path, at_once: int = 4) -> Contestant:
        """Return us."""
        command: list[str | Path] = [sys.executable, "-m", "benchmarks.ours", self._config(at_once), act, *arguments]
        return Contestant(name, command, is_ours=True)

    def webdav4(self, folder: str) -> Contestant:
        """Return webdav4, listing *folder*."""
        command: list[str | Path] = [sys.executable, "-m", "benchmarks.ours", self._config(4), "webdav4"]
        return Contestant(
            "webdav4 ls", [*command, self.door.url, folder, self.authority, self.folder / "token"], is_ours=True
        )

    def curl(self, name: str, *options: str | Path) -> Contestant:
        """Return curl."""
        return Contestant(name, [*self._curl(), *options])

    def curl_many(
        self, name: str, pairs: Iterable[tuple[str, Path]], *, up: bool, sync: Path | None = None
    ) -> Contestant:
        """Return curl, moving eight files of *pairs* (path on the door, local file) at once; *sync* is then waited for."""
        listed = self._listed(pairs, up=up)
        command: list[str | Path] = [*self._curl(), "--parallel", "--parallel-max", "8", "--config", listed]
        if sync is not None:
            command = ["sh", "-c", '"$@" && sync --file-system "$0"', sync, *command]
        return Contestant(name, command)

    def curl_kept(self, name: str, pairs: Iterable[tuple[str, Path]]) -> Contestant:
        """Return the same, up, but asked for no permission first: XRootD hangs up on whom it has given that."""
        plain: list[str | Path] = ["--header", "Expect:", "--parallel", "--parallel-max", "8"]
        return Contestant(name, [*self._curl(), *plain, "--config", self._listed(pairs, up=True)])

    def curl_twice(self, name: str, pairs: Iterable[tuple[str, Path]], *, up: bool) -> Contestant:
        """Return two curls, each moving four files of its half of *pairs* at once."""
        whole = list(pairs)
        halves = [self._listed(whole[half::2], up=up, name=f"half{half}") for half in (0, 1)]
        script = '"$@" --config "$0" & one=$!; "$@" --config "$0.other" & two=$!; wait $one && wait $two'
        halves[1].rename(f"{halves[0]}.other")
        command = [*self._curl(), "--parallel", "--parallel-max", "4"]
        return Contestant(name, ["sh", "-c", script, halves[0], *command])

    def python_down(self, name: str, pairs: Iterable[tuple[str, Path]]) -> Contestant:
        """Return what Python and libcurl can do at most: see `benchmarks.limit`."""
        files: list[str | Path] = [self.authority, self.folder / "header", self._listed(pairs, up=False)]
        return Contestant(name, [sys.executable, "-m", "benchmarks.limit", *files], is_ours=True)

    def _listed(self, pairs: Iterable[tuple[str, Path]], *, up: bool, name: str = "") -> Path:
        """Write down *pairs* (path on the door, local file) as curl reads them."""
        way = "upload-file" if up else "output"
        listed = self.folder / f"curl-{way}{name}"
        listed.write_text("".join(f'url = "{self.url(path)}"\n{way} = "{file}"\n' for path, file in pairs))
        return listed

    def proven(self, one: Contestant, file: Path, url: str) -> Contestant:
        """Return *one* followed by what we do besides: *file* is waited for to be on disk, and its checksum compared with the server's."""
        digest = [*self._curl(), "--head", "--header", "Want-Digest: adler32", url]
        script = Path(__file__).with_name("after.py")
        command = [sys.executable, "-I", "-S", script, file, str(len(one.command)), *one.command, *digest]
        return Contestant(f"{one.name}, then `sync` and the same digest", command, one.environment)

    def davix(self, program: str, *arguments: str | Path) -> Contestant:
        """Return one of davix's programs."""
        secret = f"Authorization: Bearer {self.token}"
        command = [need(program), "--capath", self.folder / "authorities", "-H", secret, *arguments]
        return Contestant(program, command)

    def rclone(self, name: str, *arguments: str | Path) -> Contestant:
        """Return rclone, which calls the door ``door:``."""
        environment = {
            "RCLONE_CONFIG": "/dev/null",
            "RCLONE_CONFIG_DOOR_TYPE": "webdav",
            "RCLONE_CONFIG_DOOR_VENDOR": "other",
            "RCLONE_CONFIG_DOOR_URL": self.door.url,
            "RCLONE_CONFIG_DOOR_BEARER_TOKEN": self.token,
            "RCLONE_CA_CERT": str(self.authority),
        }
        return Contestant(name, [need("rclone"), *arguments], environment)

    def _curl(self) -> list[str | Path]:
        header = f"@{self.folder / 'header'}"
        return [need("curl"), "--silent", "--show-error", "--fail", "--cacert", self.authority, "--header", header]

    def _config(self, at_once: int) -> Path:
        return self.folder / f"ctadata-{at_once}.toml"

    def _settings(self, at_once: int) -> str:
        kind = "dcache" if self.door.name == "dcache" else "webdav"
        return (
            f'only = []\n[transfers]\nfiles_at_once = {at_once}\nroots = []\n[sources.door]\nkind = "{kind}"\nurl = "{self.door.url}"\n'
            f'ca = "{self.authority}"\n[sources.door.login]\nkind = "file"\nfile = "{self.folder / "token"}"\n'
        )


def _private(file: Path, text: str) -> None:
    file.touch(mode=0o600)
    file.write_text(text, encoding="utf-8")
