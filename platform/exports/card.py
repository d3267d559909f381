"""The card of a release: README.md with Hub front matter and a datasheet from counts. Pure.

Wording: a scan says "no match by these rules at these thresholds", never that data are free of overlap.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from exports import datasheet, trainers, versions
from exports.length import LengthReport
from exports.manifest import rows_by_config
from exports.markdown import line as _line
from exports.markdown import table as _table
from exports.measuring import Agreement, Climb, Interval
from exports.proof import CERTIFICATE
from exports.scanning import Scan
from exports.splits import in_order
from exports.versions import Changes
from exports.writers import WrittenFile
from protect import canaries

ABOUT_CONFIG = {
    "default": "One row per pair or written page with all that is known: files, rights, votes, labels, weights, checks.",
    "preference": "`prompt`, `chosen`, `rejected` as message lists, and `margin`: DPO and reward training.",
    "preference_implicit": "`chosen`, `rejected` as whole conversations, and `margin`: the same pairs for trainers that want no `prompt`.",
    "kto": "`prompt`, `completion`, `label`: unpaired preference training. Both sides of every pair, and written pages.",
    "sft": "`prompt`, `completion`: supervised training on the chosen side and on written pages.",
    "edit": "`context`, `original_response`, `edited_response`, `feedback`, `change_summary`: learning to edit.",
    "feedback": "One review in words: `context`, `response`, `feedback`, with its decision; earlier rounds too.",
    "arena": "One blind vote: `model_a`, `model_b`, `winner`, both conversations. For evaluation only: it shows the rival's pages.",
    "raw_annotations": "One vote or review as it was given, by pseudonym: for agreement and annotator models.",
    "hard_negatives": "`prompt`, `completion`, `label` false: refinements that lost or tied, with the reason.",
}
_USES = {"train": "may be trained on", "eval_only": "for evaluation only", "none": "no use"}
_SIZES = [
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"),
]


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
    climb: Climb | None = None
    agreement: Agreement | None = None
    length: LengthReport | None = None
    scan: Scan | None = None
    notes: Sequence[str] = ()
    tags: Sequence[str] = ()
    configs: Sequence[str] = ()  # those that the recipe asks for
    formats: Sequence[str] = ("parquet", "jsonl")
    changes: Changes | None = None
    models: Sequence[Mapping[str, Any]] = ()  # target and rival: model, role, vendor, use, terms
    overrides: Sequence[Mapping[str, Any]] = ()  # of terms by a lead: model, use, reason, by, at


def card(facts: Facts, files: Iterable[WrittenFile], *, rules: Sequence[str] = ()) -> str:
    """README.md. `rules`: the protected-set rules with their thresholds, in words."""
    data = [file for file in files if file.config]
    counts = rows_by_config(data)
    return (
        "\n\n".join(
            [
                _front_matter(facts, counts),
                f"# {_line(facts.name)} {_line(facts.version)}\n\n{_line(facts.summary)}",
                _contents(facts, counts),
                trainers.snippets(facts.name, counts, data),
                _made(facts),
                _measured(facts),
                _protected(facts, rules),
                _rights(facts),
                datasheet.sheet(facts, counts),
                versions.section(facts.version, facts.changes),
                _limits(facts),
            ]
        )
        + "\n"
    )


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
    tags = sorted({"preference", "front-end", "code", *(tag.lower() for tag in facts.tags)})
    lines += ["tags:", *(f"- {_yaml(tag)}" for tag in tags), "configs:"]
    suffix = "parquet" if "parquet" in facts.formats else "jsonl"
    for config, splits in counts.items():
        lines += [f"- config_name: {config}"]
        lines += ["  default: true"] if config == "default" else []
        lines += ["  data_files:"]
        for split in splits:
            lines += [f"  - split: {split}", f"    path: {_yaml(f'data/{config}/{split}-*.{suffix}')}"]
    return "\n".join([*lines, "---"])


def _contents(facts: Facts, counts: Mapping[str, Mapping[str, int]]) -> str:
    splits = in_order({split for rows in counts.values() for split in rows})
    rows = [[f"`{config}`", *(f"{counted.get(split, 0):,}" for split in splits), ABOUT_CONFIG[config]]
            for config, counted in counts.items()]  # fmt: skip
    empty = [f"`{config}`" for config in facts.configs if config not in counts]
    return (
        "## Contents\n\n"
        + _table(["config", *splits, "what a row is"], rows, numbers=len(splits))
        + (
            (f"\n\nAsked for and without a row in this release: {', '.join(empty)}." if empty else "")
            + "\n\nEvery config is there as "
            + " and as ".join({"parquet": "Parquet", "jsonl": "JSON lines"}[name] for name in facts.formats)
            + (" with the same rows" if len(facts.formats) > 1 else "")
            + ". `MANIFEST.json` lists each file with "
            "its rows, size and SHA-256; `sha256sum --check SHA256SUMS` verifies them. A row with `pair_type` `written` is a "
            "page written from scratch: it won its blind comparison with the rival's page, which may not be trained on, so "
            "it has no rejected side."
        )
    )


def _made(facts: Facts) -> str:
    kinds = "; ".join(f"{_line(name)}: {count:,}" for name, count in sorted(facts.frameworks.items()))
    dropped = (
        "Kept out of every pair, by the first reason that holds; the other configs name the reason of each row:\n\n"
        + _table(
            ["left out because", "rows"], [[_line(why), f"{n:,}"] for why, n in sorted(facts.dropped.items())]
        )
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
        parts += [_rates(facts.win_rates), "Ties and both-bad count half a win."]
    else:
        parts.append("No win rate was measured for this release.")
    if facts.climb is not None:
        parts.append(_climb(facts.climb))
    if facts.length is not None:
        parts.append(_length(facts.length))
    if facts.agreement is not None:
        parts.append(_agreement(facts.agreement))
    parts.append(
        "`soft_label` is (w + .5) / (n + 1) with w votes for chosen (a tie counts half) of n; `margin` is "
        "2 x `soft_label` - 1; `weight` is |`margin`| x min(n, 5) / 5, capped at 1 a cluster and at 5% a contributor "
        "where there are contributors enough. `votes_from` names the blind pair that the votes judged."
    )
    if facts.checks:
        outcomes = sorted({outcome for counted in facts.checks.values() for outcome in counted})
        rows = [[f"`{_line(check)}`", *(f"{counted.get(outcome, 0):,}" for outcome in outcomes)]
                for check, counted in sorted(facts.checks.items())]  # fmt: skip
        parts.append("### Checks\n\n" + _table(["check", *map(_line, outcomes)], rows))
    return "\n\n".join(parts)


def _rates(rates: Iterable[Interval]) -> str:
    rows = [
        [_line(r.label), f"{r.rate:.1%}", f"{r.low:.1%} to {r.high:.1%}", f"{r.n:,}", _line(r.method)]
        for r in rates
    ]
    return _table(["win rate", "rate", "95% interval", "n", "method"], rows, numbers=3)


def _climb(climb: Climb) -> str:
    parts = ["### The honest climb"]
    measured = [each for each in (climb.held_out, climb.train) if each is not None]
    if measured:
        parts.append(_rates(measured))
    if climb.held_out is None:
        parts.append(
            "(b) is not measured: nobody voted on held-out prompts alone. (a) without (b) is no headline."
        )
    elif climb.gap is not None:
        parts.append(
            f"The headline is (b). The gap (a) - (b) is {100 * climb.gap:+.1f} points: how much of (a) belongs to the "
            "prompts and voters that everybody tuned for."
        )
    passed, checked = climb.checks_passed
    if checked:
        parts.append(f"(c) {passed:,} of {checked:,} released submissions pass every check without a remark.")
    if climb.rubric:
        rows = [[_line(name), f"{mean:+.2f}", f"{n:,}"] for name, (mean, n) in climb.rubric.items()]
        parts.append(_table(["(c) criterion, mean for the refined page (-3 to 3)", "mean", "votes"], rows))
    return "\n\n".join(parts)


def _length(report: LengthReport) -> str:
    rows = []
    if report.longer is not None and report.median_log_ratio is not None:
        rows += [
            ["pairs whose chosen side is longer", f"{report.longer:.1%}"],
            ["median log ratio, chosen over rejected", f"{report.median_log_ratio:+.3f}"],
        ]
    if report.baseline is not None:
        rows.append(["votes foretold by length alone (prefer the longer page)", f"{report.baseline:.1%}"])
    if report.slope is not None:
        fit = report.slope
        rows.append(
            [f"length coefficient for one deviation ({fit.deviation:.2f}) of the log ratio, {fit.votes:,} votes",
             f"{fit.coefficient:+.3f} ({fit.low:+.3f} to {fit.high:+.3f})"]
        )  # fmt: skip
    if not rows:
        return "### Length\n\nThere is nothing to measure length on."
    note = "" if report.slope is not None else "\n\nThe votes do not fix a length coefficient."
    return "### Length\n\nIn bytes of the files.\n\n" + _table(["measure", "value"], rows) + note


def _agreement(found: Agreement) -> str:
    head = "### Agreement of voters\n\n"
    if found.nominal is None and found.interval is None:
        return head + "Krippendorff's alpha is undefined: too few votes, or all alike."
    rows = [
        [name, "undefined" if value is None else f"{value:.3f}"]
        for name, value in (
            ("nominal: refined, rival, tie", found.nominal),
            ("interval: -3 to 3", found.interval),
        )
    ]
    return head + _table([f"Krippendorff's alpha over {found.pairs:,} pairs", "alpha"], rows)


def _protected(facts: Facts, rules: Sequence[str]) -> str:
    head = "## Protected benchmarks\n\n"
    scan = facts.scan
    if scan is None or not scan.registry.sets:
        return (
            head
            + "This release was scanned against no protected benchmark set. Nothing is claimed about overlap."
        )
    rows = []
    for each in scan.registry.sets:
        left = scan.left_out.get((each["set"], each["version"]), 0)
        rows.append(
            [f"{_line(each['set'])} {_line(each['version'])}", f"{each['items']:,}", f"{left:,}", "no match by these rules at these thresholds"]
        )  # fmt: skip
    listed = "\n".join(f"- {_line(rule)}" for rule in rules)
    parts = [
        head
        + f"Version {scan.registry.version} of the registry was asked for {_counted(scan.prompts, 'prompt')} and "
        f"{_counted(scan.file_sets, 'page')}. Rows that matched were left out before anything was written.",
        _table(["set", "items", "rows left out", "rows released"], rows, numbers=2),
        f"Rules:\n{listed}",
    ]
    if scan.planted:
        found = [
            [f"{each.kind}, {canaries.EDITS[each.edit]}", f"{each.planted:,}", f"{each.found:,}"]
            for each in scan.planted
        ]
        parts.append(
            "Items of the sets were planted, copied and lightly edited. The same scan found:\n\n"
            + _table(["planted", "n", "found"], found, numbers=2)
        )
    parts.append(
        "The rules are lexical: they miss paraphrases and translations. "
        f"`{CERTIFICATE}` holds all of this with how near the nearest matches come, and is signed."
    )
    return "\n\n".join(parts)


def _counted(n: int, what: str) -> str:
    return f"{n:,} {what}{'' if n == 1 else 's'}"


def _rights(facts: Facts) -> str:
    sources = _table(
        ["licence of the prompt", "rows"], [[_line(n), f"{c:,}"] for n, c in sorted(facts.licences.items())]
    )
    uses = _table(
        ["sides", "rows"], [[_line(name), f"{count:,}"] for name, count in sorted(facts.rights.items())]
    )
    parts = [
        "## Rights\n\nEach row names its source and licence and what each side may be used for. A row whose chosen or rejected "
        "side may not be trained on is refused; `LEFT_OUT.parquet` names it.",
        sources,
        uses,
    ]
    if facts.models:
        rows = [
            [
                _line(each["model"]),
                _line(each["role"]),
                _USES[each["use"]],
                _line(each["terms"]) or "none stated",
            ]
            for each in facts.models
        ]
        parts.append(_table(["model", "role", "its outputs", "terms"], rows, numbers=0))
    if facts.overrides:
        rows = [
            [
                _line(each["model"]),
                _USES[each["use"]],
                _line(each["reason"]),
                _line(each["by"]),
                each["at"][:10],
            ]
            for each in facts.overrides
        ]
        parts.append(
            "### Overrides\n\nThe terms of these models allow less. A lead of the project let their outputs be trained on, "
            "and answers for it:\n\n" + _table(["model", "its terms", "why", "lead", "on"], rows, numbers=0)
        )
    return "\n\n".join(parts)


def _limits(facts: Facts) -> str:
    notes = [
        "A verdict is the preference of the voters of this project; it is not a measure of every quality of a page.",
        "Tune on `train` and report on `test`; the held-out prompts and contributors are there for that.",
        *map(_line, facts.notes),
    ]
    return "## Limits\n\n" + "\n".join(f"- {note}" for note in notes)


def _yaml(text: str) -> str:
    """A YAML string: JSON's strings are YAML's."""
    return json.dumps(text, ensure_ascii=False)
