"""Every piece of code in the readme of OSCAR's own client runs with ours, its placeholders filled."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ctadata_jlab.tokens import agent
from ctadata_jlab.tokens.claims import token_from
from tests.objects.oscar_double import PASSWORD, TOKEN, USER
from tests.objects.test_oscar import FDL, minio

if TYPE_CHECKING:
    import httpx
    import pytest

    from tests.objects.oscar_double import Cluster
    from tests.rig.seaweed import S3

README = Path(__file__).parents[1] / "fixtures" / "seeds" / "oscar-readme.txt"
PIECES = [
    textwrap.dedent(piece)
    for piece in re.findall(r"^``` ?python\n(.*?)^```", README.read_text(), re.MULTILINE | re.DOTALL)
]


def test_the_readme_is_read() -> None:
    """All of its pieces are found, and they call every method that it describes."""
    assert len(PIECES) == 21
    called = set(re.findall(r"(?:client|storage_service)\.(\w+)\(", "".join(PIECES)))
    assert called == {
        *("get_cluster_info", "get_cluster_config", "get_service", "list_services", "create_service", "update_service"),
        *("remove_service", "run_service", "get_job_logs", "list_jobs", "remove_job", "remove_all_jobs"),
        *("create_storage_client", "list_files_from_path", "upload_file", "download_file"),
    }


def test_every_piece_runs(
    cluster: Cluster,
    seaweed: S3,
    bucket: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """In their order, against one cluster; what each promises to return, it returns."""
    (tmp_path / "script.sh").write_text("#!/bin/sh\n")
    (tmp_path / "cowsay.yaml").write_text(FDL)
    (tmp_path / "local.txt").write_text("moo")
    (tmp_path / "down").mkdir()
    cluster.config["minio_provider"] = minio(seaweed)
    seaweed.ask("PUT", f"/{bucket}/readme/there.txt", b"there")
    monkeypatch.setattr(agent.OidcAgent, "fetch", lambda *_, **__: token_from(TOKEN, "oidc-agent"))
    filled = {
        "from oscar_python.client import": "from ctadata_jlab.oscar import",
        "https://cluster-endpoint": cluster.url,
        "'cluster-id'": "'test'",
        "'user':'username'": f"'user':{USER!r}",
        "'password':'password'": f"'password':{PASSWORD!r}",
        "'oidc_token':'token'": f"'oidc_token':{TOKEN!r}",
        "options = options)": "options = options_basic_auth)",
        '"path_to_fdl" | "JSON_definition"': repr(str(tmp_path / "cowsay.yaml")),
        "/absolute_path/cowsay.yaml": str(tmp_path / "cowsay.yaml"),
        "service_name": "cowsay",
        "job_id": "cowsay-0",
        "out.png": str(tmp_path / "out.png"),
        'upload_file("storage_provider", "local_path", "remote_path")': f'upload_file("minio.default", "{tmp_path}/local.txt", "{bucket}/readme")',
        'download_file("storage_provider", "local_path", "remote_path")': f'download_file("minio.default", "{tmp_path}/down", "{bucket}/readme/there.txt")',
        '"storage_provider"': f'"minio.default", "{bucket}/readme"',
    }
    names: dict[str, Any] = {}
    for piece in PIECES:
        prepare(cluster, piece)
        code = piece
        for placeholder, value in filled.items():
            code = code.replace(placeholder, value)
        exec(compile("from ctadata_jlab.oscar import Client\n" + code, "readme", "exec"), names)
        check(names, piece)
    said = capsys.readouterr().out
    assert "v4.1.2" in said
    assert "< Hi there >" in said
    assert "Failed" not in said
    assert (tmp_path / "down" / "there.txt").read_text() == "there"
    assert seaweed.ask("GET", f"/{bucket}/readme/local.txt") == b"moo"
    assert (tmp_path / "out.png").read_text() == "input"


def prepare(cluster: Cluster, piece: str) -> None:
    """Let the cluster be as the piece expects it: the service is there with a job, or is to be made."""
    if "create_service(" in piece:
        cluster.services.clear()
    elif "cowsay" not in cluster.services:
        cluster.add("cowsay")
    cluster.jobs["cowsay"] = {"cowsay-0": {"status": "Succeeded", "log": "the log"}}


def check(names: dict[str, Any], piece: str) -> None:
    """Look at what a piece says that it returns."""
    name = piece.rpartition("\n#")[2].partition("\n")[2].partition(" =")[0].strip()
    if "returns an http response" in piece.lower():
        answer: httpx.Response = names[name]
        assert 200 <= answer.status_code < 300
        assert isinstance(answer.text, str)
    elif "returns nothing" in piece:
        assert names["err"] is None
    elif "returns json" in piece:
        assert [one["Key"] for one in names["files"]["Contents"]] == ["readme/there.txt"]
