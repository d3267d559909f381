"""Rows of a release made up by number, and a data folder built from them without a database."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from exports.card import Facts, card
from exports.columns import (
    EVIDENCE_COLUMNS,
    SOURCE_COLUMNS,
    CanonicalRow,
    Evidence,
)
from exports.durable import write_text
from exports.manifest import file_entry, write_manifest
from exports.measuring import Interval
from exports.scanning import Scan
from exports.writers import WrittenFile, write_data
from protect.gate import Recall, Registry

PAGES = [
    {"index.html": '<p>One \N{SNOWMAN} \U0001f600 "quoted" \\ </p>\n'},
    {"index.html": "no line break at the end\\"},
    {"index.html": "ends in a backslash and a line break\\\n"},
    {"index.html": "ends in letters \\n"},
    {"index.html": ""},
    {"index.html": "```js\nlet a = `b`\n```\n", "app.css": "p{}\n"},
    {"src/App.tsx": 'export default () => <p title="a\\":\\"b">x</p>'},
    {"`a.html": "\u2028 \x7f \t </p>"},
]


CRITERIA = [f'{{"design": {n}}}' for n in range(3)]  # of a vote, as text


def row(number: int) -> CanonicalRow:
    written = number % 11 == 3
    return CanonicalRow(
        id=f"row-{number:04d}",
        split="test" if number % 5 == 0 else "train",
        prompt_id=f"p{number % 7}",
        prompt=f'Make page {number} with a "quote" and\ntwo lines',
        tags=["interactive", "ü"] if number % 2 else [],
        framework="html",
        source="example",
        license="MIT",
        cluster=f"c{number % 7}",
        pair_type="written" if written else "refined_over_rival" if number % 6 == 0 else "refined_over_base",
        chosen_by="refined",
        rejected_by="" if written else "target",
        chosen_files=body(PAGES[number % len(PAGES)]),
        rejected_files="" if written else body(PAGES[(number + 3) % len(PAGES)]),
        chosen_use="train",
        rejected_use="" if written else "train",
        rationale="Fixed the overflow at 375 px",
        review_notes="Good contrast" if number % 3 else "",
        votes_from="refined_vs_rival",
        votes_chosen=3,
        votes_rejected=number % 3,
        votes_tied=0,
        weight=0.25,
        contributor=f"u{number % 4}",
        round=1,
        checks='{"render":"passed"}',
        accepted_at="2026-11-23T10:00:00Z",
    )


def body(files: dict[str, str]) -> str:
    return json.dumps(files, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def beside(number: int) -> Evidence:
    """Judgements of row `number`: every seventh row is in no pair, and every fourth of those is no negative either."""
    aside = number % 7 == 2
    votes = [
        [
            f"v-{n}",
            (number + n) % 2 == 0,
            (-2, 3, 0)[n],
            n == 2 and number % 3 == 0,
            CRITERIA[n],
            20,
            _at(number, n),
        ]
        for n in range(number % 4)
    ]
    reviews = [
        [
            "r-1",
            "request_changes",
            'Larger "button".',
            "",
            "",
            '{"design": 3}',
            _at(number, 3),
            1,
            body({"index.html": "first"}),
        ],
        ["r-2", "accept", "", "", "", "{}", _at(number, 4), 2, None],
        ["r-2", "accept", "Good contrast.", "G1", "At 375 px.", "{}", _at(number, 4), 2, None],
    ][: number % 4]
    return Evidence(
        reason=("tied with the rival" if number % 4 else "undecided") if aside else "",
        losing=aside and number % 4 > 0,
        rival_by="rival",
        rival_files="" if number % 10 == 9 else body(PAGES[(number + 5) % len(PAGES)]),
        votes=json.dumps(votes),
        reviews=json.dumps(reviews),
    )


def _at(number: int, second: int) -> str:
    """When a judgement of row `number` was made: each row and each vote has its own time."""
    return f"2026-11-23T10:{number % 60:02}:{second:02}Z"


def tuples(count: int, *, evidence: bool = False) -> list[tuple[Any, ...]]:
    made = []
    for number in range(count):
        one = row(number)
        cells = tuple(getattr(one, name) for name in SOURCE_COLUMNS)
        more = beside(number)
        if evidence:
            cells += tuple(getattr(more, name) for name in EVIDENCE_COLUMNS)
        made.append(cells)
    return made


def batched(rows: list[tuple[Any, ...]], size: int) -> Iterator[list[tuple[Any, ...]]]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


FACTS = Facts(
    name="Sample | project",
    version="1.0.0",
    summary="Pairs of <b>pages</b>.",
    licence="MIT",
    target="Target",
    rival="Rival",
    prompts=7,
    clusters=7,
    contributors=4,
    voters=3,
    votes=200,
    frameworks={"html": 60},
    licences={"MIT": 60},
    rights={"train / train": 60},
    dropped={"fewer than 3 votes": 2},
    checks={"render": {"passed": 60}},
    win_rates=[Interval("refined against rival", 0.75, 0.68, 0.81, 200, "cluster bootstrap")],
    scan=Scan(
        Registry(({"set": "arena-prompts", "version": "1", "items": 500, "sha256": "0" * 64},)),
        prompts=60,
        planted=[Recall("prompt", "exact", 40, 40), Recall("prompt", "misspelt", 40, 37)],
    ),
)


def build(
    folder: Path, count: int = 60, size: int = 10, *, evidence: bool = False, **options: Any
) -> list[WrittenFile]:
    folder.mkdir()
    files = write_data(folder, batched(tuples(count, evidence=evidence), size), **options)
    write_text(folder / "README.md", card(FACTS, files, rules=["exact text"]))
    entries = [*files, file_entry(folder, "README.md")]
    write_manifest(
        folder,
        entries,
        name="sample",
        version="1.0.0",
        recipe={"pairs": ["refined_over_base"]},
        code_version="1",
        seed=1,
        protected={},
        dropped={},
    )
    return files


def contents(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }
