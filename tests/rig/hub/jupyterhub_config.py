"""A JupyterHub whose users hand it access tokens as they log in: stands for a hub that logs in at the site's provider.

The rig's settings come as JSON in ``RIG_HUB``. The hub keeps each user's token in ``auth_state`` and shows it to that user's own
session; those of `passed` find it in ``BEARER_TOKEN_FILE`` instead.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from jupyterhub.auth import Authenticator

c: Any = get_config()  # type: ignore[name-defined]  # noqa: F821 - JupyterHub's
rig = json.loads(os.environ["RIG_HUB"])


class TokenAuthenticator(Authenticator):  # type: ignore[misc]
    """Takes any user whose password is an access token of theirs, as a file of the rig has it."""

    async def authenticate(self, handler: object, data: dict[str, str]) -> dict[str, Any] | None:
        """Return the user, with the token as OAuth's authenticators keep it."""
        known = json.loads(Path(rig["users"]).read_text())  # noqa: ASYNC240 - a small file
        token = known.get(data["username"], {})
        if data["password"] != token.get("password"):
            return None
        return {"name": data["username"], "auth_state": {"access_token": token["access_token"]}}


def pass_on(spawner: Any, auth_state: dict[str, str] | None) -> None:
    """Give the session of some users the token in a file of theirs."""
    if spawner.user.name in rig["passed"] and auth_state:
        file = Path(rig["homes"], spawner.user.name, "hub-token")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(auth_state["access_token"] + "\n")
        spawner.environment["BEARER_TOKEN_FILE"] = str(file)


c.JupyterHub.bind_url = rig["url"]
c.JupyterHub.hub_port = rig["hub_port"]
c.JupyterHub.db_url = f"sqlite:///{rig['folder']}/hub.sqlite"
c.JupyterHub.cookie_secret_file = f"{rig['folder']}/cookie_secret"
c.ConfigurableHTTPProxy.command = rig["proxy"]
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{rig['api_port']}"
c.ConfigurableHTTPProxy.pid_file = f"{rig['folder']}/proxy.pid"
c.JupyterHub.authenticator_class = TokenAuthenticator
c.Authenticator.allow_all = True
c.Authenticator.enable_auth_state = True
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = rig["homes"] + "/{username}"
c.Spawner.cmd = rig["single"]
c.Spawner.args = ["--allow-root"]
c.Spawner.environment = rig["environment"]
c.Spawner.auth_state_hook = pass_on
c.Spawner.start_timeout = c.Spawner.http_timeout = 120
c.JupyterHub.services = [{"name": "rig", "api_token": rig["key"]}]
c.JupyterHub.load_roles = [
    {"name": "user", "scopes": ["self", "admin:auth_state!user"]},
    {"name": "rig", "services": ["rig"], "scopes": ["admin:users", "admin:servers", "tokens", "access:servers"]},
    {
        "name": "server",
        "scopes": ["access:servers!server", "users:activity!user", "admin:auth_state!user", "read:users:name!user"],
    },
]
