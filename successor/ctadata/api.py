"""`ctadata.api`: `APIClient` and the exceptions, where they have always been imported from."""

from __future__ import annotations

from ctadata._names import forward

__getattr__, __dir__ = forward(__name__)
