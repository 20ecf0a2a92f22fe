"""The REST interface of an OSCAR cluster (v4): services, their jobs and logs, and invocations. Who answers with an error raises one."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx

from ctadata_jlab.errors import (
    AlreadyExists,
    BadAnswer,
    BadPath,
    CtaDataError,
    Misconfigured,
    NotLoggedIn,
    Unreachable,
    Unsupported,
)
from ctadata_jlab.http import client, failure
from ctadata_jlab.storage.turns import Authorised

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ctadata_jlab.http import Trust

__all__ = ["Api", "output_of"]

_LONGEST_SAID = 300


class Api:
    """The cluster at *url*; *authorise* returns the header ``Authorization``, other than the refused one."""

    def __init__(self, title: str, url: str, trust: Trust, authorise: Callable[[str | None], str] | None) -> None:
        self.title = title
        self.base = url.rstrip("/")
        self._authorise = authorise
        self._http = client(self.base, trust, Authorised(authorise, url) if authorise else None)
        self._plain = client(self.base, trust, None)

    def close(self) -> None:
        """Close all connections."""
        self._http.close()
        self._plain.close()

    def ask(
        self,
        method: str,
        *path: str,
        query: Mapping[str, str] | None = None,
        json: object = None,
        content: bytes | None = None,
        token: str | None = None,
        timeout: float | None = None,
    ) -> httpx.Response:
        """Return the answer to *method* on the names *path*, which is a success; with a service's *token*, signed with that."""
        names = [part for part in path if part]
        if len(names) != len(path):
            raise BadPath("A name of a service or job is empty.")
        url = "/" + "/".join(quote(name, safe="") for name in names)
        sender = self._http if token is None else self._plain
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        extra: dict[str, Any] = {} if timeout is None else {"timeout": timeout}
        try:
            answer = sender.request(
                method, url, params=dict(query or {}) or None, json=json, content=content, headers=headers, **extra
            )
        except httpx.HTTPError as error:
            if "CERTIFICATE_VERIFY_FAILED" in str(error):
                raise Misconfigured(
                    f"The certificate of {self.title} is not trusted.", hint="Name the site's authority as its `ca`."
                ) from None
            raise Unreachable(f"{self.title} does not answer ({type(error).__name__}).") from None
        if not answer.is_success:
            raise self._failure(answer, " ".join(names))
        return answer

    def services(self) -> list[dict[str, Any]]:
        """Return the definitions of all services that the user may see."""
        told = _json(self.ask("GET", "system", "services"), self.title)
        if told is None:
            return []
        if not isinstance(told, list) or not all(isinstance(one, dict) for one in told):
            raise BadAnswer(f"{self.title} does not list its services.")
        return told

    def service(self, name: str) -> dict[str, Any]:
        """Return the definition of the service *name*."""
        return self._object("system", "services", name)

    def config(self) -> dict[str, Any]:
        """Return the cluster's settings, the user's own keys of its MinIO among them."""
        return self._object("system", "config")

    def invoke(
        self,
        name: str,
        *,
        later: bool = False,
        json: object = None,
        content: bytes | None = None,
        token: str | None = None,
        timeout: float | None = None,
    ) -> httpx.Response:
        """Run the service *name* on *json* or *content*, and return its answer; *later*: it becomes a job.

        Invocations take tokens only: who is logged in by password uses the service's own, unless *token* is given.
        """
        if token is None and self._authorise is not None and self._authorise(None).startswith("Basic "):
            token = str(self.service(name).get("token") or "")
            if not token:
                raise NotLoggedIn(f"The cluster does not tell the token of {name}.", hint="Give `token`.")
        sent = None if content is None else base64.b64encode(content)
        how = "job" if later else "run"
        return self.ask("POST", how, name, json=json, content=sent, token=token, timeout=timeout)

    def jobs(self, service: str) -> dict[str, dict[str, Any]]:
        """Return the jobs of *service* by their ids, those of all pages."""
        found: dict[str, dict[str, Any]] = {}
        page = ""
        while True:
            told = self._object("system", "logs", service, query={"page": page} if page else None)
            found |= {str(name): dict(facts or {}) for name, facts in (told.get("jobs") or {}).items()}
            page, before = str(told.get("next_page") or ""), page
            if not page or page == before:
                return found

    def _object(self, *path: str, query: Mapping[str, str] | None = None) -> dict[str, Any]:
        told = _json(self.ask("GET", *path, query=query), self.title)
        if not isinstance(told, dict):
            raise BadAnswer(f"{self.title} answers something else than OSCAR.")
        return told

    def _failure(self, answer: httpx.Response, what: str) -> CtaDataError:
        """Return the error; OSCAR explains itself in the body, which may hold anything and is told in part."""
        said = (
            " ".join(answer.text[:_LONGEST_SAID].split())
            if "html" not in answer.headers.get("content-type", "")
            else ""
        )
        named = f"{what} on {self.title}"
        if answer.status_code == 409:
            return AlreadyExists(f"This is there already: {named}.")
        if answer.status_code == 400:
            return Unsupported(f"{self.title} does not accept this: {what}{f' ({said})' if said else ''}.")
        return failure(answer.status_code, named, said, answer.headers)


def output_of(answer: httpx.Response) -> bytes:
    """Return what a service put out: binary output comes in base64, text as it is."""
    try:
        return base64.b64decode(answer.text.strip(), validate=True)
    except (binascii.Error, ValueError):
        return answer.content


def _json(answer: httpx.Response, title: str) -> Any:
    try:
        return answer.json()
    except ValueError:
        raise BadAnswer(
            f"{title} answers something else than OSCAR.", hint="Check the address: is it the cluster's endpoint?"
        ) from None
