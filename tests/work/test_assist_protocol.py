"""The endpoint's setting, and its stream taken apart: good ones, broken ones, endless ones."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.work.endpoint import DONE, MODEL, chunk
from work.assist_endpoints import parse
from work.assist_protocol import Broken, Decoder, End, Text, Usage, retry_after
from work.states import AssistFault

GOOD = {"url": "https://models.example.org/v1/", "model": "m", "key_env": "KEY"}
ENVIRON = {"KEY": "sk-abc"}


def setting(**changed: Any) -> str:
    return json.dumps({"target": {**GOOD, **changed}})


def test_an_endpoint_is_read_whole_and_shows_nothing() -> None:
    endpoint = parse(setting(total_seconds=9), ENVIRON)["target"]
    assert (endpoint.scheme, endpoint.host, endpoint.port) == ("https", "models.example.org", 443)
    assert (endpoint.path, endpoint.total_seconds) == ("/v1/chat/completions", 9)
    shown = repr({"target": endpoint})
    assert "example" not in shown
    assert "sk-abc" not in shown
    assert parse("", {}) == parse("  ", {}) == {}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "is not JSON"),
        ("[]", "must be an object"),
        ('{"a": 1}', "must be an object with url and model"),
        ('{"a": {}, "a": {}}', "twice"),
        (setting(url="ftp://h/v1"), "url must be"),
        (setting(url="https://user:secret-pass@h/v1"), "url must be"),
        (setting(url="https://h/v1?key=secret-pass"), "url must be"),
        (setting(url="https://h:99999/"), "url must be"),
        (setting(url="https://h/a b"), "url must be"),
        (setting(model=""), "model must be text"),
        (setting(key_env="NOT_SET"), "not set"),
        (setting(key_env="sk-secret-pass"), "name of an environment variable"),
        (setting(key="sk-secret-pass"), "unknown fields: key"),
        (setting(max_tokens=1), "max_tokens must be a whole number"),
        (setting(quiet_seconds=True), "quiet_seconds must be"),
        (setting(answers_as="m"), "list of names"),
        (setting(usage="no"), "true or false"),
    ],
)
def test_a_wrong_setting_is_refused_loudly_and_repeats_no_secret(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says) as refused:
        parse(text, ENVIRON)
    assert "secret-pass" not in str(refused.value)
    assert "sk-" not in str(refused.value)


def decode(*pieces: bytes, max_bytes: int = 1_000_000) -> list[Any]:
    decoder = Decoder(names=[MODEL], max_bytes=max_bytes)
    events = [event for piece in pieces for event in decoder.feed(piece)]
    return [*events, *decoder.close()]


def texts(events: list[Any]) -> str:
    return "".join(event.text for event in events if isinstance(event, Text))


def test_a_stream_is_read_however_it_is_cut() -> None:
    whole = b": hello\r\n\r\n" + chunk("Grüße, ") + chunk("world") + chunk(reason="stop") + DONE
    for size in (1, 2, 3, 7, 10_000):
        events = decode(*(whole[n : n + size] for n in range(0, len(whole), size)))
        assert texts(events) == "Grüße, world"
        assert events[-1] == End(whole=True)


def test_usage_is_taken_if_it_makes_sense() -> None:
    counted = {"prompt_tokens": 3, "completion_tokens": 4}
    assert Usage(7) in decode(chunk("a", usage=counted), DONE)
    for odd in ({"prompt_tokens": -1, "completion_tokens": 2}, {"prompt_tokens": True}, "7", {}):
        assert not [event for event in decode(chunk("a", usage=odd), DONE) if isinstance(event, Usage)]


def test_a_reason_without_done_is_an_end_and_a_length_is_told() -> None:
    assert decode(chunk("a"), chunk(reason="stop"))[-1] == End(whole=True)
    assert decode(chunk("a"), chunk(reason="length"), DONE)[-1] == End(whole=False)
    assert decode(chunk("a"), chunk(reason="content_filter"), DONE)[-1] == End(whole=False)


def test_a_server_that_does_not_stream_is_understood() -> None:
    answer = {"model": MODEL, "choices": [{"message": {"content": "all"}, "finish_reason": "stop"}]}
    assert decode(json.dumps(answer).encode()) == [Text("all"), End(whole=True)]


@pytest.mark.parametrize(
    ("pieces", "fault"),
    [
        ([], AssistFault.CUT_OFF),
        ([chunk("a")], AssistFault.CUT_OFF),
        ([chunk("a"), b'data: {"choi'], AssistFault.CUT_OFF),
        ([b"data: {broken}\n\n"], AssistFault.NONSENSE),
        ([b"data: " + b"[" * 100_000 + b"\n\n"], AssistFault.NONSENSE),
        ([b'data: {"choices": "x"}\n\n'], AssistFault.NONSENSE),
        ([b'data: {"choices": [{"delta": {"content": 7}}]}\n\n'], AssistFault.NONSENSE),
        ([b'data: {"choices": [{"delta": {"content": "\\u0000"}}]}\n\n'], AssistFault.NONSENSE),
        ([b'data: {"choices": [{"delta": {"content": "\\ud800"}}]}\n\n'], AssistFault.NONSENSE),
        ([b"data: \xff\xfe\n\n"], AssistFault.NONSENSE),
        ([b"hello there\n"], AssistFault.NONSENSE),
        ([b"<html>Bad gateway</html>"], AssistFault.NONSENSE),
        ([b"data: " + b"x" * 600_000], AssistFault.NONSENSE),
        ([b"data:\n" * 600_000], AssistFault.TOO_LONG),
        ([(b"data: " + b"x" * 60_000 + b"\n") * 10], AssistFault.NONSENSE),
        ([b'data: {"error": {"message": "overloaded secret-model"}}\n\n'], AssistFault.BROKEN),
        ([chunk("a", model="another/model")], AssistFault.OTHER_MODEL),
        ([chunk("a", model=MODEL + "0")], AssistFault.OTHER_MODEL),
        ([b": ping\n\n" * 200_000], AssistFault.TOO_LONG),
    ],
)
def test_every_broken_stream_has_its_fault(pieces: list[bytes], fault: AssistFault) -> None:
    with pytest.raises(Broken) as broken:
        decode(*pieces)
    assert broken.value.fault == fault


def test_a_dated_name_of_the_same_model_is_the_same() -> None:
    for name in (MODEL, MODEL.upper(), MODEL + "-2025-01-01", MODEL + ":q4", "proxy/" + MODEL):
        assert texts(decode(chunk("a", model=name), DONE)) == "a"


def test_retry_after_is_seconds_or_nothing() -> None:
    assert [retry_after(each) for each in ("7", "0", "99999", "-1", "soon", "", None, "Wed, 21 Oct 2015 07:28:00 GMT")] \
        == [7, 1, 3600, None, None, None, None, None]  # fmt: skip


def test_every_fault_has_words_and_none_names_anybody() -> None:
    for fault in AssistFault:
        assert str(fault.label).endswith(".")
        assert len(fault.value) <= 12
