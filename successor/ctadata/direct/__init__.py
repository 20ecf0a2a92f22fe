"""`ctadata.direct`: the functions that talk to the storage itself, as 0.6 called them."""

from __future__ import annotations

from ctadata._names import forward
from ctadata.direct import api as api

__getattr__, __dir__ = forward(__name__, {"api"})
