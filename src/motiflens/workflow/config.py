"""How a model is applied: its device, and what to explain of new sequences."""

from dataclasses import dataclass, field
from typing import Literal

from motiflens.data.config import Crop
from motiflens.workflow.workers import Workers

Device = Literal["auto", "cpu", "cuda", "mps"]
Method = Literal["mutagenesis", "contributions", "saliency", "integrated-gradients", "deeplift"]


@dataclass(frozen=True, kw_only=True)
class ExplainOptions:
    """Method, target class (None: the positive or the predicted one), length and crop, pictures, device, workers."""

    method: Method = "mutagenesis"
    target: str | None = None
    length: int | None = None
    crop: Crop | None = None
    pictures: int = 20
    device: Device = "auto"
    workers: Workers = field(default_factory=Workers)
