"""One step of DPO, reward, KTO and supervised training on a release: python steps.py FOLDER. Needs torch and TRL.

The model is tiny and random and the tokenizer is made from the release's own texts, so nothing is fetched.
"""

import json
import math
import sys
import tempfile
import warnings
from collections.abc import Iterator

import transformers
import trl
from datasets import load_dataset
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
    LlamaForSequenceClassification,
    PreTrainedTokenizerFast,
)

TEMPLATE = (
    "{% for message in messages %}<|{{ message['role'] }}|>{{ message['content'] }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
LENGTH = 96


def texts(folder: str) -> Iterator[str]:
    """What the release says."""
    for row in load_dataset(folder, "edit", split="train"):
        yield from (row["prompt"], row["original_response"], row["edited_response"])


def tokenizer(folder: str) -> PreTrainedTokenizerFast:
    """A small byte-level tokenizer of the release's texts."""
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    special = ["<|pad|>", "<|end|>", "<|user|>", "<|assistant|>"]
    made.train_from_iterator(
        texts(folder),
        trainers.BpeTrainer(
            vocab_size=512, special_tokens=special, initial_alphabet=pre_tokenizers.ByteLevel.alphabet()
        ),
    )
    wrapped = PreTrainedTokenizerFast(
        tokenizer_object=made, pad_token="<|pad|>", eos_token="<|end|>", bos_token="<|end|>"
    )
    wrapped.chat_template = TEMPLATE
    return wrapped


def config(words: PreTrainedTokenizerFast, **more: object) -> LlamaConfig:
    """A model of two narrow layers."""
    return LlamaConfig(
        vocab_size=len(words), hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2,
        max_position_embeddings=256, pad_token_id=words.pad_token_id, eos_token_id=words.eos_token_id,
        bos_token_id=words.bos_token_id, **more,
    )  # fmt: skip


def main() -> None:
    """A step of each; SystemExit when a loss is no number."""
    warnings.filterwarnings("ignore")
    transformers.logging.set_verbosity_error()
    folder = sys.argv[1]
    words = tokenizer(folder)
    print(f"trl {trl.__version__}, transformers {transformers.__version__}; {len(words)} tokens")
    with tempfile.TemporaryDirectory() as out:
        common = {
            "output_dir": out, "max_steps": 1, "per_device_train_batch_size": 4, "use_cpu": True, "report_to": "none",
            "logging_steps": 1, "save_strategy": "no", "bf16": False, "disable_tqdm": True, "max_length": LENGTH,
            "gradient_checkpointing": False,
        }  # fmt: skip
        steps = [
            ("DPO", "preference", trl.DPOTrainer, trl.DPOConfig(**common)),
            ("DPO, implicit prompt", "preference_implicit", trl.DPOTrainer, trl.DPOConfig(**common)),
            ("KTO", "kto", trl.KTOTrainer, trl.KTOConfig(**common)),
            ("KTO, hard negatives", "hard_negatives", trl.KTOTrainer, trl.KTOConfig(**common)),
            ("SFT", "sft", trl.SFTTrainer, trl.SFTConfig(**common)),
            ("reward", "preference", trl.RewardTrainer, trl.RewardConfig(**common)),
        ]
        for name, data, trainer, settings in steps:
            rows = load_dataset(folder, data)
            if trainer is trl.RewardTrainer:
                model = LlamaForSequenceClassification(config(words, num_labels=1))
            else:
                model = LlamaForCausalLM(config(words))
            home = f"{out}/{trainer.__name__}"  # the reference model is loaded from where the model is
            model.save_pretrained(home)
            words.save_pretrained(home)
            done = trainer(
                model=home, args=settings, train_dataset=rows["train"], processing_class=words
            ).train()
            loss = done.training_loss
            told = {
                "trainer": trainer.__name__,
                "config": data,
                "rows": rows["train"].num_rows,
                "loss": round(loss, 4),
            }
            print(f"{name}: {json.dumps(told)}", flush=True)
            if not math.isfinite(loss) or done.global_step != 1:
                sys.exit(f"{name} took no step")
    print("Every trainer took a step on the files as they were released.")


if __name__ == "__main__":
    main()
