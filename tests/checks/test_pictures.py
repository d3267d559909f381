"""Pictures are compared pixel by pixel; what differs is told as boxes, the same that filling cell by cell gives."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from checks import pictures
from checks.rendering import Region

RED, NEARLY, BLUE = (255, 0, 0), (249, 6, 6), (0, 0, 255)


def picture(
    width: int, height: int, *boxes: tuple[int, int, int, int], colour: tuple[int, int, int] = BLUE
) -> bytes:
    """A red PNG with boxes (left, top, width, height) in another colour."""
    image = Image.new("RGB", (width, height), RED)
    for left, top, wide, tall in boxes:
        image.paste(colour, (left, top, left + wide, top + tall))
    file = BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def test_the_share_and_the_places_of_what_differs() -> None:
    plain = picture(100, 90)
    found = pictures.compare(plain, picture(100, 90, (0, 0, 10, 10), (90, 80, 10, 10)))
    assert found.share == pytest.approx(200 / 9000)
    # In squares of 16 pixels, the last of them cut by the picture's edge.
    assert set(found.regions) == {Region(0, 0, 16, 16), Region(80, 80, 32, 16)}
    assert pictures.compare(plain, plain).share == 0
    assert pictures.compare(plain, picture(100, 90, (0, 0, 100, 90))).share == 1


def test_smoothing_and_specks_are_no_places() -> None:
    plain = picture(64, 64)
    assert pictures.compare(plain, picture(64, 64, (0, 0, 64, 64), colour=NEARLY)).share == 0
    speck = pictures.compare(plain, picture(64, 64, (5, 5, 2, 1)))
    assert (speck.share, speck.regions) == (2 / 4096, ())


def test_where_only_one_picture_reaches_all_differs() -> None:
    longer = pictures.compare(picture(50, 40), picture(50, 100))
    assert longer.share == pytest.approx(0.6)
    assert longer.regions == (Region(0, 40, 50, 60),)
    assert pictures.compare(picture(50, 40), picture(100, 40)).share == pytest.approx(0.5)


def test_one_colour_give_or_take_a_little() -> None:
    assert pictures.uniform(picture(9, 9))
    assert not pictures.uniform(picture(9, 9, (8, 8, 1, 1)))
    assert not pictures.uniform(picture(9, 9, (0, 0, 1, 1)))
    assert pictures.uniform(picture(9, 9, (3, 3, 2, 2), colour=(252, 3, 0)))


def test_the_largest_places_are_kept() -> None:
    specks = [(128 * n, 128 * m, 4, 4) for n in range(10) for m in range(10)]
    found = pictures.compare(picture(1300, 1300), picture(1300, 1300, *specks, (256, 256, 40, 40)))
    assert len(found.regions) == pictures.MAX_REGIONS
    assert found.regions[-1] == Region(256, 256, 48, 48)


@pytest.mark.parametrize("what", [b"", b"\x89PNG", b"GIF89a" + bytes(60), picture(9, 9)[:40]])
def test_what_is_no_picture_is_refused(what: bytes) -> None:
    with pytest.raises(ValueError, match="no PNG"):
        pictures.compare(what, picture(9, 9))


def test_a_vast_picture_is_refused_before_it_is_unpacked() -> None:
    png = bytearray(picture(9, 9))
    png[16:24] = (60_000).to_bytes(4) + (60_000).to_bytes(4)
    with pytest.raises(ValueError, match=r"no screenshot|no PNG"):
        pictures.uniform(bytes(png))


def filled(cells: list[list[bool]]) -> set[Region]:
    """Boxes by filling from cell to cell, the plain way."""
    left = {(x, y) for y, row in enumerate(cells) for x, on in enumerate(row) if on}
    boxes = set()
    while left:
        group, edge = set(), [left.pop()]
        while edge:
            x, y = edge.pop()
            group.add((x, y))
            near = {(x + dx, y + dy) for dx in range(-2, 3) for dy in range(-2, 3)} & left
            left -= near
            edge += near
        columns, rows = [x for x, _ in group], [y for _, y in group]
        size = pictures.CELL
        box = Region(
            min(columns) * size, min(rows) * size,
            (max(columns) - min(columns) + 1) * size, (max(rows) - min(rows) + 1) * size,
        )  # fmt: skip
        boxes.add(box)
    return boxes


@given(
    st.integers(1, 14).flatmap(
        lambda width: st.lists(
            st.lists(st.booleans(), min_size=width, max_size=width), min_size=1, max_size=14
        )
    )
)
def test_places_are_those_that_filling_gives(cells: list[list[bool]]) -> None:
    assert set(pictures._regions(np.array(cells))) == filled(cells)


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=25))
def test_places_far_apart_are_told_apart(spots: list[tuple[int, int]]) -> None:
    cells = np.zeros((31, 31), dtype=bool)
    for x, y in spots:
        cells[y, x] = True
    assert set(pictures._regions(cells)) == filled(cells.tolist())
