"""Secrets and personal data in source text. Every pattern is bounded, so hostile text costs linear time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What was seen."""

    SECRET = "secret"
    EMAIL = "email"
    PHONE = "phone"
    CARD = "card number"


@dataclass(frozen=True, slots=True)
class Leak:
    """Something that should not be published: `what` names it, `shown` is a part that is safe to print."""

    kind: Kind
    what: str
    shown: str
    line: int


_START = r"(?<![A-Za-z0-9_-])"
_SECRETS = (
    ("a private key", re.compile(r"-----BEGIN (?:[A-Z]{2,10} ){0,2}PRIVATE KEY(?: BLOCK)?-----")),
    ("an AWS access key", re.compile(_START + r"(?:AKIA|ASIA)[A-Z2-7]{16}(?![A-Za-z0-9])")),
    ("a GitHub token", re.compile(_START + r"(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_\w{60,255})")),
    ("a Slack token", re.compile(_START + r"xox[abeoprs]-[A-Za-z0-9-]{10,200}")),
    ("a Google API key", re.compile(_START + r"AIza[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])")),
    ("a Stripe live key", re.compile(_START + r"[rs]k_live_[A-Za-z0-9]{16,120}")),
    ("a model vendor's API key", re.compile(_START + r"sk-(?:ant-|proj-|or-v1-)?[A-Za-z0-9_-]{32,200}")),
    ("a Hugging Face token", re.compile(_START + r"hf_[A-Za-z0-9]{30,60}(?![A-Za-z0-9])")),
    ("an npm token", re.compile(_START + r"npm_[A-Za-z0-9]{36}(?![A-Za-z0-9])")),
    ("a SendGrid key", re.compile(_START + r"SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}")),
    ("a Twilio key", re.compile(_START + r"SK[0-9a-f]{32}(?![A-Za-z0-9])")),
    (
        "a signed web token",
        re.compile(_START + r"eyJ[A-Za-z0-9_-]{10,2000}\.eyJ[A-Za-z0-9_-]{10,4000}\.[A-Za-z0-9_-]{20,1000}"),
    ),
    (
        "a password in a URL",
        re.compile(
            r"\b(?:https?|postgres(?:ql)?|mysql|redis|mongodb)://[\w.~-]{1,64}:[^\s@/'\"<>{}$]{6,64}@[\w.-]{3,200}"
        ),
    ),
)
_PLACEHOLDER = re.compile(
    r"x{6}|0{6}|1234567|abcdef|your|example|placeholder|dummy|changeme|sample|fake|test|\.\.\.", re.IGNORECASE
)

_EMAIL = re.compile(
    r"(?<![\w.%+/@-])([A-Za-z0-9][\w.%+-]{0,63})@((?:[A-Za-z0-9-]{1,63}\.){1,4}[A-Za-z]{2,12})(?![\w@-])"
)
# Domains and top levels that RFC 2606, RFC 6761 and plain habit keep for examples.
_EXAMPLE_TOP = {
    "example",
    "test",
    "invalid",
    "localhost",
    "local",
    "internal",
    "png",
    "jpg",
    "jpeg",
    "svg",
    "webp",
    "gif",
    "js",
    "css",
    "ts",
    "tsx",
    "jsx",
    "json",
    "html",
}
_EXAMPLE_WORDS = (
    "example",
    "domain",
    "company",
    "yourdomain",
    "mysite",
    "website",
    "test",
    "acme",
    "sample",
    "placeholder",
    "demo",
    "email",
    "mail",
    "foo",
    "bar",
    "site",
    "brand",
    "studio",
    "startup",
    "contoso",
    "business",
    "org",
    "fake",
)
# People's mailboxes: an address here belongs to somebody, unless its name is plainly made up.
_MAILBOXES = {
    "gmail.com",
    "googlemail.com",
    "yahoo.com",
    "hotmail.com",
    "outlook.com",
    "live.com",
    "icloud.com",
    "me.com",
    "aol.com",
    "proton.me",
    "protonmail.com",
    "gmx.de",
    "gmx.net",
    "web.de",
    "mail.ru",
    "yandex.ru",
    "qq.com",
    "163.com",
    "126.com",
    "msn.com",
    "comcast.net",
    "fastmail.com",
    "zoho.com",
}
_MADE_UP_NAME = re.compile(
    r"^(?:you|your.{0,20}|me|my.{0,12}|user\d{0,4}|name|first.{0,12}|e?mail|test.{0,12}|demo|hello|hi|hey|info|contact|"
    r"support|help|sales|admin|team|press|jobs|careers|noreply|no-reply|someone|somebody|anyone|person|foo|bar|"
    r"j(?:ohn|ane)?[._-]?(?:doe|smith)\d{0,4}|jane|john|alice|bob|alex|sam|student|guest|fake.{0,12}|example.{0,12})$",
    re.IGNORECASE,
)
# International form, or the North American one with its punctuation; bare runs of digits are not telephone numbers.
_PHONE = re.compile(
    r"(?<![\w.+/#-])(\+[1-9]\d{0,2}[ .-]?(?:\(\d{1,4}\)[ .-]?)?\d{2,4}(?:[ .-]\d{2,4}){1,4}|\+[1-9]\d{9,13}"
    r"|\([2-9]\d{2}\) ?\d{3}-\d{4}|[2-9]\d{2}-\d{3}-\d{4})(?![\w-])"
)
_CARD = re.compile(r"(?<![\w.-])(?:\d{4}[ -]){3}\d{4}(?![\w.-])")
# Numbers that schemes print on sample cards.
_SAMPLE_CARDS = {
    "4242424242424242",
    "4111111111111111",
    "5555555555554444",
    "1234567812345678",
    "1234567890123456",
}


def find(text: str) -> Iterator[Leak]:
    """Yield each leak in `text`. Placeholders, sample numbers and example domains are let through."""
    lines = _Lines(text)
    for what, pattern in _SECRETS:
        for match in pattern.finditer(text):
            found = match.group()
            if _PLACEHOLDER.search(found[:400]) or _monotone(found):
                continue
            yield Leak(Kind.SECRET, what, found[:8] + "\u2026", lines.of(match.start()))
    # An address needs an @; without one the pattern would still look at every word.
    if "@" in text:
        for match in _EMAIL.finditer(text):
            if _real_address(match.group(1), match.group(2)):
                name = match.group(1)
                yield Leak(
                    Kind.EMAIL,
                    "an e-mail address",
                    f"{name[:2]}\u2026@{match.group(2)}",
                    lines.of(match.start()),
                )
    for match in _PHONE.finditer(text):
        if _real_number(match.group()):
            yield Leak(
                Kind.PHONE, "a telephone number", match.group()[:6] + "\u2026", lines.of(match.start())
            )
    for match in _CARD.finditer(text):
        digits = re.sub(r"\D", "", match.group())
        if digits not in _SAMPLE_CARDS and len(set(digits)) > 4 and _luhn(digits):
            yield Leak(Kind.CARD, "a payment card number", digits[:4] + "\u2026", lines.of(match.start()))


class _Lines:
    """Line numbers of offsets, counted forward from the last one asked for."""

    def __init__(self, text: str) -> None:
        self._text, self._at, self._line = text, 0, 1

    def of(self, offset: int) -> int:
        if offset < self._at:
            self._at, self._line = 0, 1
        self._line += self._text.count("\n", self._at, offset)
        self._at = offset
        return self._line


def _monotone(found: str) -> bool:
    """Real keys are random: fewer than eight different characters is somebody's placeholder."""
    return not found.startswith("-----") and len(set(found[6:])) < 8


def _real_address(name: str, domain: str) -> bool:
    domain = domain.lower()
    labels = domain.split(".")
    if labels[-1] in _EXAMPLE_TOP or domain in {"x.com", "y.com", "a.com", "b.com"}:
        return False
    if _MADE_UP_NAME.match(name):
        return False
    if domain in _MAILBOXES:
        return True
    if any(word in label for label in labels[:-1] for word in _EXAMPLE_WORDS):
        return False
    # Package references (react@18.2.0 fails the pattern; lib@next.js does not get here) and brands made up for a page
    # cannot be told from real firms, so only a personal-looking name (with a dot or a digit) counts.
    return bool(re.search(r"[._]|\d", name))


def _real_number(found: str) -> bool:
    digits = re.sub(r"\D", "", found)
    if not 10 <= len(digits) <= 15:
        return False
    # 555-01xx is kept for fiction, runs and repeats are plainly made up; so are Ofcom's 7700 900xxx and 01632.
    fiction = (
        "555",
        "1234567",
        "0123456",
        "2345678",
        "987654",
        "7700900",
        "1632960",
        "000000",
        "111111",
        "999999",
    )
    return len(set(digits)) >= 5 and not any(part in digits for part in fiction)


def _luhn(digits: str) -> bool:
    """ISO/IEC 7812-1 check digit."""
    total = 0
    for place, char in enumerate(reversed(digits)):
        value = int(char) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0
