"""Downloads through the proxies of `deploy/`: the site checks and records, the proxy sends the bytes."""

from __future__ import annotations

import http.client
import re
import subprocess
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from django.urls import reverse

from benchmarks import proxies
from core.models import Event
from exports import actions
from tests.exports.judged import PAGE
from tests.exports.shelves import Shelf

pytestmark = pytest.mark.django_db(transaction=True)

PATH = "data/sft/train-00000-of-00001.parquet"


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes


def absent(name: str) -> str:
    """Why this proxy cannot be tried here; empty: it can."""
    if proxies.missing(name):
        return f"{name} is not on this machine"
    if name == "caddy":
        told = subprocess.run(["caddy", "version"], capture_output=True, text=True, check=True, timeout=30)
        found = re.match(r"v?(\d+)\.(\d+)", told.stdout)
        if found is None or (int(found[1]), int(found[2])) < (2, 7):
            return f"Caddy {told.stdout.strip()} puts its own ETag in place of ours: 2.7 is the first that does not"
    return ""


@pytest.fixture(params=["nginx", "caddy"])
def front(request: pytest.FixtureRequest, shelf: Shelf, live_server: Any, settings: Any) -> Iterator[int]:
    """The port of a proxy in front of the site."""
    if reason := absent(request.param):
        pytest.skip(reason)
    settings.ACCEL_PREFIX = proxies.PREFIX[request.param]
    host = live_server.url.removeprefix("http://")
    port = int(host.rpartition(":")[2])
    with proxies.proxied(request.param, site=port, host=host, releases=shelf.folder.parent) as found:
        yield found


def ask(port: int, path: str, method: str = "GET", **headers: str) -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(
            method, path, headers={name.replace("_", "-"): value for name, value in headers.items()}
        )
        answer = connection.getresponse()
        return Answer(answer.status, answer.headers, answer.read())
    finally:
        connection.close()


def test_the_proxy_sends_what_the_site_allows(shelf: Shelf, front: int) -> None:
    url = reverse("api:file", args=[shelf.release.pk, PATH])
    _, secret = shelf.token()
    bearer = f"Bearer {secret}"
    sha256 = shelf.release.files.get(path=PATH).sha256

    whole = ask(front, url, authorization=bearer)
    assert (whole.status, whole.body) == (200, PAGE)
    assert whole.headers.get_all("ETag") == [f'"{sha256}"']
    assert whole.headers.get_all("Content-Length") == [str(len(PAGE))]
    assert whole.headers["Content-Type"] == "application/octet-stream"
    assert whole.headers["Content-Disposition"] == 'attachment; filename="train-00000-of-00001.parquet"'
    assert whole.headers.get_all("X-Content-Type-Options") == ["nosniff"]
    assert whole.headers["Cache-Control"] == "private, no-transform"
    assert "X-Accel-Redirect" not in whole.headers

    head = ask(front, url, "HEAD", authorization=bearer)
    assert (head.status, head.headers["Content-Length"], head.body) == (200, str(len(PAGE)), b"")
    on = ask(front, url, authorization=bearer, range="bytes=5-9", if_range=f'"{sha256}"')
    assert (on.status, on.body) == (206, PAGE[5:10])
    assert on.headers["Content-Range"] == f"bytes 5-9/{len(PAGE)}"
    other = ask(front, url, authorization=bearer, range="bytes=5-9", if_range='"another"')
    assert (other.status, other.body) == (200, PAGE)
    assert ask(front, url, authorization=bearer, if_none_match=f'"{sha256}"').status == 304
    assert ask(front, url, authorization=bearer, range=f"bytes={len(PAGE)}-").status == 416
    starts = Event.objects.filter(verb="download").order_by("id").values_list("data__start", flat=True)
    assert list(starts) == [0, 5, 0]


def test_nobody_gets_round_the_site(shelf: Shelf, front: int) -> None:
    url = reverse("api:file", args=[shelf.release.pk, PATH])
    assert ask(front, url).status == 401
    for prefix in proxies.PREFIX.values():
        straight = ask(front, f"{prefix}{shelf.release.pk}/{PATH}")
        assert straight.status == 404
        assert PAGE not in straight.body
    _, secret = shelf.token()
    actions.withdraw(release=shelf.release, by=shelf.world.lead, reason="A licence was wrong.")
    assert ask(front, url, authorization=f"Bearer {secret}").status == 410
