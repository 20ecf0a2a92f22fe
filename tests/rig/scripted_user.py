"""The person at the browser: fills in the provider's pages as they come."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import TYPE_CHECKING

from tests.rig.process import RigError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

__all__ = ["answer_pages"]


@dataclass
class Form(HTMLParser):
    """The first form of a page: where it goes and what it asks for."""

    action: str | None = None
    fields: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Be a parser too."""
        HTMLParser.__init__(self)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take note of the form and its inputs."""
        values = {name: value or "" for name, value in attrs}
        if tag == "form" and self.action is None:
            self.action = values["action"]
        elif tag == "input" and "name" in values:
            self.fields[values["name"]] = values.get("value", "")


def answer_pages(browser: httpx.Client, url: str, answers: Mapping[str, str], *, confirm: bool = True) -> str:
    """Open *url* and submit form after form, filled from *answers*; return the text of the page without any.

    Without *confirm*, "do you know this device?" is answered with a no.
    """
    page = browser.get(url)
    for _ in range(6):
        form = Form()
        form.feed(page.text)
        if form.action is None:
            return page.text
        filled = {**form.fields, **{name: answers[name] for name in form.fields if name in answers}}
        if not confirm and "confirm" in filled:
            return browser.post(form.action, data={**filled, "confirm": "", "abort": "yes"}).text
        page = browser.post(form.action, data=filled)
    raise RigError(f"the provider keeps asking: {page.url}\n{page.text[-1000:]}")
