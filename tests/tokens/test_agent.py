"""oidc-agent, well and ill."""

from __future__ import annotations

import json
import os
import socket
import time
from typing import TYPE_CHECKING, Any

import pytest

from ctadata_jlab.errors import Misconfigured, Unreachable
from ctadata_jlab.tokens.agent import OidcAgent
from ctadata_jlab.tokens.agent_sockets import found_sockets
from tests.tokens.fake_agent import answering, in_pieces, padded
from tests.tokens.making import NOW, Clock, jwt

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.rig.agent import Agent
    from tests.rig.provider import Provider

SUCCESS = {"status": "success", "access_token": "opaque", "issuer": "https://op.example/", "expires_at": int(NOW) + 900}


@pytest.fixture
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a path that is short enough for a unix socket."""
    return tmp_path_factory.mktemp("a") / "s"


def source(path: Path, account: str = "kk-dcache", **settings: Any) -> OidcAgent:
    return OidcAgent(account, variables={"OIDC_SOCK": str(path)}, clock=Clock(), **settings)


def saying(data: bytes, size: int = 1 << 20) -> Callable[[dict[str, Any], socket.socket], None]:
    """Answer *data* for a token, in pieces of *size* bytes, and that kk-dcache is loaded."""

    def answer(question: dict[str, Any], connection: socket.socket) -> None:
        if question["request"] == "loaded_accounts":
            connection.sendall(b'{"status":"success","info":["kk-dcache-dev","kk-dcache"]}')
        else:
            in_pieces(data, size, connection)

    return answer


def test_a_token_and_what_was_asked(place: Path) -> None:
    """The question has the account, the validity and our name; an opaque token's end and issuer are the agent's word."""
    with answering(place, saying(json.dumps(SUCCESS).encode())) as asked:
        token = source(place).fetch(60)
    assert token is not None
    assert (token.value, token.expires, token.issuer, token.source) == (
        "opaque",
        NOW + 900,
        "https://op.example/",
        "oidc-agent",
    )
    assert asked[-1] == {
        "request": "access_token",
        "account": "kk-dcache",
        "min_valid_period": 60,
        "application_hint": "ctadata_jlab",
    }


@pytest.mark.parametrize("length", [4095, 4096, 4097, 8192, 65536])
def test_answers_of_any_length(place: Path, length: int) -> None:
    """An answer may fill the buffer exactly; nothing says that it is over but its closing brace."""
    with answering(place, saying(padded(SUCCESS, length))):
        assert source(place, timeout=2).fetch() is not None


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_answers_in_any_pieces(place: Path, size: int) -> None:
    """Short writes do not cut the answer, not even inside a character or after an inner brace."""
    data = json.dumps({"info": {"é": "}{"}, **SUCCESS}, ensure_ascii=False).encode()
    with answering(place, saying(padded({"inner": {}}, 1500)[:-1] + b"," + data[1:] + b"\n", size)):
        assert source(place, timeout=5).fetch() is not None


def test_silence_ends(place: Path) -> None:
    """An agent that never answers costs the time-out once, in all."""
    begun = time.monotonic()
    with (
        answering(place, lambda _question, _connection: None),
        pytest.raises(Misconfigured, match=r"did not answer within 0\.3 s"),
    ):
        source(place, timeout=0.3).fetch()
    assert time.monotonic() - begun < 20


def test_a_trickle_ends(place: Path) -> None:
    """The time-out is total: an agent that says a byte now and then does not prolong it."""

    def trickle(_question: dict[str, Any], connection: socket.socket) -> None:
        for _ in range(1200):
            connection.sendall(b" ")
            time.sleep(0.05)

    begun = time.monotonic()
    with answering(place, trickle):
        with pytest.raises(Misconfigured, match="did not answer"):
            source(place, timeout=0.4).fetch()
        assert time.monotonic() - begun < 20


def test_hanging_up_early(place: Path) -> None:
    """Half an answer is an error, not a token."""

    def hang_up(_question: dict[str, Any], connection: socket.socket) -> None:
        connection.sendall(b'{"status":"success","access_token":"half')
        connection.close()

    with answering(place, hang_up), pytest.raises(Misconfigured, match="broke off"):
        source(place).fetch()


@pytest.mark.parametrize(
    "data", [b'[{"a":1}]', b"{}", b'{"status":"success"}', b'{"status":"success","access_token":7}']
)
def test_nonsense(place: Path, data: bytes) -> None:
    """Something other than the protocol is an error that names the agent."""
    with answering(place, saying(data)), pytest.raises(Misconfigured, match="oidc-agent"):
        source(place, timeout=1).fetch()


def test_its_failure_is_told_without_secrets(place: Path) -> None:
    """The account and the agent's words are shown; what looks like a token is not."""
    secret = jwt(sub="alice")
    failure = {"status": "failure", "error": f"invalid_grant: {secret} is dead", "info": "Try\nagain"}
    with answering(place, saying(json.dumps(failure).encode())), pytest.raises(Misconfigured) as caught:
        source(place).fetch()
    assert "kk-dcache: invalid_grant" in str(caught.value)
    assert "Try again" in str(caught.value)
    assert "oidc-add kk-dcache" in caught.value.hint
    assert secret.split(".")[0] not in str(caught.value) + caught.value.hint


def test_an_account_that_is_not_loaded(place: Path) -> None:
    """The whole name counts; by default it is no error, and it is never loaded from here, as that may prompt."""
    with answering(place, saying(b"{}")) as asked:
        assert source(place, "kk").fetch() is None
        with pytest.raises(Misconfigured, match="not loaded the account kk"):
            source(place, "kk", optional=False).fetch()
        (attempt,) = source(place, "kk").explain()
    assert "not loaded" in attempt.outcome
    assert {question["request"] for question in asked} == {"loaded_accounts"}


def test_by_issuer(place: Path) -> None:
    """An issuer that no account is loaded for offers nothing."""

    def answer(question: dict[str, Any], connection: socket.socket) -> None:
        is_known = question["issuer"] == SUCCESS["issuer"]
        connection.sendall(
            json.dumps(SUCCESS if is_known else {"status": "failure", "error": "account not loaded"}).encode()
        )

    variables = {"OIDC_SOCK": str(place)}
    with answering(place, answer):
        assert OidcAgent(issuer="https://op.example/", variables=variables, clock=Clock()).fetch() is not None
        assert OidcAgent(issuer="https://other.example/", variables=variables).fetch() is None
        with pytest.raises(Misconfigured, match=r"other\.example"):
            OidcAgent(issuer="https://other.example/", variables=variables, optional=False).fetch()


def test_a_refused_token_makes_it_get_another(place: Path) -> None:
    """The agent keeps its token; after a 401 it is told to force a new one, and the same one again is nothing."""

    def answer(question: dict[str, Any], connection: socket.socket) -> None:
        forced = question.get("min_valid_period") == -1
        saying(json.dumps({**SUCCESS, "access_token": "new" if forced else "old"}).encode())(question, connection)

    with answering(place, answer):
        agent = source(place)
        old = agent.fetch()
        new = agent.fetch(refused=old)
    assert (old and old.value, new and new.value) == ("old", "new")
    place.unlink()
    with answering(place, saying(json.dumps(SUCCESS).encode())):
        assert agent.fetch(refused=agent.fetch()) is None


def test_too_short_is_not_offered(place: Path) -> None:
    """What the agent cannot make last is not passed off as lasting."""
    with answering(place, saying(json.dumps({**SUCCESS, "expires_at": int(NOW) + 50}).encode())):
        assert source(place).fetch(60) is None
        assert source(place).fetch(10) is not None


def test_a_dead_socket_in_the_environment_is_an_error(place: Path) -> None:
    """OIDC_SOCK names an agent that is gone: said so, not passed over."""
    with pytest.raises(Misconfigured, match="No such file"):
        source(place).fetch()
    with socket.socket(socket.AF_UNIX) as gone:
        gone.bind(str(place))
    with pytest.raises(Misconfigured, match="refused") as caught:
        source(place).fetch()
    assert "OIDC_SOCK" in caught.value.hint


def test_no_agent_is_no_error() -> None:
    """Most people have none."""
    agent = OidcAgent("a", variables={}, find=lambda _variables: [])
    assert agent.fetch() is None
    assert "no agent" in agent.explain()[0].outcome


def test_a_running_agent_is_found(place: Path) -> None:
    """Without OIDC_SOCK, dead sockets are passed over and a living one is used."""
    dead = place.with_name("dead")
    with socket.socket(socket.AF_UNIX) as gone:
        gone.bind(str(dead))
    with answering(place, saying(json.dumps(SUCCESS).encode())):
        agent = OidcAgent("kk-dcache", variables={}, find=lambda _variables: [dead, place], clock=Clock())
        assert agent.fetch() is not None


def test_where_agents_are_found(place: Path) -> None:
    """All three layouts; not a plain file, not a socket in a folder that others may write to."""
    folder = place.parent
    names = [
        "oidc-abc/oidc-agent.1",
        f"oidc-agent-service/{os.getuid()}/oidc-agent.sock",
        f"t/oidc-agent-service/{os.getuid()}/oidc-agent.sock",
        "oidc-open/oidc-agent.2",
    ]
    for name in names:
        (folder / name).parent.mkdir(parents=True, mode=0o700)
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(folder / name))
    (folder / "oidc-open").chmod(0o777)
    (folder / "oidc-file").mkdir(mode=0o700)
    (folder / "oidc-file/oidc-agent.3").touch()
    assert {str(path.relative_to(folder)) for path in found_sockets({}, folder)} == set(names[:3])


def test_an_agent_needs_something_to_look_for() -> None:
    """Neither account nor issuer is a mistake in the settings."""
    with pytest.raises(Misconfigured):
        OidcAgent(variables={})


@pytest.mark.parametrize(
    "words",
    [
        "the other party disconnected",
        "Could not connect to https://op.example",
        "Couldn't resolve host name",
        "Timeout was reached",
    ],
)
def test_its_provider_is_away(place: Path, words: str) -> None:
    """That is nobody's mistake and passes: a token that is still good serves meanwhile; without one it is worth trying again."""
    left = {"seconds": 50}

    def answer(question: dict[str, Any], connection: socket.socket) -> None:
        is_kept = question.get("min_valid_period") == 0 and left["seconds"] > 0
        kept = {**SUCCESS, "expires_at": int(NOW) + left["seconds"]}
        said = kept if is_kept else {"status": "failure", "error": words}
        saying(json.dumps(said).encode())(question, connection)

    with answering(place, answer):
        token = source(place).fetch(60)
        assert token is not None
        assert token.expires == NOW + 50
        with pytest.raises(Unreachable):
            source(place).fetch(60, refused=token)
        left["seconds"] = 0
        with pytest.raises(Unreachable, match="cannot reach the login server") as caught:
            source(place).fetch(60)
        assert caught.value.retryable


def test_the_real_agent_while_its_provider_is_down(agent: Agent, provider: Provider) -> None:
    """The token that it has serves on; another it cannot get; and afterwards it can."""
    real = OidcAgent(agent.account, variables={"OIDC_SOCK": str(agent.socket)})
    first = real.fetch(10, refused=real.fetch(10))
    assert first is not None
    with provider.outage():
        assert real.fetch(60) == first
        with pytest.raises(Unreachable):
            real.fetch(10, refused=first)
    second = real.fetch(10, refused=first)
    assert second is not None
    assert second.value != first.value


def test_the_real_agent(agent: Agent, place: Path) -> None:
    """The real oidc-agent: a token, a forced new one, an unknown account, by the provider's own issuer too."""
    variables = {"OIDC_SOCK": str(agent.socket)}
    real = OidcAgent(agent.account, variables=variables)
    first = real.fetch(10)
    assert first is not None
    assert first.subject
    assert first.expires is not None
    assert first.expires > time.time()
    second = real.fetch(10, refused=first)
    assert second is not None
    assert second.value != first.value
    assert OidcAgent(f"{agent.account}-x", variables=variables).fetch() is None
    assert first.issuer is not None
    assert OidcAgent(issuer=first.issuer, variables=variables).fetch(10) is not None
    assert OidcAgent(issuer="https://nobody.example/", variables=variables).fetch() is None
