"""The names that people have in one release. Pure."""

from __future__ import annotations

import hashlib
import hmac


def judge_pseudonym(key: bytes, role: str, person_id: int) -> str:
    """A voter's or reviewer's name in one release. Roles have keys of their own: one person's roles do not join."""
    return f"{role[0]}-" + hmac.digest(key, b"%s|%d" % (role.encode(), person_id), hashlib.sha256).hex()[:16]


def pseudonym(key: bytes, person_id: int) -> str:
    """A person's name in one release: HMAC-SHA-256 under the release's key, 64 bits of it."""
    return "c-" + hmac.digest(key, b"%d" % person_id, hashlib.sha256).hex()[:16]
