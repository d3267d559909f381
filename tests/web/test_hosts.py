"""One server, two sites: what each host answers, and with which headers."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from django.conf import settings as site
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from pytest_django.fixtures import Settings

from web import preview
from web.hosts import SplitHosts

PREVIEW = "http://127.0.0.1:8000"
APP = "http://localhost:8000"


@pytest.fixture
def split(tmp_path: Path, settings: Settings) -> SplitHosts:
    """The middleware over a small build; what lies behind it answers 'the app'."""
    settings.BUILD_DIR = tmp_path
    settings.APP_ORIGIN, settings.PREVIEW_ORIGIN = APP, PREVIEW
    settings.PREVIEW_HOST = "127.0.0.1:8000"
    for path, text in {
        "preview/frame.html": "<meta content=__APP_ORIGIN__>",
        "preview/frame.js": "1",
        "shelf/shelf.json": "{}",
        "shelf/abc/esm/react.js": "export {}",
        "secret.txt": "s",
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    return SplitHosts(lambda request: HttpResponse("the app", headers={"Set-Cookie": "a=b"}))


def ask(
    split: SplitHosts, path: str, host: str = "127.0.0.1:8000", method: str = "get", **extra: str
) -> HttpResponse:
    request: HttpRequest = getattr(RequestFactory(), method)(path, HTTP_HOST=host, **extra)
    response = split(request)
    assert isinstance(response, HttpResponse) or response.streaming
    return response  # type: ignore[return-value]  # a FileResponse has the parts read here


@pytest.mark.parametrize(
    ("accepted", "packed"),
    [
        ("gzip, deflate, br", True),
        ("br;q=1, GZIP;q=0.5", True),
        ("gzip;q=0", False),
        ("gzip; q=0.00", False),
        ("br", False),
        ("", False),
    ],
)
def test_the_frame_goes_packed_to_whoever_takes_that(split: SplitHosts, accepted: str, packed: bool) -> None:
    response = ask(split, "/frame", HTTP_ACCEPT_ENCODING=accepted)
    assert response.get("Content-Encoding", "") == ("gzip" if packed else "")
    assert response["Vary"] == "Accept-Encoding"
    body = gzip.decompress(response.content) if packed else response.content
    assert body == b"<meta content=http://localhost:8000>"
    assert "sandbox" in response["Content-Security-Policy"]


def test_frame_carries_the_policy(split: SplitHosts) -> None:
    response = ask(split, "/frame")
    assert response.status_code == 200
    assert response.content == b"<meta content=http://localhost:8000>"
    policy = response["Content-Security-Policy"].split("; ")
    assert policy[:2] == ["sandbox allow-scripts allow-forms", "default-src 'none'"]
    for directive in (
        "connect-src 'none'",
        "form-action 'none'",
        "base-uri 'none'",
        "frame-src 'none'",
        f"frame-ancestors {APP}",
    ):
        assert directive in policy
    assert "'self'" not in response["Content-Security-Policy"]
    assert response["Connection-Allowlist"] == f'("{PREVIEW}/shelf/*")'
    assert response["Referrer-Policy"] == "no-referrer"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cache-Control"] == "no-store"
    assert all(part.endswith("=()") for part in response["Permissions-Policy"].split(", "))
    assert "Set-Cookie" not in response


def test_assets_are_open_to_opaque_origins(split: SplitHosts) -> None:
    response = ask(split, "/shelf/abc/esm/react.js")
    assert response.status_code == 200
    assert response["Access-Control-Allow-Origin"] == "*"
    assert response["Content-Type"] == "text/javascript; charset=utf-8"
    assert "immutable" in response["Cache-Control"]
    assert ask(split, "/shelf/abc/esm/react.js", HTTP_IF_NONE_MATCH=response["ETag"]).status_code == 304
    assert "immutable" not in ask(split, "/shelf/shelf.json")["Cache-Control"]
    assert ask(split, "/runtime/frame.js").status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/frame/",
        "/framework",
        "/accounts/login/",
        "/admin/",
        "/static/build/app/app.css",
        "/runtime/frame.html",
        "/runtime/",
        "/shelf/",
        "/shelf/abc",
        "/shelf/../secret.txt",
        "/shelf/%2e%2e/secret.txt",
        "/shelf//etc/passwd",
        "/runtime/..%5csecret.txt",
        "/shelf/a%00b",
    ],
)
def test_preview_host_answers_nothing_else(split: SplitHosts, path: str) -> None:
    response = ask(split, path)
    assert response.status_code == 404
    assert b"the app" not in response.content


@pytest.mark.parametrize("method", ["post", "put", "delete", "options"])
def test_preview_host_only_reads(split: SplitHosts, method: str) -> None:
    assert ask(split, "/frame", method=method).status_code == 405


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1", "127.0.0.1:8001", "evil.example", ""])
@pytest.mark.parametrize(
    "path",
    [
        "/frame",
        "/runtime/frame.js",
        "/shelf/abc/esm/react.js",
        "/static/build/preview/frame.html",
        "/static/build/shelf/abc/esm/react.js",
    ],
)
def test_other_hosts_never_answer_preview_paths(split: SplitHosts, host: str, path: str) -> None:
    assert ask(split, path, host=host).status_code == 404


def test_app_host_reaches_the_app(split: SplitHosts) -> None:
    assert ask(split, "/", host="localhost:8000").content == b"the app"
    assert ask(split, "/static/build/app/app.css", host="localhost:8000").content == b"the app"
    assert ask(split, "/static/build/preview/assemble.worker.js", host="localhost:8000").content == b"the app"


def test_a_link_out_of_the_build_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "shelf").mkdir()
    (tmp_path / "secret.txt").write_text("s")
    (tmp_path / "shelf" / "way-out.txt").symlink_to(tmp_path / "secret.txt")
    assert preview.asset(tmp_path, "/shelf/way-out.txt") is None


def test_unbuilt_front_end_says_so(split: SplitHosts, tmp_path: Path) -> None:
    (tmp_path / "preview" / "frame.html").unlink()
    response = ask(split, "/frame")
    assert response.status_code == 503
    assert b"npm run build" in response.content


def test_the_split_comes_first() -> None:
    assert site.MIDDLEWARE[0] == "web.hosts.SplitHosts"
