"""The datasheet of a release, by the questions of Gebru et al. (2021), answered from the data. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from exports.markdown import line

if TYPE_CHECKING:
    from exports.card import Facts


def answers(facts: Facts, counts: Mapping[str, Mapping[str, int]]) -> dict[str, str]:
    """Question to answer, in the order of the datasheet. Texts are plain, not escaped."""
    rows = sum(sum(splits.values()) for splits in counts.values())
    kinds = ", ".join(f"{n:,} {name}" for name, n in sorted(facts.frameworks.items()))
    left = sum(facts.dropped.values())
    return {
        "Why was it made?": (f"To train and evaluate models that write front-end code: {facts.summary}"),
        "What is a row?": (
            "A pair of answers to one prompt with the votes of people who compared them blind, or a view of such a "
            f"pair. {rows:,} rows in {len(counts)} configs; {facts.prompts:,} prompts in {facts.clusters:,} clusters"
            + (f" ({kinds})." if kinds else ".")
        ),
        "Is anything missing?": (
            f"{left:,} judged pairs were kept out of training pairs, counted by reason above. Work that reached no "
            "verdict is not in the release."
        ),
        "Who made it?": (
            f"{facts.contributors:,} contributors wrote, {facts.voters:,} voters cast {facts.votes:,} votes on the "
            "pairs that are in. They are named by pseudonyms keyed to this release; roles do not join."
        ),
        "Were they paid, and did they agree?": (
            "Work, reviews and votes are paid by a quote that is fixed when a task is claimed. What stems from people "
            "who withdrew their consent is left out, and a withdrawal withdraws the releases that it touches."
        ),
        "Does it hold personal data?": (
            "Pages pass a check for personal data and secrets before review. Free text of contributors and reviewers "
            "(rationale, feedback, comment) is released as they wrote it."
        ),
        "How was it processed?": (
            "Nothing is edited after review. Pages are rendered as message text by one fixed rule; weights are capped "
            "by prompt cluster and contributor."
        ),
        "What should it be used for?": (
            "The configs say in their rows above. arena shows pages of a rival model and is for "
            "evaluation only. Report results on the test split."
        ),
        "How is it kept up?": (
            "Releases are never changed. A fault is answered by a new version and, where needed, by withdrawal; the "
            "tombstone stays."
        ),
    }


def sheet(facts: Facts, counts: Mapping[str, Mapping[str, int]]) -> str:
    """The datasheet as a section of the card."""
    given = answers(facts, counts)
    return "## Datasheet\n\n" + "\n\n".join(
        f"**{question}** {line(answer)}" for question, answer in given.items()
    )
