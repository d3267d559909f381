"""Who signed a release: its certificate, the keys of sites seen before, and a key given by hand.

`certificate.json` signs the SHA-256 of `MANIFEST.json`, which names every other file; so a signature that holds covers
every byte. What is signed is `PREFIX` and the certificate without its `signature`, as JSON with sorted keys and no
spaces. Anybody can sign anew with a key of their own: a signature means something only for a key known from elsewhere.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from hillclimb.access import default_file
from hillclimb.errors import LocalFault, Refused, Usage
from hillclimb.verifying import manifest_of
from hillclimb.wire import Site

try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
except ImportError:
    Ed25519PublicKey = None  # type: ignore[assignment, misc]  # without the extra there is no class: see can_check

CERTIFICATE = "certificate.json"
PREFIX = b"hillclimb release certificate 1\n"
KEYS = "/api/v1/signing-keys/"
HOW = "pip install 'hillclimb[signature]'"
_MAX = 64 * 1024 * 1024


def can_check() -> bool:
    """Whether signatures can be checked here."""
    return Ed25519PublicKey is not None


def key_id(public: bytes) -> str:
    """How a public key is called: the first 64 bits of its SHA-256."""
    return f"ed25519:{hashlib.sha256(public).hexdigest()[:16]}"


def key_of(text: str) -> bytes:
    """The 32 bytes of a public key from base64. ValueError otherwise."""
    plain = text.strip().rstrip("=").replace("-", "+").replace("_", "/")
    try:
        found = base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError):
        found = b""
    if len(found) != 32:
        raise ValueError("is not 32 bytes in base64")
    return found


def read_key(path: Path) -> bytes:
    """The public key in a file. Raises Usage when it holds none, or nothing here can use it."""
    if not can_check():
        raise Usage(f"A signature is checked with cryptography: {HOW}.")
    try:
        return key_of(path.read_text(encoding="utf-8")[:1000])
    except (OSError, ValueError):
        raise Usage(
            f"{path} holds no public key: one line of base64, as /api/v1/signing-keys/ tells."
        ) from None


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")


def of_site(site: Site) -> list[bytes]:
    """The public keys that a site says are its own. Raises Refused."""
    said = site.json(KEYS)
    try:
        found = [key_of(each["public_key"]) for each in said]
    except (KeyError, TypeError, ValueError, AttributeError):
        found = []
    if not found:
        raise Refused("What the site says of its keys is malformed, or it has none.")
    return found


# --- Keys of sites seen before ---------------------------------------------------------------------


def _book(environment: Mapping[str, str]) -> Path:
    return default_file(environment).with_name("known_keys.json")


def known(environment: Mapping[str, str]) -> dict[str, list[bytes]]:
    """Keys by site, as first seen. Raises LocalFault when the file that keeps them is damaged."""
    path = _book(environment)
    try:
        book = json.loads(path.read_bytes())
        return {str(origin): [key_of(each) for each in keys] for origin, keys in book.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, AttributeError, RecursionError):
        raise LocalFault(
            f"{path}, which keeps the keys of sites, cannot be read. Mend or remove it."
        ) from None


def remember(origin: str, keys: Iterable[bytes], environment: Mapping[str, str]) -> None:
    """Keep the keys of a site for later; what is kept is replaced."""
    path = _book(environment)
    book = {site: [_base64(key) for key in each] for site, each in known(environment).items()}
    book[origin] = [_base64(key) for key in keys]
    part = path.with_suffix(f".{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        part.write_text(json.dumps(book, indent=2, sort_keys=True) + "\n", encoding="utf-8")
        part.replace(path)
    except OSError as error:
        raise LocalFault(f"The site's keys cannot be kept in {path}: {error.strerror}.") from None


def trusted_by(site: Site, environment: Mapping[str, str], *, accept: bool) -> list[bytes]:
    """The keys by which a site's releases are believed: as first seen; others only when `accept`ed. Raises Refused."""
    said, kept = of_site(site), known(environment).get(site.origin)
    if kept is None or (accept and set(said) - set(kept)):
        remember(site.origin, said, environment)
        return said
    strange = [key_id(key) for key in said if key not in kept]
    if strange and said[0] not in kept:
        raise Refused(
            f"{site.origin} signs with {', '.join(strange)}, a key not seen before. If its operator confirms that "
            "key, run this again with --accept-key."
        )
    return kept


# --- Certificates ----------------------------------------------------------------------------------


def signer(folder: Path) -> tuple[bytes, dict[str, Any]] | None:
    """Whose key signed the manifest in `folder`, and what the certificate says; None without one.

    Raises Refused when the signature or what it speaks of does not fit.
    """
    path = folder / CERTIFICATE
    if not os.path.lexists(path):
        return None
    try:
        if path.is_symlink() or path.stat().st_size > _MAX:
            raise ValueError
        raw = path.read_bytes()
        said = json.loads(raw)
        signature = said["signature"]
        public = key_of(signature["public_key"])
        value = base64.b64decode(signature["value"], validate=True)
        named = (said["manifest_sha256"], said["release"]["name"], said["release"]["version"])
        told = {name: each for name, each in said.items() if name != "signature"}
        text = json.dumps(told, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        whole = json.dumps(said, sort_keys=True, ensure_ascii=False, allow_nan=False, indent=2) + "\n"
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise Refused(f"{CERTIFICATE} cannot be read.") from None
    written = {
        "algorithm": "Ed25519",
        "key_id": key_id(public),
        "public_key": _base64(public),
        "value": _base64(value),
    }
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(value, PREFIX + text.encode())
        # Written in one way only, so that no byte of it can be changed without being noticed.
        holds = whole.encode() == raw and signature == written
    except (InvalidSignature, ValueError):
        holds = False
    if not holds:
        raise Refused(
            f"{CERTIFICATE} was changed after it was signed: its signature does not fit what it says."
        )
    manifest, its_digest = manifest_of(folder)
    if named != (its_digest, manifest.get("name"), manifest.get("version")):
        raise Refused(f"MANIFEST.json is not the manifest that {CERTIFICATE} signs.")
    return public, said


def check(folder: Path, trusted: Iterable[bytes]) -> str:
    """Say who signed the release in `folder`. Raises Refused unless it was one of the `trusted` keys."""
    found = signer(folder)
    if found is None:
        raise Refused(f"{CERTIFICATE} is missing: nothing says who published this.")
    public, said = found
    if public not in set(trusted):
        raise Refused(f"{CERTIFICATE} is signed by {key_id(public)}, which is not a trusted key.")
    result = said.get("result")
    return f"Signed by {key_id(public)}. {result if isinstance(result, str) else ''}".strip()
