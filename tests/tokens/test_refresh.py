"""A login that lasts, at the rig's real provider: renewed once for all, rotated, ended, logged out."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import stat
import time
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from ctadata_jlab.errors import Misconfigured, NotLoggedIn, Unreachable
from ctadata_jlab.tokens import FirstOf
from ctadata_jlab.tokens.asking import ask_with
from ctadata_jlab.tokens.claims import token_from
from ctadata_jlab.tokens.file import TokenFile, store
from ctadata_jlab.tokens.keeper import Keeper
from ctadata_jlab.tokens.oauth import Answer, Post
from ctadata_jlab.tokens.published import Published
from ctadata_jlab.tokens.refresh import Refresh
from ctadata_jlab.tokens.secret import Secret
from ctadata_jlab.tokens.stored import load
from tests.rig.process import RigError
from tests.tokens.logins import client_of, logged_in, refresh_at
from tests.tokens.making import jwt

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ctadata_jlab.tokens.oauth import Get
    from tests.rig.provider import Provider


@pytest.fixture
def short(provider: Provider) -> Provider:
    """Return the client whose tokens last 60 s, and whose refresh tokens serve once."""
    return provider.as_client("users-short")


class Later:
    """The clock on the wall, and how far it is ahead."""

    ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


def counting(kept: Refresh) -> list[Post]:
    """Return the posts that *kept* will send."""
    asked: list[Post] = []
    ask = kept.ask

    def counted(step: Get | Post) -> Answer | None:
        if isinstance(step, Post):
            asked.append(step)
        return ask(step)

    kept.ask = counted
    return asked


def refresh_token(kept: Refresh) -> str:
    stored = load(kept.place)
    assert stored is not None
    return stored.refresh_token


def test_login_is_kept_for_all(tmp_path: Path, short: Provider) -> None:
    """Refresh token and access token lie in files of their own (0600), the latter as the old clients read it."""
    kept = logged_in(tmp_path, short)
    token = kept.fetch(10)
    assert token is not None
    assert (token.source, token.issuer, token.subject) == ("login", short.issuer, "scientist")
    assert (tmp_path / "token").read_text() == token.value + "\n"
    said = json.loads((tmp_path / "refresh-dcache").read_text())
    assert (said["issuer"], said["client_id"]) == (short.issuer, "users-short")
    assert {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()} == {0o600}
    assert said["refresh_token"] not in repr(load(kept.place))
    assert refresh_at(tmp_path, short).fetch(10) == token


def test_renewed_early_and_rotated(tmp_path: Path, short: Provider) -> None:
    """Within the last half of a short life it is renewed; the new refresh token is kept, and the old one no longer serves."""
    clock = Later()
    kept = logged_in(tmp_path, short, clock)
    asked, before, first = counting(kept), refresh_token(kept), kept.fetch(60)
    assert not asked
    clock.ahead = 35
    token = kept.fetch(60)
    assert len(asked) == 1
    assert first is not None
    assert token is not None
    assert token.value != first.value
    assert refresh_token(kept) != before
    assert (tmp_path / "token").read_text() == token.value + "\n"
    with pytest.raises(RigError, match="invalid_grant"):
        short.post("token", grant_type="refresh_token", refresh_token=before)


def test_not_all_renew_at_once(tmp_path: Path, provider: Provider) -> None:
    """A token of an hour is renewed in the last ten minutes to six, by each process at another moment."""
    clock = Later()
    logged_in(tmp_path, provider, clock)
    processes = [refresh_at(tmp_path, provider, clock) for _ in range(40)]
    moments: dict[int, float] = {}
    for ahead in range(2900, 3600, 5):
        clock.ahead = ahead
        for number, kept in enumerate(processes):
            if kept._look(60, None)[1]:
                moments.setdefault(number, ahead)
    assert len(moments) == len(processes)
    assert min(moments.values()) > 2980
    assert max(moments.values()) < 3260
    assert len(set(moments.values())) > 5


def test_rotated_token_is_kept_before_use(tmp_path: Path, short: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the access token cannot be shared, the new refresh token is safe all the same: the next try works."""
    kept = logged_in(tmp_path, short, clock := Later())
    clock.ahead = 50
    with monkeypatch.context() as patch:
        patch.setattr("ctadata_jlab.tokens.file.store", _full)
        with pytest.raises(Misconfigured, match="No space"):
            kept.fetch(60)
    assert kept.fetch(60) is not None


def _full(*_: Any) -> None:
    raise OSError(28, "No space left on device")


def test_refused_token_is_renewed(tmp_path: Path, short: Provider) -> None:
    """A storage's 401 makes it get another, once: whoever comes late gets the one that is there."""
    kept = logged_in(tmp_path, short)
    asked, first = counting(kept), kept.fetch(10)
    second = kept.fetch(10, refused=first)
    assert second is not None
    assert first is not None
    assert second.value != first.value
    assert kept.fetch(10, refused=first) == second
    assert len(asked) == 1


def _renew(folder: Path, provider: Provider, old: str, start: Any, results: Any) -> None:
    kept = refresh_at(folder, provider)
    asked = counting(kept)
    start.wait()
    token = kept.fetch(10, refused=token_from(old, "file"))
    results.put((len(asked), token.value if token else None))


def test_two_processes_renew_once(tmp_path: Path, short: Provider) -> None:
    """Processes whose token was refused at the same time get the same one, for one question to the provider."""
    kept = logged_in(tmp_path, short)
    context = multiprocessing.get_context("fork")
    start, results = context.Barrier(3), context.Queue()
    before = (tmp_path / "token").read_text().strip()
    args = (tmp_path, short, before, start, results)
    processes = [context.Process(target=_renew, args=args) for _ in range(3)]
    for process in processes:
        process.start()
    found = [results.get(timeout=60) for _ in processes]
    for process in processes:
        process.join(10)
    assert sum(count for count, _ in found) == 1
    assert len({value for _, value in found} - {before}) == 1
    assert kept.fetch(10) is not None


def _saying(answer: Answer | None, _: Get | Post) -> Answer | None:
    return answer


def test_provider_down(tmp_path: Path, short: Provider) -> None:
    """While the provider is gone a good token serves on; without one it is worth trying again."""
    kept = logged_in(tmp_path, short, clock := Later())
    ask, kept.ask = kept.ask, lambda _: None
    kept._provider = refresh_provider(kept, ask)
    clock.ahead = 40
    assert kept.fetch(60) is not None
    kept.ask = lambda _: Answer(400, {"error": "temporarily_unavailable"})
    assert kept.fetch(60) is not None
    clock.ahead = 61
    for gone in (None, Answer(503, {}), Answer(429, {})):
        kept.ask = partial(_saying, gone)
        with pytest.raises(Unreachable):
            kept.fetch(60)
    kept.ask = ask
    assert kept.fetch(60) is not None


def refresh_provider(kept: Refresh, ask: Callable[[Get | Post], Answer | None]) -> Any:
    from ctadata_jlab.tokens.asking import drive
    from ctadata_jlab.tokens.oauth import discovered

    return drive(discovered(kept.client().issuer), ask, time.sleep)


def test_ended_by_the_provider(tmp_path: Path, short: Provider) -> None:
    """A refresh token that no longer serves is forgotten, and the badge says when that was; others may then have a token."""
    kept = logged_in(tmp_path, short, clock := Later())
    assert kept._revoked(refresh_token(kept))
    clock.ahead = 61
    assert kept.fetch(60) is None
    assert refresh_token(kept) == ""
    assert "ended" in str(kept.explain()[0])
    keeper = Keeper(FirstOf([kept, kept.shared]), clock)
    assert keeper.state().state == "expired"
    with pytest.raises(NotLoggedIn, match="No usable token"):
        keeper.token()


def test_log_out_revokes(tmp_path: Path, provider: Provider) -> None:
    """After a log-out nothing is left here, and the refresh token opens nothing any more (RFC 7009)."""
    for name in ("users", "users-public"):
        client = provider.as_client(name)
        kept = logged_in(tmp_path, client)
        before = refresh_token(kept)
        kept.log_out()
        assert not (tmp_path / "refresh-dcache").exists()
        assert not (tmp_path / "token").exists()
        assert kept.fetch() is None
        assert "not logged in" in str(kept.explain()[0])
        with pytest.raises(RigError, match="invalid_grant"):
            client.post("token", grant_type="refresh_token", refresh_token=before)


def test_log_out_offline(tmp_path: Path, short: Provider) -> None:
    """Who logs out while the provider is gone is logged out here, and told."""
    kept = logged_in(tmp_path, short)
    kept.ask = lambda _: None
    with pytest.raises(Unreachable, match="removed here"):
        kept.log_out()
    assert kept.fetch() is None


def test_other_settings_do_not_use_it(tmp_path: Path, provider: Provider, short: Provider) -> None:
    """A login of another client, or of another issuer, is not ours to renew."""
    logged_in(tmp_path, short)
    assert refresh_at(tmp_path, provider).fetch() is None


def test_another_issuers_token_is_left_alone(tmp_path: Path, short: Provider) -> None:
    """A token that somebody put into the file for another issuer is the file's to offer, not ours to replace."""
    kept = logged_in(tmp_path, short)
    store(tmp_path / "token", jwt(iss="https://elsewhere.example/", exp=time.time() + 30))
    assert kept.fetch(60) is None
    assert kept.fetch(60, refused=token_from((tmp_path / "token").read_text(), "file")) is not None


@pytest.mark.parametrize("text", ["{", "[]", '{"issuer": 7}', '{"issuer": "a", "client_id": "b", "refresh_token": 3}'])
def test_damaged_login(tmp_path: Path, provider: Provider, text: str) -> None:
    """A file that is no login is named, not passed over."""
    (tmp_path / "refresh-dcache").write_text(text)
    kept = refresh_at(tmp_path, provider)
    with pytest.raises(Misconfigured, match="refresh-dcache"):
        kept.fetch()
    assert "refresh-dcache" in str(kept.explain()[0])
    kept.log_out()
    assert not (tmp_path / "refresh-dcache").exists()


def test_refused_tokens_are_published(tmp_path: Path) -> None:
    """What one process was refused, no other sends; only a hash is written down, and it does not count for ever."""
    value = jwt(exp=time.time() + 600)
    store(tmp_path / "token", value)
    place = tmp_path / "token.refused"
    one, other = (Keeper(TokenFile(tmp_path / "token"), published=Published(place)) for _ in range(2))
    one.refuse(one.token())
    with pytest.raises(NotLoggedIn):
        other.token()
    assert value not in place.read_text()
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    clock = Later()
    clock.ahead = 3600
    assert not Published(place, clock).knows(token_from(value, "file").fingerprint)


def test_client_secret(tmp_path: Path) -> None:
    """The old clients' file (base64, one line) or the variable; neither makes a public client."""
    secret = Secret(tmp_path / "secret", "SECRET_OF_IT", {})
    assert secret.read() is None
    secret.keep("pst, nöt so loud")
    assert (tmp_path / "secret").read_text() == "cHN0LCBuw7Z0IHNvIGxvdWQ=\n"
    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600
    assert secret.read() == "pst, nöt so loud"
    assert Secret(tmp_path / "secret", "SECRET_OF_IT", {"SECRET_OF_IT": " other "}).read() == "other"
    (tmp_path / "secret").write_text("not base64!")
    with pytest.raises(Misconfigured, match="secret"):
        secret.read()


def test_secret_is_not_sent_to_a_server_without_tls(provider: Provider) -> None:
    """Plain http is for this very machine only, whatever the settings say."""
    from ctadata_jlab.tokens.asking import drive
    from ctadata_jlab.tokens.oauth import discovered

    assert provider.client_secret not in repr(client_of(provider))
    with pytest.raises(Misconfigured):
        drive(discovered("http://issuer.example"), ask_with(), time.sleep)


@pytest.mark.parametrize("skew", [-300, 300])
def test_a_clock_that_is_wrong(tmp_path: Path, short: Provider, skew: float) -> None:
    """Five minutes ahead or behind the provider, with tokens of one minute: they are used for their time, and renewed in time."""
    clock = Later()
    clock.ahead = skew
    kept = logged_in(tmp_path, short, clock)
    asked = counting(kept)
    keeper = Keeper(FirstOf([kept, kept.shared]), clock)
    first = keeper.token(20)
    assert first.expires is not None
    assert 50 < first.expires - clock() <= 60
    assert keeper.token(20) is first
    assert not asked
    clock.ahead += 45
    second = keeper.token(20)
    assert second.value != first.value
    assert Keeper(FirstOf([refresh_at(tmp_path, short, clock)]), clock).token(20).value == second.value


def test_a_node_whose_lock_did_not_reach_here(tmp_path: Path, short: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a shared home has no locks, another node may renew first: its token is used, the login is not taken for ended."""
    kept = logged_in(tmp_path, short)
    token = kept.fetch(10)
    ask = kept.ask
    other = refresh_at(tmp_path, short)
    monkeypatch.setattr(Refresh, "_locked", lambda _: contextlib.nullcontext())

    def overtaken(step: Get | Post) -> Answer | None:
        if isinstance(step, Post) and step.form.get("grant_type") == "refresh_token":
            kept.ask = ask
            other.fetch(10, refused=token)
            return Answer(400, {"error": "invalid_grant"})
        return ask(step)

    kept.ask = overtaken
    found = kept.fetch(10, refused=token)
    stored = load(kept.place)
    assert stored is not None
    assert not stored.is_ended
    assert found is not None
    assert found.value == (tmp_path / "token").read_text().strip()
    assert token is not None
    assert found.value != token.value
