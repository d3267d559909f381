"""A release's certificate as its page shows it. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from exports import proof

_RULES = {
    "exact": "Equal after normalising",
    "char-5-gram": "Character 5-grams, Jaccard",
    "8-gram-cover": "8-word grams of the protected prompt",
    "containment": "Words of the short protected prompt",
    "code": "5-token shingles, Jaccard",
}


def shown(text: str, keys: Sequence[bytes]) -> dict[str, Any]:
    """What the page shows of certificate.json: sets, planted items, how near the nearest come, who signed."""
    said = json.loads(text)
    signature = said["signature"]
    return {
        "result": said["result"],
        "limits": said["limits"],
        "registry": said["registry"],
        "scanned": said["scanned"],
        "left_out": said["rows_left_out"],
        "planted": said["planted"],
        "nearest": [_nearest(each, said["rules"]) for each in said["nearest"]],
        "key_id": signature["key_id"],
        "public_key": signature["public_key"],
        "ours": signature["key_id"] in {proof.key_id(key) for key in keys},
    }


def _nearest(each: Mapping[str, Any], rules: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """One rule's histogram: its bins with their share of the largest, for bars."""
    most = max(each["scores"].values(), default=0)
    return {
        "rule": _RULES.get(each["rule"], each["rule"]),
        "threshold": next(rule["threshold"] for rule in rules if rule["rule"] == each["rule"]),
        "measured_on": each["measured_on"],
        "bins": [
            {"name": name, "n": n, "bar": round(100 * n / most) if most else 0}
            for name, n in sorted(each["scores"].items(), key=lambda item: (item[0][:5] != "under", item[0]))
        ],
    }
