"""Signatures against the published example, addresses against every private range, waits within their bounds."""

from __future__ import annotations

import base64
import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhooks import backoff, signing, targets
from webhooks.targets import may_connect, parse, parse_allowed, parse_networks


def test_the_published_example_of_standard_webhooks() -> None:
    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    signed = signing.sign(
        key, message="msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp=1614265330, body='{"test": 2432232314}'
    )
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_keys_differ_by_endpoint_version_and_site() -> None:
    keys = {
        signing.key_of(site, salt, version)
        for site in ("a", "b")
        for salt in ("c", "d")
        for version in (1, 2)
    }
    assert len(keys) == 8
    [secret] = {signing.secret_of(signing.key_of("a", "c", 1))}
    assert base64.b64decode(secret.removeprefix("whsec_")) == signing.key_of("a", "c", 1)
    assert len(signing.key_of("a", "c", 1)) == 32
    both = signing.headers([b"1", b"2"], message="m", timestamp=1, body="{}")["webhook-signature"]
    assert both.split(" ") == [signing.sign(key, message="m", timestamp=1, body="{}") for key in (b"1", b"2")]


@pytest.mark.parametrize(
    "url",
    ["", "ftp://a.example/", "https://", "https:///x", "https://me@a.example/", "https://a.example/#x", "https://a.example/a/../b",
     "https://a.example/a//b", "https://a.example/%2e%2e/", "https://a.example/a%2fb", "https://a.example/a\\b", "https://a.example/ b",
     "https://a.example:99999/", "https://ä.example/", "https://a.example/" + "x" * 500, "javascript:alert(1)", "//a.example/"],
)  # fmt: skip
def test_what_is_no_address(url: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse(url)


def test_what_the_operator_allows() -> None:
    allowed = parse_allowed("https://hooks.example.org/team  http://10.0.0.5:8080/")
    for url in ("https://hooks.example.org/team", "https://hooks.example.org/team/", "https://hooks.example.org/team/a?x=1",
                "https://HOOKS.example.org/team", "https://hooks.example.org:443/team", "http://10.0.0.5:8080/any"):  # fmt: skip
        assert targets.is_allowed(parse(url), allowed), url
    for url in ("https://hooks.example.org/", "https://hooks.example.org/teams", "http://hooks.example.org/team",
                "https://hooks.example.org:444/team", "https://hooks.example.org.evil.example/team",
                "https://evil.example/hooks.example.org/team", "http://10.0.0.5/any"):  # fmt: skip
        assert not targets.is_allowed(parse(url), allowed), url
    assert parse_allowed("") == ()
    for wrong in ("hooks.example.org", "https://a.example/ x", "https://a.example/?q"):
        with pytest.raises(ValueError, match="WEBHOOK_TARGETS"):
            parse_allowed(wrong)
    with pytest.raises(ValueError, match="WEBHOOK_PRIVATE_NETWORKS"):
        parse_networks("10.0.0.1/8")


REFUSED = [
    "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255",
    "192.0.2.1", "198.18.0.1", "::1", "::", "fe80::1%eth0", "fc00::1", "fd12::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
    "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::", "2001:0:1::1", "2001:db8::1",
]  # fmt: skip


@pytest.mark.parametrize("address", REFUSED)
def test_private_addresses_are_refused_unless_named(address: str) -> None:
    assert not may_connect(address, ())
    alone = address.split("%")[0].removeprefix("::ffff:")
    assert may_connect(address, parse_networks(alone))


def test_public_addresses_may_be_connected_to() -> None:
    for address in ("1.1.1.1", "93.184.215.14", "2606:4700::1111", "::ffff:1.1.1.1"):
        assert may_connect(address, ())


@given(st.ip_addresses(v=4))
def test_an_address_within_another_is_judged_as_that_one(address: ipaddress.IPv4Address) -> None:
    assert may_connect(f"::ffff:{address}", ()) == may_connect(str(address), ())


@given(st.integers(1, 40), st.floats(0, 1, exclude_max=True))
def test_waits_grow_and_stay_within_their_bounds(tries: int, luck: float) -> None:
    wait = backoff.delay(tries, luck)
    assert 2.5 <= wait <= backoff.LONGEST_SECONDS * 1.5
    assert backoff.delay(tries + 1, luck) >= wait
    assert 2.5 <= backoff.quiet(tries, luck) <= backoff.LONGEST_QUIET_SECONDS * 1.5


def test_what_a_receiver_asks_for() -> None:
    assert [backoff.asked(text) for text in ("30", " 30 ", "99999", "-1", "soon", "", None, "9" * 40)] == [
        30,
        30,
        3600,
        0,
        0,
        0,
        0,
        0,
    ]
