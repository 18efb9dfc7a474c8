"""How each preset is trained. A preset without an entry here is trained by the default recipe."""

from motiflens.training.recipes.additive import AdditiveRecipe
from motiflens.training.recipes.classic import ClassicRecipe
from motiflens.training.recipes.deep import DeepRecipe
from motiflens.training.recipes.recipe import Recipe

RECIPES: dict[str, Recipe] = {
    "additive": AdditiveRecipe(),
    "classic": ClassicRecipe(),
    "deep": DeepRecipe(),
}


def recipe_of(preset: str) -> Recipe:
    """Return how networks of this preset are trained."""
    return RECIPES.get(preset, Recipe())
