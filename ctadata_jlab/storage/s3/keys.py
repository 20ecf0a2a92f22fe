"""Where the keys of an S3 source come from: a file of the user's, or the usual environment variables."""

from __future__ import annotations

import configparser
import os
import stat
from typing import TYPE_CHECKING

from ctadata_jlab.config import profile_folder
from ctadata_jlab.errors import Misconfigured
from ctadata_jlab.storage.s3.signing import Keys

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ctadata_jlab.config import Source

__all__ = ["keys_of"]


def keys_of(source: Source) -> Callable[[], Keys | None]:
    """Return what reads the keys of *source*, anew for each request: they may be changed meanwhile.

    Kind of login ``none``: an open server; ``environment``: ``AWS_ACCESS_KEY_ID`` and ``AWS_SECRET_ACCESS_KEY``; else the section
    ``login.user`` (or ``default``) of the file ``login.file`` (or ``keys-NAME`` beside the tokens), written as Amazon's own tools do.
    """
    if source.login.kind == "none":
        return lambda: None
    if source.login.kind == "environment":
        return lambda: _from_environment(source)
    from pathlib import Path  # noqa: PLC0415 - only where a file is named

    named = source.login.file
    place = Path(named).expanduser() if named else profile_folder() / f"keys-{source.name}"
    return lambda: _from_file(place, source.login.user or "default")


def _from_environment(source: Source) -> Keys:
    access, secret = os.environ.get("AWS_ACCESS_KEY_ID", ""), os.environ.get("AWS_SECRET_ACCESS_KEY", "")
    if not access or not secret:
        raise Misconfigured(
            f"{source.title or source.name}: the environment has no keys.",
            hint="Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY where the server is started, or name a file: login.file.",
        )
    return Keys(access, secret, os.environ.get("AWS_SESSION_TOKEN", ""))


def _from_file(place: Path, section: str) -> Keys:
    parser = configparser.ConfigParser(interpolation=None)
    try:
        with place.open(encoding="utf-8") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            if mode & 0o077:
                raise Misconfigured(
                    f"The file with the keys can be read by others: {place}.", hint=f"chmod 600 {place}"
                )
            parser.read_file(file)
        found = parser[section]
        return Keys(found["aws_access_key_id"], found["aws_secret_access_key"], found.get("aws_session_token", ""))
    except (OSError, UnicodeDecodeError, configparser.Error, KeyError):
        pass  # the parser's own words quote the line, and so perhaps a key
    raise Misconfigured(
        f"There are no keys in {place}, section [{section}].",
        hint="Write aws_access_key_id = … and aws_secret_access_key = … there, readable by you alone (chmod 600).",
    )
