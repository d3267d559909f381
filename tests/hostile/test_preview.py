"""The short form of `make hostile` for the preview: the most telling vectors, and the ears that must hear them."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.hostile import canaries, preview
from tests.hostile.vectors import VECTORS

SHORT = [vector for vector in VECTORS if vector.short]


@pytest.mark.browser
def test_the_most_telling_vectors_get_nowhere_and_would_be_heard() -> None:
    rows = list(preview.everything(SHORT))
    assert len(rows) > len(SHORT)
    assert {row.vector: row.fault for row in rows if row.fault} == {}


def test_every_route_has_vectors_and_every_name_is_one_vector() -> None:
    routes = Counter(vector.route for vector in VECTORS)
    assert len(VECTORS) >= 60
    assert min(routes.values()) >= 1
    assert {"links", "downloads", "navigation", "WebRTC", "requests", "hangs", "storage"} <= set(routes)
    twice = [name for name, n in Counter(vector.name for vector in VECTORS).items() if n > 1]
    assert twice == []
    assert {vector.name for vector in VECTORS} >= canaries.CANARIES
