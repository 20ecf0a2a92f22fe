"""OSCAR: the calls of its users from scripts, its providers as folders, and what its own client makes of our double."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
import subprocess
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ctadata_jlab import config
from ctadata_jlab import oscar as module
from ctadata_jlab.errors import (
    AlreadyExists,
    BadPath,
    CtaDataError,
    Forbidden,
    Misconfigured,
    NotFound,
    NotLoggedIn,
    Unreachable,
    Unsupported,
)
from ctadata_jlab.http import Trust
from ctadata_jlab.oscar import Client
from ctadata_jlab.session import Session
from ctadata_jlab.storage.memory import Memory
from ctadata_jlab.storage.oscar import Oscar, providers
from ctadata_jlab.storage.readonly import ReadOnly
from ctadata_jlab.tokens.claims import token_from
from tests.hunt import HUNTER
from tests.objects.cdmi import TOKEN as ONEDATA_TOKEN
from tests.objects.oscar_double import PASSWORD, TOKEN, USER
from tests.storage.suite import Bytes, Shelf, StorageSuite

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.objects.cdmi import Oneprovider
    from tests.objects.oscar_double import Cluster
    from tests.rig.agent import Agent
    from tests.rig.provider import Provider
    from tests.rig.seaweed import S3

THEIRS = Path(os.environ.get("RIG_OSCAR") or Path(__file__).parents[2] / ".rig" / "oscar") / "bin" / "python"


def minio(seaweed: S3) -> dict[str, Any]:
    return {
        "endpoint": seaweed.url,
        "region": "us-east-1",
        "access_key": seaweed.key,
        "secret_key": seaweed.secret,
        "verify": True,
    }


@pytest.fixture
def dav(tmp_path: Path) -> Iterator[dict[str, str]]:
    """Run a real WebDAV server (wsgidav) that knows one user by password; return a provider's settings."""
    from cheroot.wsgi import Server
    from wsgidav.wsgidav_app import WsgiDAVApp

    folder, password = tmp_path / "dav", secrets.token_urlsafe()
    HUNTER.secrets.add(password)
    folder.mkdir()
    app = WsgiDAVApp(
        {
            "provider_mapping": {"/": str(folder)},
            "simple_dc": {"user_mapping": {"*": {"user": {"password": password}}}},
            "http_authenticator": {"accept_basic": True, "accept_digest": False, "default_to_digest": False},
            "verbose": 0,
        }
    )
    server = Server(("127.0.0.1", 0), app)
    server.prepare()
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    yield {"hostname": f"http://127.0.0.1:{server.bind_addr[1]}", "login": "user", "password": password}
    server.stop()
    thread.join()


@pytest.fixture
def deployed(cluster: Cluster, seaweed: S3, oneprovider: Oneprovider, dav: dict[str, str], bucket: str) -> Cluster:
    """Deploy a service that has one provider of each kind."""
    onedata = {"oneprovider_host": oneprovider.host, "token": ONEDATA_TOKEN, "space": "space"}
    cluster.config["minio_provider"] = minio(seaweed)
    providers = {"s3": {"other": minio(seaweed)}, "webdav": {"dcache": dav}, "onedata": {"mine": onedata}}
    cluster.add(
        "cowsay",
        storage_providers=providers,
        input=[{"storage_provider": "minio.default", "path": f"{bucket}/cow/in"}],
    )
    return cluster


@pytest.fixture
def options(cluster: Cluster, oneprovider: Oneprovider) -> dict[str, str]:
    return {
        "cluster_id": "test",
        "endpoint": cluster.url,
        "user": USER,
        "password": PASSWORD,
        "ssl": str(oneprovider.ca),
    }


@pytest.fixture
def client(options: dict[str, str]) -> Iterator[Client]:
    made = Client(options=options)
    yield made
    made.close()


FDL = """functions:
  oscar:
  - test:
      name: cowsay
      memory: 1Gi
      cpu: 1.0
      image: ghcr.io/grycap/cowsay
      script: script.sh
"""


@pytest.fixture
def fdl(tmp_path: Path) -> str:
    (tmp_path / "script.sh").write_text("#!/bin/sh\necho moo\n")
    (tmp_path / "cowsay.yaml").write_text(FDL)
    return str(tmp_path / "cowsay.yaml")


# -- the client's calls


def test_the_cluster_tells_of_itself(client: Client) -> None:
    """`get_cluster_info` and `get_cluster_config` return HTTP responses."""
    info = client.get_cluster_info()
    assert (info.status_code, json.loads(info.text)["version"]) == (200, "v4.1.2")
    assert client.get_cluster_config().json()["config"]["name"] == "test"


def test_services_are_created_updated_and_removed(client: Client, cluster: Cluster, fdl: str) -> None:
    """From the path of an FDL file, a dictionary or JSON; the script's text goes along; nothing is returned."""
    client.create_service(fdl)
    stored = cluster.services["cowsay"]
    assert (stored["script"], stored["cpu"]) == ("#!/bin/sh\necho moo\n", "1.0")
    with pytest.raises(AlreadyExists):
        client.create_service(fdl)
    client.update_service("cowsay", {"name": "cowsay", "image": "other"})
    assert client.get_service("cowsay").json()["image"] == "other"
    client.create_service('{"name": "second", "image": "image"}')
    assert {one["name"] for one in client.list_services().json()} == {"cowsay", "second"}
    assert client.remove_service("cowsay").status_code == 204
    with pytest.raises(NotFound):
        client.update_service("cowsay", {"name": "cowsay", "image": "other"})
    with pytest.raises(NotFound):
        client.remove_service("cowsay")


def test_a_definition_that_is_none_is_refused_before_anything_is_sent(
    client: Client, cluster: Cluster, tmp_path: Path, fdl: str
) -> None:
    """No file, no YAML, another cluster, no script, no name: each is an error that says so."""
    (tmp_path / "bad.yaml").write_text("functions: [")
    (tmp_path / "other.yaml").write_text(FDL.replace("- test:", "- elsewhere:"))
    for wrong in (
        str(tmp_path / "none.yaml"),
        str(tmp_path / "bad.yaml"),
        str(tmp_path / "other.yaml"),
        {"image": "x"},
    ):
        with pytest.raises(Misconfigured):
            client.create_service(wrong)
    (tmp_path / "script.sh").unlink()
    with pytest.raises(Misconfigured, match=r"script\.sh"):
        client.create_service(fdl)
    assert cluster.asked == []


def test_a_service_runs_and_its_output_is_a_whole_file(client: Client, cluster: Cluster, tmp_path: Path) -> None:
    """Text goes as base64 and comes back as it is; binary output comes in base64 and is written decoded."""
    cluster.add("cowsay")
    cluster.add("plot", binary=True)
    response = client.run_service("cowsay", input='{"message": "Hi there"}')
    assert (response.status_code, response.text) == (200, "< Hi there >\n")
    assert client.run_service("cowsay", input={"message": "dict"}).text == "< dict >\n"
    (tmp_path / "in").write_bytes(b"points")
    client.run_service("plot", input=tmp_path / "in", output=tmp_path / "out.png", timeout=100)
    assert (tmp_path / "out.png").read_bytes() == b"\x89PNGpoints"
    client.run_service("cowsay", input='{"message": "good"}', output=str(tmp_path / "out.txt"))
    assert (tmp_path / "out.txt").read_text() == "< good >\n"  # "good" alone would pass for base64


def test_what_fails_is_raised_and_never_saved_as_the_file(client: Client, cluster: Cluster, tmp_path: Path) -> None:
    """An older output stays, and an error is no output."""
    cluster.add("cowsay")
    (tmp_path / "out").write_text("older")
    cluster.refuse = 500
    with pytest.raises(Unreachable):
        client.run_service("cowsay", input="x", token="t", output=tmp_path / "out")
    assert (tmp_path / "out").read_text() == "older"
    assert sorted(place.name for place in tmp_path.iterdir()) == ["out"]


def test_jobs_and_their_logs(client: Client, cluster: Cluster) -> None:
    """List, read, remove one, remove all: those that run, too."""
    cluster.add("cowsay")
    for _ in range(3):
        assert client.run_service("cowsay", input="hi", async_call=True).status_code == 201
    assert sorted(client.list_jobs("cowsay").json()["jobs"]) == ["cowsay-0", "cowsay-1", "cowsay-2"]
    assert client.get_job_logs("cowsay", "cowsay-1").text == "ran with hi"
    client.remove_job("cowsay", "cowsay-1")
    with pytest.raises(NotFound):
        client.get_job_logs("cowsay", "cowsay-1")
    cluster.jobs["cowsay"]["cowsay-0"]["status"] = "Running"
    assert client.remove_all_jobs("cowsay").status_code == 204
    assert client.list_jobs("cowsay").json()["jobs"] == {}


@pytest.mark.parametrize("name", ["", "../config", "a/b", "a?b"])
def test_a_name_is_one_name(client: Client, cluster: Cluster, name: str) -> None:
    """What looks like a path or a query is a service that is not there."""
    with pytest.raises((NotFound, BadPath)):
        client.get_service(name)
    assert all(path.startswith("/system/services/") for _, path in cluster.asked)


# -- logging in


def test_a_given_token_logs_in_and_runs_services(cluster: Cluster) -> None:
    """With `oidc_token`; a refused one is said to be."""
    cluster.add("cowsay")
    options = {"cluster_id": "test", "endpoint": cluster.url, "oidc_token": TOKEN, "ssl": "True"}
    client = Client(options=options)
    assert client.run_service("cowsay", input='{"message": "Hi"}').text == "< Hi >\n"
    client.close()
    refused = Client(options={**options, "oidc_token": "another"})
    with pytest.raises(NotLoggedIn):
        refused.list_services()
    refused.close()


def test_the_mounted_token_of_a_notebook_logs_in(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a login in the options, what EGI's notebooks mount is used, and read again when it changes."""
    options = {"cluster_id": "test", "endpoint": cluster.url, "ssl": "True"}
    monkeypatch.setattr(module, "_MOUNTED", tmp_path / "token")
    with pytest.raises(Misconfigured, match="login"):
        Client(options)
    (tmp_path / "token").touch(mode=0o600)
    (tmp_path / "token").write_text(TOKEN)
    client = Client(options)
    assert client.get_cluster_info().status_code == 200
    client.close()


def test_the_short_name_of_oidc_agent_logs_in(
    cluster: Cluster, agent: Agent, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`shortname` asks a real, running agent for that account's token, which also runs services."""
    monkeypatch.setenv("OIDC_SOCK", str(agent.socket))
    cluster.accepts = lambda token: token_from(token, "asked").issuer == provider.issuer
    cluster.add("cowsay")
    client = Client({"cluster_id": "test", "endpoint": cluster.url, "shortname": agent.account, "ssl": "True"})
    assert client.list_services().status_code == 200
    assert client.run_service("cowsay", input='{"message": "Hi"}').text == "< Hi >\n"
    client.close()


def test_an_agent_that_does_not_run_is_an_error(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not a client that sends an empty token, nor a printed line."""
    monkeypatch.setenv("OIDC_SOCK", "/nowhere/socket")
    client = Client({"cluster_id": "test", "endpoint": cluster.url, "shortname": "egi", "ssl": "True"})
    with pytest.raises(CtaDataError):
        client.list_services()
    assert cluster.asked == []
    client.close()


def test_a_wrong_password_is_said_to_be(options: dict[str, str]) -> None:
    """And it stands in no message."""
    wrong = Client({**options, "password": "quite-a-wrong-password"})
    with pytest.raises(NotLoggedIn) as caught:
        wrong.list_services()
    assert "quite-a-wrong-password" not in f"{caught.value!r} {caught.value.hint}"
    wrong.close()


def test_certificates_are_always_checked(options: dict[str, str]) -> None:
    """`'ssl': 'False'` is refused, not passed over."""
    with pytest.raises(Misconfigured, match="always checked"):
        Client({**options, "ssl": "False"})


# -- storage from scripts


def test_both_ways_to_list_files(client: Client, deployed: Cluster, seaweed: S3, bucket: str) -> None:
    """With a path, whole and deep, and without: then it is the service's own input."""
    for key in ("cow/in/a", "cow/in/deep/b", "cow/other"):
        seaweed.ask("PUT", f"/{bucket}/{key}", b"moo")
    storage = client.create_storage_client("cowsay")
    files = storage.list_files_from_path("minio.default")
    assert sorted(one["Key"] for one in files["Contents"]) == ["cow/in/a", "cow/in/deep/b"]
    assert storage.list_files_from_path("minio.default", f"{bucket}/cow/in") == files
    assert json.loads(json.dumps(files)) == files
    deep = storage.list_files_from_path("s3.other", f"{bucket}/cow/in/deep")
    assert [(one["Key"], one["Size"]) for one in deep["Contents"]] == [("cow/in/deep/b", 3)]
    assert bucket in {one["Name"] for one in storage.list_files_from_path("s3.other")["Buckets"]}
    assert client.create_storage_client().list_files_from_path("minio.default", f"{bucket}/cow/in") == files


@pytest.mark.parametrize("provider", ["minio.default", "s3.other", "webdav.dcache", "onedata.mine"])
def test_files_go_up_and_come_down_by_each_kind_of_provider(
    client: Client, deployed: Cluster, bucket: str, provider: str, tmp_path: Path
) -> None:
    """The remote path of an upload and the local path of a download are folders; what was there is replaced, whole."""
    folder = f"{bucket}/from {provider}" if provider[0] in "ms" else "new folder/deep"
    storage = client.create_storage_client("cowsay")
    (tmp_path / "out.bin").write_bytes(b"first")
    storage.upload_file(provider, str(tmp_path / "out.bin"), folder)
    data = hashlib.sha256(provider.encode()).digest() * 5000
    (tmp_path / "out.bin").write_bytes(data)
    where = storage.upload_file(provider, str(tmp_path / "out.bin"), folder)
    assert where == f"/{folder}/out.bin"
    (tmp_path / "down").mkdir()
    (tmp_path / "down" / "out.bin").write_bytes(b"older")
    assert storage.download_file(provider, str(tmp_path / "down"), f"{folder}/out.bin") == str(
        tmp_path / "down/out.bin"
    )
    assert (tmp_path / "down" / "out.bin").read_bytes() == data
    told = storage.list_files_from_path(provider, folder)
    if provider.startswith("onedata"):
        assert told.json()["children"] == ["out.bin"]
    elif provider.startswith("webdav"):
        assert told == ["out.bin"]
    else:
        assert [one["Size"] for one in told["Contents"]] == [len(data)]


@pytest.mark.parametrize("provider", ["minio.default", "webdav.dcache", "onedata.mine"])
def test_a_download_that_fails_leaves_no_file(
    client: Client, deployed: Cluster, bucket: str, provider: str, tmp_path: Path
) -> None:
    """Neither an empty one nor one that holds the error."""
    storage = client.create_storage_client("cowsay")
    path = f"{bucket}/nowhere" if provider.startswith("minio") else "nowhere"
    (tmp_path / "down").mkdir()
    with pytest.raises(NotFound):
        storage.download_file(provider, tmp_path / "down", path)
    assert list((tmp_path / "down").iterdir()) == []


def test_a_provider_that_is_not_there_is_said_so(client: Client, deployed: Cluster) -> None:
    """The message names those there are; a kind that nobody knows is an error of its own."""
    deployed.services["cowsay"]["storage_providers"]["rucio"] = {"grid": {"host": "x"}}
    storage = client.create_storage_client("cowsay")
    with pytest.raises(NotFound) as caught:
        storage.list_files_from_path("minio.other", "x")
    assert "webdav.dcache" in caught.value.hint
    with pytest.raises(Unsupported, match="rucio"):
        storage.list_files_from_path("rucio.grid", "x")


# -- providers as folders


@pytest.fixture
def folders(deployed: Cluster, oneprovider: Oneprovider) -> Iterator[Oscar]:
    made = Oscar("OSCAR", deployed.url, Trust.of(str(oneprovider.ca)), authorise=lambda _: f"Bearer {TOKEN}")
    yield made
    made.close()


class TestSuite(StorageSuite):
    """The rules that all storages keep, where a provider keeps them: what is OSCAR's own is the way there and back."""

    @pytest.fixture
    def shelf(self, cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shelf]:
        memory = Memory()
        monkeypatch.setitem(providers._MAKERS, "memory", lambda *_: memory)
        cluster.add("cowsay", storage_providers={"memory": {"mine": {}}})
        root = "/cowsay/memory.mine/case"
        memory.make_folder("/case")
        storage = Oscar("OSCAR", cluster.url, Trust.of(), root=root, authorise=_token)
        yield Shelf(
            storage,
            lambda path, data: memory.write(f"/case{path}", data),
            lambda path: memory.read(f"/case{path}"),
            lambda path: memory.make_folder(f"/case{path}"),
        )
        storage.close()


def test_services_and_their_providers_are_folders(folders: Oscar, bucket: str, oneprovider: Oneprovider) -> None:
    """From the list of services down to a file, every step is a folder."""
    oneprovider.raw_put("/space/f", b"x")
    assert [entry.path for entry in folders.list("/")] == ["/cowsay"]
    names = ["minio.default", "onedata.mine", "s3.other", "webdav.dcache"]
    assert [entry.path for entry in folders.list("/cowsay")] == [f"/cowsay/{name}" for name in names]
    assert f"/cowsay/minio.default/{bucket}" in {entry.path for entry in folders.list("/cowsay/minio.default")}
    assert [entry.path for entry in folders.list("/cowsay/onedata.mine")] == ["/cowsay/onedata.mine/f"]
    for name in names:
        assert folders.stat(f"/cowsay/{name}").is_folder


@pytest.mark.parametrize("path", ["/nothing", "/cowsay/minio.none", "/nothing/minio.default/x"])
def test_what_is_not_there_is_not_found(folders: Oscar, path: str) -> None:
    """A service or provider that does not exist is no empty folder."""
    with pytest.raises(NotFound):
        list(folders.list(path))
    with pytest.raises(NotFound):
        folders.stat(path)


def test_nothing_is_written_beside_providers(folders: Oscar) -> None:
    """Services and providers are defined in the cluster, not made by an upload."""
    for path in ("/new", "/cowsay", "/cowsay/new", "/cowsay/minio.default"):
        with pytest.raises(BadPath):
            folders.put(path, Bytes(b"x"), ticket="t")
        with pytest.raises(BadPath):
            folders.remove(path)
    with pytest.raises(Unsupported, match="one provider"):
        folders.move("/cowsay/webdav.dcache/a", "/cowsay/onedata.mine/a")


def test_keys_that_changed_are_asked_for_again(folders: Oscar, deployed: Cluster, seaweed: S3, bucket: str) -> None:
    """A provider that refuses is asked with the cluster's present keys next time; it is never taken for the cluster's login."""
    good = minio(seaweed)
    deployed.config["minio_provider"] = {**good, "secret_key": "not-it-any-more"}
    with pytest.raises(Forbidden):
        list(folders.list(f"/cowsay/minio.default/{bucket}"))
    deployed.config["minio_provider"] = good
    list(folders.list(f"/cowsay/minio.default/{bucket}"))


def test_a_source_of_this_kind_works_from_its_settings(
    deployed: Cluster, oneprovider: Oneprovider, bucket: str, tmp_path: Path
) -> None:
    """By user and password as well as by token."""
    password = tmp_path / "password"
    password.touch(mode=0o600)
    password.write_text(PASSWORD)
    place = tmp_path / "ctadata.toml"
    place.write_text(
        f'only = []\n[sources.oscar]\nkind = "oscar"\nurl = "{deployed.url}"\nca = "{oneprovider.ca}"\n'
        f'[sources.oscar.login]\nkind = "basic"\nuser = "{USER}"\nfile = "{password}"\n'
    )
    with Session(config.load(places=[place])) as session:
        storage = session.storage("oscar")
        assert [entry.name for entry in storage.list("/")] == ["cowsay"]
        storage.put(f"/cowsay/minio.default/{bucket}/up", Bytes(b"x"), ticket="t", replace=True)


# -- services beside the folders


def test_services_tell_their_folders(folders: Oscar, deployed: Cluster, bucket: str, oneprovider: Oneprovider) -> None:
    """The first input and output that can be reached from here, as paths in this very storage; others are none."""
    deployed.services["cowsay"]["output"] = [
        {"storage_provider": "rucio.grid", "path": "x"},
        {"storage_provider": "webdav.dcache", "path": "/out"},
    ]
    deployed.add("bare", input=[{"storage_provider": "minio.other", "path": "nowhere"}])
    found = {one.name: one for one in folders.services()}
    assert (found["cowsay"].input, found["cowsay"].output) == (
        f"/cowsay/minio.default/{bucket}/cow/in",
        "/cowsay/webdav.dcache/out",
    )
    assert (found["bare"].input, found["bare"].output) == (None, None)
    below = Oscar("OSCAR", deployed.url, Trust.of(str(oneprovider.ca)), root="/cowsay/minio.default", authorise=_token)
    seen = {one.name: one for one in below.services()}["cowsay"]
    assert (seen.input, seen.output) == (f"/{bucket}/cow/in", None)
    below.close()


def _token(_: str | None) -> str:
    return f"Bearer {TOKEN}"


def _password(_: str | None) -> str:
    return "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()


@pytest.mark.parametrize("login", [_token, _password])
def test_a_service_answers_to_a_file(cluster: Cluster, login: Callable[[str | None], str]) -> None:
    """By token and, with the service's own, by password; binary answers are decoded, and errors raised."""
    cluster.add("plot", binary=True)
    storage = Oscar("OSCAR", cluster.url, Trust.of(), authorise=login)
    assert storage.run("plot", b"\x00points") == b"\x89PNG\x00points"
    with pytest.raises(NotFound):
        storage.run("nothing", b"x")
    cluster.refuse = 500
    with pytest.raises(Unreachable):
        storage.run("plot", b"x")
    storage.close()


def test_what_has_run_is_told_of_all_pages(folders: Oscar, deployed: Cluster) -> None:
    """The newest first; a log is text."""
    for n in range(7):
        deployed.jobs.setdefault("cowsay", {})[f"cowsay-{n}"] = {"status": "Succeeded", "log": f"log {n}"}
    deployed.page = 3
    runs = folders.runs("cowsay")
    assert [run.id for run in runs] == [f"cowsay-{n}" for n in range(6, -1, -1)]
    assert all(run.state == "Succeeded" and run.created for run in runs)
    assert folders.log("cowsay", "cowsay-4") == "log 4"
    with pytest.raises(NotFound):
        folders.log("cowsay", "cowsay-9")


def test_a_source_that_is_only_read_runs_nothing(folders: Oscar, deployed: Cluster) -> None:
    """What runs may change anything."""
    storage = ReadOnly(folders)
    assert "runs" in folders.traits.extras
    assert "runs" not in storage.traits.extras
    with pytest.raises(Forbidden):
        storage.run("cowsay", b"x")
    assert not any(path.startswith("/run/") for _, path in deployed.asked)


# -- the field's own client

SCRIPT = """
import json, os, sys
from oscar_python.client import Client
url, fdl, out = sys.argv[1:]
ways = [{"user": os.environ["USER_NAME"], "password": os.environ["PASSWORD"]}, {"oidc_token": os.environ["TOKEN"]}]
told = []
for way in ways:
    client = Client({"cluster_id": "test", "endpoint": url, "ssl": "True", **way})
    one = {"info": client.get_cluster_info().json()["version"], "config": client.get_cluster_config().json()["config"]}
    client.create_service(fdl)
    try:
        client.create_service(fdl)
    except ValueError:
        one["twice"] = True
    one["script"] = client.get_service("cowsay").json()["script"]
    one["services"] = [service["name"] for service in client.list_services().json()]
    one["run"] = client.run_service("cowsay", input='{"message": "Hi there"}').text
    client.run_service("cowsay", input="later", async_call=True)
    one["jobs"] = list(client.list_jobs("cowsay").json()["jobs"])
    one["log"] = client.get_job_logs("cowsay", one["jobs"][0]).text
    one["removed"] = [client.remove_job("cowsay", one["jobs"][0]).status_code, client.remove_all_jobs("cowsay").status_code]
    client.update_service("cowsay", {"name": "cowsay", "image": "other", "script": "x"})
    one["image"] = client.get_service("cowsay").json()["image"]
    storage = client.create_storage_client("files")
    here = os.path.join(out, "theirs.bin")
    with open(here, "wb") as file:
        file.write(b"moo" * 1000)
    storage.upload_file("minio.default", here, "shelf/by-their-client")
    storage.upload_file("onedata.mine", here, "by/their")
    one["listed"] = [o["Key"] for o in storage.list_files_from_path("minio.default", "shelf/by-their-client")["Contents"]]
    one["children"] = storage.list_files_from_path("onedata.mine", "by/their").json()["children"]
    storage.download_file("onedata.mine", out, "by/their/theirs.bin")
    one["gone"] = client.remove_service("cowsay").status_code
    told.append(one)
print("TOLD" + json.dumps(told))
"""


def test_the_fields_own_client_agrees_with_the_doubles(
    deployed: Cluster, oneprovider: Oneprovider, client: Client, bucket: str, fdl: str, tmp_path: Path
) -> None:
    """oscar-python itself makes every call that we rely on, by password and by token, and gets what it expects."""
    if not THEIRS.exists():
        reason = "oscar-python is not installed: make .rig/oscar/.made"
        pytest.fail(reason) if os.environ.get("RIG_REQUIRED") else pytest.skip(reason)
    deployed.services["files"] = {**deployed.services.pop("cowsay"), "name": "files"}
    out = tmp_path / "theirs"
    out.mkdir()
    env = {"USER_NAME": USER, "PASSWORD": PASSWORD, "TOKEN": TOKEN, "REQUESTS_CA_BUNDLE": str(oneprovider.ca)}
    run = subprocess.run(
        [THEIRS, "-c", SCRIPT, deployed.url, fdl, str(out)], env=env, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    for one in json.loads(run.stdout.partition("TOLD")[2]):
        assert one == {
            "info": "v4.1.2",
            "config": {"name": "test"},
            "twice": True,
            "script": "#!/bin/sh\necho moo\n",
            "services": ["files", "cowsay"],
            "run": "< Hi there >\n",
            "jobs": ["cowsay-0"],
            "log": "ran with later",
            "removed": [204, 204],
            "image": "other",
            "listed": ["by-their-client/theirs.bin"],
            "children": ["theirs.bin"],
            "gone": 204,
        }
    ours = client.create_storage_client("files")
    ours.download_file("onedata.mine", tmp_path, "by/their/theirs.bin")
    assert (tmp_path / "theirs.bin").read_bytes() == b"moo" * 1000
