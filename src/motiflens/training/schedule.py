"""When to lower the learning rate and when to stop, as Keras decides it from the validation loss of each epoch.

Written out because PyTorch's ReduceLROnPlateau and Lightning's EarlyStopping decide otherwise at the edges: they
compare in double precision, ReduceLROnPlateau takes the threshold from the best loss instead of adding it to the
current one, and both forget a first loss that is not a number, with which Keras compares for ever.
"""

from dataclasses import dataclass

import numpy as np

_MIN_DELTA = 1e-4  # Keras' default for ReduceLROnPlateau, which the tutorial leaves alone


@dataclass(kw_only=True)
class PlateauSchedule:
    """Learning rate, times `factor` after `patience` epochs without a loss lower by 1e-4, down to a minimum."""

    learning_rate: float
    patience: int
    min_learning_rate: float
    factor: float = 0.5
    best: float | None = None
    wait: int = 0

    def step(self, val_loss: float) -> float:
        """Learning rate of the next epoch."""
        self.wait += 1
        if _lower(val_loss + _MIN_DELTA, self.best):
            self.best, self.wait = val_loss, 0
        elif self.wait >= self.patience and _lower(self.min_learning_rate, self.learning_rate):
            self.learning_rate = max(self.learning_rate * self.factor, self.min_learning_rate)
            self.wait = 0
        return self.learning_rate


@dataclass(kw_only=True)
class EarlyStopping:
    """Stops after `patience` (>= 1) epochs without a lower loss; `best_epoch` (from 0) has the weights to restore."""

    patience: int
    best_epoch: int = -1
    best: float | None = None
    wait: int = 0
    epochs: int = 0

    def step(self, val_loss: float) -> bool:
        """Whether training stops after this epoch."""
        self.wait += 1
        if _lower(val_loss, self.best):
            self.best, self.best_epoch, self.wait = val_loss, self.epochs, 0
        self.epochs += 1
        return self.wait >= self.patience


def _lower(loss: float, best: float | None) -> bool:
    return best is None or bool(np.float32(loss) < np.float32(best))  # Keras compares in single precision
