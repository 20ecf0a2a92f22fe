"""The `ctadata` client's Python API, served by `ctadata_jlab`.

Every name comes from `ctadata_jlab.compat` when it is first used; importing this package reads and writes nothing.
"""

from __future__ import annotations

from ctadata import api as api
from ctadata import direct as direct
from ctadata._names import forward

__version__ = "1.0.0"

__getattr__, __dir__ = forward(__name__, {"__version__", "api", "direct"})
