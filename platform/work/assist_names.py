"""Takes names of models and vendors out of the in-task model's answers: asked who it is, it tells nobody (I9). Pure.

Where a page may say "Gemini" of a star, an answer may not: it may be asked to write its name as a page. What the task's
prompt or its pages say already tells nothing and stays. An answer can still be made to tell in ways that no list of
names finds; nothing in it is proof of who speaks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from protect import identity
from protect.neutral import Neutral, resolved, taken_out
from work.assist_answer import Block
from work.assist_endpoints import Endpoint

# Families of models, by which a model calls itself; in pages they are everyday words too.
_FAMILIES = ("claude", "gemini", "gpt", "grok", "kimi", "llama", "mistral")


def of_endpoint(endpoint: Endpoint | None) -> tuple[str, ...]:
    """What an endpoint calls its model, with and without the folder it is in; a plain word may be a word of the page."""
    ids = (endpoint.model, *endpoint.answers_as) if endpoint is not None else ()
    names = {part for name in ids for part in (name, name.rpartition("/")[2])}
    return tuple(sorted(name for name in names if len(name) > 3 and not name.isalpha()))


@dataclass(frozen=True, slots=True)
class Hidden:
    """What answers on one task must not tell: `names` besides those known everywhere, but for `known`, in small letters."""

    names: tuple[str, ...]
    known: frozenset[str]

    @classmethod
    def of(cls, own: Sequence[str], *, shown: Iterable[str]) -> Hidden:
        """`own` are further names to take out, `shown` the texts whose names the person has read."""
        names = (*own, *_FAMILIES)
        found = (word.text.lower() for text in shown for word in identity.find(text, names, hints=False))
        return cls(names, frozenset(found))


class Nameless:
    """One answer, freed from names as it comes: the same name becomes the same word throughout."""

    def __init__(self, hidden: Hidden, *, beside: str) -> None:
        """Words of `beside` are never put in a name's place."""
        self._hidden, self._neutral = hidden, Neutral(beside)

    def without(self, text: str) -> str:
        """`text` in as many lines, without the names."""
        return self._taken_out(text)[0]

    def clear(self, blocks: Iterable[Block]) -> bool:
        """Take the names out of blocks, their paths included; whether there were any."""
        found = False
        for block in blocks:
            parts = [block.info, block.heading, "\n".join(block.lines)]
            cleared = [self._taken_out(part) for part in parts]
            block.info, block.heading = cleared[0][0], cleared[1][0]
            if block.lines:
                block.lines = cleared[2][0].split("\n")
            found = found or any(told for _, told in cleared)
        return found

    def _taken_out(self, text: str) -> tuple[str, dict[str, str]]:
        names, known = self._hidden.names, self._hidden.known
        return taken_out(resolved(text, names), names, self._neutral, known=known)
