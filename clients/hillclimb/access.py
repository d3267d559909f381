"""Where the site is, and the token for it: from the environment or a file that nobody else can read."""

from __future__ import annotations

import ipaddress
import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from hillclimb.errors import AccessRefused, Usage

TOKEN = "HILLCLIMB_TOKEN"
SITE = "HILLCLIMB_SITE"
# One line of visible ASCII: whatever is sent in a header must not begin a new one.
_SHAPE = re.compile(r"[!-~]{8,200}")
_TOKENS = re.compile(r"hc_[A-Za-z0-9_-]{6,}")


def hidden(text: str) -> str:
    """`text` with every token in it made unreadable."""
    return _TOKENS.sub("hc_…", text)


def site(given: str | None, environment: Mapping[str, str], *, plain_http: bool) -> str:
    """The site's origin. Raises Usage when it is missing, malformed, or would send the token unencrypted."""
    named = (given or environment.get(SITE, "")).rstrip("/")
    if not named:
        raise Usage(f"Which site? Give --site https://… or set {SITE}.")
    try:
        parts = urlsplit(named)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        host, parts = "", urlsplit("")
    if parts.scheme not in ("http", "https") or not host or parts.path or parts.query or "@" in parts.netloc:
        raise Usage("The site must be written like https://hillclimb.example.org, without path or password.")
    if parts.scheme == "http" and not plain_http and not _is_this_machine(host):
        raise Usage(
            f"http://{host} would send your token unencrypted. Use https://, or --plain-http if the network is yours."
        )
    return f"{parts.scheme}://{parts.netloc.lower()}"


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def default_file(environment: Mapping[str, str]) -> Path:
    """Where the token is looked for when neither the environment nor an option names it."""
    base = environment.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(base) / "hillclimb" / "token"


def token(file: Path | None, environment: Mapping[str, str]) -> str:
    """The token. Raises AccessRefused when there is none, or when others could read its file."""
    if file is None and (given := environment.get(TOKEN, "").strip()):
        return _sound(given, TOKEN)
    path = file or default_file(environment)
    try:
        # Without waiting: a pipe would be read for ever.
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except FileNotFoundError:
        raise AccessRefused(
            f"There is no token. Make one on the site's tokens page, then set {TOKEN} or write it to {path} "
            "(readable for you alone)."
        ) from None
    except OSError as error:
        raise AccessRefused(f"{path} cannot be read: {error.strerror}.") from None
    try:
        facts = os.fstat(handle)
        if not stat.S_ISREG(facts.st_mode):
            raise AccessRefused(f"{path} is no file.")
        if hasattr(os, "getuid") and (facts.st_mode & 0o077 or facts.st_uid != os.getuid()):
            raise AccessRefused(f"{path} must be yours and readable for you alone: chmod 600 {path}")
        return _sound(os.read(handle, 1000).decode("utf-8", "replace").strip(), str(path))
    finally:
        os.close(handle)


def _sound(text: str, where: str) -> str:
    if not _SHAPE.fullmatch(text):
        raise AccessRefused(f"What {where} holds is no token. Copy it anew from the site's tokens page.")
    return text
