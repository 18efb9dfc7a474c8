"""What the configurations of all networks share; the defaults of a network stand in the folder of its preset."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from motiflens.errors import InputError

Rate = Annotated[float, Field(ge=0, lt=1)]
Width = Annotated[int, Field(ge=1, le=101)]


def _distinct(widths: tuple[int, ...]) -> tuple[int, ...]:
    if len(set(widths)) != len(widths):
        raise ValueError(f"widths {widths} must be distinct")
    return widths


Widths = Annotated[tuple[Width, ...], Field(min_length=1), AfterValidator(_distinct)]


class NetworkConfig(BaseModel):
    """Architecture of one preset, frozen and validated; `preset` names the folder that describes it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    preset: str

    def for_aligned(self) -> "NetworkConfig":
        """Return the architecture for sequences that share a reference position, so that position counts base by base.

        Raises:
            InputError: the network has no position weights.
        """
        raise InputError(f"--aligned: preset {self.preset} has no position weights; use a preset that has them")
