"""The stream of an OpenAI-compatible chat completion, decoded strictly. Pure: bytes in, events out.

Server-sent events whose data are JSON chunks, `[DONE]` at the end; a plain JSON answer of a server that does not
stream is taken too. Every byte is hostile: lines, depth and sizes are bounded.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from core import strict_json
from core.errors import BadInput
from work.states import AssistFault

MAX_LINE = 512 * 1024
MAX_COUNT = 100_000_000  # no answer counts more tokens than this


class Broken(Exception):
    """The stream cannot go on; `fault` says why. `retry_after`: seconds the endpoint asked for, if it did."""

    def __init__(self, fault: AssistFault, retry_after: int | None = None) -> None:
        super().__init__(fault.value)
        self.fault = fault
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class Usage:
    """How many tokens the endpoint counted: question and answer together."""

    tokens: int


@dataclass(frozen=True, slots=True)
class End:
    """The answer is over; `whole` unless the model was cut short by its length or by a filter."""

    whole: bool


Event = Text | Usage | End


class Decoder:
    """Decodes one answer. `names` are those under which the wanted model may answer."""

    def __init__(self, *, names: Collection[str], max_bytes: int) -> None:
        self._names = [name.lower() for name in names]
        self._left = max_bytes
        self._buffer = bytearray()
        self._data: list[str] = []
        self._held = 0
        self._plain: bool | None = None
        self._reason: str | None = None
        self.done = False

    def feed(self, data: bytes) -> Iterator[Event]:
        """Events of the next bytes. Raises Broken."""
        self._left -= len(data)
        if self._left < 0:
            raise Broken(AssistFault.TOO_LONG)
        self._buffer += data
        if self._plain is None and (start := bytes(self._buffer[:64]).lstrip()):
            self._plain = start[:1] in (b"{", b"[", b"<")
        if self._plain:
            return
        while not self.done and (at := self._buffer.find(b"\n")) >= 0:
            line = bytes(self._buffer[:at]).rstrip(b"\r")
            del self._buffer[: at + 1]
            yield from self._line(line)
        if len(self._buffer) > MAX_LINE:
            raise Broken(AssistFault.NONSENSE)

    def close(self) -> Iterator[Event]:
        """Events of what was still held back when the stream ended. Raises Broken when that was not its end."""
        if self._plain:
            yield from self._object(_json(bytes(self._buffer)), streamed=False)
            self.done = True
        elif not self.done:
            rest, self._buffer = bytes(self._buffer), bytearray()
            if rest or self._data:
                try:
                    yield from self._line(rest)
                    yield from self._line(b"")
                except Broken:
                    raise Broken(AssistFault.CUT_OFF) from None
        if not self.done and self._reason is None:
            raise Broken(AssistFault.CUT_OFF)
        if not self.done:  # Some servers send the reason and no [DONE].
            yield from self._finish()

    def _line(self, line: bytes) -> Iterator[Event]:
        if len(line) > MAX_LINE:
            raise Broken(AssistFault.NONSENSE)
        if not line:
            text, self._data, self._held = "\n".join(self._data), [], 0
            if text:
                yield from self._message(text)
            return
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError:
            raise Broken(AssistFault.NONSENSE) from None
        field, colon, value = text.partition(":")
        if field == "data" and colon:
            self._held += len(value) + 1
            if self._held > MAX_LINE:
                raise Broken(AssistFault.NONSENSE)
            self._data.append(value.removeprefix(" "))
        elif field not in ("", "event", "id", "retry"):
            raise Broken(AssistFault.NONSENSE)

    def _message(self, text: str) -> Iterator[Event]:
        if text.strip() == "[DONE]":
            yield from self._finish()
        else:
            yield from self._object(_json(text.encode()), streamed=True)

    def _finish(self) -> Iterator[Event]:
        self.done = True
        yield End(whole=self._reason in (None, "stop"))

    def _object(self, value: Any, *, streamed: bool) -> Iterator[Event]:
        if not isinstance(value, dict):
            raise Broken(AssistFault.NONSENSE)
        if value.get("error"):
            raise Broken(AssistFault.BROKEN)
        self._demand_model(value.get("model"))
        choices = value.get("choices", [])
        if not isinstance(choices, list) or not all(isinstance(choice, dict) for choice in choices):
            raise Broken(AssistFault.NONSENSE)
        if not streamed and not choices:
            raise Broken(AssistFault.NONSENSE)
        for choice in choices[:1]:
            yield from self._choice(choice, "delta" if streamed else "message")
        if (usage := value.get("usage")) is not None:
            yield from _usage(usage)
        if not streamed:
            yield from self._finish()

    def _choice(self, choice: dict[str, Any], member: str) -> Iterator[Event]:
        said = choice.get(member) or {}
        text = said.get("content") if isinstance(said, dict) else said
        if text is not None and not isinstance(text, str):
            raise Broken(AssistFault.NONSENSE)
        if text:
            yield Text(text)
        reason = choice.get("finish_reason")
        if isinstance(reason, str):
            self._reason = reason

    def _demand_model(self, name: object) -> None:
        """Another model's answer is no answer: releases say whose text it is."""
        if name is None or name == "":
            return
        if not isinstance(name, str):
            raise Broken(AssistFault.NONSENSE)
        # A dated or quantised form of the same name is the same model: id-2025-01-01, id:q4, id@v2.
        said = name.lower()
        if not any(re.fullmatch(rf"(.*/)?{re.escape(known)}([-:@].*)?", said) for known in self._names):
            raise Broken(AssistFault.OTHER_MODEL)


def _usage(usage: object) -> Iterator[Usage]:
    """What was counted; a count that makes no sense is as good as none."""
    if not isinstance(usage, dict):
        return
    counted = [usage.get("prompt_tokens"), usage.get("completion_tokens")]
    numbers = [n for n in counted if isinstance(n, int) and not isinstance(n, bool) and 0 <= n <= MAX_COUNT]
    if len(numbers) == 2:
        yield Usage(sum(numbers))


def _json(data: bytes) -> Any:
    try:
        return strict_json.loads(data)
    except BadInput:
        raise Broken(AssistFault.NONSENSE) from None


def retry_after(value: str | None) -> int | None:
    """Seconds in a Retry-After header, 1 to 3600; a date or anything else counts as nothing said."""
    text = (value or "").strip()
    return min(3600, max(1, int(text))) if text.isascii() and text.isdigit() and len(text) < 9 else None
