"""The card of a release: README.md with Hub front matter and a datasheet from counts. Pure.

Wording: a scan says "no match by these rules at these thresholds", never that data are free of overlap.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from exports.columns import CONFIGS
from exports.writers import WrittenFile

ABOUT_CONFIG = {
    "default": "One row per pair or written page with all that is known: files, rights, votes, labels, weights, checks.",
    "preference": "`prompt`, `chosen`, `rejected` as message lists, and `margin`: DPO and reward training.",
    "kto": "`prompt`, `completion`, `label`: unpaired preference training. Both sides of every pair, and written pages.",
    "sft": "`prompt`, `completion`: supervised training on the chosen side and on written pages.",
    "edit": "`context`, `original_response`, `edited_response`, `feedback`, `change_summary`: learning to edit.",
}
_TRAINERS = {
    "preference": ("DPOTrainer", "DPOConfig"),
    "kto": ("KTOTrainer", "KTOConfig"),
    "sft": ("SFTTrainer", "SFTConfig"),
}
_SIZES = [
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"),
]


@dataclass(frozen=True, slots=True)
class Interval:
    """A rate with its interval and what it was measured on."""

    label: str
    rate: float
    low: float
    high: float
    n: int
    method: str


@dataclass(frozen=True, slots=True)
class Scan:
    """One protected set and what the scan of this release against it found."""

    name: str
    version: str
    items: int
    matches: int


@dataclass(frozen=True, slots=True)
class Facts:
    """What the card is filled from. `licences`, `frameworks`, `tags`, `rights`, `dropped`: name -> rows."""

    name: str
    version: str
    summary: str
    licence: str  # SPDX id, or "other"
    target: str
    rival: str
    prompts: int
    clusters: int
    contributors: int
    voters: int
    votes: int
    frameworks: Mapping[str, int]
    licences: Mapping[str, int]
    rights: Mapping[str, int]
    dropped: Mapping[str, int]
    checks: Mapping[str, Mapping[str, int]] = field(default_factory=dict)  # check -> outcome -> submissions
    win_rates: Sequence[Interval] = ()
    scans: Sequence[Scan] = ()
    notes: Sequence[str] = ()


def card(facts: Facts, files: Iterable[WrittenFile], *, rules: Sequence[str] = ()) -> str:
    """README.md. `rules`: the protected-set rules with their thresholds, in words."""
    data = [file for file in files if file.format == "parquet"]
    counts = {
        config: {
            split: sum(f.rows for f in data if (f.config, f.split) == (config, split))
            for split in _splits(data, config)
        }
        for config in CONFIGS
    }
    counts = {config: splits for config, splits in counts.items() if splits}
    return (
        "\n\n".join(
            [
                _front_matter(facts, counts),
                f"# {_line(facts.name)} {_line(facts.version)}\n\n{_line(facts.summary)}",
                _contents(counts),
                _use(counts),
                _made(facts),
                _measured(facts),
                _protected(facts, rules),
                _rights(facts),
                _limits(facts),
            ]
        )
        + "\n"
    )


def _splits(data: Sequence[WrittenFile], config: str) -> list[str]:
    found = {file.split for file in data if file.config == config}
    return sorted(found, key=lambda split: (split != "train", split))


def _front_matter(facts: Facts, counts: Mapping[str, Mapping[str, int]]) -> str:
    rows = sum(counts.get("default", {}).values()) or max(
        (sum(c.values()) for c in counts.values()), default=0
    )
    size = next((name for limit, name in _SIZES if rows < limit), "n>10M")
    lines = [
        "---",
        f"pretty_name: {_yaml(f'{facts.name} {facts.version}')}",
        f"license: {_yaml(facts.licence.lower())}",
    ]
    lines += [
        "language:",
        "- en",
        "size_categories:",
        f"- {_yaml(size)}",
        "task_categories:",
        "- text-generation",
    ]
    lines += ["tags:", "- preference", "- front-end", "- code", "configs:"]
    for config, splits in counts.items():
        lines += [f"- config_name: {config}"]
        lines += ["  default: true"] if config == "default" else []
        lines += ["  data_files:"]
        for split in splits:
            lines += [f"  - split: {split}", f"    path: {_yaml(f'data/{config}/{split}-*.parquet')}"]
    return "\n".join([*lines, "---"])


def _contents(counts: Mapping[str, Mapping[str, int]]) -> str:
    splits = sorted({split for rows in counts.values() for split in rows}, key=lambda s: (s != "train", s))
    rows = [[f"`{config}`", *(f"{counted.get(split, 0):,}" for split in splits), ABOUT_CONFIG[config]]
            for config, counted in counts.items()]  # fmt: skip
    return (
        "## Contents\n\n"
        + _table(["config", *splits, "what a row is"], rows, numbers=len(splits))
        + (
            "\n\nEvery config is there as Parquet and as JSON lines with the same rows. `MANIFEST.json` lists each file with "
            "its rows, size and SHA-256; `sha256sum --check SHA256SUMS` verifies them. A row with `pair_type` `written` is a "
            "page written from scratch: it won its blind comparison with the rival's page, which may not be trained on, so "
            "it has no rejected side."
        )
    )


def _use(counts: Mapping[str, Mapping[str, int]]) -> str:
    parts = ["## Use", "```python\nfrom datasets import load_dataset\n\n"
             + "\n".join(f'{config} = load_dataset("path/to/this/folder", "{config}")' for config in counts) + "\n```"]  # fmt: skip
    for config, (trainer, settings) in _TRAINERS.items():
        if config in counts:
            held_out = f', eval_dataset={config}["test"]' if "test" in counts[config] else ""
            parts.append(
                f"```python\nfrom trl import {settings}, {trainer}\n\n"
                f'{trainer}(model="your/model", args={settings}(output_dir="out"), '
                f'train_dataset={config}["train"]{held_out}).train()\n```'
            )
    if "sft" in counts:
        parts.append(
            "Trainers that want one `messages` column:\n\n```python\n"
            'messages = sft.map(lambda row: {"messages": row["prompt"] + row["completion"]}, '
            'remove_columns=["prompt", "completion"])\n```'
        )
    return "\n\n".join(parts)


def _made(facts: Facts) -> str:
    kinds = "; ".join(f"{_line(name)}: {count:,}" for name, count in sorted(facts.frameworks.items()))
    dropped = _table(
        ["left out because", "rows"], [[_line(why), f"{n:,}"] for why, n in sorted(facts.dropped.items())]
    )
    return (
        "## How it was made\n\n"
        f"People refined what {_line(facts.target)} wrote for a prompt until it could stand against {_line(facts.rival)}. "
        "Automatic checks and reviewers looked at each refinement; other people, who saw neither names nor authors, "
        "compared it. "
        f"{facts.prompts:,} prompts in {facts.clusters:,} clusters ({kinds}), {facts.contributors:,} contributors, "
        f"{facts.votes:,} votes by {facts.voters:,} voters. Contributors are named by pseudonyms that differ between "
        "releases.\n\n"
        "Splits follow a hash of the prompt cluster, so near-equal prompts are never on both sides, and no contributor "
        "is on both sides." + (f"\n\n{dropped}" if facts.dropped else "\n\nNo row was left out.")
    )


def _measured(facts: Facts) -> str:
    parts = ["## What was measured"]
    if facts.win_rates:
        rows = [
            [_line(r.label), f"{r.rate:.1%}", f"{r.low:.1%} to {r.high:.1%}", f"{r.n:,}", _line(r.method)]
            for r in facts.win_rates
        ]
        parts.append(_table(["win rate", "rate", "95% interval", "n", "method"], rows, numbers=3))
        parts.append("Ties and both-bad count half a win.")
    else:
        parts.append("No win rate was measured for this release.")
    parts.append(
        "`soft_label` is (w + .5) / (n + 1) with w votes for chosen (a tie counts half) of n; `margin` is "
        "2 x `soft_label` - 1; `weight` is |`margin`| x min(n, 5) / 5, capped at 1 a cluster and at 5% a contributor "
        "where there are contributors enough. `votes_from` names the blind pair that the votes judged."
    )
    if facts.checks:
        outcomes = sorted({outcome for counted in facts.checks.values() for outcome in counted})
        rows = [[f"`{_line(check)}`", *(f"{counted.get(outcome, 0):,}" for outcome in outcomes)]
                for check, counted in sorted(facts.checks.items())]  # fmt: skip
        parts.append(_table(["check", *map(_line, outcomes)], rows))
    return "\n\n".join(parts)


def _protected(facts: Facts, rules: Sequence[str]) -> str:
    head = "## Protected benchmarks\n\n"
    if not facts.scans:
        return (
            head
            + "This release was scanned against no protected benchmark set. Nothing is claimed about overlap."
        )
    rows = []
    for scan in facts.scans:
        result = (
            f"{scan.matches:,} matches" if scan.matches else "no match by these rules at these thresholds"
        )
        rows.append([f"{_line(scan.name)} {_line(scan.version)}", f"{scan.items:,}", result])
    listed = "\n".join(f"- {_line(rule)}" for rule in rules)
    return (
        head + _table(["set", "items", "result"], rows, numbers=1) + (f"\n\nRules:\n{listed}" if rules else "")
        + "\n\nThe rules are lexical: they miss paraphrases and translations."
    )  # fmt: skip


def _rights(facts: Facts) -> str:
    sources = _table(
        ["licence of the prompt", "rows"], [[_line(n), f"{c:,}"] for n, c in sorted(facts.licences.items())]
    )
    uses = _table(
        ["sides", "rows"], [[_line(name), f"{count:,}"] for name, count in sorted(facts.rights.items())]
    )
    return f"## Rights\n\nEach row names its source and licence and what each side may be used for.\n\n{sources}\n\n{uses}"


def _limits(facts: Facts) -> str:
    notes = [
        "A verdict is the preference of the voters of this project; it is not a measure of every quality of a page.",
        "Tune on `train` and report on `test`; the held-out prompts and contributors are there for that.",
        *map(_line, facts.notes),
    ]
    return "## Limits\n\n" + "\n".join(f"- {note}" for note in notes)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], numbers: int | None = None) -> str:
    right = set(range(1, 1 + numbers)) if numbers is not None else set(range(1, len(head)))
    rule = "|".join("---:" if at in right else "---" for at in range(len(head)))
    return "\n".join([f"| {' | '.join(head)} |", f"|{rule}|", *(f"| {' | '.join(row)} |" for row in rows)])


def _line(text: str) -> str:
    """Text from people on one line, with the signs that would break a table, a heading or open a tag escaped."""
    flat = " ".join(text.split())
    for sign in "\\|<>`*_[]":
        flat = flat.replace(sign, "\\" + sign)
    return flat


def _yaml(text: str) -> str:
    """A YAML string: JSON's strings are YAML's."""
    return json.dumps(text, ensure_ascii=False)
