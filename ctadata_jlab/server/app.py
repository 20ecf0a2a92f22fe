"""The extension as Jupyter's server knows it: its settings, routes, events, and its end."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from jupyter_server.extension.application import ExtensionApp
from traitlets import Float, Unicode

from ctadata_jlab.server import (
    contents,
    desktop_rucio,
    drops,
    files,
    handles,
    jobs,
    listing,
    login,
    look,
    search,
    services,
    setup,
    sources,
    verdict,
)
from ctadata_jlab.server.activity import Activity
from ctadata_jlab.server.datasets import Datasets
from ctadata_jlab.server.events import SCHEMAS, Announcer
from ctadata_jlab.server.workshop import Workshop

if TYPE_CHECKING:
    from ctadata_jlab.config import Config
    from ctadata_jlab.session import Session

__all__ = ["ROUTES", "DataApp"]

ROUTES = [
    *sources.ROUTES,
    *setup.ROUTES,
    *contents.ROUTES,
    *listing.ROUTES,
    *search.ROUTES,
    *services.ROUTES,
    *files.ROUTES,
    *handles.ROUTES,
    *jobs.ROUTES,
    *drops.ROUTES,
    *login.ROUTES,
    *look.ROUTES,
    *verdict.ROUTES,
    *desktop_rucio.ROUTES,
]


class DataApp(ExtensionApp):  # type: ignore[misc]
    """Remote scientific storage beside the notebook."""

    name = "ctadata_jlab"
    extension_url = "/lab"
    load_other_extensions = True
    handlers: ClassVar[list[object]]

    ctadata_config = Unicode("", help="One more ctadata.toml, read after those on Jupyter's configuration path.").tag(
        config=True
    )
    datasets = Unicode("datasets", help="The workspace's folder for data sets that are asked for by their names.").tag(
        config=True
    )
    keep_alive = Float(
        12 * 3600,
        help="For how many seconds after the user's last action running transfers keep the server from being culled.",
    ).tag(config=True)

    def initialize_settings(self) -> None:
        """Make the workshop; nothing is opened or read before it is needed."""
        server = self.serverapp
        logging.getLogger("stamina").setLevel(logging.ERROR)  # each repeated look is no news for an administrator
        for schema in SCHEMAS:
            server.event_logger.register_event_schema(schema)
        activity = Activity(server.web_app.settings, self.keep_alive)
        announcer = Announcer(lambda schema, data: server.event_logger.emit(schema_id=schema, data=data), activity.job)
        self.workshop = Workshop(self.open_session, announcer, self.read_config)
        self.settings["ctadata_jlab_workshop"] = self.workshop
        self.settings["ctadata_jlab_datasets"] = Datasets(self.datasets)

    def initialize_handlers(self) -> None:
        """Open the doors."""
        self.handlers.extend(ROUTES)

    def open_session(self) -> Session:
        """Build what the configuration describes. Blocks."""
        from ctadata_jlab.session import Session  # noqa: PLC0415 - neither httpx nor libcurl at start

        return Session(self.read_config())

    def read_config(self) -> Config:
        """Read the configuration, with the server's root folder as workspace. Blocks."""
        from ctadata_jlab import config  # noqa: PLC0415 - not before it is needed

        extra = Path(self.ctadata_config) if self.ctadata_config else None
        return config.load(extra).with_workspace(Path(self.serverapp.root_dir))

    async def _start_jupyter_server_extension(self, serverapp: object) -> None:  # noqa: ARG002 - Jupyter's signature
        """Take up interrupted transfers as soon as the server runs."""
        self.workshop.open_soon(self.log)

    async def stop_extension(self) -> None:
        """Stop transfers where they are; they go on with the next server."""
        await self.workshop.close()
