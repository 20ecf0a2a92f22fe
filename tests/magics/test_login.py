"""A login in a notebook: a real kernel, the rig's provider and XRootD, and the person who confirms."""

from __future__ import annotations

import json
import re
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest

from ctadata_jlab.tokens.stored import load

if TYPE_CHECKING:
    from pathlib import Path

    from tests.rig.doors import Door
    from tests.rig.provider import Provider

CODE = re.compile(r"\b[A-Z]{4}-[A-Z]{4}\b")


def test_a_notebook_logs_in(xrootd: Door, provider: Provider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The client's secret is asked for unseen, the code comes with link and picture, files are there; no output holds a secret."""
    manager = pytest.importorskip("jupyter_client.manager")
    short = provider.as_client("users-short")
    folder = xrootd.fresh()
    xrootd.raw_put(f"{folder}/a.txt", b"alpha")
    settings = tmp_path / "ctadata.toml"
    settings.write_text(
        f'only = []\n[sources.grid]\nurl = "{xrootd.url}"\nca = "{xrootd.ca}"\n[sources.grid.login]\n'
        f'issuer = "{short.issuer}"\nclient_id = "users-short"\nscope = "openid offline_access storage.read:/"\n'
    )
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CTADATA_CONFIG", str(settings))
    for name in ("BEARER_TOKEN", "BEARER_TOKEN_FILE", "OIDC_SOCK", "CTADATA_CLIENT_SECRET_GRID"):
        monkeypatch.delenv(name, raising=False)
    kernel = manager.KernelManager()
    kernel.kernel_spec.argv[0] = sys.executable
    kernel.start_kernel(cwd=str(tmp_path))
    client = kernel.client()
    client.start_channels()
    outputs: list[dict[str, Any]] = []
    asked: list[dict[str, Any]] = []

    def take(message: dict[str, Any]) -> None:
        outputs.append({"type": message["msg_type"], **message["content"]})
        text = message["content"].get("data", {}).get("text/plain", "")
        found = CODE.search(text) if "enter the code" in text else None
        if found:
            threading.Thread(target=provider.approve, args=(found.group(),), daemon=True).start()

    def answer(message: dict[str, Any]) -> None:
        asked.append(message["content"])
        client.input(short.client_secret)

    def run(cell: str) -> str:
        reply = client.execute_interactive(
            cell, timeout=90, output_hook=take, stdin_hook=answer, allow_stdin=True, store_history=True
        )
        assert reply["content"]["status"] == "ok", outputs[-1]
        return "".join(one.get("text", "") for one in outputs)

    try:
        client.wait_for_ready(timeout=60)
        run("%load_ext ctadata_jlab")
        assert "Logged in to grid as scientist" in run("%dcache login")
        run(f"%dcache ls {folder}")
        home = tmp_path / "home/.config/cta-data"
        stored = load(home / "refresh-grid")
        secrets = {
            short.client_secret,
            (home / "token-grid").read_text().strip(),
            stored.refresh_token if stored else "",
        }
        said = run("%dcache logout")
    finally:
        client.stop_channels()
        kernel.shutdown_kernel(now=True)
    assert "Logged out of grid" in said
    assert [one["password"] for one in asked] == [True]
    (tmp_path / "notebook.ipynb").write_text(json.dumps(outputs, default=str))
    everything = (tmp_path / "notebook.ipynb").read_text()
    assert "<td>a.txt</td>" in everything
    assert "<svg" in everything
    assert not [secret[:8] for secret in secrets if secret in everything]
    assert not (home / "token-grid").exists()


def test_a_kernel_without_anybody_to_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no secret can be entered, the error says that one is needed."""
    from ctadata_jlab.magics import login
    from ctadata_jlab.tokens.oauth import NeedsSecret

    def nobody(_: str) -> str:
        raise NotImplementedError

    monkeypatch.setattr("getpass.getpass", nobody)
    with pytest.raises(NeedsSecret):
        login._secret(NeedsSecret("The login server wants a secret."))
