"""Everything that a tuning run depends on: one TOML file, in which every setting stands with its value."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any, Literal, TypeVar, overload

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from shelftalk.tools.errors import UsageError

Part = Literal["language", "adaptor", "vision"]
EMBEDDED = "mini"  # what the embedded model may be called
EMBEDDED_RATE = (
    1e-3  # a small model learns at a higher rate: after 400 steps .252 of validation loss, at 2e-4 .274
)


class Table(BaseModel):
    """Some settings; a name that is none is refused."""

    model_config = ConfigDict(extra="forbid")


class Lora(Table):
    """The adapter (Hu et al., LoRA, arXiv 2106.09685)."""

    rank: int = Field(default=16, ge=1, description="of each low-rank change")
    alpha: float = Field(default=32.0, gt=0, description="a change counts alpha / rank")
    dropout: float = Field(default=0.0, ge=0, lt=1, description="of what goes into a change")
    parts: list[Part] = Field(
        default=["language"],
        min_length=1,
        description="whose linear layers are changed: language, adaptor, vision",
    )
    rescaled: bool = Field(default=False, description="alpha / sqrt(rank) instead (rsLoRA, arXiv 2312.03732)")


class Training(Table):
    """How it is trained."""

    epochs: float = Field(default=2.0, gt=0, description="times that each example is seen")
    steps: int = Field(default=0, ge=0, description="ends after these, where not 0")
    batch: int = Field(default=4, ge=1, description="examples at once in one process")
    accumulate: int = Field(default=1, ge=1, description="batches to a step")
    rate: float = Field(default=2e-4, gt=0, description="learning rate at its highest")
    schedule: Literal["cosine", "linear", "constant"] = Field(default="cosine", description="of the rate")
    warm_up: float = Field(default=0.03, ge=0, le=1, description="share of the steps in which the rate rises")
    decay: float = Field(default=0.0, ge=0, description="weight decay")
    clip: float = Field(default=1.0, gt=0, description="the gradient's norm is cut at this")
    longest: int = Field(default=0, ge=0, description="tokens of an example, 0: what the model reads")
    group: bool = Field(default=True, description="batches of examples of like length")
    checkpointing: bool = Field(
        default=False, description="activations are computed twice and not kept: less memory"
    )
    precision: Literal["auto", "float32", "bfloat16"] = Field(
        default="auto", description="bfloat16 where the machine multiplies it"
    )
    seed: int = Field(
        default=0, ge=0, description="of the order of examples and of the adapter's first values"
    )
    threads: int = Field(default=0, ge=0, description="on a CPU, 0: as many as PyTorch takes")


class Replay(Table):
    """Rows of what must not be forgotten, learnt beside the new ones (Robins, Catastrophic forgetting, rehearsal and
    pseudorehearsal, Connection Science 7(2), 1995).
    """

    data: str = Field(default="", description="another folder of training data; empty: none")
    share: float = Field(default=0.25, gt=0, lt=1, description="of all examples that are its own")


class Saving(Table):
    """When it is checked and kept."""

    evaluate_every: int = Field(
        default=100, ge=1, description="steps between two looks at the validation rows"
    )
    validation_rows: int = Field(default=100, ge=0, description="of which at most so many, 0: all")
    patience: int = Field(
        default=4, ge=0, description="looks without a lower loss after which it ends, 0: it never does"
    )
    checkpoint_every: int = Field(default=50, ge=1, description="steps between two checkpoints")
    checkpoints: int = Field(default=2, ge=1, description="that are kept")
    log_every: int = Field(default=5, ge=1, description="steps between two lines of the log")


class Settings(Table):
    """One run."""

    backbone: str = Field(default="", description="a model's folder or hub name, empty: the embedded model")
    data: str = Field(default="", description="a folder of training data")
    four_bit: bool = Field(default=False, description="the model's weights in nf4 (QLoRA, arXiv 2305.14314)")
    lora: Lora = Lora()
    training: Training = Training()
    replay: Replay = Replay()
    saving: Saving = Saving()

    @model_validator(mode="after")
    def _settled(self) -> Settings:
        if self.backbone == EMBEDDED and not Path(self.backbone).exists():
            self.backbone = ""
        if (
            not self.backbone
            and type(self.training) is Training
            and "rate" not in self.training.model_fields_set
        ):
            self.training = self.training.model_copy(update={"rate": EMBEDDED_RATE})
        if len(set(self.lora.parts)) < len(self.lora.parts):
            raise ValueError("lora.parts names a part twice")
        return self


One = TypeVar("One", bound=Settings)


@overload
def read_settings(path: Path | None, **given: Any) -> Settings: ...
@overload
def read_settings(path: Path | None, kind: type[One], **given: Any) -> One: ...
def read_settings(path: Path | None, kind: type[Settings] = Settings, **given: Any) -> Settings:
    """Return the settings of a TOML file with what the command line says instead; None: the defaults.

    UsageError says which setting is wrong, what it may be, and what there is.
    """
    held: dict[str, Any] = {}
    if path is not None:
        try:
            held = tomllib.loads(path.read_text("utf-8"))
        except OSError as error:
            raise UsageError(f"The settings in {path} cannot be read: {error.strerror}.") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise UsageError(f"{path} is no TOML file: {error}.") from None
    try:
        for name, value in given.items():
            if isinstance(value, dict):
                held[name] = {**held.get(name, {}), **value}
            elif value is not None:
                held[name] = value
        return kind.model_validate(held)
    except ValidationError as error:
        where = f"The settings in {path}" if path else "The settings"
        raise UsageError(f"{where}: {'; '.join(_said(e, kind) for e in error.errors()[:3])}.") from None


def _said(error: Any, kind: type[Settings]) -> str:
    name = ".".join(map(str, error["loc"])) or "settings"
    if error["type"] == "extra_forbidden":
        return f"there is no setting {name}; {_known(error['loc'], kind)}"
    return f"{name} is {error['input']!r}: {error['msg'].lower().removeprefix('value error, ')}"


def _known(where: tuple[str | int, ...], kind: type[Settings]) -> str:
    table = kind.model_fields[str(where[0])].annotation if len(where) > 1 else kind
    return f"there are {', '.join(getattr(table, 'model_fields', ()))}"


def to_toml(settings: BaseModel) -> str:
    """Return settings as TOML, each with what it means."""
    lines: list[str] = []
    tables: list[str] = []
    for name, field in type(settings).model_fields.items():
        value = getattr(settings, name)
        if isinstance(value, BaseModel):
            tables.append(f"\n[{name}]\n{to_toml(value)}")
        else:
            lines.append(f"{name} = {_value(value)}  # {field.description}")
    return "\n".join([*lines, ""]) + "".join(tables)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    # A JSON string is a TOML string; a number is written alike in both.
    return json.dumps(value, ensure_ascii=False)
