"""Files of a data set through every check, outside any project: how the checks behave on known work."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from checks import registry, sights
from checks.browser import Browser
from checks.verdict import Files, Severity, Subject, Verdict


@dataclass(frozen=True, slots=True)
class Case:
    """One subject and what it is called."""

    name: str
    subject: Subject


@dataclass(frozen=True, slots=True)
class Row:
    """What one check said of one case."""

    case: str
    check: str
    verdict: Verdict

    @property
    def counts(self) -> str:
        """`1 error, 2 warnings` of which codes; empty when nothing was found."""
        found = Counter((finding.severity, finding.code) for finding in self.verdict.findings)
        order = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}
        return ", ".join(
            f"{severity.value} {code}" + (f" x{n}" if n > 1 else "")
            for (severity, code), n in sorted(found.items(), key=lambda item: (order[item[0][0]], item[0][1]))
        )


def cases(path: Path) -> Iterator[Case]:
    """The cases in a JSON lines file.

    A line with `before` and `after` (file sets) is an edit. A line with two `generations` gives two: the rival's own
    file handed in as a refinement, and the base handed in unchanged. Raises ValueError for a line that is neither
    JSON nor one of these; lines with one generation are passed over.
    """
    for number, line in enumerate(path.read_text().splitlines(), 1):
        try:
            row: dict[str, Any] = json.loads(line)
            name, framework = str(row["key"]), str(row.get("framework", "html"))
            if "before" in row:
                before: Files = row["before"]
                yield Case(f"{name}: edit", Subject(framework, row["after"], before, prompt=row["text"]))
                continue
            sides: list[Files] = [side["files"] for side in row["generations"]]
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{path}, line {number}, is no edit and no prompt: {error!r}.") from error
        if len(sides) == 2:
            base, rival = sides
            yield Case(f"{name}: rival's copy", Subject(framework, rival, base, rival, prompt=row["text"]))
            yield Case(f"{name}: no change", Subject(framework, base, base, rival, prompt=row["text"]))


def rows(found: Iterable[Case], browser: Browser) -> Iterator[Row]:
    """Every check's verdict on every case; what was seen of a page before is remembered."""
    for case in found:
        for check in registry.CHECKS.values():
            looking = (
                sights.remembering(browser, case.subject, f"case {case.name}")
                if check.queue == "chromium"
                else None
            )
            yield Row(case.name, check.name, check.run(case.subject, looking))


def tellings(files: Files, framework: str, browser: Browser, times: int) -> Counter[str]:
    """What trying `files` out came to, `times` times: each telling and how often it was told."""
    return Counter(json.dumps(browser.explore(files, framework).told()) for _ in range(times))
