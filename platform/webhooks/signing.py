"""Signatures after Standard Webhooks (version 1, symmetric). Pure."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable

PREFIX = "whsec_"


def key_of(site_key: str, salt: str, version: int) -> bytes:
    """The 256-bit key of an endpoint: HMAC-SHA-256 under the site's key, so that none is kept."""
    return hmac.digest(site_key.encode(), f"webhook|{salt}|{version}".encode(), hashlib.sha256)


def secret_of(key: bytes) -> str:
    """The key as receivers are given it."""
    return PREFIX + base64.b64encode(key).decode()


def sign(key: bytes, *, message: str, timestamp: int, body: str) -> str:
    """`v1,` and the HMAC-SHA-256 of `message.timestamp.body`, base64. `timestamp`: seconds since 1970."""
    told = f"{message}.{timestamp}.{body}".encode()
    return "v1," + base64.b64encode(hmac.digest(key, told, hashlib.sha256)).decode()


def headers(keys: Iterable[bytes], *, message: str, timestamp: int, body: str) -> dict[str, str]:
    """The three headers; one signature a key, so that receivers may change secrets one after the other."""
    signatures = (sign(key, message=message, timestamp=timestamp, body=body) for key in keys)
    return {
        "webhook-id": message,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signatures),
    }
