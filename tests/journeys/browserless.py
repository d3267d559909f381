"""A person's HTTP session: cookies, CSRF, forms, page data, JSON. What a browser would send, without one."""

from __future__ import annotations

import http.client
import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

TIMEOUT = 60.0


class Refused(AssertionError):
    """The site answered with something a simulated person did not expect."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer. `url` is where it came from after redirects."""

    status: int
    url: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    def data(self, element: str) -> Any:
        """The JSON in `<script id=element>` of the page."""
        found = re.search(rf'<script id="{element}" type="application/json">(.*?)</script>', self.text, re.S)
        if not found:
            raise Refused(f"{self.url} has no data named {element}")
        return json.loads(found.group(1))


class Session:
    """One person's session with the site at `origin`."""

    def __init__(self, origin: str, name: str) -> None:
        self.origin, self.name = origin, name
        self.cookies: dict[str, str] = {}
        self._host = urlsplit(origin).netloc
        self._link = http.client.HTTPConnection(self._host, timeout=TIMEOUT)

    def sign_in(self, password: str) -> None:
        """Sign in by the form."""
        self.get("/accounts/login/")
        self.post("/accounts/login/", {"login": self.name, "password": password})
        if "sessionid" not in self.cookies:
            raise Refused(f"{self.name} could not sign in")

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        """GET a page, following redirects."""
        return self._follow("GET", path, b"", dict(headers or {}))

    def post(
        self,
        path: str,
        fields: Mapping[str, str | list[str]],
        files: Mapping[str, tuple[str, bytes]] | None = None,
    ) -> Answer:
        """POST a form (multipart when it has files), following redirects. A list sends its field many times."""
        sent = {**fields, "csrfmiddlewaretoken": self.cookies.get("csrftoken", "")}
        if files:
            body, kind = _multipart(sent, files)
        else:
            body, kind = urlencode(sent, doseq=True).encode(), "application/x-www-form-urlencoded"
        return self._follow("POST", path, body, {"Content-Type": kind})

    def submit(self, path: str, fields: Mapping[str, str]) -> Answer:
        """POST a form without following where it leads."""
        body = urlencode({**fields, "csrfmiddlewaretoken": self.cookies.get("csrftoken", "")}).encode()
        return self._request("POST", path, body, {"Content-Type": "application/x-www-form-urlencoded"})

    def send(self, method: str, path: str, data: Mapping[str, Any], *, key: str | None = None) -> Answer:
        """Send JSON, as the pages' scripts do; with an Idempotency-Key when `key` is given."""
        headers = {"Content-Type": "application/json", "X-CSRFToken": self.cookies.get("csrftoken", "")}
        if key:
            headers["Idempotency-Key"] = key
        answer = self._request(method, path, json.dumps(data).encode(), headers)
        if answer.status >= 400:
            raise Refused(f"{self.name}: {method} {path} answered {answer.status}: {answer.text[:400]}")
        return answer

    def _follow(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        for _ in range(6):
            answer = self._request(method, path, body, headers)
            if answer.status not in (301, 302, 303):
                if answer.status >= 500:
                    raise Refused(f"{self.name}: {method} {path} answered {answer.status}")
                return answer
            path = urljoin(self.origin + path, answer.headers["location"])
            path = path.removeprefix(self.origin)
            method, body, headers = "GET", b"", {}
        raise Refused(f"{self.name}: {path} redirects for ever")

    def _request(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        sent = {
            "Host": self._host,
            "Origin": self.origin,
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            **headers,
        }
        try:
            self._link.request(method, path, body or None, sent)
            got = self._link.getresponse()
        except (ConnectionError, http.client.HTTPException):
            # The server closed an idle connection; whatever is sent again is either safe or carries its key.
            self._link.close()
            self._link.request(method, path, body or None, sent)
            got = self._link.getresponse()
        content = got.read()
        for value in got.headers.get_all("Set-Cookie") or []:
            for name, morsel in SimpleCookie(value).items():
                self.cookies[name] = morsel.value
        plain = {name.lower(): value for name, value in got.headers.items()}
        return Answer(got.status, self.origin + path, plain, content)


def _multipart(
    fields: Mapping[str, str | list[str]], files: Mapping[str, tuple[str, bytes]]
) -> tuple[bytes, str]:
    edge = uuid.uuid4().hex
    parts = [
        f'--{edge}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, values in fields.items()
        for value in ([values] if isinstance(values, str) else values)
    ]
    for name, (file_name, content) in files.items():
        head = f'--{edge}\r\nContent-Disposition: form-data; name="{name}"; filename="{file_name}"\r\n'
        parts.append(head.encode() + b"Content-Type: application/octet-stream\r\n\r\n" + content + b"\r\n")
    return b"".join(parts) + f"--{edge}--\r\n".encode(), f"multipart/form-data; boundary={edge}"
