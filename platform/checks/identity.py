"""Words that tell which model or vendor made a page. A blind vote needs pages without them.

Matched as whole words without regard to case. Words with an everyday meaning (gemini, opus, phi, nova, mistral,
meta, command) count only beside a word or number that makes them a model's name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

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
    r"claude[\s_-]?(?:\d(?:\.\d{1,2})?|opus|sonnet|haiku|code|instant|ai)",
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
_WORDS = re.compile(r"(?<![a-z0-9])(?:" + "|".join((*_PLAIN, *_IN_COMPANY)) + r")(?![a-z0-9])", re.IGNORECASE)
_SPEECH = re.compile(r"(?<![a-z0-9])(?:" + "|".join(_PHRASES) + r")(?![a-z0-9])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Word:
    """A telling word: `text` as it stands, its `line` (from 1), and whether it `names` a model or only hints."""

    text: str
    line: int
    names: bool


def find(text: str, extra: tuple[str, ...] = ()) -> Iterator[Word]:
    """Yield every telling word of `text` in order of kind and place. `extra` are a project's own model names."""
    patterns = [(_WORDS, True), (_SPEECH, False)]
    if chosen := [re.escape(word) for word in extra if len(word) >= 3]:
        own = re.compile(r"(?<![a-z0-9])(?:" + "|".join(chosen) + r")(?![a-z0-9])", re.IGNORECASE)
        patterns.append((own, True))
    for pattern, names in patterns:
        line, at = 1, 0
        for match in pattern.finditer(text):
            line += text.count("\n", at, match.start())
            at = match.start()
            yield Word(match.group(), line, names)
