"""The token: where it may come from, and that it shows nowhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from hillclimb import access
from hillclimb.errors import AccessRefused, Usage
from tests.clients.conftest import Run

TOKEN = "hc_0000_" + "t" * 40


def test_a_file_must_be_readable_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(TOKEN + "\n")
    for mode in (0o644, 0o640, 0o604, 0o660):
        file.chmod(mode)
        with pytest.raises(AccessRefused, match="chmod 600"):
            access.token(file, {})
    file.chmod(0o600)
    assert access.token(file, {}) == TOKEN
    assert access.token(None, {"HILLCLIMB_TOKEN": TOKEN}) == TOKEN
    config = tmp_path / "hillclimb" / "token"
    config.parent.mkdir()
    config.write_text(TOKEN)
    config.chmod(0o600)
    assert access.token(None, {"XDG_CONFIG_HOME": str(tmp_path)}) == TOKEN
    with pytest.raises(AccessRefused, match="is no file"):
        access.token(tmp_path, {})


@pytest.mark.parametrize(
    "text", ["", "short", "hc_a b", "hc_abc\r\nX-Evil: 1", "hc_" + "x" * 300, "ключ-ключ-ключ"]
)
def test_what_is_no_token_is_not_sent(tmp_path: Path, text: str) -> None:
    file = tmp_path / "token"
    file.write_text(text)
    file.chmod(0o600)
    with pytest.raises(AccessRefused):
        access.token(file, {})


@pytest.mark.parametrize(
    "site",
    ["", "example.org", "ftp://example.org", "https://", "https://me:pw@example.org", "https://example.org/x", "https://[",
     "http://example.org", "http://10.0.0.1", "http://localhost.example.org", "https://example.org:x", "https://example.org?x=1"],
)  # fmt: skip
def test_sites_that_are_not_asked(site: str) -> None:
    with pytest.raises(Usage):
        access.site(site, {}, plain_http=False)


def test_sites_that_are() -> None:
    for site in (
        "https://Example.org",
        "https://example.org:8443/",
        "http://127.0.0.1:8000",
        "http://[::1]:8000",
        "http://localhost",
    ):
        assert access.site(site, {}, plain_http=False) == site.lower().rstrip("/")
    assert access.site(None, {"HILLCLIMB_SITE": "http://ml-node"}, plain_http=True) == "http://ml-node"


def test_a_token_among_the_arguments_is_neither_taken_nor_repeated(run: Run) -> None:
    for arguments in (("pull", "x", "--token", TOKEN), ("pull", f"--token={TOKEN}", "x"), (TOKEN,)):
        done = run(*arguments, HILLCLIMB_SITE="http://127.0.0.1:9")
        assert done.returncode == 2, done.stderr
        assert TOKEN not in done.stderr + done.stdout
    done = run("pull", TOKEN, HILLCLIMB_SITE="http://127.0.0.1:9", HILLCLIMB_TOKEN=TOKEN)
    assert TOKEN not in done.stderr + done.stdout
