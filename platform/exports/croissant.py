"""The release as Croissant 1.1 with the RAI vocabulary: croissant.json, which mlcroissant reads. Pure.

Every Parquet file is a FileObject with its digest, the files of one config and split are a FileSet beside this file,
and a RecordSet describes their columns. mlcroissant 1.1 validates lists of messages and cannot read them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from exports import datasheet
from exports.card import ABOUT_CONFIG
from exports.columns import SCHEMAS
from exports.manifest import rows_by_config

if TYPE_CHECKING:
    from exports.card import Facts
    from exports.writers import WrittenFile

CROISSANT = "croissant.json"
PARQUET = "application/x-parquet"
CONFORMS = ["http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0"]
CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "arrayShape": "cr:arrayShape",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "containedIn": "cr:containedIn",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "description": {"@container": "@language"},
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isArray": "cr:isArray",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "name": {"@container": "@language"},
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}


def croissant(facts: Facts, files: Iterable[WrittenFile], *, published: str) -> dict[str, Any]:
    """The description as JSON values. `published`: the date of the data, YYYY-MM-DD."""
    data = [file for file in files if file.format == "parquet" and file.config]
    counts = rows_by_config(data)
    ordered = [(config, split) for config, splits in counts.items() for split in splits]
    return {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": CONFORMS,
        "name": facts.name,
        "description": facts.summary,
        "version": facts.version,
        "license": facts.licence,
        "datePublished": published,
        "url": f"urn:hillclimb:{facts.name}:{facts.version}",
        "citeAs": f"{facts.name} {facts.version}",
        "inLanguage": "en",
        "keywords": sorted({"preference", "front-end", "code", *facts.tags}),
        **_rai(facts, counts),
        "distribution": [
            *[_file(file) for file in data],
            *[_file_set(config, split) for config, split in ordered],
        ],
        "recordSet": [_record_set(config, split) for config, split in ordered],
    }


def _rai(facts: Facts, counts: Mapping[str, Mapping[str, int]]) -> dict[str, Any]:
    told = datasheet.answers(facts, counts)
    reasons = "; ".join(f"{n} {why}" for why, n in sorted(facts.dropped.items())) or "none"
    per_item = (
        f"{facts.votes / rows:.2f} votes on average" if (rows := sum(facts.frameworks.values())) else "none"
    )
    return {
        "rai:dataCollection": told["Who made it?"],
        "rai:dataCollectionType": ["Manual Human Curator", "Experiments"],
        "rai:dataCollectionMissingData": f"Kept out of pairs: {reasons}.",
        "rai:dataPreprocessingProtocol": [told["How was it processed?"]],
        "rai:dataAnnotationProtocol": (
            "Voters see two running pages side by side, without names, sides drawn at random, and answer on a scale from "
            "-3 to 3 or with both bad."
        ),
        "rai:dataAnnotationAnalysis": [_alpha(facts)],
        "rai:annotationsPerItem": per_item,
        "rai:machineAnnotationTools": [f"check: {name}" for name in sorted(facts.checks)],
        "rai:dataUseCases": ["Training", "Validation", "Testing"],
        "rai:dataBiases": [
            "Preferences are those of the voters of one project; see the report on length in README.md.",
        ],
        "rai:dataLimitations": [told["Is anything missing?"], *facts.notes],
        "rai:personalSensitiveInformation": [told["Does it hold personal data?"]],
        "rai:dataReleaseMaintenancePlan": told["How is it kept up?"],
    }


def _alpha(facts: Facts) -> str:
    alpha = facts.agreement.nominal if facts.agreement is not None else None
    return (
        "Krippendorff's alpha is undefined."
        if alpha is None
        else f"Krippendorff's alpha (nominal): {alpha:.3f}."
    )


def _file(file: WrittenFile) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": file.path,
        "name": file.path,
        "contentUrl": file.path,
        "contentSize": f"{file.bytes} B",
        "encodingFormat": PARQUET,
        "sha256": file.sha256,
    }


def _file_set(config: str, split: str) -> dict[str, Any]:
    return {
        "@type": "cr:FileSet",
        "@id": f"{config}-{split}-files",
        "name": f"{config}-{split}-files",
        "encodingFormat": PARQUET,
        "includes": f"data/{config}/{split}-*.parquet",
    }


def _record_set(config: str, split: str) -> dict[str, Any]:
    name = f"{config}-{split}"
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "description": ABOUT_CONFIG[config].replace("`", ""),
        "field": [_field(name, column) for column in SCHEMAS[config]],
    }


def _field(record_set: str, column: pa.Field) -> dict[str, Any]:
    repeated = pa.types.is_list(column.type)
    made: dict[str, Any] = {
        "@type": "cr:Field",
        "@id": f"{record_set}/{column.name}",
        "name": column.name,
        "dataType": _kind(column.type.value_type if repeated else column.type),
        "source": {"fileSet": {"@id": f"{record_set}-files"}, "extract": {"column": column.name}},
    }
    return {**made, "isArray": True, "arrayShape": "-1"} if repeated else made


def _kind(kind: pa.DataType) -> str:
    if pa.types.is_boolean(kind):
        return "sc:Boolean"
    if pa.types.is_integer(kind):
        return "sc:Integer"
    return "sc:Float" if pa.types.is_floating(kind) else "sc:Text"
