"""What protected sets say of a prompt and the outputs for it: why it is kept from work."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from protect.gate import Gate


def why(gate: Gate, text: str, outputs: Iterable[Mapping[str, str]]) -> str:
    """Why a prompt is kept from work, or nothing: it or one of its outputs (path to text) matches a protected set."""
    if hit := gate.prompt(text):
        return str(hit)
    if gate.guards_code:
        for files in outputs:
            if hit := gate.code(files):
                return f"An output: {hit}"
    return ""
