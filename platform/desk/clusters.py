"""Who is connected with whom by near work: clusters of people, and a small drawing of each. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import cos, pi, sin
from typing import Generic, TypeVar

T = TypeVar("T")

WIDTH = 320
HEIGHT = 200
_RADIUS = 64
# More names than this would lie on each other; the table tells them then.
MAX_DRAWN = 14


@dataclass(frozen=True, slots=True)
class Pair(Generic[T]):
    """Two people, how near their work is (0 to 1), and what it is about."""

    left: str
    right: str
    share: float
    about: T


@dataclass(frozen=True, slots=True)
class Node:
    """A person's place in the drawing; `anchor` is where the name begins."""

    name: str
    x: float
    y: float
    label_x: float
    label_y: float
    anchor: str


@dataclass(frozen=True, slots=True)
class Edge:
    """A line between two people, the broader the nearer their nearest work."""

    x1: float
    y1: float
    x2: float
    y2: float
    width: float


@dataclass(frozen=True, slots=True)
class Cluster(Generic[T]):
    """People connected by pairs, with those pairs, nearest first."""

    people: tuple[str, ...]
    pairs: tuple[Pair[T], ...]

    @property
    def nearest(self) -> float:
        """The greatest share of its pairs."""
        return max(pair.share for pair in self.pairs)

    @property
    def drawn(self) -> bool:
        """Whether a drawing says more than the table: three people and more, and not too many."""
        return 3 <= len(self.people) <= MAX_DRAWN

    def nodes(self) -> list[Node]:
        """The people on a circle, the first at the top."""
        return [self._node(place) for place in range(len(self.people))]

    def edges(self) -> list[Edge]:
        """One line for each two people with a pair."""
        nearest: dict[tuple[str, str], float] = defaultdict(float)
        for pair in self.pairs:
            ends = (min(pair.left, pair.right), max(pair.left, pair.right))
            nearest[ends] = max(nearest[ends], pair.share)
        places = {node.name: node for node in self.nodes()}
        return [
            Edge(places[a].x, places[a].y, places[b].x, places[b].y, round(1 + 4 * share, 1))
            for (a, b), share in sorted(nearest.items())
        ]

    def _node(self, place: int) -> Node:
        turn = 2 * pi * place / len(self.people) - pi / 2
        across, down = cos(turn), sin(turn)
        anchor = "middle" if abs(across) < 0.2 else "start" if across > 0 else "end"
        x, y = WIDTH / 2 + _RADIUS * across, HEIGHT / 2 + _RADIUS * down
        return Node(
            self.people[place],
            round(x, 1),
            round(y, 1),
            round(x + 10 * across, 1),
            round(y + 14 * down + 4, 1),
            anchor,
        )


def clusters(pairs: Sequence[Pair[T]]) -> list[Cluster[T]]:
    """The connected components of people under `pairs`: the largest first, of equal size the nearest first."""
    find = _components(pairs)
    grouped: dict[str, list[Pair[T]]] = defaultdict(list)
    for pair in pairs:
        grouped[find(pair.left)].append(pair)
    found = [
        Cluster(
            tuple(sorted({name for pair in group for name in (pair.left, pair.right)})),
            tuple(sorted(group, key=lambda pair: -pair.share)),
        )
        for group in grouped.values()
    ]
    return sorted(found, key=lambda cluster: (-len(cluster.people), -cluster.nearest, cluster.people))


def _components(pairs: Sequence[Pair[T]]) -> Callable[[str], str]:
    """Union-find with path halving; the answer tells a person's component by one of its people."""
    parent: dict[str, str] = {}

    def find(name: str) -> str:
        parent.setdefault(name, name)
        while parent[name] != name:
            parent[name] = parent[parent[name]]
            name = parent[name]
        return name

    for pair in pairs:
        parent[find(pair.left)] = find(pair.right)
    return find
