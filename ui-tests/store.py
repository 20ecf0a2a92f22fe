# ruff: noqa: INP001  # no package: a program of the browser's tests
"""A real S3 server for the browser's tests: ``store.py FOLDER`` prints its address, and ends when its input does.

FOLDER gets the file ``credentials`` with the keys. There is one bucket, with a night of three files.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.rig.seaweed import serving

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True)
    with serving(folder / "seaweed") as s3:
        s3.ask("PUT", "/nights")
        for name in ("night/run 1.txt", "night/deep/run#2.txt", "night/é.txt"):
            s3.ask("PUT", f"/nights/{name}", name.encode())
        keys = folder / "credentials"
        keys.touch(mode=0o600)
        keys.write_text(f"[default]\naws_access_key_id = {s3.key}\naws_secret_access_key = {s3.secret}\n")
        print(s3.url, flush=True)  # noqa: T201  # for who started it
        sys.stdin.buffer.read()
