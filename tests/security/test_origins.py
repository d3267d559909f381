"""Two sites, one server: no spelling of a host or a path leads across."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from pytest_django.fixtures import Settings

from web.hosts import SplitHosts

ROOT = Path(__file__).resolve().parents[2]


def asked(path: str, host: str) -> HttpResponse:
    """The answer of the first middleware; what lies behind it says “the app”."""
    request: HttpRequest = RequestFactory().get("/", HTTP_HOST=host)
    request.path_info = request.path = path
    return SplitHosts(lambda _: HttpResponse("the app"))(request)  # type: ignore[return-value]  # plain answers


@pytest.fixture(autouse=True)
def build(tmp_path: Path, settings: Settings) -> None:
    """A small build, and the preview site of a fleet."""
    settings.BUILD_DIR = tmp_path
    for name in ("preview/frame.html", "shelf/shelf.json"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text("{}")


@pytest.mark.parametrize("spelling", ["{0}", "{0}:9", "{0}.", "{0}.:8000", "{0}:"])
def test_no_spelling_of_the_preview_host_reaches_the_app(spelling: str) -> None:
    host = spelling.format(settings.PREVIEW_HOST.rsplit(":", 1)[0])
    assert asked("/accounts/login/", host).status_code == 404


def test_the_application_itself_does_not_know_the_preview_host() -> None:
    assert settings.PREVIEW_HOST.rsplit(":", 1)[0] not in settings.ALLOWED_HOSTS


@pytest.mark.parametrize(
    "host", ["evil.example", "[::1]:8000", "localhost.evil.example", "localhost@evil.example"]
)
def test_other_hosts_are_refused(host: str) -> None:
    assert Client().get("/accounts/login/", HTTP_HOST=host).status_code == 400


def test_a_forwarded_host_is_not_believed() -> None:
    answer = Client().get("/work/", HTTP_HOST="localhost", HTTP_X_FORWARDED_HOST="evil.example")
    assert answer.status_code == 302
    assert "evil" not in answer["Location"]


@pytest.mark.parametrize(
    "path",
    [
        "/static/build/preview/frame.html",
        "/static//build/preview/frame.html",
        "/static/./build/preview/frame.html",
        "/static/build//shelf/shelf.json",
        "/static/build/app/../shelf/shelf.json",
        "//static/build/shelf/shelf.json",
        "/frame",
        "//frame",
        "/./frame",
        "/shelf/shelf.json",
        "//shelf/shelf.json",
        "/runtime/assemble.js",
    ],
)
def test_no_spelling_of_a_preview_path_is_answered_on_the_app(path: str) -> None:
    assert asked(path, "localhost:8000").status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "frame",
        "",
        "/shelf/" + "a" * 300,
        "/shelf/a\0b",
        "/shelf/../../x",
        "/shelf/\udcff",
        "/shelf" + "/aaaaaaaaa" * 409,
    ],
)
def test_the_preview_host_has_no_path_that_breaks_it(path: str) -> None:
    assert asked(path, settings.PREVIEW_HOST).status_code in (200, 404)


def test_the_preview_host_sets_no_cookie_whatever_it_is_asked() -> None:
    for path in ("/frame", "/", "/admin/", "/accounts/login/", "/shelf/shelf.json"):
        answer = Client().get(path, HTTP_HOST=settings.PREVIEW_HOST)
        assert not answer.cookies, path


def start(**given: str) -> subprocess.CompletedProcess[str]:
    """Read the settings in a process of its own."""
    environment = {**os.environ, "DEBUG": "0", "PYTHONPATH": str(ROOT / "platform"), **given}
    code = [sys.executable, "-c", "import config.settings"]
    return subprocess.run(code, env=environment, capture_output=True, text=True, timeout=120)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("app", "preview"),
    [
        ("https://app.example.org", "https://previews.example.org"),
        ("https://app.example.org", "https://previews.example.org."),
        # Public suffixes: two customers of one host are other sites to a browser. Refused all the same, which is safe.
        ("https://hillclimb.github.io", "https://previews.github.io"),
        ("https://hillclimb.co.uk", "https://previews.co.uk"),
        ("https://example.org", "https://a.b.example.org"),
        ("http://localhost:8000", "http://previews.localhost:8001"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8001"),
        ("https://app.example.org", "https://APP.Example.ORG:444"),
        ("https://app.example.org", "https://previews.example.net/frames"),
        ("https://app.example.org", "https://user@previews.example.net"),
        ("https://app.example.org", "http://previews.example.net"),
        ("https://app.example.org", "previews.example.net"),
        ("https://app.example.org", ""),
        ("https://app.example.org/", "https://previews.example.net; script-src *"),
    ],
)
def test_no_start_with_a_preview_origin_that_is_no_other_site(app: str, preview: str) -> None:
    ran = start(APP_ORIGIN=app, PREVIEW_ORIGIN=preview)
    assert ran.returncode != 0
    assert "ImproperlyConfigured" in ran.stderr


@pytest.mark.slow
@pytest.mark.parametrize("given", [{"DEBUG": "1"}, {"SECRET_KEY": "short"}, {"SIGNING_KEY": "short"}])
def test_no_start_on_the_open_net_with_settings_of_a_laptop(given: dict[str, str]) -> None:
    sites = {"APP_ORIGIN": "https://app.example.org", "PREVIEW_ORIGIN": "https://previews.example.net"}
    assert start(**sites).returncode == 0
    ran = start(**sites, **given)
    assert ran.returncode != 0
    assert "ImproperlyConfigured" in ran.stderr
