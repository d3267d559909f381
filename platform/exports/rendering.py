"""A file set as the text that an assistant would have answered. Pure and deterministic.

One HTML file: one fenced block. Anything else: for each file in path order, a line with its path and a fenced
block. A fence is longer than any run of backticks inside its block, so a block never ends early.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pj

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


def render_array(bodies: pa.Array, plain: pa.Array | None = None) -> pa.Array:
    """The message texts of file sets given as canonical JSON texts, in the same order.

    `plain` is `plain_pages(bodies)`, where the caller has it already.

    The common shape, one index.html without a fence of its own, is parsed and framed by Arrow without the GIL.
    """
    plain = plain_pages(bodies) if plain is None else plain
    fast = _render_pages(bodies.filter(plain))
    rest = np.flatnonzero(~plain.to_numpy(zero_copy_only=False))
    if len(rest) == 0:
        return fast
    slow = pa.array([render(json.loads(bodies[at].as_py())) for at in rest.tolist()], type=pa.string())
    order = np.empty(len(bodies), dtype=np.int64)
    order[np.flatnonzero(plain.to_numpy(zero_copy_only=False))] = np.arange(len(fast))
    order[rest] = len(fast) + np.arange(len(rest))
    return pa.concat_arrays([fast, slow]).take(pa.array(order))


def plain_pages(bodies: pa.Array) -> pa.Array:
    """Which canonical JSON texts hold one index.html and nothing else, not empty, without three backticks.

    Inside a JSON text every quote is escaped, so `":"` stands once per file.
    """
    one = pc.equal(pc.count_substring(bodies, '":"'), 1)
    page = pc.and_(pc.starts_with(bodies, PAGE_HEAD), pc.invert(pc.ends_with(bodies, ':""}')))
    return pc.and_(pc.and_(one, page), pc.invert(pc.match_substring(bodies, "```")))


PAGE_HEAD = '{"index.html":"'
_PAGE_SCHEMA = pa.schema([("index.html", pa.string())])


def _render_pages(bodies: pa.Array) -> pa.Array:
    if len(bodies) == 0:
        return pa.array([], type=pa.string())
    joined = pc.binary_join_element_wise(bodies, "", "\n")
    data = joined.buffers()[2]
    parsed = pj.read_json(
        pa.BufferReader(data),
        read_options=pj.ReadOptions(use_threads=False, block_size=data.size + 1),
        parse_options=pj.ParseOptions(explicit_schema=_PAGE_SCHEMA, unexpected_field_behavior="error"),
    )
    text = parsed.column(0).combine_chunks()
    if len(text) != len(bodies) or text.null_count:
        raise ValueError("a file set is not in canonical form")
    closing = pc.if_else(pc.ends_with(text, "\n"), "```", "\n```")
    return pc.binary_join_element_wise("```html\n", text, closing, "")


def _block(path: str, text: str) -> str:
    fence = "```"
    if fence in text:
        fence = "`" * (max(map(len, _RUNS.findall(text))) + 1)
    return f"{fence}{language(path)}\n{text}{'' if text.endswith(chr(10)) or not text else chr(10)}{fence}"
