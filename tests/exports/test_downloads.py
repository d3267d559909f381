"""Downloads: resumable, recorded, never a byte of a damaged or withdrawn release."""

from __future__ import annotations

import html
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from catalog.models import Membership
from core.models import Event
from exports import actions
from people.rules import Role
from tests.exports.judged import PAGE
from tests.exports.shelves import Shelf, other_project
from tests.worlds import person

PATH = "data/sft/train-00000-of-00001.parquet"


@pytest.fixture(params=["exports:file", "api:file"])
def url(request: pytest.FixtureRequest, shelf: Shelf) -> str:
    """The file, in the browser and by the API: both answer alike."""
    return reverse(request.param, args=[shelf.release.pk, PATH])


def body(answer: Any) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def get(client: Client, url: str, **headers: str) -> Any:
    return client.get(url, headers={name.replace("_", "-"): value for name, value in headers.items()})


def test_a_whole_file(shelf: Shelf, url: str) -> None:
    answer = get(shelf.signed_in(), url, accept="application/octet-stream")
    sha256 = shelf.release.files.get(path=PATH).sha256
    assert answer.status_code == 200
    assert body(answer) == PAGE
    assert answer["ETag"] == f'"{sha256}"'
    assert answer["Content-Length"] == str(len(PAGE))
    assert answer["Accept-Ranges"] == "bytes"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Disposition"] == 'attachment; filename="train-00000-of-00001.parquet"'
    head = shelf.signed_in().head(url)
    assert (head.status_code, head["Content-Length"], body(head)) == (200, str(len(PAGE)), b"")


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=100-199", 100, 199),
        ("BYTES=100-199", 100, 199),
        ("bytes=10000-", 10000, len(PAGE) - 1),
        ("bytes=10000-99999999", 10000, len(PAGE) - 1),
        ("bytes=-10", len(PAGE) - 10, len(PAGE) - 1),
        ("bytes=-99999999", 0, len(PAGE) - 1),
    ],
)
def test_a_range(shelf: Shelf, url: str, asked: str, start: int, end: int) -> None:
    answer = get(shelf.signed_in(), url, range=asked)
    assert answer.status_code == 206
    assert answer["Content-Range"] == f"bytes {start}-{end}/{len(PAGE)}"
    assert answer["Content-Length"] == str(end - start + 1)
    assert body(answer) == PAGE[start : end + 1]


@pytest.mark.parametrize("asked", [f"bytes={len(PAGE)}-", "bytes=99999999-", "bytes=-0"])
def test_a_range_beyond_the_end(shelf: Shelf, url: str, asked: str) -> None:
    answer = get(shelf.signed_in(), url, range=asked)
    assert answer.status_code == 416
    assert answer["Content-Range"] == f"bytes */{len(PAGE)}"
    assert body(answer) == b""


@pytest.mark.parametrize(
    "asked",
    [
        "bytes=5-4",
        "bytes=0-1,5-6",
        "bytes=-",
        "lines=0-5",
        "bytes=a-b",
        "bytes=٣-٤",
        "bytes=" + "9" * 99 + "-",
    ],
)
def test_a_range_that_means_nothing_is_ignored(shelf: Shelf, url: str, asked: str) -> None:
    answer = get(shelf.signed_in(), url, range=asked)
    assert answer.status_code == 200
    assert body(answer) == PAGE


def test_resuming(shelf: Shelf, url: str) -> None:
    client = shelf.signed_in()
    etag = client.head(url)["ETag"]
    first = PAGE[:4000]
    rest = get(client, url, range="bytes=4000-", if_range=etag)
    assert rest.status_code == 206
    assert first + body(rest) == PAGE
    other = get(client, url, range="bytes=4000-", if_range='"another file"')
    assert (other.status_code, body(other)) == (200, PAGE)
    for known in (etag, f"W/{etag}", f'"x", {etag}', "*"):
        again = get(client, url, if_none_match=known)
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", etag)
    assert get(client, url, if_none_match='"x"').status_code == 200


def test_every_download_is_recorded(shelf: Shelf) -> None:
    token, secret = shelf.token()
    page, api = (reverse(name, args=[shelf.release.pk, PATH]) for name in ("exports:file", "api:file"))
    body(get(shelf.signed_in(), page))
    body(get(shelf.bearer(secret), api, range="bytes=10-"))
    shelf.signed_in().head(page)
    get(shelf.signed_in(), page, range="bytes=99999999-")
    events = Event.objects.filter(machine="exports.release", verb="download").order_by("id")
    assert list(events.values_list("object_id", "actor_id", "data")) == [
        (shelf.release.pk, shelf.user.pk, {"path": PATH, "start": 0, "token": None}),
        (shelf.release.pk, shelf.user.pk, {"path": PATH, "start": 10, "token": token.prefix}),
    ]


def damage(path: Path) -> None:
    """Turn one bit over, and leave size and time of writing as they were."""
    stat = path.stat()
    data = bytearray(path.read_bytes())
    data[1000] ^= 1
    path.write_bytes(bytes(data))
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def test_a_damaged_file_is_not_sent(shelf: Shelf, url: str) -> None:
    client = shelf.signed_in()
    assert body(get(client, url)) == PAGE
    damage(shelf.folder / PATH)
    for headers in ({}, {"range": "bytes=0-10"}, {"if_none_match": "*"}):
        answer = get(client, url, accept="application/json", **headers)
        assert answer.status_code == 503
        assert answer["Content-Type"] == "application/problem+json"
        assert answer.json()["code"] == "file_damaged"
        assert PAGE[:16] not in answer.content
    (shelf.folder / PATH).unlink()
    assert get(client, url, accept="application/json").status_code == 503


def test_a_withdrawn_release_is_gone(shelf: Shelf, url: str) -> None:
    actions.withdraw(release=shelf.release, by=shelf.world.lead, reason="A licence was wrong.")
    answer = get(shelf.signed_in(), url, accept="application/json")
    assert answer.status_code == 410
    assert answer.json()["code"] == "release_withdrawn"
    assert answer.json()["reason"] == "A licence was wrong."
    assert answer.json()["withdrawn_at"]
    assert (shelf.folder / PATH).exists()


def test_only_files_of_the_release(shelf: Shelf) -> None:
    (shelf.folder / "secret.txt").write_text("x", encoding="utf-8")
    (shelf.folder.parent / "other.txt").write_text("x", encoding="utf-8")
    for name in ("exports:file", "api:file"):
        base = reverse(name, args=[shelf.release.pk, "x"]).removesuffix("x")
        for path in (
            "secret.txt",
            "../other.txt",
            "%2e%2e/other.txt",
            "/etc/passwd",
            "data",
            "data/sft/",
            PATH + "/",
        ):
            assert shelf.signed_in().get(base + path).status_code == 404
        assert shelf.signed_in().get(reverse(name, args=[10**17, PATH])).status_code == 404


def test_who_may_download(shelf: Shelf, url: str) -> None:
    operator = person("op", is_superuser=True)
    for who in (shelf.user, shelf.world.lead, operator):
        assert get(shelf.signed_in(who), url).status_code == 200
    for who in (person("stranger"), shelf.world.person("ada", Role.CONTRIBUTOR)):
        assert get(shelf.signed_in(who), url).status_code == 403
    elsewhere = person("ml-elsewhere")
    Membership.objects.create(project=other_project(shelf), user=elsewhere, role=Role.ML)
    assert get(shelf.signed_in(elsewhere), url).status_code == 404


def test_behind_a_proxy_the_proxy_sends_the_bytes(shelf: Shelf, url: str, settings: Any) -> None:
    settings.ACCEL_PREFIX = "/internal/releases/"
    answer = get(shelf.signed_in(), url, range="bytes=5-9")
    assert answer["X-Accel-Redirect"] == f"/internal/releases/{shelf.release.pk}/{PATH}"
    assert answer.content == b""
    assert "Content-Range" not in answer
    damage(shelf.folder / PATH)
    assert get(shelf.signed_in(), url).status_code == 503


@pytest.mark.skipif(
    shutil.which("curl") is None, reason="the script on the page is for curl, which is not here"
)
def test_the_script_on_the_page_fetches_all_and_goes_on_where_it_stopped(
    shelf: Shelf, live_server: Any, tmp_path: Path
) -> None:
    _, secret = shelf.token()
    host = live_server.url.removeprefix("http://")
    page = shelf.signed_in().get(reverse("exports:detail", args=[shelf.release.pk]), headers={"host": host})
    script = html.unescape(
        page.content.decode().split("<code>export HILLCLIMB_TOKEN", 1)[1].split("</code>", 1)[0]
    )
    script = "export HILLCLIMB_TOKEN" + script.replace("=hc_…", f"={secret}", 1)

    def run() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-c", script], cwd=tmp_path, env={**os.environ, "no_proxy": "*"}, text=True, capture_output=True,
            timeout=120, check=False,
        )  # fmt: skip

    done = run()
    assert done.stdout.strip() == "All there, all as published.", done.stderr
    folder = tmp_path / "sample-1.0.0"
    assert (folder / PATH).read_bytes() == PAGE
    (folder / PATH).write_bytes(PAGE[:4000])
    (folder / "README.md").unlink()
    assert run().stdout.strip() == "All there, all as published."
    starts = (
        Event.objects.filter(verb="download", data__path=PATH)
        .order_by("id")
        .values_list("data__start", flat=True)
    )
    assert list(starts) == [0, 4000]
    assert Event.objects.filter(verb="download", data__path="SHA256SUMS").count() == 1
