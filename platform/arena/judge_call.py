"""One question to the judging model: the answer's text, or why there is none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from work.assist_call import Call
from work.assist_endpoints import Endpoint
from work.assist_protocol import Broken, Decoder, End, Event, Text
from work.states import AssistFault

# One of three words; a model that thinks aloud first may take some room for it.
MAX_ANSWER = 20_000


def answer(endpoint: Endpoint, messages: Sequence[dict[str, str]]) -> str:
    """The whole answer. Raises Broken when there is none: unreachable, refusing, slow, cut off, or too long."""
    payload = {"model": endpoint.model, "messages": list(messages), "max_tokens": endpoint.max_tokens, "temperature": 0, "stream": True}  # fmt: skip
    decoder = Decoder(names=[endpoint.model, *endpoint.answers_as], max_bytes=4 * MAX_ANSWER * 10)
    call = Call(endpoint, payload)
    said: list[str] = []
    try:
        for piece in call.pieces():
            _take(decoder.feed(piece), said)
            if decoder.done:
                break
        else:
            _take(decoder.close(), said)
    finally:
        call.stop()
    return "".join(said)


def _take(events: Iterator[Event], said: list[str]) -> None:
    for event in events:
        match event:
            case Text(text):
                said.append(text)
                if sum(map(len, said)) > MAX_ANSWER:
                    raise Broken(AssistFault.TOO_LONG)
            case End(whole) if not whole:
                raise Broken(AssistFault.LENGTH)
