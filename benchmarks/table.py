"""How figures are printed: what was measured, its limit from the same run, the ratio, and what is to be reached."""

from __future__ import annotations

import os
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Row:
    """One figure. `ratio` is measured over limit; `reach` is its least (`at_most`: its greatest) wanted value."""

    what: str
    measured: str
    limit: str
    ratio: float | None = None
    reach: float | None = None
    at_most: bool = False
    note: str = ""

    @property
    def reached(self) -> bool | None:
        """Whether the ratio is as wanted; None where nothing was asked."""
        if self.ratio is None or self.reach is None:
            return None
        return self.ratio <= self.reach if self.at_most else self.ratio >= self.reach


@dataclass
class Table:
    """Rows, printed as they come: a long run shows where it is."""

    rows: list[Row] = field(default_factory=list)

    def head(self, title: str) -> None:
        """A section's title, how busy the machine is, and the columns' names."""
        load = os.getloadavg()[0] / (os.cpu_count() or 1)
        print(f"\n{title}  (load {load:.1f} for each processor)")
        print(f"  {'':<44}{'measured':>24}{'limit in the same run':>30}{'ratio':>8}  reach")

    def add(self, row: Row) -> None:
        """Print a row and keep it."""
        self.rows.append(row)
        ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
        sign = "<=" if row.at_most else ">="
        reach = (
            "" if row.reach is None else f"{sign} {row.reach:.2f} {'ok' if row.reached else 'NOT REACHED'}"
        )
        note = f"  ({row.note})" if row.note else ""
        print(f"  {row.what:<44}{row.measured:>24}{row.limit:>30}{ratio:>8}  {reach}{note}", flush=True)

    @property
    def missed(self) -> list[Row]:
        """The rows that did not reach what is wanted."""
        return [row for row in self.rows if row.reached is False]
