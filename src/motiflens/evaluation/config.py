"""Evaluation as a frozen, validated configuration."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

Extra = Literal["gkm-svm"]


class EvaluationConfig(BaseModel):
    """`baselines` are fitted beside the usual four; gkm-svm takes minutes and the extra `motiflens[gkmsvm]`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    baselines: tuple[Extra, ...] = ()
