"""Compares screenshots: how much of two differs, and where. Pure; the pictures are PNGs as the robot's browser writes them."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, ImageChops

from checks.rendering import Difference, Region
from checks.visit import MAX_SHOT_HEIGHT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

# Of 255, in each channel: smoothing of edges differs by less from run to run.
SLACK = 8
UNIFORM_SLACK = 4
DIFFERS = 255
CELL = 16  # pixels
# A cell with fewer differing pixels is a speck.
LEAST = 3
# Cells that far apart, in either direction, belong to one region.
REACH = 2
MAX_REGIONS = 40
MAX_PIXELS = 4_096 * MAX_SHOT_HEIGHT


# The checks of a set ask for the same pictures one after the other.
@lru_cache(maxsize=4)
def compare(left: bytes, right: bytes) -> Difference:
    """In how many pixels two PNGs differ visibly, and where; where only one of them reaches, all pixels do.

    Raises ValueError for what is no PNG, or one larger than a screenshot can be.
    """
    if left == right:
        return Difference(0.0)
    a, b = _image(left), _image(right)
    width, height = min(a.width, b.width), min(a.height, b.height)
    left_at, top_at, differs = _differs(a, b, (0, 0, width, height))
    both = width * height
    total = a.width * a.height + b.width * b.height - both
    regions = [replace(each, x=each.x + left_at, y=each.y + top_at) for each in _regions(_cells(differs))]
    regions.sort(key=lambda each: each.width * each.height)
    tall = max(a.height, b.height)
    if tall > height:
        regions.append(Region(0, height, max(a.width, b.width), tall - height))
    share = (differs.histogram()[DIFFERS] + total - both) / total
    return Difference(share, tuple(regions[-MAX_REGIONS:]))


def uniform(png: bytes) -> bool:
    """Whether a PNG shows one colour and nothing else. Raises ValueError as `compare`."""
    image = _image(png)
    first: Any = image.getpixel((0, 0))
    ranges: Any = image.getextrema()
    return all(
        at - UNIFORM_SLACK <= low and high <= at + UNIFORM_SLACK
        for (low, high), at in zip(ranges, first, strict=True)
    )


def _image(png: bytes) -> Image.Image:
    try:
        image: Image.Image = Image.open(BytesIO(png), formats=["PNG"])
        # Before anything is unpacked: a small file may claim to be a vast picture.
        if image.width * image.height > MAX_PIXELS:
            raise ValueError(f"A picture of {image.width} x {image.height} pixels is no screenshot.")
        image.load()
        # Chromium writes RGB, and to be converted to what it is already would copy it.
        return image if image.mode == "RGB" else image.convert("RGB")
    except (OSError, SyntaxError) as error:
        raise ValueError(f"This is no PNG: {error}") from error


def _differs(
    a: Image.Image, b: Image.Image, where: tuple[int, int, int, int]
) -> tuple[int, int, Image.Image]:
    """Which pixels of a part of both differ by more than `SLACK` in any channel: a picture of `DIFFERS` there, else 0.

    Only around those that do: from a left and a top, whole squares from the origin, which come first.
    """
    apart = ImageChops.difference(*(each if each.size == where[2:] else each.crop(where) for each in (a, b)))
    box = apart.getbbox()
    if box is None:
        return 0, 0, Image.new("L", (0, 0))
    left, top = box[0] // CELL * CELL, box[1] // CELL * CELL
    red, green, blue = apart.crop((left, top, box[2], box[3])).split()
    farthest = ImageChops.lighter(ImageChops.lighter(red, green), blue)
    return left, top, farthest.point([0] * (SLACK + 1) + [DIFFERS] * (DIFFERS - SLACK))


def _cells(differs: Image.Image) -> NDArray[np.bool_]:
    """Which squares of `CELL` pixels hold at least `LEAST` that differ."""
    if not all(differs.size):
        return np.zeros((0, 0), dtype=bool)
    # Filled up to whole squares, whose means are then the numbers of their pixels, near enough: 255 of 256 for each.
    whole = differs.crop((0, 0, -(-differs.width // CELL) * CELL, -(-differs.height // CELL) * CELL))
    return np.asarray(whole.reduce(CELL)) >= LEAST


def _regions(cells: NDArray[np.bool_]) -> Iterable[Region]:
    """Boxes around cells that lie within `REACH` of each other, by runs of cells in a row, joined to runs above."""
    runs: list[tuple[int, int, int]] = []  # row, first column, last column
    root: list[int] = []
    recent: list[tuple[int, int, int]] = []  # row, first and one past the last number of its runs

    def top(run: int) -> int:
        while root[run] != run:
            root[run] = run = root[root[run]]
        return run

    for row in np.flatnonzero(cells.any(axis=1)):
        y = int(row)
        columns = np.flatnonzero(cells[y])
        ends = np.flatnonzero(np.diff(columns) > REACH)
        first = columns[np.concatenate(([0], ends + 1))]
        last = columns[np.concatenate((ends, [columns.size - 1]))]
        begin = len(runs)
        recent = [each for each in recent if y - each[0] <= REACH]
        for left, right in zip(first.tolist(), last.tolist(), strict=True):
            number = len(runs)
            runs.append((y, left, right))
            root.append(number)
            for _, low, high in recent:
                for above in range(low, high):
                    if runs[above][1] - REACH <= right and left - REACH <= runs[above][2]:
                        one, other = sorted((top(above), top(number)))
                        root[other] = one
        recent.append((y, begin, len(runs)))
    boxes: dict[int, list[int]] = {}
    for number, (y, left, right) in enumerate(runs):
        box = boxes.setdefault(top(number), [left, y, right, y])
        box[:] = min(box[0], left), min(box[1], y), max(box[2], right), max(box[3], y)
    for left, upper, right, lower in boxes.values():
        yield Region(left * CELL, upper * CELL, (right - left + 1) * CELL, (lower - upper + 1) * CELL)
