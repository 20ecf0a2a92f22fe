"""The storage providers that a service of OSCAR names, each as the storage that it is: MinIO and S3, WebDAV, Onedata."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ctadata_jlab.errors import Misconfigured, NotFound, Unsupported

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ctadata_jlab.http import Trust
    from ctadata_jlab.storage import Storage
    from ctadata_jlab.storage.oscar.api import Api

__all__ = ["is_known", "made", "named_in", "providers_of", "require", "split"]

_AMAZON = "https://s3.{region}.amazonaws.com"
_REGION = "us-east-1"


def named_in(service: Mapping[str, Any], config: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the providers of *service* as ``type.name`` → settings; ``minio.default`` is the cluster's own, with the user's keys."""
    found: dict[str, dict[str, Any]] = {}
    for kind, ones in (service.get("storage_providers") or {}).items():
        found |= {f"{kind}.{name}": dict(settings or {}) for name, settings in (ones or {}).items()}
    own = config.get("minio_provider")
    if isinstance(own, dict):
        found["minio.default"] = own
    return found


def split(provider: str) -> tuple[str, str]:
    """Return type and name of a provider written as ``minio.default``; a type alone is its ``default``."""
    kind, _, name = provider.partition(".")
    return kind.lower(), name or "default"


def is_known(kind: str) -> bool:
    """Whether there is a storage here for providers of this *kind*."""
    return kind in _MAKERS


def made(title: str, kind: str, settings: Mapping[str, Any], trust: Trust) -> Storage:
    """Return the storage that the *settings* of a provider of this *kind* mean."""
    maker = _MAKERS.get(kind)
    if maker is None:
        raise Unsupported(
            f"{title}: storage of the kind {kind!r} is not known here.", hint=f"Known are {', '.join(_MAKERS)}."
        )
    try:
        return maker(title, settings, trust)
    except KeyError as error:
        raise Misconfigured(
            f"{title}: the service does not tell the provider's {error.args[0]}.",
            hint="Correct the service's definition.",
        ) from None


def providers_of(api: Api, service: str) -> dict[str, dict[str, Any]]:
    """Return the providers of the *service* on this cluster; `NotFound` if there is no such service."""
    return named_in(api.service(service), api.config())


def require(providers: Mapping[str, dict[str, Any]], provider: str, title: str) -> tuple[str, dict[str, Any]]:
    """Return kind and settings of *provider*, or raise `NotFound` naming those there are."""
    kind, name = split(provider)
    settings = providers.get(f"{kind}.{name}")
    if settings is None:
        raise NotFound(
            f"{title} has no storage provider {provider!r}.", hint=f"Known are {', '.join(sorted(providers))}."
        )
    return kind, settings


def _object_store(title: str, settings: Mapping[str, Any], trust: Trust) -> Storage:
    from ctadata_jlab.storage.s3 import ObjectStore  # noqa: PLC0415 - only what a service names is loaded
    from ctadata_jlab.storage.s3.signing import Keys, Signer  # noqa: PLC0415

    region = settings.get("region") or _REGION
    url = settings.get("endpoint") or _AMAZON.format(region=region)
    keys = Keys(settings["access_key"], settings["secret_key"])
    return ObjectStore(title, url, trust, Signer(lambda: keys, region))


def _minio(title: str, settings: Mapping[str, Any], trust: Trust) -> Storage:
    if not settings.get("endpoint"):
        raise Misconfigured(
            f"{title}: this MinIO has an address inside the cluster only.",
            hint="Ask the cluster's administrators for an endpoint.",
        )
    return _object_store(title, settings, trust)


def _webdav(title: str, settings: Mapping[str, Any], trust: Trust) -> Storage:
    from ctadata_jlab.storage.webdav import WebDav  # noqa: PLC0415 - only what a service names is loaded

    url = _addressed(settings["hostname"])
    return WebDav(title, url, trust, authorise=_basic(settings["login"], settings["password"]))


def _onedata(title: str, settings: Mapping[str, Any], trust: Trust) -> Storage:
    from ctadata_jlab.storage.onedata import Onedata  # noqa: PLC0415 - only what a service names is loaded

    token = settings["token"]
    url = _addressed(settings["oneprovider_host"])
    return Onedata(title, url, trust, root=f"/{settings['space']}", authorise=lambda _: f"Bearer {token}")


def _addressed(host: str) -> str:
    return host if "://" in host else f"https://{host}"


def _basic(user: str, password: str) -> Callable[[str | None], str]:
    import base64  # noqa: PLC0415 - only where a provider wants it

    value = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
    return lambda _: value


_MAKERS: dict[str, Callable[[str, Mapping[str, Any], Trust], Storage]] = {
    "minio": _minio,
    "s3": _object_store,
    "webdav": _webdav,
    "onedata": _onedata,
}
