"""Vision-language checkpoints that can be trained to answer: a ViLT's answer head, or an adapter.

Both are loaded from a local folder or a hub id. transformers' Pillow image processors are used, so
that torchvision is not needed.
"""

import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import torch
from PIL import Image
from torch import Tensor, nn

from diagnostics.science.experiments.design.outcomes import TrainingRefused

# As in the VQA v2 head of ViLT: no more answers than this.
MOST_ANSWERS = 3129
GREY = (127, 127, 127)
IGNORED = -100


@dataclass(frozen=True)
class Shown:
    """b samples as a checkpoint sees them. A picture that is not there is a grey one."""

    questions: Sequence[str]
    pictures: Sequence[Image.Image | None]
    answers: Sequence[tuple[str, ...]]

    def drawn(self) -> list[Image.Image]:
        """A picture for every sample."""
        return [
            Image.new("RGB", (64, 64), GREY) if each is None else each.convert("RGB")
            for each in self.pictures
        ]


@dataclass(frozen=True)
class Adapter:
    """LoRA (Hu et al. 2021): rank, scale and dropout of the low-rank update of q and v."""

    rank: int = 8
    alpha: int = 16
    dropout: float = 0.0


class Learner(Protocol):
    """A loaded checkpoint that can be trained."""

    module: nn.Module

    def losses(self, shown: Shown) -> Tensor:
        """Loss (b) of each sample, differentiable."""
        ...

    def answer(self, shown: Shown) -> tuple[list[str], list[float]]:
        """The answer of each sample (b) and its probability."""
        ...


def family(name: str, revision: str) -> str:
    """'head' for a ViLT, 'adapter' for a generative model.

    Raises TrainingRefused where there is no such checkpoint or it is of another kind.
    """
    import transformers
    from transformers.models.auto.modeling_auto import MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES

    if name.startswith(("/", "./", "../", "~")) and not Path(name).expanduser().is_dir():
        raise TrainingRefused(f"there is no folder “{name}” with a model in it")
    try:
        config = transformers.AutoConfig.from_pretrained(_place(name), revision=revision)
    except (OSError, ValueError) as problem:
        raise TrainingRefused(f"the checkpoint “{name}” cannot be loaded: {problem}") from problem
    if config.model_type == "vilt":
        return "head"
    if config.model_type not in MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES:
        raise TrainingRefused(
            f"“{name}” is a {config.model_type}: neither a ViLT nor a generative "
            "vision-language model"
        )
    return "adapter"


def load(
    name: str, revision: str, adapter: Adapter, answers: Sequence[tuple[str, ...]], device: str
) -> Learner:
    """The checkpoint, ready to be trained on `answers`. Raises TrainingRefused as `family` does."""
    kind = family(name, revision)
    try:
        if kind == "head":
            return AnswerHead.load(name, revision, answers, device)
        return Generative.load(name, revision, adapter, device)
    except (OSError, ValueError, ImportError) as problem:
        raise TrainingRefused(f"the checkpoint “{name}” cannot be loaded: {problem}") from problem


def _place(name: str) -> str:
    return str(Path(name).expanduser()) if name.startswith("~") else name


def _processors(name: str, revision: str) -> tuple[Any, Any]:
    import transformers

    tokenizer = transformers.AutoTokenizer.from_pretrained(_place(name), revision=revision)
    # Pillow's processor: the other one needs torchvision.
    pictures = transformers.AutoImageProcessor.from_pretrained(
        _place(name), revision=revision, backend="pil"
    )
    return tokenizer, pictures


@dataclass
class AnswerHead:
    """A ViLT with a head over answers; binary cross-entropy against all right answers.

    The head of the checkpoint is kept where it knows every training answer; otherwise a new one is
    made for the most frequent training answers.
    """

    module: nn.Module
    tokenizer: Any
    pictures: Any
    labels: tuple[str, ...]
    device: str
    place: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        self.place = {label: number for number, label in enumerate(self.labels)}

    @classmethod
    def load(
        cls, name: str, revision: str, answers: Sequence[tuple[str, ...]], device: str
    ) -> "AnswerHead":
        """Load from a folder or hub id."""
        import transformers

        config = transformers.AutoConfig.from_pretrained(_place(name), revision=revision)
        known = tuple(config.id2label[number] for number in range(len(config.id2label)))
        counted = Counter(answer for each in answers for answer in each)
        labels = known
        if not counted.keys() <= set(known):
            # Ties by the answer itself, so that the head does not depend on the samples' order.
            ordered = sorted(counted, key=lambda answer: (-counted[answer], answer))
            labels = tuple(ordered[:MOST_ANSWERS])
        model: Any = transformers.ViltForQuestionAnswering.from_pretrained(
            _place(name),
            revision=revision,
            id2label=dict(enumerate(labels)),
            label2id={label: number for number, label in enumerate(labels)},
            ignore_mismatched_sizes=True,
        )
        if labels is not known:
            for layer in model.classifier:
                if hasattr(layer, "reset_parameters"):
                    layer.reset_parameters()
        tokenizer, pictures = _processors(name, revision)
        return cls(model.to(device), tokenizer, pictures, labels, device)

    def losses(self, shown: Shown) -> Tensor:
        """Sum over answers of the binary cross-entropy, as in ViLT's own training."""
        targets = torch.zeros(len(shown.questions), len(self.labels))
        for row, answers in enumerate(shown.answers):
            for answer in answers:
                if answer in self.place:
                    targets[row, self.place[answer]] = 1.0
        each = nn.functional.binary_cross_entropy_with_logits(
            self._logits(shown), targets.to(self.device), reduction="none"
        )
        return each.sum(dim=1)

    def answer(self, shown: Shown) -> tuple[list[str], list[float]]:
        """The label of the highest logit and its sigmoid."""
        best = torch.sigmoid(self._logits(shown)).max(dim=1)
        return [self.labels[n] for n in best.indices.tolist()], best.values.tolist()

    def _logits(self, shown: Shown) -> Tensor:
        config: Any = self.module.config
        longest = config.max_position_embeddings
        tokens = self.tokenizer(
            list(shown.questions), padding=True, truncation=True, max_length=longest,
            return_tensors="pt",
        )  # fmt: skip
        seen = self.pictures(images=shown.drawn(), return_tensors="pt")
        names = [n for n in ("input_ids", "attention_mask", "token_type_ids") if n in tokens]
        inputs = {name: tokens[name].to(self.device) for name in names}
        inputs |= {name: value.to(self.device) for name, value in seen.items()}
        return self.module(**inputs).logits  # type: ignore[no-any-return]


@dataclass
class Generative:
    """A generative model with a LoRA adapter; the base weights stay as they are.

    The loss is the mean cross-entropy of the answer's tokens, its end among them; the prompt's are
    not counted.
    """

    module: nn.Module
    processor: Any
    device: str
    longest_answer: int = 16

    @classmethod
    def load(cls, name: str, revision: str, adapter: Adapter, device: str) -> "Generative":
        """Load from a folder or hub id. Raises TrainingRefused where peft is absent."""
        import transformers

        try:
            import peft
        except ImportError as problem:
            raise TrainingRefused(
                "generative checkpoints are trained by adapters: "
                "pip install 'alignment-triage[finetune]'"
            ) from problem
        processor = transformers.AutoProcessor.from_pretrained(
            _place(name), revision=revision, backend="pil"
        )
        if not hasattr(processor, "image_token"):
            raise TrainingRefused(f"“{name}” has no place for a picture in its prompt")
        model = transformers.AutoModelForImageTextToText.from_pretrained(
            _place(name),
            revision=revision,
            dtype=torch.float32 if device == "cpu" else torch.bfloat16,
        )
        chosen = [
            path
            for path, layer in model.named_modules()
            if isinstance(layer, nn.Linear)
            and path.endswith(("q_proj", "v_proj"))
            and "vision" not in path
        ]
        settings = peft.LoraConfig(
            r=adapter.rank, lora_alpha=adapter.alpha, lora_dropout=adapter.dropout,
            target_modules=chosen or "all-linear",
        )  # fmt: skip
        with warnings.catch_warnings():
            # peft asks by an older name whether activations are kept.
            warnings.filterwarnings("ignore", "`is_gradient_checkpointing`", FutureWarning)
            adapted = peft.get_peft_model(model, settings)
        return cls(adapted.to(device), processor, device)

    def losses(self, shown: Shown) -> Tensor:
        """Mean over the tokens of one of the right answers, the first."""
        inputs, labels = self._taught(shown)
        logits = self.module(**inputs).logits[:, :-1].float()
        wanted = labels[:, 1:]
        each = nn.functional.cross_entropy(
            logits.transpose(1, 2), wanted, ignore_index=IGNORED, reduction="none"
        )
        counted = (wanted != IGNORED).sum(dim=1)
        return each.sum(dim=1) / counted

    def answer(self, shown: Shown) -> tuple[list[str], list[float]]:
        """Greedy decoding; the probability of the whole answer."""
        inputs = self._asked(shown, "left")
        made = self.module.generate(  # type: ignore[operator]
            **inputs,
            do_sample=False,
            max_new_tokens=self.longest_answer,
            output_logits=True,
            return_dict_in_generate=True,
            pad_token_id=self._filler,
        )
        new = made.sequences[:, inputs["input_ids"].shape[1] :]
        sure = torch.stack(made.logits, dim=1).float().log_softmax(dim=-1)
        chosen = sure.gather(2, new[..., None])[..., 0]
        ended = (new == self._end).long().cumsum(dim=1)
        # The end itself was chosen as well; what comes after it was not.
        counted = (ended == 0) | ((ended == 1) & (new == self._end))
        texts = self.processor.batch_decode(new, skip_special_tokens=True)
        return [text.strip() for text in texts], (chosen * counted).sum(dim=1).exp().tolist()

    @property
    def _end(self) -> int:
        return int(self.processor.tokenizer.eos_token_id)

    @property
    def _filler(self) -> int:
        filler = self.processor.tokenizer.pad_token_id
        return self._end if filler is None else int(filler)

    def _asked(self, shown: Shown, side: str) -> dict[str, Tensor]:
        """Prompts with their pictures, filled up at `side`."""
        tokenizer = self.processor.tokenizer
        if tokenizer.pad_token_id is None:
            tokenizer.pad_token = tokenizer.eos_token
        tokenizer.padding_side = side
        prompts = [self._prompt(question) for question in shown.questions]
        pictures = [[each] for each in shown.drawn()]
        made = self.processor(images=pictures, text=prompts, padding=True, return_tensors="pt")
        return {name: value.to(self.device) for name, value in made.items()}

    def _prompt(self, question: str) -> str:
        if getattr(self.processor, "chat_template", None):
            content = [{"type": "image"}, {"type": "text", "text": question}]
            return str(
                self.processor.apply_chat_template(
                    [{"role": "user", "content": content}], add_generation_prompt=True
                )
            )
        return f"{self.processor.image_token}\n{question}\n"

    def _taught(self, shown: Shown) -> tuple[dict[str, Tensor], Tensor]:
        """Prompts with their answers behind them, and labels for the answers alone."""
        inputs = self._asked(shown, "left")
        tokenizer = self.processor.tokenizer
        found = [
            [*tokenizer.encode(answers[0], add_special_tokens=False), self._end]
            for answers in shown.answers
        ]
        longest = max(map(len, found))
        added = torch.tensor([ids + [self._filler] * (longest - len(ids)) for ids in found])
        real = torch.tensor([[1] * len(ids) + [0] * (longest - len(ids)) for ids in found])
        added, real = added.to(self.device), real.to(self.device)
        asked = inputs["input_ids"]
        behind = {"input_ids": added, "attention_mask": real}
        # Whatever else is said of each token (its kind, say) is said of answers as of text: 0.
        taught = {
            name: torch.cat([value, behind.get(name, torch.zeros_like(added))], dim=1)
            if value.shape == asked.shape
            else value
            for name, value in inputs.items()
        }
        labels = torch.cat(
            [torch.full_like(asked, IGNORED), added.masked_fill(real == 0, IGNORED)], dim=1
        )
        return taught, labels
