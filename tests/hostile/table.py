"""How the hostile suites print: what was tried, by which route, what was expected, what was seen."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Row:
    """One attempt. `fault` is empty when all was as expected."""

    vector: str
    route: str
    expected: str
    seen: str
    fault: str = ""


@dataclass
class Table:
    """Rows, printed as they come: a long run shows where it is."""

    rows: list[Row] = field(default_factory=list)

    def head(self, title: str) -> None:
        """A section's title and the columns' names."""
        print(f"\n{title}\n      {'vector':<46}{'route':<22}{'expected':<34}seen")

    def add(self, row: Row) -> None:
        """Print a row and keep it."""
        self.rows.append(row)
        sign = "WRONG" if row.fault else "ok"
        seen = f"{row.seen}  <- {row.fault}" if row.fault else row.seen
        print(f"{sign:<6}{row.vector[:45]:<46}{row.route:<22}{row.expected:<34}{seen}".rstrip(), flush=True)

    @property
    def wrong(self) -> list[Row]:
        """The rows that were not as expected."""
        return [row for row in self.rows if row.fault]
