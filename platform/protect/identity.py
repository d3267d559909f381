"""Words that tell which model or vendor made a page. A blind vote needs pages without them.

Matched as whole words without regard to case. Words with an everyday meaning (gemini, opus, phi, nova, mistral,
meta, command) count only beside a word or number that makes them a model's name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ahocorasick_rs import BytesAhoCorasick

# A name that is a model's or a vendor's wherever it stands.
_PLAIN = (
    r"chat[\s_-]?gpt",
    r"gpt[\s_-]?(?:[1-9](?:\.\d{1,2})?o?|oss|image)(?:[\s_-](?:mini|nano|turbo|pro|codex|high|low))?",
    r"open[\s_-]?ai",
    r"anthropic",
    r"deep[\s_-]?seek",
    r"deep[\s_-]?mind",
    r"mistral[\s_-]?ai",
    r"mixtral",
    r"codestral",
    r"devstral",
    r"qwen[\s_-]?\d?(?:\.\d{1,2})?(?:[\s_-]coder)?",
    r"llama[\s_-]?[2-9](?:\.\d{1,2})?",
    r"code[\s_-]?llama",
    r"perplexity[\s_-]?ai",
    r"hugging[\s_-]?face",
    r"x\.ai",
    r"grok[\s_-]?\d(?:\.\d{1,2})?",
    r"grok[\s_-]code",
    r"kimi[\s_-]?k\d(?:\.\d{1,2})?",
    r"moonshot[\s_-]?ai",
    r"zhipu(?:[\s_-]?ai)?",
    r"chat[\s_-]?glm",
    r"glm[\s_-]?[3-9](?:\.\d{1,2})?",
    r"minimax[\s_-]?m\d(?:\.\d{1,2})?",
    r"github[\s_-]copilot",
    r"starcoder\d?",
    r"wizard[\s_-]?coder",
    r"doubao",
    r"ernie[\s_-]?bot",
    r"yi[\s_-]?lightning",
    r"vertex[\s_-]?ai",
    r"amazon[\s_-]?bedrock",
)
# A common word, a model's name only with this company.
_IN_COMPANY = (
    r"claude[\s_-]?(?:\d(?:\.\d{1,2})?(?:[\s_-](?:opus|sonnet|haiku))?|(?:opus|sonnet|haiku|code|instant|ai)(?:[\s_-]\d(?:\.\d{1,2})?)?)",
    r"(?:by|with|from|via|using)[\s_-]claude",
    r"(?:opus|sonnet|haiku)[\s_-]?[3-9](?:\.\d{1,2})?",
    r"google[\s_-]gemini",
    r"gemini[\s_-]?(?:\d(?:\.\d{1,2})?|pro|ultra|flash|nano|ai)",
    r"gemma[\s_-]?\d",
    r"google[\s_-]?bard",
    r"mistral[\s_-]?(?:large|medium|small|7b|nemo)",
    r"phi[\s_-]?[2-9](?:\.\d)?[\s_-](?:mini|medium|small|instruct)",
    r"amazon[\s_-]nova",
    r"nova[\s_-](?:pro|lite|micro|premier)[\s_-]v?\d",
    r"meta[\s_-](?:ai|llama)",
    r"cohere[\s_-](?:command|ai|labs)",
    r"command[\s_-]r(?:\+|[\s_-]plus)",
    r"o[134][\s_-](?:mini|preview|pro)",
)
# Phrases in which a page speaks of its machine author.
_PHRASES = (
    r"as an ai (?:language )?model",
    r"(?:generated|created|written|made|built|designed) (?:by|with|using) (?:an? )?(?:ai|llm|language model)",
    r"ai[\s_-]generated",
    r"language model",
)
# Every name above, without separators, has one of these in it: most texts have none, and are not searched further.
_CLUES = BytesAhoCorasick([clue.encode() for clue in (
    "gpt", "openai", "anthropic", "deepseek", "deepmind", "mistral", "mixtral", "codestral", "devstral", "qwen", "llama",
    "perplexityai", "huggingface", "x.ai", "grok", "kimik", "moonshotai", "zhipu", "chatglm", "minimaxm", "githubcopilot",
    "starcoder", "wizardcoder", "doubao", "erniebot", "yilightning", "vertexai", "amazonbedrock", "claude", "sonnet",
    "haiku", "gemini", "gemma", "googlebard", "amazonnova", "novapro", "novalite", "novamicro", "novapremier", "metaai",
    "coherecommand", "cohereai", "coherelabs", "commandr+", "commandrplus",
    *(f"o{n}{kind}" for n in "134" for kind in ("mini", "preview", "pro")),
    *(f"{name}{n}" for name, numbers in (("glm", "3456789"), ("phi", "23456789"), ("opus", "3456789")) for n in numbers),
)])  # fmt: skip
_HINT_CLUES = BytesAhoCorasick(
    [b"languagemodel", b"asanai", b"generated", b"created", b"written", b"made", b"built", b"designed"]
)
_SEPARATORS = b" \t\n\r\f\v_-"
# A name ends where letters and digits end, or where a new word begins in camelCase.
_BEGIN = r"(?:(?<![a-z0-9])|(?-i:(?<=[a-z0-9])(?=[A-Z])))"
_END = r"(?:(?![a-z0-9])|(?-i:(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])))"


def _compiled(parts: Iterable[str]) -> re.Pattern[str]:
    return re.compile(f"{_BEGIN}(?:{'|'.join(parts)}){_END}", re.IGNORECASE)


_WORDS = _compiled((*_PLAIN, *_IN_COMPANY))
_SPEECH = _compiled(_PHRASES)
# Vendors whose names are everyday words: a page may well speak of a map, a phone or a shop of theirs.
_EVERYDAY = {
    "google",
    "meta",
    "apple",
    "amazon",
    "microsoft",
    "alibaba",
    "tencent",
    "baidu",
    "nvidia",
    "x",
    "xai",
}
_LEAST, _LEAST_WORD = 4, 7


@dataclass(frozen=True, slots=True)
class Word:
    """A telling word: `text` as it stands, its `line` (from 1), and whether it `names` a model or only hints."""

    text: str
    line: int
    names: bool


def find(text: str, extra: Sequence[str] = (), *, hints: bool = True) -> Iterator[Word]:
    """Yield every telling word of `text` in order of kind and place. `extra` are further names, see `own_names`.

    Names written in escapes (`&#71;PT-5`, `\\u0047PT-5`) are found as what they stand for.
    """
    if "base64," in text:
        text = BINARY.sub("", text)
    seen = set()
    for word in _as_written(text, extra, hints):
        seen.add(word.text)
        yield word
    if (plain := unescaped(text)) != text:
        yield from (word for word in _as_written(plain, extra, hints) if word.text not in seen)


def _as_written(text: str, extra: Sequence[str], hints: bool) -> Iterator[Word]:
    for pattern, names in _patterns(text, extra, hints):
        line, at = 1, 0
        for match in pattern.finditer(text):
            line += text.count("\n", at, match.start())
            at = match.start()
            yield Word(match.group(), line, names)


def names_in(files: Mapping[str, str], extra: Sequence[str] = ()) -> dict[str, list[str]]:
    """Each name of a model or vendor in `files`, in small letters, and the places that have it: `path:line` or `path`."""
    found: dict[str, list[str]] = {}
    for path, text in files.items():
        for word in find(path, extra, hints=False):
            found.setdefault(word.text.lower(), []).append(path)
        for word in find(text, extra, hints=False):
            found.setdefault(word.text.lower(), []).append(f"{path}:{word.line}")
    return found


def own_names(models: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """The names to look for besides the known ones, of registered models given as (name, vendor)."""
    wanted = {part.strip() for pair in models for part in pair}
    return tuple(sorted(name for name in wanted if _tells(name)))


def _tells(name: str) -> bool:
    """Whether a registered name is told by its letters: a short plain word ("rival") may stand in any page."""
    return len(name) >= (_LEAST_WORD if name.isalpha() else _LEAST) and name.lower() not in _EVERYDAY


def spans(text: str, extra: Sequence[str] = ()) -> list[tuple[int, int]]:
    """Where names of models and vendors stand in `text`: (start, end), in order, none overlapping another."""
    found = sorted(
        match.span() for pattern, _ in _patterns(text, extra, False) for match in pattern.finditer(text)
    )
    apart: list[tuple[int, int]] = []
    for start, end in found:
        if not apart or start >= apart[-1][1]:
            apart.append((start, end))
        else:
            apart[-1] = (apart[-1][0], max(end, apart[-1][1]))
    return apart


# Letters that mean nothing: now and then they spell a name.
BINARY = re.compile(r"data:[\w/+.-]{0,100};base64,[A-Za-z0-9+/=]+")
_ESCAPES = re.compile(
    r"&#(\d{2,6});|&#[xX]([0-9a-fA-F]{2,5});|\\u\{([0-9a-fA-F]{2,5})\}|\\u00([0-7][0-9a-fA-F])|\\x([0-7][0-9a-fA-F])"
)


def unescaped(text: str) -> str:
    """`text` with those escapes resolved that stand for a letter, a digit or a sign between them."""
    if "&#" not in text and "\\" not in text:
        return text
    return _ESCAPES.sub(_resolved, text)


def _resolved(match: re.Match[str]) -> str:
    decimal, *hexadecimal = match.groups()
    code = int(decimal) if decimal else int(next(filter(None, hexadecimal)), 16)
    char = chr(code) if code < 128 else ""
    return char if char.isalnum() or (char in "-_. " and char) else match.group()


def _joined(text: str) -> bytes:
    return text.lower().encode(errors="replace").translate(None, _SEPARATORS)


def _patterns(text: str, extra: Sequence[str], hints: bool) -> Iterator[tuple[re.Pattern[str], bool]]:
    joined = _joined(text)
    if _CLUES.find_matches_as_indexes(joined):
        yield _WORDS, True
    if hints and _HINT_CLUES.find_matches_as_indexes(joined):
        yield _SPEECH, False
    own = [name for name in extra if _joined(name) in joined]
    if own:
        yield _compiled(re.escape(name) for name in own), True
