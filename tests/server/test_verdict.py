"""`verify/…`: whether a local copy is what the storage has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


async def test_verdict(ask: Any, jp_root_dir: Path) -> None:
    """A good copy and a bad one are told apart, with both checksums; the workspace is never left."""
    (jp_root_dir / "caf\xe9.txt").write_bytes(b"alpha\n")
    route = "verify/sky/lst/a.txt?local=local%2Fcaf%C3%A9.txt"
    answer = await ask(route)
    assert answer.status == 200
    assert answer.lines[-1]["same"] is True
    assert answer.lines[-1]["theirs"] == answer.lines[-1]["ours"]
    (jp_root_dir / "caf\xe9.txt").write_bytes(b"alphA\n")
    assert (await ask(route)).lines[-1]["same"] is False
    assert (await ask("verify/sky/lst/a.txt?local=local%2F..%2Fx")).status == 400


async def test_an_error_is_told(ask: Any) -> None:
    """What is missing is an error, never a verdict."""
    assert (await ask("verify/sky/lst/a.txt?local=local%2Fnope")).json["error"] == "NotFound"
    assert (await ask("verify/sky/lst/nope?local=local%2Fnope")).json["error"] == "NotFound"
    assert (await ask("verify/sky/lst/a.txt")).status == 400
