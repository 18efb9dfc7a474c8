"""motiflens: measured DNA in; the motifs that explain the measurements out."""

from typing import TYPE_CHECKING, Any

__version__ = "0.2.0"

if TYPE_CHECKING:
    from motiflens.api import Run, explain_sequences, find_motifs, load_model
    from motiflens.classifier import MotifClassifier
    from motiflens.errors import InputError, ModelError, MotiflensError, RunFolderError
    from motiflens.explorer import Explorer
    from motiflens.folds import NearDuplicateKFold
    from motiflens.model.wrap import wrap
    from motiflens.motifs.motif import Motif
    from motiflens.plots import plot_attributions, plot_logo, plot_positions
    from motiflens.regressor import MotifRegressor

_HOMES = {
    "Explorer": "motiflens.explorer",
    "InputError": "motiflens.errors",
    "ModelError": "motiflens.errors",
    "Motif": "motiflens.motifs.motif",
    "MotifClassifier": "motiflens.classifier",
    "MotifRegressor": "motiflens.regressor",
    "MotiflensError": "motiflens.errors",
    "NearDuplicateKFold": "motiflens.folds",
    "Run": "motiflens.api",
    "RunFolderError": "motiflens.errors",
    "explain_sequences": "motiflens.api",
    "find_motifs": "motiflens.api",
    "load_model": "motiflens.api",
    "plot_attributions": "motiflens.plots",
    "plot_logo": "motiflens.plots",
    "plot_positions": "motiflens.plots",
    "wrap": "motiflens.model.wrap",
}

__all__ = [
    "Explorer",
    "InputError",
    "ModelError",
    "Motif",
    "MotifClassifier",
    "MotifRegressor",
    "MotiflensError",
    "NearDuplicateKFold",
    "Run",
    "RunFolderError",
    "explain_sequences",
    "find_motifs",
    "load_model",
    "plot_attributions",
    "plot_logo",
    "plot_positions",
    "wrap",
]


def __getattr__(name: str) -> Any:
    """Public names, imported when they are first asked for: `import motiflens` alone loads nothing heavy."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
