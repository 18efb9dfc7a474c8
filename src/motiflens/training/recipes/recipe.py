"""What a preset may do about its training: the default recipe, which the others extend."""

from motiflens.training.gradient_descent import train
from motiflens.training.task import Selected, Task, Trained


class Recipe:
    """Gradient descent from random weights, with the settings as they are."""

    #: Training sequences below which a fit warns.
    min_sequences: int = 100

    def select_strands(self, task: Task) -> Selected:
        """Choose the strands to read, before any member of an ensemble is trained; by default the forward strand."""
        return Selected(task, [])

    def select_network(self, task: Task) -> Selected:
        """Choose what the configuration leaves to the data, once the strands are chosen; by default as it stands."""
        return Selected(task, [])

    def train(self, task: Task) -> Trained:
        """Train one network to the end, calibration included."""
        return train(task, task.initial_network())
