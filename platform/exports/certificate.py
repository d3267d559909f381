"""The certificate of a release: what it was scanned against, by which rules, and what was found. Pure.

It holds no time beside the release's own `as_of`, so building again gives the same bytes; Ed25519 draws nothing either.
Every number is whole and thresholds are text, so that its signed form is the same in every language.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from exports.scanning import Scan, bin_names
from protect import canaries, fingerprints, matching

FORMAT = 1
NO_MATCH = "No match by these rules at these thresholds."
NOTHING_ASKED = "Scanned against no protected set. Nothing is claimed about overlap."
LIMITS = "The rules are lexical: they miss paraphrases and translations."


def statement(*, manifest: Mapping[str, Any], manifest_sha256: str, scan: Scan) -> dict[str, Any]:
    """What is signed: the manifest by its digest, the registry, the rules, counts, nearest matches, planted items."""
    asked = scan.registry.version > 0
    return {
        "format": FORMAT,
        "release": {"name": manifest["name"], "version": manifest["version"]},
        "as_of": manifest["recipe"]["as_of"],
        "manifest_sha256": manifest_sha256,
        "rows": manifest["rows"],
        "result": NO_MATCH if asked else NOTHING_ASKED,
        "limits": LIMITS,
        "registry": {
            "version": scan.registry.version,
            "sha256": scan.registry.digest,
            "sets": [
                {**each, "rows_left_out": scan.left_out.get((each["set"], each["version"]), 0)}
                for each in scan.registry.sets
            ],
        },
        "rules_version": matching.RULES_VERSION,
        "rules": [
            {"rule": rule.value, "of": of, "threshold": threshold, "words": words}
            for rule, (of, threshold, words) in matching.RULES.items()
        ],
        "fingerprints": {"format": fingerprints.FORMAT},
        "scanned": {"prompts": scan.prompts, "file_sets": scan.file_sets},
        "rows_left_out": scan.rows_left_out,
        "nearest": [
            {
                "rule": rule.value,
                "measured_on": scan.measured[matching.RULES[rule][0]],
                "scores": {name: sum(bins[at:end]) for name, at, end in bin_names(rule)},
            }
            for rule, bins in sorted(scan.nearest.items())
        ],
        "planted": [
            {
                "kind": each.kind,
                "edit": each.edit,
                "words": canaries.EDITS[each.edit],
                "planted": each.planted,
                "found": each.found,
            }
            for each in scan.planted
        ],
    }
