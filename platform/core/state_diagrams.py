"""Every state machine as a page of Mermaid diagrams, drawn from the transition tables. Pure but for the import."""

from __future__ import annotations

import inspect
from collections.abc import Iterable

from core.flow import Flow, Transition

HEAD = """# States

Drawn from the tables in each room's `states.py` by `manage.py states`; `make check` compares. A row moves only along
these arrows, by `core.flow`, in one transaction with its event.
"""


def page(machines: Iterable[Flow]) -> str:
    """The whole page, one section a machine, in the order of their names."""
    sections = [section(machine) for machine in sorted(machines, key=lambda each: each.label)]
    return "\n".join([HEAD, *sections])


def section(machine: Flow) -> str:
    """One machine: what its states mean, and its diagram."""
    meaning = " ".join((inspect.getdoc(machine.states) or "").split())
    arrows = [f"    [*] --> {state}" for state in machine.initial]
    arrows += [line for step in machine.transitions.values() for line in _arrows(machine, step)]
    arrows += [f"    {state} --> [*]" for state in ends(machine)]
    names = [f"    {state.value} : {state.label}" for state in machine.states]
    diagram = "\n".join(["```mermaid", "stateDiagram-v2", *names, *arrows, "```"])
    return f"## {machine.label}\n\n{meaning}\n\n{diagram}\n"


def _arrows(machine: Flow, step: Transition) -> list[str]:
    # In the order of the states as declared, so that the page does not change with a set's order.
    return [
        f"    {state} --> {step.target} : {step.verb}"
        for state in machine.states.values
        if state in step.sources
    ]


def ends(machine: Flow) -> list[str]:
    """The states that nothing leads out of."""
    left = {state for step in machine.transitions.values() for state in step.sources if state != step.target}
    return [state for state in machine.states.values if state not in left]


def reachable(machine: Flow) -> set[str]:
    """The states that can be reached from the initial ones."""
    found = set(machine.initial)
    while more := {
        str(step.target)
        for step in machine.transitions.values()
        if step.sources & found and step.target not in found
    }:
        found |= more
    return found
