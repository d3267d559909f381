"""Where the in-task model answers: endpoints named by the operator in `ASSIST_ENDPOINTS`, and by nobody else.

Pure. The key itself is read from the environment at each call and kept nowhere; neither it nor an address or a
model's name is in any text made here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from core import strict_json
from core.errors import BadInput

# Whole numbers an endpoint may set: default, least, most.
NUMBERS = {
    "max_tokens": (16_000, 256, 200_000),
    "first_seconds": (60, 1, 600),
    "quiet_seconds": (30, 1, 600),
    "total_seconds": (300, 1, 1800),
}
FIELDS = {"url", "model", "key_env", "answers_as", "usage", *NUMBERS}


@dataclass(frozen=True, slots=True, repr=False)
class Endpoint:
    """One OpenAI-compatible endpoint.

    `first_seconds` until the first byte, `quiet_seconds` between bytes, `total_seconds` in all; `max_tokens` an
    answer at most; `answers_as`: further names under which the same model may answer; `usage`: ask it to count.
    """

    scheme: str
    host: str
    port: int
    path: str
    model: str
    key_env: str
    answers_as: tuple[str, ...]
    usage: bool
    max_tokens: int
    first_seconds: int
    quiet_seconds: int
    total_seconds: int

    def __repr__(self) -> str:
        """Nothing of it: settings are shown in error reports."""
        return "Endpoint(…)"


def parse(text: str, environ: Mapping[str, str]) -> dict[str, Endpoint]:
    """Endpoints by the name of the target model they stand for, from the text of `ASSIST_ENDPOINTS`.

    The text is a JSON object such as `{"target name": {"url": "https://host/v1", "model": "id", "key_env": "KEY"}}`;
    empty means none. Raises ValueError that says which entry and field is wrong, and repeats no value.
    """
    if not text.strip():
        return {}
    try:
        entries = strict_json.loads(text, where="ASSIST_ENDPOINTS")
    except BadInput as bad:
        raise ValueError(f"ASSIST_ENDPOINTS {bad.problems[0].what}.") from None
    if not isinstance(entries, dict):
        raise ValueError('ASSIST_ENDPOINTS must be an object: {"name of the target model": {"url": …}}.')
    return {
        name: _endpoint(f"Entry {at} of ASSIST_ENDPOINTS", name, entry, environ)
        for at, (name, entry) in enumerate(entries.items(), start=1)
    }


def parse_one(text: str, environ: Mapping[str, str], *, variable: str = "JUDGE_ENDPOINT") -> Endpoint | None:
    """The one endpoint that the text of `variable` describes, in the form of an entry of `parse`; None when it is empty.

    Raises ValueError that says which field is wrong, and repeats no value.
    """
    if not text.strip():
        return None
    try:
        entry = strict_json.loads(text, where=variable)
    except BadInput as bad:
        raise ValueError(f"{variable} {bad.problems[0].what}.") from None
    return _endpoint(variable, variable, entry, environ)


def _endpoint(where: str, name: str, entry: object, environ: Mapping[str, str]) -> Endpoint:
    if not name.strip() or not isinstance(entry, dict):
        raise ValueError(
            f"{where} must be an object with url and model, under the name of what it stands for."
        )
    if strange := sorted(set(entry) - FIELDS):
        raise ValueError(
            f"{where} has unknown fields: {', '.join(strange)}. Known: {', '.join(sorted(FIELDS))}."
        )
    scheme, host, port, path = _address(where, _text(where, entry, "url"))
    key_env = _text(where, entry, "key_env", optional=True)
    if key_env and not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", key_env):
        raise ValueError(f"{where}: key_env is the name of an environment variable, not the key.")
    if key_env and not _fit_for_a_header(environ.get(key_env, "")):
        raise ValueError(f"{where}: the variable that key_env names is not set, or is no key.")
    aliases = entry.get("answers_as", [])
    if not isinstance(aliases, list) or not all(isinstance(each, str) and each for each in aliases):
        raise ValueError(f"{where}: answers_as must be a list of names.")
    usage = entry.get("usage", True)
    if not isinstance(usage, bool):
        raise ValueError(f"{where}: usage must be true or false.")
    return Endpoint(
        scheme, host, port, path, _text(where, entry, "model"), key_env, tuple(aliases), usage,
        **{field: _number(where, entry, field) for field in NUMBERS},
    )  # fmt: skip


def _fit_for_a_header(key: str) -> bool:
    return bool(key) and key.isascii() and key.isprintable() and key == key.strip()


def _text(where: str, entry: Mapping[str, Any], field: str, *, optional: bool = False) -> str:
    value = entry.get(field, "")
    if not isinstance(value, str) or not (value.strip() or optional):
        raise ValueError(f"{where}: {field} must be text.")
    return value


def _number(where: str, entry: Mapping[str, Any], field: str) -> int:
    default, least, most = NUMBERS[field]
    value = entry.get(field, default)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise ValueError(f"{where}: {field} must be a whole number from {least} to {most}.")
    return value


def _address(where: str, url: str) -> tuple[str, str, int, str]:
    fault = ValueError(f"{where}: url must be http(s)://host[:port]/path, without user, query or fragment.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise fault from None
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password:
        raise fault
    if parts.query or parts.fragment or not re.fullmatch(r"[!-~]*", url):
        raise fault
    port = port or (443 if parts.scheme == "https" else 80)
    return parts.scheme, parts.hostname, port, parts.path.rstrip("/") + "/chat/completions"
