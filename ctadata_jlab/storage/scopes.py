"""What a token says that it may do (WLCG token profile 1.0), as far as a storage must know before it writes."""

from __future__ import annotations

import base64
import binascii
import json

__all__ = ["may_only_create"]


def may_only_create(authorization: str | None) -> bool:
    """Whether the bearer token in the header's value *authorization* may create files, but neither remove nor replace any.

    dCache gives ``storage.create`` neither LIST nor DELETE. A token without readable scopes is taken to be an ordinary one.
    """
    kinds = {scope.partition(":")[0] for scope in _scopes(authorization or "")}
    return "storage.create" in kinds and "storage.modify" not in kinds


def _scopes(authorization: str) -> list[str]:
    parts = authorization.removeprefix("Bearer ").split(".")
    if len(parts) != 3:
        return []
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (binascii.Error, ValueError):
        return []
    said = claims.get("scope") if isinstance(claims, dict) else None
    return said.split() if isinstance(said, str) else []
