"""Whether a folder is a release as it was signed. Pure: the standard library, and `cryptography` for Ed25519.

`certificate.json` signs the SHA-256 of `MANIFEST.json`, which names every other file with its size and SHA-256. So one
byte changed anywhere breaks the chain, and the fault says in which link. `SHA256SUMS` repeats the manifest for
`sha256sum --check`. What is signed is `PREFIX` followed by the certificate without its `signature` as RFC 8785 writes
JSON (a certificate holds no number that Python and RFC 8785 write in different ways).

Whoever changes the files can sign them anew with a key of their own: a signature says who signed only where the key
is known from elsewhere, as from the site that published the release.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

MANIFEST = "MANIFEST.json"
CHECKSUMS = "SHA256SUMS"
CERTIFICATE = "certificate.json"
PREFIX = b"hillclimb release certificate 1\n"
KEY_BYTES = 32
MAX_TEXT = 64 * 1024 * 1024  # of MANIFEST.json and of certificate.json: what is larger is no text of ours


def canonical_json(value: Any) -> str:
    """JSON with sorted keys, two-space indent and a final newline. ValueError for NaN and infinities."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False, indent=2) + "\n"


# --- Keys -----------------------------------------------------------------------------------------


def key_of(text: str) -> bytes:
    """The 32 bytes of a key, private or public, from base64 (either alphabet, padded or not). ValueError otherwise."""
    plain = text.strip().rstrip("=").replace("-", "+").replace("_", "/")
    try:
        found = base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except ValueError:
        found = b""
    if len(found) != KEY_BYTES:
        raise ValueError("is not 32 bytes in base64")
    return found


def public_of(seed: bytes) -> bytes:
    """The public key of a private one, 32 bytes each."""
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def key_id(public: bytes) -> str:
    """How a public key is called: the first 64 bits of its SHA-256."""
    return f"ed25519:{hashlib.sha256(public).hexdigest()[:16]}"


def base64_of(value: bytes) -> str:
    """Bytes as base64."""
    return base64.b64encode(value).decode("ascii")


# --- Signing --------------------------------------------------------------------------------------


def signed_bytes(certificate: Mapping[str, Any]) -> bytes:
    """What the signature of a certificate is over."""
    said = {name: value for name, value in certificate.items() if name != "signature"}
    text = json.dumps(said, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return PREFIX + text.encode()


def sign(statement: Mapping[str, Any], seed: bytes) -> dict[str, Any]:
    """The statement with its signature. Ed25519 draws nothing: same statement and key, same bytes."""
    public = public_of(seed)
    value = Ed25519PrivateKey.from_private_bytes(seed).sign(signed_bytes(statement))
    signature = {
        "algorithm": "Ed25519",
        "key_id": key_id(public),
        "public_key": base64_of(public),
        "value": base64_of(value),
    }
    return {**statement, "signature": signature}


# --- Verifying ------------------------------------------------------------------------------------


def faults(folder: Path, *, trusted: Iterable[bytes]) -> list[str]:
    """Everything in which `folder` is not a release signed by one of the `trusted` public keys; empty when it is."""
    return [*file_faults(folder), *certificate_faults(folder, trusted=trusted)]


def file_faults(folder: Path) -> list[str]:
    """Everything in which `folder` differs from its manifest and checksums; empty when it is whole.

    Sizes are compared first, so a cut file is named without reading it. A manifest that is missing or malformed is
    one fault. A manifest that was changed together with SHA256SUMS is found by `certificate_faults`.
    """
    try:
        text = _read(folder / MANIFEST)
        listed = {_plain(each["path"]): (each["bytes"], each["sha256"]) for each in json.loads(text)["files"]}
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        return [f"{MANIFEST} cannot be read: {type(error).__name__}"]
    found: list[str] = []
    try:
        fits = _read(folder / CHECKSUMS) == checksums({path: sha for path, (_, sha) in listed.items()}, text)
    except (OSError, ValueError):
        fits = False
    if not fits:
        found.append(f"{CHECKSUMS} does not fit {MANIFEST}")
    for path, (size, sha256) in sorted(listed.items()):
        target = folder / path
        if not target.is_file() or target.is_symlink():
            found.append(f"{path} is missing")
        elif target.stat().st_size != size:
            found.append(f"{path} has {target.stat().st_size} bytes, not {size}")
        elif digest(target) != sha256:
            found.append(f"{path} has other content")
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}
    unlisted = there - set(listed) - {MANIFEST, CHECKSUMS, CERTIFICATE}
    return [*found, *(f"{path} is not listed" for path in sorted(unlisted))]


def certificate_faults(folder: Path, *, trusted: Iterable[bytes]) -> list[str]:
    """What is wrong with the certificate, its signature, its key or the manifest that it signs."""
    try:
        text = _read(folder / CERTIFICATE)
        certificate = json.loads(text)
        signature = certificate["signature"]
        public, value = key_of(signature["public_key"]), base64.b64decode(signature["value"], validate=True)
        named = (
            certificate["manifest_sha256"],
            certificate["release"]["name"],
            certificate["release"]["version"],
        )
    except FileNotFoundError:
        return [f"{CERTIFICATE} is missing: nothing says who published this"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        return [f"{CERTIFICATE} cannot be read: {type(error).__name__}"]
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(value, signed_bytes(certificate))
        holds = text == canonical_json(certificate) and signature == {
            "algorithm": "Ed25519", "key_id": key_id(public), "public_key": base64_of(public), "value": base64_of(value)
        }  # fmt: skip
    except (InvalidSignature, ValueError):
        holds = False
    if not holds:
        return [f"{CERTIFICATE} was changed after it was signed: its signature does not fit what it says"]
    known = {key_id(key) for key in trusted}
    found = []
    if key_id(public) not in known:
        listed = ", ".join(sorted(known)) or "none"
        found.append(f"{CERTIFICATE} is signed by another key: {key_id(public)}; trusted: {listed}")
    try:
        manifest = _read(folder / MANIFEST)
        about = json.loads(manifest)
        theirs = (hashlib.sha256(manifest.encode()).hexdigest(), about["name"], about["version"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        theirs = ("", "", "")
    if theirs != named:
        found.append(f"{MANIFEST} is not the manifest that {CERTIFICATE} signs")
    return found


def summary(folder: Path) -> list[str]:
    """What a certificate says, in a few lines; for a folder without `faults`."""
    said = json.loads(_read(folder / CERTIFICATE))
    registry, release = said["registry"], said["release"]
    lines = [
        f"{release['name']} {release['version']}, signed by {said['signature']['key_id']}",
        f"protected registry version {registry['version']}: "
        + (", ".join(f"{each['set']} {each['version']} ({each['items']:,} items)" for each in registry["sets"]) or "empty"),
        f"{said['scanned']['prompts']:,} prompts and {said['scanned']['file_sets']:,} pages asked; "
        f"{said['rows_left_out']:,} rows left out",
    ]  # fmt: skip
    lines += [
        f"planted {each['kind']}, {each['words']}: {each['found']:,} of {each['planted']:,} found"
        for each in said["planted"]
    ]
    return [*lines, said["result"], said["limits"]]


def checksums(sums: Mapping[str, str], manifest_text: str) -> str:
    """SHA256SUMS as `sha256sum --check` reads it, from digests by path; it also names the manifest."""
    every = {**sums, MANIFEST: hashlib.sha256(manifest_text.encode()).hexdigest()}
    return "".join(f"{every[path]}  {path}\n" for path in sorted(every))


def digest(path: Path) -> str:
    """SHA-256 of a file in hex, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read(path: Path) -> str:
    """A small text as it lies there: line ends are bytes like others. OSError, ValueError."""
    if path.is_symlink():
        raise ValueError("a link is no file of a release")
    with path.open("rb") as file:
        data = file.read(MAX_TEXT + 1)
    if len(data) > MAX_TEXT:
        raise ValueError("too large")
    return data.decode()


def _plain(path: str) -> str:
    """A path that stays below its folder. ValueError for any other."""
    parts = PurePosixPath(path).parts
    if not parts or path != "/".join(parts) or ".." in parts or "\\" in path or path.startswith("/"):
        raise ValueError("a path leads elsewhere")
    return path
