"""The REST frontend: ``/api/v1/namespace``, whose errors are honest and whose `mv` replaces in one step; ``tape`` and ``bulk-requests``."""

# ruff: noqa: N802 - the names that http.server calls
from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.door.namespace import Exists, Missing, Node
from tests.door.serving import Handler

__all__ = ["Frontend"]

_BASE = "/api/v1/namespace"
REQUESTS = ("/api/v1/tape/", "/api/v1/bulk-requests")


class Frontend(Handler):
    """Looks and renames."""

    def do_GET(self) -> None:
        place = urlsplit(self.path).path
        if place == "/api/v1/user":
            self._be_there()
            self._say(200, {"status": "AUTHENTICATED" if "authorization" in self.asked.headers else "ANONYMOUS"})
            return
        if place == "/api/v1/quota/user":
            self._tell_quota()
            return
        if place.startswith(REQUESTS):
            self._tell_request(place)
            return
        path = self._path("look")
        if path is None:
            return
        node = self.double.names.find(path)
        flags = {name for name, values in parse_qs(urlsplit(self.path).query).items() if values[-1] == "true"}
        if node is None:
            self._fail(404, "No such file or directory")
        elif "children" in flags and node.is_folder and not self._may_list(path):
            self._fail(403, "Permission denied")
        else:
            with self.double.names.lock:
                self._say(200, self._about(path, node, flags))

    def do_POST(self) -> None:
        body = b"".join(self.body())
        if urlsplit(self.path).path.startswith(REQUESTS):
            self._take_request(json.loads(body))
            return
        path = self._path("create")
        if path is None:
            return
        asked = json.loads(body)
        if asked.get("action") != "mv":
            self._fail(400, f"No such action: {asked.get('action')}")
            return
        given = str(asked["destination"])
        target = given if given.startswith("/") else f"{path.rpartition('/')[0]}/{given}"
        if self.double.names.find(target) is not None and not self.double.allows(self.asked, "remove"):
            self._fail(403, "Permission denied")
            return
        self._rename(path, target)

    def _rename(self, path: str, target: str) -> None:
        try:
            self.double.names.rename(path, target)
        except Missing:
            self._fail(404, "No such file or directory")
        except Exists:
            self._fail(409, "exists")
        else:
            if self.double.traps.uses("lost_moves"):
                self.cut()
            self._say(201, {"status": "success"})

    def _tell_quota(self) -> None:
        self._be_there()
        quota = self.double.traps.user_quota
        if quota is None:
            self._fail(503, "Quotas are off")
            return
        limits = {"custodialLimit": 0, "replicaLimit": quota, "outputLimit": 0}
        self._say(200, [{"id": 1000, "type": "USER", "custodial": 0, "replica": 10, "output": 0, **limits}])

    def _be_there(self) -> None:
        if self.double.traps.frontend_down:
            self.cut()

    def _take_request(self, asked: Any) -> None:
        self._be_there()
        is_tape, refused = self.path.startswith("/api/v1/tape/"), self.double.refusal(self.asked, "stage")
        if refused is not None:
            self._fail(*refused)
        elif is_tape and self.double.traps.no_tape_api:
            self._fail(404, "Not found")
        elif set(asked) - ({"files"} if is_tape else {"target", "activity", "arguments"}):
            self._fail(400, "unknown keys")
        elif is_tape:
            self._say(201, {"requestId": self.double.tape.ask([one["path"] for one in asked["files"]])})
        else:
            name = self.double.tape.ask(asked["target"])
            self._say(201, None, {"request-url": f"{self.double.frontend.url}/api/v1/bulk-requests/{name}"})

    def _tell_request(self, place: str) -> None:
        self._be_there()
        found = self.double.tape.states(place.rpartition("/")[2])
        refused = self.double.refusal(self.asked, "stage")
        if refused is not None:
            self._fail(*refused)
        elif found is None:
            self._fail(404, "No such request")
        elif place.startswith("/api/v1/tape/"):
            self._say(200, {"files": [{"path": path, "state": state} for path, state in found]})
        else:
            self._say(200, {"targets": [{"target": path, "state": state} for path, state in found], "nextId": -1})

    def _path(self, activity: str) -> str | None:
        self._be_there()
        refused = self.double.refusal(self.asked, activity)
        target = unquote(urlsplit(self.path).path)
        if refused is not None:
            self._fail(refused[0], refused[1], refused[2])
        elif not target.startswith(_BASE):
            self._fail(404, "Not found")
        else:
            return "/" + target.removeprefix(_BASE).strip("/")
        return None

    def _about(self, path: str, node: Node, flags: set[str]) -> dict[str, Any]:
        found: dict[str, Any] = {
            "fileName": path.rpartition("/")[2],
            "fileType": "DIR" if node.is_folder else "REGULAR",
            "pnfsId": node.pnfsid,
            "mtime": int(node.changed * 1000),
            "size": len(node.content) if not node.is_folder else 512,
        }
        if "locality" in flags and not node.is_folder:
            found["fileLocality"] = node.locality
        if "checksum" in flags and not node.is_folder:
            found["checksums"] = [
                {"type": name.upper(), "value": value} for name, value in self.double.told(node.digests).items()
            ]
        if "children" in flags and node.is_folder:
            found["children"] = [
                self._about(name, child, flags - {"children"}) for name, child in node.children.items()
            ]
        return found

    def _may_list(self, path: str) -> bool:
        return path not in self.double.traps.unreadable and self.double.allows(self.asked, "list")

    def _say(self, status: int, value: Any, headers: dict[str, str] | None = None) -> None:
        self.reply(status, json.dumps(value).encode(), {"Content-Type": "application/json", **(headers or {})})

    def _fail(self, status: int, message: str, headers: dict[str, str] | None = None) -> None:
        self._say(status, {"errors": [{"message": message, "status": str(status)}]}, headers)
