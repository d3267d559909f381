"""How trainers read a release: snippets for its card, and LLaMA-Factory's dataset_info.json. Pure.

TRL reads the configs as they are. LLaMA-Factory wants texts, not message lists, in pairs: `edit` has both sides and
the prompt as texts. Axolotl's `argilla_chat` and its chat templates read the conversations of `preference_implicit`.
OpenRLHF reads the message lists of `preference`, `kto` and `sft` by their column names.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from exports.writers import WrittenFile

DATASET_INFO = "dataset_info.json"
_TRL = {
    "preference": [("DPOTrainer", "DPOConfig"), ("RewardTrainer", "RewardConfig")],
    "kto": [("KTOTrainer", "KTOConfig")],
    "sft": [("SFTTrainer", "SFTConfig")],
}
Counts = Mapping[str, Mapping[str, int]]


def snippets(name: str, counts: Counts, data: Sequence[WrittenFile]) -> str:
    """The part of the card that shows how each trainer reads the files."""
    parts = ["## Use", _python("from datasets import load_dataset", "", *(
        f'{config} = load_dataset("path/to/this/folder", "{config}")' for config in counts))]  # fmt: skip
    for config, pairs in _TRL.items():
        if config in counts:
            held_out = f', eval_dataset={config}["test"]' if "test" in counts[config] else ""
            parts += [
                _python(
                    f"from trl import {settings}, {trainer}", "",
                    f'{trainer}(model="your/model", args={settings}(output_dir="out"), train_dataset={config}["train"]{held_out}).train()',
                )
                for trainer, settings in pairs
            ]  # fmt: skip
    if "sft" in counts:
        parts.append("Trainers that want one `messages` column:")
        parts.append(
            _python(
                'messages = sft.map(lambda row: {"messages": row["prompt"] + row["completion"]}, remove_columns=["prompt", "completion"])'
            )
        )
    if info := dataset_info(name, data):
        listed = ", ".join(f"`{each}`" for each in info)
        parts.append(
            f"LLaMA-Factory: `{DATASET_INFO}` lies beside this file. Pass `--dataset_dir path/to/this/folder` and one of {listed}."
        )
    if "preference_implicit" in counts:
        parts += [
            "Axolotl, for DPO and for supervised training:",
            _yaml(axolotl("dpo")),
            _yaml(axolotl("sft")),
        ]
    if commands := openrlhf(counts):
        parts += ["OpenRLHF:", "```sh\n" + "\n".join(commands) + "\n```"]
    return "\n\n".join(parts)


def dataset_info(name: str, data: Sequence[WrittenFile]) -> dict[str, Any]:
    """LLaMA-Factory's description of the train files, an entry a file; empty without `edit`.

    Preference (DPO, reward) as `<name>_pairs`, supervised as `<name>_sft`, in its alpaca format.
    """
    stem = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    trained = [file for file in data if (file.config, file.split) == ("edit", "train")]
    format_ = "parquet" if any(file.format == "parquet" for file in trained) else "jsonl"
    shards = [file for file in trained if file.format == format_]
    entries: dict[str, Any] = {}
    for number, file in enumerate(shards):
        end = f"_{number:05d}" if len(shards) > 1 else ""
        entries[f"{stem}_pairs{end}"] = {
            "file_name": file.path,
            "ranking": True,
            "columns": {"prompt": "prompt", "chosen": "edited_response", "rejected": "original_response"},
        }
        entries[f"{stem}_sft{end}"] = {
            "file_name": file.path,
            "columns": {"prompt": "prompt", "response": "edited_response"},
        }
    return entries


def axolotl(method: str) -> list[str]:
    """The data part of an Axolotl configuration, as YAML lines. `method`: dpo or sft."""
    source = [
        "datasets:",
        "  - path: path/to/this/folder",
        "    name: preference_implicit",
        "    split: train",
    ]
    if method == "dpo":
        return ["rl: dpo", *source, "    type: chat_template.argilla_chat"]
    return [*source, "    type: chat_template", "    field_messages: chosen"]


def openrlhf(counts: Counts) -> list[str]:
    """The data arguments of OpenRLHF's training commands, for the configs that there are."""
    wanted = {
        "preference": ("train_rm", "--prompt_key prompt --chosen_key chosen --rejected_key rejected"),
        "kto": ("train_kto", "--input_key prompt --output_key completion --label_key label"),
        "sft": ("train_sft", "--input_key prompt --output_key completion"),
    }
    return [
        f"deepspeed --module openrlhf.cli.{command} --dataset path/to/this/folder/data/{config} {keys} --apply_chat_template"
        for config, (command, keys) in wanted.items()
        if config in counts
    ]


def _python(*lines: str) -> str:
    return "```python\n" + "\n".join(lines) + "\n```"


def _yaml(lines: Sequence[str]) -> str:
    return "```yaml\n" + "\n".join(lines) + "\n```"
