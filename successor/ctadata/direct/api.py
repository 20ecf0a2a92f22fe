"""`ctadata.direct.api`: `APIClient` and the exceptions, as 0.6 called them."""

from __future__ import annotations

from ctadata._names import forward

__getattr__, __dir__ = forward(__name__, where="ctadata_jlab.compat.direct")
