"""Signatures: one byte anywhere breaks them, another key is refused, and a site's key is the one first seen."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.clients.conftest import Run
from tests.clients.hostile import Scripted

SEED, OTHER = bytes(range(32)), bytes(range(1, 33))
TOKEN = "hc_0000_" + "s" * 40


def public(seed: bytes) -> str:
    """The public key in base64."""
    return base64.b64encode(
        Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    ).decode()


@pytest.fixture
def site() -> Iterator[Scripted]:
    """A site that signs its release."""
    made = Scripted()
    made.certify(SEED)
    made.keys = [{"public_key": public(SEED)}]
    yield made
    made.close()


def pull(run: Run, site: Scripted, *more: str, to: str = "out") -> Any:
    return run("pull", "7", "--to", to, "-q", *more, HILLCLIMB_SITE=site.url, HILLCLIMB_TOKEN=TOKEN)


def test_a_signed_release_says_who_signed_it_here_and_offline(
    site: Scripted, run: Run, tmp_path: Path
) -> None:
    done = pull(run, site)
    assert done.returncode == 0, done.stderr
    assert "Signed by ed25519:" in done.stdout
    book = json.loads((tmp_path / ".config/hillclimb/known_keys.json").read_text())
    assert book == {site.url: [public(SEED)]}
    verified = run("verify", "out", "-q")
    assert verified.returncode == 0
    assert f"That is a key of {site.url}." in verified.stdout
    stranger = run("verify", "out", "-q", XDG_CONFIG_HOME=str(tmp_path / "empty"))
    assert (stranger.returncode, "nobody vouches" in stranger.stdout) == (0, True)


def test_a_key_given_by_hand_is_the_only_one(site: Scripted, run: Run, tmp_path: Path) -> None:
    for name, seed in (("right", SEED), ("wrong", OTHER)):
        (tmp_path / name).write_text(public(seed) + "\n")
    assert pull(run, site, "--key", "right").returncode == 0
    assert run("verify", "out", "-q", "--key", "right").returncode == 0
    assert run("verify", "out", "-q", "--key", "wrong").returncode == 1
    refused = pull(run, site, "--key", "wrong", to="other")
    assert (refused.returncode, "not a trusted key" in refused.stderr) == (7, True)
    (tmp_path / "none").write_text("no key")
    assert pull(run, site, "--key", "none").returncode == 2
    os.unlink(tmp_path / "out/certificate.json")
    missing = run("verify", "out", "-q", "--key", "right")
    assert (missing.returncode, "nothing says who published" in missing.stdout) == (1, True)


def test_another_key_is_refused_until_it_is_accepted(site: Scripted, run: Run) -> None:
    assert pull(run, site).returncode == 0
    site.certify(OTHER)
    # The site does not say that this key is its own.
    assert pull(run, site, to="two").returncode == 7
    site.keys = [{"public_key": public(OTHER)}]
    refused = pull(run, site, to="three")
    assert (refused.returncode, "not seen before" in refused.stderr) == (7, True)
    assert pull(run, site, "--accept-key", to="three").returncode == 0
    assert pull(run, site, to="four").returncode == 0


@pytest.mark.parametrize("path", ["MANIFEST.json", "certificate.json", "README.md"])
def test_one_byte_anywhere(site: Scripted, run: Run, tmp_path: Path, path: str) -> None:
    assert pull(run, site).returncode == 0
    whole = (tmp_path / "out" / path).read_bytes()
    for at in range(0, len(whole), max(1, len(whole) // 12)):
        changed = bytearray(whole)
        changed[at] ^= 1
        (tmp_path / "out" / path).write_bytes(bytes(changed))
        done = run("verify", "out", "-q")
        assert done.returncode in (1, 7), (path, at, done.stdout)
        assert "Traceback" not in done.stderr
    (tmp_path / "out" / path).write_bytes(whole)
    assert run("verify", "out", "-q").returncode == 0


@pytest.mark.parametrize("keys", [[], {}, [{"public_key": "x"}], [5], "x"])
def test_keys_that_are_none(site: Scripted, run: Run, keys: Any) -> None:
    site.keys = keys
    assert pull(run, site).returncode == 7
