"""Plain words in place of the names of models and vendors: of the same length and case, the same for the same name. Pure.

A name is cut into atoms (chat|gpt, open|ai), and each atom becomes one word throughout a file set. So `data-open-ai`
still is `dataset.openAi`, `GPT-5` in small letters still is `gpt-5`, and two names stay two names: versions are kept.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from protect import identity

# Longest first, so that a run is cut at its greatest parts.
_ATOMS = sorted(
    [
        "chat",
        "gpt",
        "open",
        "ai",
        "deep",
        "seek",
        "mind",
        "mistral",
        "mixtral",
        "codestral",
        "devstral",
        "qwen",
        "coder",
        "llama",
        "code",
        "perplexity",
        "hugging",
        "face",
        "grok",
        "kimi",
        "moonshot",
        "zhipu",
        "glm",
        "minimax",
        "github",
        "copilot",
        "star",
        "wizard",
        "doubao",
        "ernie",
        "bot",
        "yi",
        "lightning",
        "vertex",
        "amazon",
        "bedrock",
        "claude",
        "anthropic",
        "opus",
        "sonnet",
        "haiku",
        "instant",
        "google",
        "gemini",
        "gemma",
        "bard",
        "nova",
        "meta",
        "cohere",
        "command",
        "labs",
        "phi",
        "oss",
        "image",
    ],
    key=len,
    reverse=True,
)
# Words that stand beside a name without being part of it.
_KEPT = {"by", "with", "from", "via", "using"}
_WORDS = {
    1: "m k u w v j",
    2: "up it so we on do",
    3: "lab kit hub sky oak elm fig bay",
    4: "tool pine leaf moss fern reed cove dune",
    5: "maker craft maple cedar brook grove delta amber",
    6: "studio meadow harbor willow garden lagoon canyon summit",
    7: "builder creator lantern harvest orchard prairie",
    8: "workshop mountain woodland shoreway fountain",
    9: "assistant architect riverbank hillcrest",
}
_CONSONANTS, _VOWELS = "bdfklmnprstvz", "aeiou"
_RUN = re.compile(r"[A-Za-z]+")
_HUMP = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+")


class Neutral:
    """Chooses words for one file set, of which `text` is all there is: a word that it has already is never taken."""

    def __init__(self, text: str) -> None:
        self._text = text.lower()
        self._chosen: dict[str, str] = {}

    def of(self, name: str) -> str:
        """`name` in neutral words, as long as it was."""
        return _RUN.sub(lambda run: "".join(map(self._hump, _HUMP.findall(run.group()))), name)

    def _hump(self, hump: str) -> str:
        if hump.lower() in _KEPT:
            return hump
        neutral = "".join(map(self._atom, _cut(hump.lower())))
        return "".join(new.upper() if old.isupper() else new for old, new in zip(hump, neutral, strict=True))

    def _atom(self, atom: str) -> str:
        if atom not in self._chosen:
            self._chosen[atom] = self._free(len(atom))
        return self._chosen[atom]

    def _free(self, length: int) -> str:
        taken = set(self._chosen.values())
        for word in _WORDS.get(length, "").split():
            if word not in taken and (length < 3 or word not in self._text):
                return word
        n = 0
        while (word := _made(n, length)) in taken or (length > 2 and word in self._text):
            n += 1
        return word


def taken_out(
    text: str, names: Sequence[str], neutral: Neutral, *, known: Collection[str] = ()
) -> tuple[str, dict[str, str]]:
    """`text` with neutral words in place of names of models and vendors, and which word stands for which name.

    `names` are further ones, see `identity.own_names`; those in `known`, in small letters, stay. Embedded binary data is
    left as it is.
    """
    binary = [match.span() for match in identity.BINARY.finditer(text)]
    replaced: dict[str, str] = {}
    parts, at = [], 0
    for start, end in identity.spans(text, names):
        name = text[start:end]
        if name.lower() in known or any(first <= start < last for first, last in binary):
            continue
        replaced[name] = neutral.of(name)
        parts += [text[at:start], replaced[name]]
        at = end
    return "".join([*parts, text[at:]]), replaced


def resolved(text: str, names: Sequence[str]) -> str:
    """`text`; with its escapes resolved only if a name hides in them."""
    plain = identity.unescaped(text)
    if plain == text or len(identity.spans(plain, names)) <= len(identity.spans(text, names)):
        return text
    return plain


def _cut(run: str) -> list[str]:
    """`run` as atoms; what is none stays whole."""
    parts, at = [], 0
    while at < len(run):
        atom = next((atom for atom in _ATOMS if run.startswith(atom, at)), None)
        if atom is None:
            return [run]
        parts.append(atom)
        at += len(atom)
    return parts


def _made(n: int, length: int) -> str:
    """The n-th word of `length` letters that can be spoken, more or less."""
    letters = []
    for place in range(length):
        n, letter = divmod(n + 3 * place, len(_VOWELS if place % 2 else _CONSONANTS))
        letters.append((_VOWELS if place % 2 else _CONSONANTS)[letter])
    return "".join(letters)
