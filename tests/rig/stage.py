"""A stage for the browser's tests: the provider, XRootD, and three users' JupyterLabs.

One user has nothing set up, one an oidc-agent with an account, one an oidc-agent that knows nobody.

``python -m pytest -q -o python_files=stage.py tests/rig/stage.py`` with ``STAGE`` naming a folder: there, ``stage.json`` says where
everything is once it stands. It ends when the file ``end`` appears there, or its parent is gone.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.e2e.server import serving
from tests.hunt import MINTED
from tests.rig.agent import agent_running
from tests.rig.provider import note_secrets

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.rig.agent import Agent
    from tests.rig.doors import Door
    from tests.rig.provider import Provider

SCOPE = "openid offline_access storage.read:/ storage.modify:/"


def test_stage(xrootd: Door, provider: Provider, agent: Agent, brief_account: str) -> None:
    """Stand until it is told to end."""
    stage = Path(os.environ["STAGE"])
    short = provider.as_client("users-short")
    folder = xrootd.fresh()
    xrootd.raw_put(f"{folder}/alpha.txt", b"alpha")
    config = (
        f'only = []\n[sources.grid]\ntitle = "Grid"\nurl = "{xrootd.url}"\nca = "{xrootd.ca}"\nroot = "{folder}"\n'
        f'[sources.grid.login]\nissuer = "{short.issuer}"\nclient_id = "users-short"\nscope = "{SCOPE}"\n'
    )
    secret = {"CTADATA_CLIENT_SECRET_GRID": short.client_secret}
    with_agent = f'{config}account = "{brief_account}"\n'
    known = {**secret, "OIDC_SOCK": str(agent.socket)}
    lab = ("jupyterlab",)
    with (
        agent_running(stage / "third") as empty,
        serving(stage / "first", config, environment=secret, extensions=lab) as first,
        serving(stage / "second", with_agent, environment=known, extensions=lab) as second,
        serving(
            stage / "third",
            f'{config}account = "panel"\n',
            environment={**secret, "OIDC_SOCK": str(empty.socket)},
            extensions=lab,
        ) as third,
    ):
        labs = {"first": first, "second": second, "third": third}
        password = stage / "third" / "password"
        note_secrets(provider.manners_file.with_name(MINTED), [password.read_text()])
        facts = {
            "labs": [f"{one.http.base_url}lab?token=test-token" for one in labs.values()],
            "homes": [str(stage / name / "home") for name in labs],
            "logs": [str(one.log) for one in labs.values()],
            "minted": str(provider.manners_file.with_name(MINTED)),
            "manners": str(provider.manners_file),
            "provider": provider.process,
            "agent": agent.process,
            "empty": empty.process,
            "password": str(password),
        }
        stand(stage, facts)


def stand(stage: Path, facts: Mapping[str, object]) -> None:
    """Say in *stage* where everything is, and wait for the end."""
    parent = os.getppid()
    half = stage / "stage.half"
    half.write_text(json.dumps(facts))
    half.replace(stage / "stage.json")
    while not (stage / "end").exists() and os.getppid() == parent:
        time.sleep(0.2)
