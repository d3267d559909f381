"""One line of an import file: from bytes to checked values, or to every problem it has. Pure.

A line is JSON: `key, text, tags, framework, source, license, held_out?, cluster?,
generations: [{model, files: {path: text}, params?, rights?}]`.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from catalog.models import Framework, Use
from core import filesets, strict_json
from core.errors import BadInput, Problem

MAX_LINE = 32 * 1024 * 1024
MAX_TEXT = 20_000
MAX_TAGS = 20
MAX_GENERATIONS = 20
MAX_PARAMS = 10_000
# Name in the file -> longest allowed text. Lengths are those of the columns.
SHORT_TEXTS = {"key": 120, "source": 300, "license": 80}
MAX_TAG = 40
MAX_CLUSTER = 120
FIELDS = ("key", "text", "tags", "framework", "source", "license", "held_out", "cluster", "generations")
GENERATION_FIELDS = ("model", "files", "params", "rights")


@dataclass(frozen=True, slots=True)
class KnownModel:
    """A registered model: its id and the use its outputs have unless a line says otherwise."""

    id: int
    use: str


@dataclass(frozen=True, slots=True)
class Output:
    """One model's output, checked. `params` is JSON text."""

    model: KnownModel
    files: Mapping[str, str]
    packed: filesets.Packed
    params: str
    use: str


@dataclass(frozen=True, slots=True)
class Line:
    """One prompt with its outputs, checked."""

    key: str
    text: str
    tags: tuple[str, ...]
    framework: str
    source: str
    licence: str
    cluster: str
    held_out: bool
    outputs: tuple[Output, ...]


def parse(raw: bytes, models: Mapping[str, KnownModel]) -> Line:
    """The line's values. Raises BadInput with every problem of the line; `where` names the field."""
    value = strict_json.loads(raw, where="line")
    if not isinstance(value, dict):
        raise BadInput(
            "Not an object.", problems=[Problem("line", "is not a JSON object", "See the format.")]
        )
    problems: list[Problem] = []
    _strangers(value, FIELDS, "", problems)
    short = {name: _text(value, name, limit, problems) for name, limit in SHORT_TEXTS.items()}
    text = _text(value, "text", MAX_TEXT, problems, multiline=True)
    tags = _tags(value.get("tags", []), problems)
    framework = value.get("framework")
    if not isinstance(framework, str) or framework not in Framework.values:
        problems.append(
            Problem("framework", "is missing or unknown", f"Use {' or '.join(Framework.values)}.")
        )
    held_out = value.get("held_out", False)
    if not isinstance(held_out, bool):
        problems.append(Problem("held_out", "is not true or false", "Leave it out for false."))
    cluster = short["key"]
    if "cluster" in value:
        cluster = _text(value, "cluster", MAX_CLUSTER, problems)
    outputs = _outputs(value.get("generations", []), models, problems)
    if problems:
        raise BadInput("The line has problems.", problems=problems)
    return Line(
        key=short["key"], text=text, tags=tags, framework=str(framework), source=short["source"],
        licence=short["license"], cluster=cluster, held_out=held_out, outputs=outputs,
    )  # fmt: skip


def key_of(raw: bytes) -> str | None:
    """The key of a line that may be faulty in any other way; None if it cannot be made out."""
    try:
        value = strict_json.loads(raw)
    except BadInput:
        return None
    key = value.get("key") if isinstance(value, dict) else None
    return key if isinstance(key, str) and 0 < len(key) <= SHORT_TEXTS["key"] and key.isprintable() else None


def packed_outputs(raw: bytes) -> list[filesets.Packed]:
    """The file sets of a line that `parse` has found sound before."""
    return [filesets.pack(item["files"]) for item in json.loads(raw).get("generations", [])]


def _strangers(
    value: Mapping[str, Any], known: tuple[str, ...], prefix: str, problems: list[Problem]
) -> None:
    for name in value:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            shown = ascii(name)[1:-1][:40]
            todo = f"Did you mean “{near[0]}”?" if near else f"Known are {', '.join(known)}."
            problems.append(Problem(f"{prefix}{shown}", "is not a field of the format", todo))


def _text(
    value: Mapping[str, Any], name: str, limit: int, problems: list[Problem], *, multiline: bool = False
) -> str:
    text = value.get(name)
    if not isinstance(text, str) or not text.strip():
        problems.append(Problem(name, "is missing or empty", "Give it as text."))
        return ""
    if len(text) > limit:
        problems.append(Problem(name, f"has {len(text):,} characters", f"Keep it to {limit:,}."))
    if not multiline and (not text.isprintable() or text != text.strip()):
        problems.append(
            Problem(name, "has line breaks, invisible signs or spaces around it", "Write it on one line.")
        )
    return text


def _tags(value: object, problems: list[Problem]) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(tag, str) for tag in value):
        problems.append(Problem("tags", "is not a list of texts", 'Write ["game", "tool"], or leave it out.'))
        return ()
    if len(value) > MAX_TAGS or any(
        not tag.strip() or len(tag) > MAX_TAG or not tag.isprintable() for tag in value
    ):
        problems.append(
            Problem(
                "tags", "has too many, empty or too long tags", f"At most {MAX_TAGS} of {MAX_TAG} characters."
            )
        )
    if len(set(value)) != len(value):
        problems.append(Problem("tags", "names a tag twice", "Keep one of them."))
    return tuple(value)


def _outputs(value: object, models: Mapping[str, KnownModel], problems: list[Problem]) -> tuple[Output, ...]:
    if not isinstance(value, list):
        problems.append(Problem("generations", "is not a list", "Write [] for a prompt without outputs."))
        return ()
    if len(value) > MAX_GENERATIONS:
        problems.append(Problem("generations", f"has {len(value)} outputs", f"Keep it to {MAX_GENERATIONS}."))
        return ()
    outputs: list[Output] = []
    for position, item in enumerate(value):
        where = f"generations[{position}]"
        if not isinstance(item, dict):
            problems.append(Problem(where, "is not an object", 'Write {"model": "…", "files": {…}}.'))
            continue
        if output := _output(item, where, models, problems):
            if any(other.model.id == output.model.id for other in outputs):
                problems.append(
                    Problem(f"{where}.model", "has a second output here", "Keep one for each model.")
                )
            outputs.append(output)
    return tuple(outputs)


def _output(
    item: Mapping[str, Any], where: str, models: Mapping[str, KnownModel], problems: list[Problem]
) -> Output | None:
    before = len(problems)
    _strangers(item, GENERATION_FIELDS, f"{where}.", problems)
    name = item.get("model")
    model = models.get(name) if isinstance(name, str) else None
    if model is None:
        shown = ascii(name)[:80] if name is not None else "missing"
        problems.append(
            Problem(f"{where}.model", f"is not a registered model: {shown}",
                    "Register it in the admin under Models, with its vendor and allowed use; or correct the name.")
        )  # fmt: skip
    files = item.get("files")
    problems.extend(
        Problem(f"{where}.{fault.where}", fault.what, fault.todo) for fault in filesets.faults(files)
    )
    rights = item.get("rights")
    if rights is not None and (not isinstance(rights, str) or rights not in Use.values):
        problems.append(
            Problem(f"{where}.rights", "is unknown", f"Use {', '.join(Use.values)}, or leave it out.")
        )
    params = _params(item.get("params", {}), where, problems)
    if len(problems) > before or model is None or not isinstance(files, Mapping):
        return None
    return Output(model, files, filesets.pack(files), params, rights or model.use)


def _params(value: object, where: str, problems: list[Problem]) -> str:
    if not isinstance(value, dict):
        problems.append(
            Problem(f"{where}.params", "is not an object", 'Write {"temperature": 1}, or leave it out.')
        )
        return "{}"
    try:
        text = json.dumps(value, sort_keys=True, allow_nan=False, separators=(",", ":"))
    except ValueError:
        problems.append(Problem(f"{where}.params", "has a number out of range", "Send it as text."))
        return "{}"
    if len(text) > MAX_PARAMS:
        problems.append(
            Problem(f"{where}.params", f"is {len(text):,} characters", f"Keep it to {MAX_PARAMS:,}.")
        )
    return text
