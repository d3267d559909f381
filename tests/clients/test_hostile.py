"""A site that lies: nothing leaves the folder, nothing else is asked, nothing longer or other than promised is kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hillclimb import listing
from hillclimb.errors import Refused
from tests.clients.conftest import Run
from tests.clients.hostile import Scripted, sha

TOKEN = "hc_0000_" + "s" * 40


@pytest.fixture
def site() -> Iterator[Scripted]:
    """A site that can be told to lie."""
    made = Scripted()
    yield made
    made.close()


def pull(run: Run, site: Scripted, *more: str) -> Any:
    return run(
        "pull", "7", "--to", "out", "--retries", "0", *more, HILLCLIMB_SITE=site.url, HILLCLIMB_TOKEN=TOKEN
    )


def test_the_scripted_site_serves_until_it_lies(site: Scripted, run: Run, tmp_path: Path) -> None:
    done = pull(run, site)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out/data/a.jsonl").read_bytes() == site.files["data/a.jsonl"]
    assert all(heads["Authorization"] == f"Bearer {TOKEN}" for _, heads in site.asked)
    assert all(TOKEN not in path for path, _ in site.asked)


BAD_PATHS = [
    "../evil", "data/../../evil", "/etc/evil", "\\evil", "C:evil", "a//b", "a/", "", ".hidden", "data/.x", "nul", "x/CON.txt",
    "a\x00b", "a\nb", "ü", "a.", "~/x", "a" * 200, "a/b/c/d/e/f/g/h/i", 5, None,
]  # fmt: skip


@pytest.mark.parametrize("path", BAD_PATHS)
def test_paths_that_lead_elsewhere(site: Scripted, run: Run, tmp_path: Path, path: Any) -> None:
    if path not in BAD_PATHS[:4]:
        with pytest.raises(Refused):
            listing.entries([{"path": path, "byte_size": 4, "sha256": sha(b"evil")}], size_key="byte_size")
        return
    site.bodies[path] = b"evil"
    site.detail["files"].append({"path": path, "byte_size": 4, "sha256": sha(b"evil")})
    done = pull(run, site)
    assert done.returncode == 7
    assert "no safe path" in done.stderr
    assert not list(tmp_path.rglob("*evil*"))


@given(st.text(max_size=40))
def test_a_path_that_is_taken_stays_below_the_folder(path: str) -> None:
    try:
        taken = listing.safe_path(path)
    except Refused:
        return
    root = Path("/somewhere/deep")
    assert (root / taken).resolve().is_relative_to(root)
    assert not any(part.startswith(".") for part in Path(taken).parts)


def test_files_that_hide_each_other() -> None:
    for paths in (["a", "A"], ["a", "a/b"], ["Data/x", "data/X"]):
        listed = [{"path": path, "bytes": 1, "sha256": sha(b"")} for path in paths]
        with pytest.raises(Refused):
            listing.entries(listed, size_key="bytes")
    for wrong in (
        {"bytes": -1},
        {"bytes": True},
        {"bytes": 2**60},
        {"bytes": "1"},
        {"sha256": "A" * 64},
        {"sha256": ""},
    ):
        with pytest.raises(Refused):
            listing.entries([{"path": "a", "bytes": 1, "sha256": sha(b""), **wrong}], size_key="bytes")


def test_redirects_to_another_site_are_not_followed(site: Scripted, run: Run) -> None:
    other = Scripted()
    for path in ("", "files/data/a.jsonl"):
        site.statuses, site.heads = {path: 302}, {path: {"Location": f"{other.url}/api/v1/releases/7/{path}"}}
        done = pull(run, site)
        assert done.returncode == 7
        assert "another site" in done.stderr
    assert other.asked == []
    site.statuses, site.heads = {"": 302}, {"": {"Location": "file:///etc/passwd"}}
    assert pull(run, site).returncode == 7
    other.close()


def test_a_redirect_within_the_site_is_followed_but_not_for_ever(site: Scripted, run: Run) -> None:
    site.statuses, site.heads = {"": 302}, {"": {"Location": f"{site.url}/api/v1/releases/7/"}}
    assert pull(run, site).returncode == 7
    assert 1 < len(site.asked) < 10


@pytest.mark.parametrize("announced", [True, False])
def test_more_than_was_promised(site: Scripted, run: Run, tmp_path: Path, announced: bool) -> None:
    site.bodies["data/a.jsonl"] += b"!" * 5_000_000
    if not announced:
        site.heads["files/data/a.jsonl"] = {"Content-Length": ""}
    done = pull(run, site)
    assert done.returncode == 7
    assert "promised" in done.stderr
    assert not (tmp_path / "out/data/a.jsonl").exists()
    assert sum(path.stat().st_size for path in (tmp_path / "out/.hillclimb").iterdir()) == 0


def test_other_bytes_of_the_same_length(site: Scripted, run: Run, tmp_path: Path) -> None:
    site.bodies["data/a.jsonl"] = b"x" * len(site.files["data/a.jsonl"])
    done = pull(run, site)
    assert done.returncode == 7
    assert "SHA-256 differs" in done.stderr
    assert not (tmp_path / "out/data/a.jsonl").exists()
    assert len([path for path, _ in site.asked if path.endswith("a.jsonl")]) == 2


def test_fewer_bytes_than_promised_are_kept_for_the_next_run(
    site: Scripted, run: Run, tmp_path: Path
) -> None:
    whole = site.files["data/a.jsonl"]
    site.bodies["data/a.jsonl"] = whole[:1000]
    done = pull(run, site)
    assert done.returncode == 6
    assert "Run the command again" in done.stderr
    [part] = (tmp_path / "out/.hillclimb").iterdir()
    assert part.read_bytes() == whole[:1000]
    site.bodies["data/a.jsonl"] = whole[1000:]
    site.statuses["files/data/a.jsonl"] = 206
    site.heads["files/data/a.jsonl"] = {"Content-Range": f"bytes 0-{len(whole) - 1}/{len(whole)}"}
    assert pull(run, site).returncode == 7
    site.heads["files/data/a.jsonl"] = {"Content-Range": f"bytes 1000-{len(whole) - 1}/{len(whole)}"}
    assert pull(run, site).returncode == 0
    assert (tmp_path / "out/data/a.jsonl").read_bytes() == whole
    heads = [heads for path, heads in site.asked if path.endswith("a.jsonl")][-1]
    assert (heads["Range"], heads["If-Range"]) == ("bytes=1000-", f'"{sha(whole)}"')


def test_a_list_that_is_not_the_manifests(site: Scripted, run: Run) -> None:
    site.bodies["extra.txt"] = b"extra"
    site.detail["files"].append({"path": "extra.txt", "byte_size": 5, "sha256": sha(b"extra")})
    done = pull(run, site)
    assert (done.returncode, "extra.txt" in done.stderr) == (7, True)
    site.detail["files"].pop()
    site.detail["manifest_sha256"] = sha(b"another")
    assert pull(run, site).returncode == 7


@pytest.mark.parametrize(
    "body", [b"<html>Sign in</html>", b"[" * 100_000, b"[]", b'{"files": 5}', b'{"name": 1}']
)
def test_answers_that_are_none(
    site: Scripted, run: Run, body: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    import json

    monkeypatch.setattr(json, "dumps", lambda _: body.decode())
    done = pull(run, site)
    assert done.returncode == 7, done.stderr
    assert "Traceback" not in done.stderr


def test_what_the_site_says_cannot_steer_the_terminal(site: Scripted, run: Run) -> None:
    site.statuses[""] = 403
    site.detail = {"detail": f"\x1b[2J\x1b]0;owned\x07 no, {TOKEN}"}
    done = pull(run, site)
    assert done.returncode == 3
    assert "\x1b" not in done.stderr
    assert TOKEN not in done.stderr


def test_another_encoding_is_refused(site: Scripted, run: Run) -> None:
    site.heads["files/README.md"] = {"Content-Encoding": "gzip"}
    assert pull(run, site).returncode == 7
