"""A file set as the text that an assistant would have answered. Pure and deterministic.

One HTML file: one fenced block. Anything else: for each file in path order, a line with its path and a fenced
block. A fence is longer than any run of backticks inside its block, so a block never ends early.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

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


def render_all(bodies: Iterable[str]) -> list[str]:
    """The message texts of file sets given as canonical JSON texts, in the same order."""
    return [render(orjson.loads(body)) for body in bodies]


def plain_pages(bodies: pa.Array) -> pa.Array:
    """Which canonical JSON texts hold one index.html and nothing else, not empty, without three backticks.

    Inside a JSON text every quote is escaped, so `":"` stands once per file.
    """
    if _all_plain(bodies):
        return pa.array(np.ones(len(bodies), dtype=bool))
    one = pc.equal(pc.count_substring(bodies, '":"'), 1)
    page = pc.and_(pc.starts_with(bodies, PAGE_HEAD), pc.invert(pc.ends_with(bodies, ':""}')))
    return pc.and_(pc.and_(one, page), pc.invert(pc.match_substring(bodies, "```")))


def _all_plain(bodies: pa.Array) -> bool:
    """Whether all of them are: told from their bytes at once, which takes a quarter of looking at each."""
    framed = pc.and_(pc.starts_with(bodies, PAGE_HEAD), pc.invert(pc.ends_with(bodies, ':""}')))
    if len(bodies) == 0 or not pc.all(framed).as_py():
        return False
    _, ends, data = bodies.buffers()
    first, last = np.frombuffer(ends, dtype=np.int32)[[bodies.offset, bodies.offset + len(bodies)]].tolist()
    text = data.slice(first, last - first).to_pybytes()
    return text.count(b'":"') == len(bodies) and (b"`" not in text or b"```" not in text)


PAGE_HEAD = '{"index.html":"'


def _block(path: str, text: str) -> str:
    fence = "```"
    # One sign is found ten times as fast as three, and most pages have none.
    if "`" in text and fence in text:
        fence = "`" * (max(map(len, _RUNS.findall(text))) + 1)
    return f"{fence}{language(path)}\n{text}{'' if text.endswith(chr(10)) or not text else chr(10)}{fence}"
