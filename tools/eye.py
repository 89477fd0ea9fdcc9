"""The eye: a small vision tower, convolutions first and attention after, with SigLIP's interface.

Import this module before `AutoModel.from_pretrained` or a Llava model reads a folder that holds an eye: it makes
the model type "shelftalk_eye" known to transformers.
"""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel, PreTrainedConfig, PreTrainedModel, SiglipImageProcessorPil
from transformers import initialization as init
from transformers.modeling_outputs import BaseModelOutputWithPooling


class EyeConfig(PreTrainedConfig):  # type: ignore[no-untyped-call]
    """The eye's shape; the defaults make the one that ships."""

    model_type = "shelftalk_eye"
    base_config_key = "vision_config"

    def __init__(
        self,
        image_size: int = 128,
        patch_size: int = 16,
        num_channels: int = 3,
        stages: list[int] | None = None,
        hidden_size: int = 384,
        intermediate_size: int = 1536,
        num_hidden_layers: int = 4,
        num_attention_heads: int = 6,
        layer_norm_eps: float = 1e-6,
        initializer_range: float = 0.02,
        **kwargs: Any,
    ) -> None:
        self.image_size = image_size
        self.patch_size = patch_size
        self.num_channels = num_channels
        # Channels of the stages before the last, which has hidden_size channels. The first stage has stride 4,
        # each later one halves the side again, so their number follows from patch_size.
        self.stages = stages if stages is not None else [64, 192]
        self.hidden_size = hidden_size
        self.intermediate_size = intermediate_size
        self.num_hidden_layers = num_hidden_layers
        self.num_attention_heads = num_attention_heads
        self.layer_norm_eps = layer_norm_eps
        self.initializer_range = initializer_range
        super().__init__(**kwargs)


class Residual(nn.Module):
    """Two 3x3 convolutions with a way around them."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(width)

    def forward(self, x: Tensor) -> Tensor:
        """[batch, width, side, side] -> the same shape."""
        inner = F.relu(self.norm1(self.conv1(x)))
        return F.relu(x + self.norm2(self.conv2(inner)))


class Stage(nn.Module):
    """One convolution with a stride, then a residual block at the new size."""

    def __init__(self, before: int, width: int, kernel: int, stride: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(before, width, kernel, stride, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(width)
        self.block = Residual(width)

    def forward(self, x: Tensor) -> Tensor:
        """[batch, before, side, side] -> [batch, width, side / stride, side / stride]."""
        out: Tensor = self.block(F.relu(self.norm(self.conv(x))))
        return out


class Layer(nn.Module):
    """A transformer layer, norms first."""

    def __init__(self, config: EyeConfig) -> None:
        super().__init__()
        width = config.hidden_size
        self.heads = config.num_attention_heads
        self.norm1 = nn.LayerNorm(width, eps=config.layer_norm_eps)
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.norm2 = nn.LayerNorm(width, eps=config.layer_norm_eps)
        self.up = nn.Linear(width, config.intermediate_size)
        self.down = nn.Linear(config.intermediate_size, width)

    def forward(self, x: Tensor) -> Tensor:
        """[batch, patches, width] -> the same shape."""
        batch, patches, width = x.shape
        size = width // self.heads
        # [3, batch, heads, patches, size]
        q, k, v = self.qkv(self.norm1(x)).view(batch, patches, 3, self.heads, size).permute(2, 0, 3, 1, 4)
        # Written out: for 64 patches it is quicker on a CPU than the fused kernel, most of all backwards.
        weights = ((q * size**-0.5) @ k.transpose(-1, -2)).softmax(-1)
        x = x + self.out((weights @ v).transpose(1, 2).reshape(batch, patches, width))
        return x + self.down(F.gelu(self.up(self.norm2(x))))  # type: ignore[no-any-return]


class Pool(nn.Module):
    """Attention pooling: each head weighs the patches by a learned score."""

    def __init__(self, config: EyeConfig) -> None:
        super().__init__()
        self.heads = config.num_attention_heads
        self.score = nn.Linear(config.hidden_size, self.heads)
        self.value = nn.Linear(config.hidden_size, config.hidden_size)
        self.out = nn.Linear(config.hidden_size, config.hidden_size)

    def forward(self, x: Tensor) -> Tensor:
        """[batch, patches, width] -> [batch, width]."""
        batch, patches, width = x.shape
        weights = self.score(x).softmax(1).transpose(1, 2).unsqueeze(2)  # [batch, heads, 1, patches]
        values = (
            self.value(x).view(batch, patches, self.heads, -1).transpose(1, 2)
        )  # [batch, heads, patches, size]
        return self.out((weights @ values).reshape(batch, width))  # type: ignore[no-any-return]


class EyeModel(PreTrainedModel):  # type: ignore[no-untyped-call]
    """Picture in, one vector per 16 x 16 patch and one for the whole picture out."""

    config: EyeConfig
    config_class = EyeConfig
    base_model_prefix = "eye"
    main_input_name = "pixel_values"
    input_modalities = "image"
    _no_split_modules = ["Layer", "Stage"]  # noqa: RUF012  (as the base class declares it)

    def __init__(self, config: EyeConfig) -> None:
        super().__init__(config)
        widths = [*config.stages, config.hidden_size]
        if 4 * 2 ** (len(widths) - 1) != config.patch_size:
            raise ValueError(
                f"{len(widths)} stages make patches of {4 * 2 ** (len(widths) - 1)} pixels, not {config.patch_size}"
            )
        before = [config.num_channels, *widths]
        self.stages = nn.ModuleList(
            Stage(before[i], width, kernel=6 if i == 0 else 3, stride=4 if i == 0 else 2)
            for i, width in enumerate(widths)
        )
        self.positions = nn.Parameter(
            torch.zeros((config.image_size // config.patch_size) ** 2, config.hidden_size)
        )
        self.layers = nn.ModuleList(Layer(config) for _ in range(config.num_hidden_layers))
        self.norm = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)
        self.pool = Pool(config)
        self.post_init()  # type: ignore[no-untyped-call]

    @torch.no_grad()
    def _init_weights(self, module: nn.Module) -> None:
        # transformers' own initialisers leave alone what a checkpoint has filled, statistics of a norm included.
        if isinstance(module, nn.Linear):
            init.normal_(module.weight, std=self.config.initializer_range)
            init.zeros_(module.bias)
        elif isinstance(module, nn.Conv2d):
            init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        elif isinstance(module, nn.LayerNorm | nn.BatchNorm2d):
            init.ones_(module.weight)
            init.zeros_(module.bias)
            statistics = dict(module.named_buffers())
            if statistics:
                init.zeros_(statistics["running_mean"])
                init.ones_(statistics["running_var"])
                init.zeros_(statistics["num_batches_tracked"])
        elif isinstance(module, EyeModel):
            init.normal_(module.positions, std=self.config.initializer_range)

    def train(self, mode: bool = True) -> EyeModel:
        """Switch between training and use; a tower whose weights are all frozen stays in use.

        Its batch norms keep their statistics then, also when the model around it is trained.
        """
        frozen = not any(p.requires_grad for p in self.parameters())
        super().train(mode and not frozen)
        return self

    def _positions(self, rows: int, columns: int) -> Tensor:
        side = math.isqrt(self.positions.shape[0])
        if (rows, columns) == (side, side):
            return self.positions
        grid = self.positions.float().T.reshape(1, -1, side, side)
        grid = F.interpolate(grid, size=(rows, columns), mode="bilinear", align_corners=False, antialias=True)
        return grid.flatten(2)[0].T.to(self.positions.dtype)

    def forward(
        self,
        pixel_values: Tensor,
        output_hidden_states: bool | int | list[int] | None = None,
        return_dict: bool | None = None,
        **_: Any,
    ) -> BaseModelOutputWithPooling | tuple[Tensor, ...]:
        """Encode pictures.

        `pixel_values`: [batch, 3, height, width], each side a multiple of 16, values from -1 to 1. Returns
        last_hidden_state [batch, height / 16 * width / 16, hidden_size], pooler_output [batch, hidden_size] and, where
        asked for, hidden_states: the patches before the first layer and after each; the last is last_hidden_state.
        """
        keep = output_hidden_states is not None and output_hidden_states is not False
        x = pixel_values.to(self.positions.dtype, memory_format=torch.channels_last)
        for stage in self.stages:
            x = stage(x)
        rows, columns = x.shape[2:]
        x = x.flatten(2).transpose(1, 2).contiguous() + self._positions(rows, columns)
        states = [x]
        for layer in self.layers:
            x = layer(x)
            states.append(x)
        x = self.norm(x)
        states[-1] = x
        out = BaseModelOutputWithPooling(
            last_hidden_state=x, pooler_output=self.pool(x), hidden_states=tuple(states) if keep else None
        )
        return out.to_tuple() if return_dict is False else out


def picture_processor(config: EyeConfig) -> SiglipImageProcessorPil:
    """Return what turns PIL pictures into `pixel_values`: stretched to a square, values from -1 to 1."""
    side = {"height": config.image_size, "width": config.image_size}
    return SiglipImageProcessorPil(size=side, resample=2, image_mean=[0.5] * 3, image_std=[0.5] * 3)


AutoConfig.register(EyeConfig.model_type, EyeConfig, exist_ok=True)
AutoModel.register(EyeConfig, EyeModel, exist_ok=True)
