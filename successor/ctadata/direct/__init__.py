"""`ctadata.direct`: the functions that talk to the storage itself, as 0.6 called them."""

from __future__ import annotations

import sys

from ctadata._names import forward
from ctadata.direct import api as api

direct = sys.modules[__name__]
"""Itself: the old README imports this module as `ctadata`, then calls `ctadata.direct.upload_file`."""

__getattr__, __dir__ = forward(__name__, {"api", "direct"}, "ctadata_jlab.compat.direct")
