"""A file set as the text that an assistant would have answered. Pure and deterministic.

One HTML file: one fenced block. Anything else: for each file in path order, a line with its path and a fenced
block. A fence is longer than any run of backticks inside its block, so a block never ends early.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

_RUNS = re.compile("`{3,}")
_LANGUAGES = {
    "html": "html",
    "htm": "html",
    "css": "css",
    "js": "javascript",
    "mjs": "javascript",
    "jsx": "jsx",
    "ts": "typescript",
    "tsx": "tsx",
    "json": "json",
    "svg": "svg",
    "md": "markdown",
}


def language(path: str) -> str:
    """The info string of a file's fence; empty for a suffix without one."""
    return _LANGUAGES.get(path.rpartition(".")[2].lower(), "")


def render(files: Mapping[str, str]) -> str:
    """The message text of `files`. ValueError when there are none."""
    if not files:
        raise ValueError("a file set has at least one file")
    if len(files) == 1:
        [(path, text)] = files.items()
        if language(path) == "html":
            return _block(path, text)
    return "\n\n".join(f"{path}\n{_block(path, files[path])}" for path in sorted(files))


def render_bodies(bodies: Sequence[str]) -> list[str]:
    """The message texts of file sets given as JSON texts, all parsed in one go."""
    return [render(files) for files in json.loads(f"[{','.join(bodies)}]")]


def _block(path: str, text: str) -> str:
    fence = "```"
    if fence in text:
        fence = "`" * (max(map(len, _RUNS.findall(text))) + 1)
    return f"{fence}{language(path)}\n{text}{'' if text.endswith(chr(10)) or not text else chr(10)}{fence}"
