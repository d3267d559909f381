"""A release proves itself offline: one byte anywhere, another key, a file too many are found and named."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.core.management import call_command
from django.core.management.base import CommandError
from hypothesis import given
from hypothesis import strategies as st

from exports import proof
from exports.manifest import file_entry, write_manifest

SEED, OTHER = bytes(range(32)), bytes(range(1, 33))
KEYS = [proof.public_of(SEED)]
SHARD = "data/sft/train-00000-of-00001.parquet"
STATEMENT = {
    "format": 1,
    "release": {"name": "sample", "version": "1.0.0"},
    "result": "No match by these rules at these thresholds.",
    "limits": "Lexical.",
    "registry": {"version": 1, "sets": [{"set": "arena", "version": "1", "items": 500}]},
    "scanned": {"prompts": 4, "file_sets": 8},
    "rows_left_out": 1,
    "planted": [{"kind": "prompt", "words": "word for word", "planted": 40, "found": 40}],
}


def certify(folder: Path, seed: bytes = SEED) -> None:
    said = {**STATEMENT, "manifest_sha256": proof.digest(folder / proof.MANIFEST)}
    (folder / proof.CERTIFICATE).write_text(proof.canonical_json(proof.sign(said, seed)), encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "sample-1.0.0"
    (made / "data/sft").mkdir(parents=True)
    (made / SHARD).write_bytes(bytes(range(256)) * 8)
    (made / "README.md").write_text("# sample\n", encoding="utf-8")
    files = [file_entry(made, path) for path in ("README.md", SHARD)]
    write_manifest(
        made, files, name="sample", version="1.0.0", recipe={}, code_version="1", seed=1, protected={}, dropped={}
    )  # fmt: skip
    certify(made)
    return made


def flip(path: Path, at: int) -> None:
    whole = path.read_bytes()
    path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])


def test_a_whole_release_has_no_fault_and_says_what_it_was_asked(folder: Path) -> None:
    assert proof.faults(folder, trusted=KEYS) == []
    said = proof.summary(folder)
    assert said[0] == f"sample 1.0.0, signed by {proof.key_id(KEYS[0])}"
    assert "planted prompt, word for word: 40 of 40 found" in said


def test_one_byte_is_named_with_the_link_that_it_breaks(folder: Path) -> None:
    changed = f"{proof.CERTIFICATE} was changed after it was signed: its signature does not fit what it says"
    for path, at, expected in (
        (SHARD, 7, [f"{SHARD} has other content"]),
        ("README.md", 0, ["README.md has other content"]),
        (proof.CHECKSUMS, 3, ["SHA256SUMS does not fit MANIFEST.json"]),
        (proof.CERTIFICATE, folder.joinpath(proof.CERTIFICATE).read_bytes().index(b"40"), [changed]),
    ):
        whole = (folder / path).read_bytes()
        flip(folder / path, at)
        assert proof.faults(folder, trusted=KEYS) == expected
        (folder / path).write_bytes(whole)
    named = (folder / proof.MANIFEST).read_bytes().index(b'"seed": 1') + 8
    flip(folder / proof.MANIFEST, named)
    assert proof.faults(folder, trusted=KEYS) == [
        "SHA256SUMS does not fit MANIFEST.json",
        "MANIFEST.json is not the manifest that certificate.json signs",
    ]


@pytest.mark.parametrize("name", [proof.MANIFEST, proof.CERTIFICATE, proof.CHECKSUMS, SHARD, "README.md"])
def test_every_byte_counts(folder: Path, name: str) -> None:
    whole = (folder / name).read_bytes()
    for at in range(0, len(whole), 1 if len(whole) < 3000 else 97):
        flip(folder / name, at)
        assert proof.faults(folder, trusted=KEYS), f"{name}, byte {at}"
        (folder / name).write_bytes(whole)
    assert proof.faults(folder, trusted=KEYS) == []


def test_who_changes_everything_still_lacks_the_key(folder: Path) -> None:
    (folder / "README.md").write_text("# another\n", encoding="utf-8")
    files = [file_entry(folder, path) for path in ("README.md", SHARD)]
    write_manifest(
        folder, files, name="sample", version="1.0.0", recipe={}, code_version="1", seed=1, protected={}, dropped={}
    )  # fmt: skip
    assert proof.faults(folder, trusted=KEYS) == [
        "MANIFEST.json is not the manifest that certificate.json signs"
    ]
    certify(folder, OTHER)
    theirs, ours = proof.key_id(proof.public_of(OTHER)), proof.key_id(KEYS[0])
    assert proof.faults(folder, trusted=KEYS) == [
        f"certificate.json is signed by another key: {theirs}; trusted: {ours}"
    ]
    assert proof.faults(folder, trusted=[*KEYS, proof.public_of(OTHER)]) == []


def test_a_certificate_of_another_release_is_none(folder: Path, tmp_path: Path) -> None:
    other = shutil.copytree(folder, tmp_path / "other")
    manifest = (other / proof.MANIFEST).read_text(encoding="utf-8").replace('"1.0.0"', '"2.0.0"')
    (other / proof.MANIFEST).write_text(manifest, encoding="utf-8")
    certify(other)  # signs the bytes, and says 1.0.0
    assert "MANIFEST.json is not the manifest that certificate.json signs" in proof.faults(
        other, trusted=KEYS
    )


def _rewritten(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], None]:
    def spoil(path: Path) -> None:
        said = json.loads(path.read_text(encoding="utf-8"))
        change(said)
        path.write_text(proof.canonical_json(said), encoding="utf-8")

    return spoil


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.write_text("{", encoding="utf-8"),
        lambda path: path.write_text("[]", encoding="utf-8"),
        lambda path: path.write_bytes(b"\xff"),
        lambda path: path.write_text("[" * 200_000, encoding="utf-8"),
        lambda path: path.write_text(path.read_text(encoding="utf-8") + " ", encoding="utf-8"),
        lambda path: path.unlink(),
        _rewritten(lambda said: said.pop("signature")),
        _rewritten(lambda said: said.update(signature="x")),
        _rewritten(lambda said: said["signature"].update(public_key="AAAA")),
        _rewritten(lambda said: said["signature"].update(value="AAAA")),
        _rewritten(lambda said: said["signature"].update(key_id="ed25519:0000000000000000")),
        _rewritten(lambda said: said["signature"].update(more=1)),
        _rewritten(lambda said: said.update(release=[])),
    ],
)
def test_whatever_lies_there_is_a_fault_and_no_crash(folder: Path, spoil: Callable[[Path], None]) -> None:
    spoil(folder / proof.CERTIFICATE)
    [fault] = proof.faults(folder, trusted=KEYS)
    assert fault.startswith(proof.CERTIFICATE)


@pytest.mark.parametrize("path", ["../outside", "/etc/hostname", "data/../../outside", "a\\b", ".", ""])
def test_a_manifest_leads_nowhere_else(folder: Path, path: str) -> None:
    (folder.parent / "outside").write_text("x", encoding="utf-8")
    manifest = json.loads((folder / proof.MANIFEST).read_text(encoding="utf-8"))
    manifest["files"][0]["path"] = path
    (folder / proof.MANIFEST).write_text(proof.canonical_json(manifest), encoding="utf-8")
    assert "MANIFEST.json cannot be read: ValueError" in proof.faults(folder, trusted=KEYS)


def test_links_are_no_files(folder: Path) -> None:
    whole = folder.parent / "whole"
    (folder / "README.md").rename(whole)
    (folder / "README.md").symlink_to(whole)
    assert proof.faults(folder, trusted=KEYS) == ["README.md is missing"]


def test_the_signature_is_plain_ed25519_over_documented_bytes(folder: Path) -> None:
    """As somebody without our code would verify it."""
    said = json.loads((folder / proof.CERTIFICATE).read_text(encoding="utf-8"))
    signature = said.pop("signature")
    text = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(signature["public_key"]))
    key.verify(base64.b64decode(signature["value"]), b"hillclimb release certificate 1\n" + text)


def test_signing_twice_gives_the_same_bytes() -> None:
    assert proof.sign(STATEMENT, SEED) == proof.sign(STATEMENT, SEED)
    # RFC 8032, 7.1, test 1: the public key of a known private one.
    seed = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    assert proof.public_of(seed).hex() == "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"


@given(st.binary(min_size=32, max_size=32), st.booleans(), st.booleans())
def test_keys_are_read_in_every_form_of_base64(key: bytes, padded: bool, urlsafe: bool) -> None:
    text = (base64.urlsafe_b64encode if urlsafe else base64.b64encode)(key).decode()
    assert proof.key_of(f" {text if padded else text.rstrip('=')}\n") == key


@pytest.mark.parametrize("text", ["", "short", "A" * 44, "*" * 43, "é" * 43])
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not 32 bytes in base64"):
        proof.key_of(text)


def test_the_command_verifies_a_folder_offline(
    folder: Path, capsys: pytest.CaptureFixture[str], settings: Any
) -> None:
    settings.DATABASES = {}
    trusted = proof.base64_of(KEYS[0])
    call_command("verify_release", str(folder), key=[trusted])
    said = capsys.readouterr().out
    assert "all as signed" in said
    assert "No match by these rules at these thresholds." in said
    with pytest.raises(CommandError, match="signed by another key"):
        call_command("verify_release", str(folder))
    with pytest.raises(CommandError, match="--key is not 32 bytes"):
        call_command("verify_release", str(folder), key=["x"])
    flip(folder / SHARD, 5)
    with pytest.raises(CommandError, match="has other content"):
        call_command("verify_release", str(folder), key=[trusted])
