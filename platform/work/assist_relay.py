"""An answer on its way: from the endpoint, through the row that keeps it, to the page, as server-sent events.

The stream runs in a thread of the web server. A process lets only `ASSIST_STREAMS` of its threads do so, and says
"busy" to the next: so no number of slow answers keeps pages from being served (docs/adr). The thread sleeps on the
endpoint's socket, holds no database connection while it waits, and writes what came every two seconds.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Generator, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import structlog
from django.conf import settings
from django.db import connection

from core.errors import HillclimbError, WrongState
from work import assist, assist_actions, assist_prompt
from work.assist_answer import Reader
from work.assist_call import Call
from work.assist_endpoints import Endpoint
from work.assist_protocol import Broken, Decoder, End, Text, Usage
from work.models import AssistTurn
from work.states import AssistFault

if TYPE_CHECKING:
    from people.models import User

log = structlog.get_logger(__name__)

KEEP_SECONDS = 2.0
MAX_ANSWER = 1_200_000  # characters: a file set holds 1 MiB
_STREAMS = threading.BoundedSemaphore(settings.ASSIST_STREAMS)


class Busy(HillclimbError):
    """This process relays as many answers as it may."""

    status = 503
    code = "assist_busy"
    title = "Many people are asking at the moment"

    def __init__(self) -> None:
        super().__init__(
            "Many people are asking at the moment. Your question waits its turn.", extra={"retry_after": 2}
        )


class Relay:
    """One answer, passed on as it comes. Iterate it to its end, or `close` it."""

    def __init__(self, *, by: User, turn: AssistTurn, endpoint: Endpoint) -> None:
        """Take a slot and start the turn. Raises Busy, or WrongState when it is fetched already."""
        if not _STREAMS.acquire(blocking=False):
            raise Busy
        try:
            assist_actions.begin(by=by, turn=turn)
            self._by, self._turn, self._endpoint = by, turn, endpoint
            self._messages = _messages(turn)
            self._nameless = assist.nameless(turn, assist.hidden_on(turn.assignment))
            self._asked = sum(assist_prompt.tokens_of(message["content"]) for message in self._messages)
            self._counted: int | None = None
            self._answer: list[str] = []
            self._length = 0
            self._events = self._run()
            self._open = True
        except BaseException:
            _STREAMS.release()
            raise

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        return next(self._events)

    def close(self) -> None:
        """Hang up, if need be, and free the slot. Called by the server whatever happens."""
        if not self._open:
            return
        self._open = False
        try:
            self._events.close()
            # A page that left before its first byte: the generator never began.
            if self._turn.ended_at is None:
                self._leave()
        finally:
            _STREAMS.release()

    @property
    def _text(self) -> str:
        return "".join(self._answer)

    def _tokens(self) -> int:
        """What the answer cost so far: as counted by the endpoint, else by length."""
        if self._counted is not None:
            return self._counted
        return self._asked + assist_prompt.tokens_of(self._text)

    def _run(self) -> Generator[bytes, None, None]:
        call = Call(self._endpoint, _payload(self._endpoint, self._turn, self._messages, self._asked))
        fault: AssistFault | None = None
        wait: int | None = None
        # Something to send at once: headers go out, and a page that left is noticed.
        yield _event("begin", {"turn": self._turn.pk})
        try:
            yield from self._pass_on(call)
        except Broken as broken:
            fault, wait = broken.fault, broken.retry_after
        except WrongState:
            return
        finally:
            call.stop()
        yield self._settle(fault, wait)

    def _pass_on(self, call: Call) -> Iterator[bytes]:
        decoder = Decoder(
            names=[self._endpoint.model, *self._endpoint.answers_as], max_bytes=2_000_000 + 2_000 * self._endpoint.max_tokens
        )  # fmt: skip
        reader = Reader()
        kept = time.monotonic()
        _let_go()
        for piece in call.pieces():
            lines = [
                {
                    "path": line.path and self._nameless.without(line.path),
                    "text": self._nameless.without(line.text),
                }
                for text in self._texts(decoder.feed(piece))
                for line in reader.feed(text)
            ]
            if piece == b"" or lines:
                yield _event("lines", {"lines": lines, "size": self._length})
            if decoder.done:
                return
            if time.monotonic() - kept > KEEP_SECONDS:
                kept = time.monotonic()
                self._keep()
        for text in self._texts(decoder.close()):
            list(reader.feed(text))

    def _texts(self, events: Iterator[Text | Usage | End]) -> Iterator[str]:
        """The texts among events; keeps them, and the count. Raises Broken when the answer was cut short."""
        for event in events:
            match event:
                case Text(text):
                    self._length += len(text)
                    if self._length > MAX_ANSWER:
                        raise Broken(AssistFault.TOO_LONG)
                    self._answer.append(text)
                    yield text
                case Usage(tokens):
                    self._counted = tokens
                case End(whole) if not whole:
                    raise Broken(AssistFault.LENGTH)

    def _keep(self) -> None:
        """Write what came; WrongState when it was cancelled meanwhile."""
        wanted = assist_actions.keep(turn=self._turn, answer=self._text)
        _let_go()
        if not wanted:
            raise WrongState("It was cancelled.")

    def _settle(self, fault: AssistFault | None, wait: int | None) -> bytes:
        """End the turn, and tell the page how it stands."""
        text = "" if fault == AssistFault.OTHER_MODEL else self._text
        self._turn.answer = text
        if fault is None and not assist.proposal_of(self._turn).files:
            # Kept as an answer that broke off: its words are on record, and its cost is counted.
            fault = AssistFault.NO_FILES if text.strip() else AssistFault.NONSENSE
        spent = self._tokens() if self._length or self._counted else 0
        try:
            assist_actions.end(by=self._by, turn=self._turn, answer=text, fault=fault, tokens=spent)
        except WrongState:
            self._turn.refresh_from_db()
        if fault is not None:
            log.warning("in-task model gave no whole answer", turn=self._turn.pk, fault=fault.value)
        told = _event("end", {
            "turn": assist.as_json(self._turn), "left": _left(self._turn), "retry_after": wait,
        })  # fmt: skip
        _let_go()
        return told

    def _leave(self) -> None:
        """The page is gone or cancelled: what came is kept, and counted as it is."""
        try:
            assist_actions.cancel(
                by=self._by,
                turn=self._turn,
                answer=self._text,
                tokens=self._tokens() if self._length else self._asked,
            )
        except WrongState:
            # Cancelled by its own request; only the cost is still to be set.
            AssistTurn.objects.filter(pk=self._turn.pk, status="cancelled").update(
                answer=self._text, tokens=self._tokens()
            )
        _let_go()


def _messages(turn: AssistTurn) -> list[dict[str, str]]:
    return assist_prompt.messages(
        assist_actions.task_of(turn.assignment),
        assist.question_of(turn),
        scope=turn.scope,
        instruction=turn.instruction,
    )


def _payload(
    endpoint: Endpoint, turn: AssistTurn, messages: list[dict[str, str]], asked: int
) -> Mapping[str, Any]:
    return {
        "model": endpoint.model,
        "messages": messages,
        "max_tokens": max(1, turn.tokens - asked),
        "stream": True,
        **({"stream_options": {"include_usage": True}} if endpoint.usage else {}),
    }


def _left(turn: AssistTurn) -> dict[str, int]:
    left = assist.left(turn.assignment)
    return {"requests": left.requests, "tokens": left.tokens}


def _let_go() -> None:
    """Give the connection back to its pool while we wait: an answer takes minutes."""
    if not connection.in_atomic_block:
        connection.close()


def _event(name: str, data: Mapping[str, Any]) -> bytes:
    return f"event: {name}\ndata: {json.dumps(data, default=str)}\n\n".encode()
