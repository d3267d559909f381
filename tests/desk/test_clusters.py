"""Clusters of people by near work: the components of a graph, whatever the order of its pairs."""

import random

from hypothesis import given
from hypothesis import strategies as st

from desk.clusters import HEIGHT, WIDTH, Pair, clusters

people = st.sampled_from("abcdefgh")
pairs = st.lists(
    st.tuples(people, people, st.floats(0.5, 1.0)).filter(lambda pair: pair[0] != pair[1]), max_size=12
)


def components(edges: list[tuple[str, str, float]]) -> set[frozenset[str]]:
    """The same by spreading from each person, as a second opinion."""
    near: dict[str, set[str]] = {}
    for a, b, _ in edges:
        near.setdefault(a, set()).add(b)
        near.setdefault(b, set()).add(a)
    found = set()
    for start in near:
        seen, todo = {start}, [start]
        while todo:
            fresh = near[todo.pop()] - seen
            seen |= fresh
            todo += fresh
        found.add(frozenset(seen))
    return found


@given(pairs, st.randoms(use_true_random=False))
def test_clusters_are_the_components(edges: list[tuple[str, str, float]], rng: random.Random) -> None:
    found = clusters([Pair(a, b, share, None) for a, b, share in edges])
    assert {frozenset(cluster.people) for cluster in found} == components(edges)
    assert sum(len(cluster.pairs) for cluster in found) == len(edges)
    sizes = [len(cluster.people) for cluster in found]
    assert sizes == sorted(sizes, reverse=True)
    shuffled = rng.sample(edges, len(edges))
    again = clusters([Pair(a, b, share, None) for a, b, share in shuffled])
    assert [cluster.people for cluster in again] == [cluster.people for cluster in found]


def test_the_drawing_stays_in_its_frame_and_joins_each_two_once() -> None:
    names = "abcdefghij"
    (cluster,) = clusters([Pair("a", name, 0.6, None) for name in names[1:]] + [Pair("b", "a", 0.9, None)])
    assert cluster.drawn
    assert cluster.nearest == 0.9
    assert len(cluster.edges()) == len(names) - 1
    assert max(edge.width for edge in cluster.edges()) == 4.6, "the nearest pair of the two counts"
    for node in cluster.nodes():
        assert 0 < node.x < WIDTH
        assert 12 < node.label_y < HEIGHT


def test_two_people_need_no_drawing() -> None:
    (cluster,) = clusters([Pair("a", "b", 0.7, None)])
    assert not cluster.drawn
