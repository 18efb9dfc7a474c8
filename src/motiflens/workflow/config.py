"""How a model is applied: its device, and what to explain of new sequences."""

from dataclasses import dataclass
from typing import Literal

from motiflens.data.config import Crop

Device = Literal["auto", "cpu", "cuda", "mps"]
Method = Literal["mutagenesis", "contributions", "saliency", "integrated-gradients", "deeplift"]


@dataclass(frozen=True, kw_only=True)
class ExplainOptions:
    """Method, target class (None: the positive or the predicted one), length and crop, sequences to draw, device."""

    method: Method = "mutagenesis"
    target: str | None = None
    length: int | None = None
    crop: Crop | None = None
    pictures: int = 20
    device: Device = "auto"
