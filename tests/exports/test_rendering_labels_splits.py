"""Rendering, labels and splits: properties that hold for any input."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exports import evidence
from exports.columns import CONFIGS, EVIDENCE_COLUMNS, OF_EVIDENCE, Batch, CanonicalRow, Evidence, view
from exports.json_lines import Fragments, lines
from exports.labels import Weighed, cap_weights, margin, soft_label, weight
from exports.rendering import render, render_all
from exports.splits import TEST, TRAIN, Candidate, assign, cluster_split

TEXT = st.text(alphabet=st.sampled_from('`~ab<\n"\\é\U0001f600'), max_size=40)
PATHS = st.sampled_from(["index.html", "a/b.css", "app.tsx", "notes.txt", "x.JS"])
FILES = st.dictionaries(PATHS, TEXT, min_size=1, max_size=4)


def read_back(message: str) -> list[tuple[str, str]]:
    """(language, text) of every fenced block, by the rule of Markdown: a fence closes with one at least as long."""
    found: list[tuple[str, str]] = []
    lines = message.split("\n")
    at = 0
    while at < len(lines):
        opened = re.fullmatch(r"(`{3,})([a-z]*)", lines[at])
        if opened:
            end = next(
                n
                for n in range(at + 1, len(lines))
                if re.fullmatch(f"`{{{len(opened[1])},}}", lines[n].strip())
            )
            found.append((opened[2], "".join(f"{line}\n" for line in lines[at + 1 : end])))
            at = end
        at += 1
    return found


@settings(deadline=None)  # others share the machine
@given(FILES)
def test_blocks_hold_the_files_whatever_is_in_them(files: dict[str, str]) -> None:
    blocks = read_back(render(files))
    ended = [text if text.endswith("\n") or not text else f"{text}\n" for _, text in sorted(files.items())]
    assert [text for _, text in blocks] == ended


PAGE = st.text(alphabet=st.sampled_from('`n\n"\\:é\U0001f600\x1f\u2028{}/'), max_size=12).map(
    lambda text: {"index.html": text}
)


def body(files: dict[str, str]) -> str:
    return json.dumps(files, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


@settings(deadline=None)  # others share the machine
@given(st.lists(FILES | PAGE, max_size=6))
def test_json_texts_render_like_their_files(several: list[dict[str, str]]) -> None:
    assert render_all(body(files) for files in several) == [render(files) for files in several]
    assert [render(dict(reversed(files.items()))) for files in several] == [
        render(files) for files in several
    ]


AT = "2026-01-02T03:04:05Z"


@settings(deadline=None, max_examples=50)  # others share the machine
@given(st.lists(st.tuples(FILES | PAGE, FILES | PAGE), min_size=1, max_size=6))
def test_json_lines_read_back_as_parquet_rows(pairs: list[tuple[dict[str, str], dict[str, str]]]) -> None:
    given_types = {"str": "x", "int": 1, "float": 0.5, "list[str]": ["é", '"']}
    base = {field.name: given_types[str(field.type)] for field in fields(CanonicalRow)}
    base["pair_type"] = "refined_over_base"
    base["chosen_use"] = "train"
    votes = json.dumps([["v-1", n % 2 == 0, n - 1, False, '{"design": 1}', 30, AT] for n in range(3)])
    rows = []
    for a, b in pairs:
        reviews = json.dumps([["r-1", "accept", '"é\n', "", "", '{"design": 4}', AT, 1, body(b)]])
        more = Evidence("", True, "rival", body(b), votes, reviews)
        row = {**base, "chosen_files": body(a), "rejected_files": body(b)}
        rows.append((*row.values(), *(getattr(more, name) for name in EVIDENCE_COLUMNS)))
    batch = Batch(rows)
    for config in CONFIGS:
        text, count = lines(config, Fragments(batch))
        seen = (evidence.view if config in OF_EVIDENCE else view)(config, batch)
        assert [json.loads(line) for line in text.split(b"\n")[:-1]] == seen.to_pylist()
        assert count == seen.num_rows >= len(pairs)


def test_one_page_is_one_block_and_several_files_have_path_lines() -> None:
    assert render({"index.html": "<p>\n"}) == "```html\n<p>\n```"
    assert render({"src/App.tsx": "x"}) == "src/App.tsx\n```tsx\nx\n```"
    assert render({"b.css": "p{}", "a.html": "<p>"}) == "a.html\n```html\n<p>\n```\n\nb.css\n```css\np{}\n```"
    assert render({"a.html": "````"}) == "`````html\n````\n`````"
    with pytest.raises(ValueError, match="at least one"):
        render({})


VOTES = st.integers(0, 9)


@settings(deadline=None)  # others share the machine
@given(VOTES, VOTES, VOTES)
def test_labels(chosen: int, rejected: int, tied: int) -> None:
    p = float(soft_label(chosen, rejected, tied))
    assert 0 < p < 1
    assert p == pytest.approx((chosen + tied / 2 + 0.5) / (chosen + rejected + tied + 1))
    assert p + float(soft_label(rejected, chosen, tied)) == pytest.approx(1)
    assert float(margin(chosen, rejected, tied)) == pytest.approx(2 * p - 1)
    w = float(weight(chosen, rejected, tied))
    assert 0 <= w < 1
    assert w == pytest.approx(abs(2 * p - 1) * min(chosen + rejected + tied, 5) / 5)


def test_labels_of_columns() -> None:
    assert soft_label([3, 0], [0, 0], [0, 0]).tolist() == [0.875, 0.5]
    assert weight([3, 0], [0, 0], [0, 0]).tolist() == [pytest.approx(0.75 * 3 / 5), 0]


ROWS = st.lists(st.builds(Weighed, st.floats(0, 1), st.integers(0, 30), st.integers(0, 40)), max_size=120)


@settings(deadline=None)  # others share the machine
@given(ROWS)
def test_caps_hold_and_only_lower(rows: list[Weighed]) -> None:
    capped = cap_weights(rows)
    clusters: dict[object, float] = defaultdict(float)
    contributors: dict[object, float] = defaultdict(float)
    for row, now in zip(rows, capped.weights, strict=True):
        assert 0 <= now <= row.weight + 1e-12
        clusters[row.cluster] += now
        contributors[row.contributor] += now
    assert all(total <= 1 + 1e-9 for total in clusters.values())
    if capped.contributor_cap_held:
        limit = 0.05 * sum(contributors.values())
        assert all(total <= limit + 1e-9 for total in contributors.values())
    else:
        assert sum(1 for total in contributors.values() if total > 0) < 20


def test_caps_by_hand() -> None:
    rows = [Weighed(1, n, n) for n in range(29)] + [Weighed(1, 100 + n, "busy") for n in range(9)]
    capped = cap_weights(rows)
    assert capped.weights[:29] == (1.0,) * 29
    assert sum(capped.weights[29:]) == pytest.approx(29 * 0.05 / 0.95)
    assert capped.largest_share == pytest.approx(0.05)
    assert (capped.contributors_capped, capped.clusters_capped) == (1, 0)
    one = cap_weights([Weighed(0.8, "c", "a"), Weighed(0.8, "c", "b")])
    assert one.weights == pytest.approx((0.5, 0.5))
    assert not one.contributor_cap_held
    assert cap_weights([]).weights == ()


CANDIDATES = st.lists(
    st.tuples(st.integers(0, 25).map(str), st.integers(0, 8), st.sampled_from([False] * 9 + [True])),
    max_size=80,
).map(lambda rows: [Candidate(number, *row) for number, row in enumerate(rows)])


@settings(deadline=None)  # others share the machine
@given(CANDIDATES, st.integers(0, 5))
def test_neither_clusters_nor_contributors_cross(rows: list[Candidate], seed: int) -> None:
    made = assign(rows, seed=seed, test_share=0.3)
    by_row = {row.row: row for row in rows}
    clusters: dict[str, set[str]] = defaultdict(set)
    contributors: dict[object, set[str]] = defaultdict(set)
    for number, split in made.of.items():
        clusters[by_row[number].cluster].add(split)
        contributors[by_row[number].contributor].add(split)
    assert all(len(splits) == 1 for splits in (*clusters.values(), *contributors.values()))
    assert set(made.of) | set(made.dropped) == set(by_row)
    assert not set(made.of) & set(made.dropped)
    held_out = {row.cluster for row in rows if row.held_out}
    assert all(made.of.get(row.row, TEST) == TEST for row in rows if row.cluster in held_out)
    assert assign(rows, seed=seed, test_share=0.3) == made
    alone = {row.contributor for row in rows}
    whole = {
        who
        for who in alone
        if len({cluster_of(row, rows, seed) for row in rows if row.contributor == who}) == 1
    }
    assert all(by_row[number].contributor not in whole for number in made.dropped)


def cluster_of(row: Candidate, rows: list[Candidate], seed: int) -> str:
    if any(other.held_out for other in rows if other.cluster == row.cluster):
        return TEST
    return cluster_split(row.cluster, seed=seed, test_share=0.3)


def test_splits_keep_enough_of_both_sides() -> None:
    draw = np.random.default_rng(4)
    rows = [Candidate(n, f"cluster{draw.integers(500)}", int(draw.integers(60))) for n in range(6000)]
    made = assign(rows, seed=7)
    in_test = sum(cluster_split(row.cluster, seed=7) == TEST for row in rows)
    assert 0.05 < in_test / len(rows) < 0.15
    assert made.count(TEST) >= in_test / 2
    assert made.count(TRAIN) >= (len(rows) - in_test) / 2
    assert made.count(TEST) + made.count(TRAIN) + len(made.dropped) == 6000


def test_one_contributor_leaves_the_train_side_whole() -> None:
    rows = [Candidate(n, f"cluster{n}", "only") for n in range(100)]
    made = assign(rows, seed=7)
    assert made.count(TEST) == 0
    assert made.count(TRAIN) == sum(cluster_split(row.cluster, seed=7) == TRAIN for row in rows)
    with pytest.raises(ValueError, match="twice"):
        assign([*rows, rows[0]], seed=7)


def test_the_hash_of_a_cluster_is_fixed() -> None:
    """Released splits stay what they were: a change here moves prompts between train and test."""
    assert [n for n in range(60) if cluster_split(f"cluster{n}", seed=1) == TEST] == [33, 47]
