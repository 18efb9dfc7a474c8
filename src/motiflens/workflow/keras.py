"""`motiflens import-keras`: a trained Keras model as a run without data."""

from pathlib import Path

from motiflens.errors import InputError
from motiflens.model.classic.keras_import import import_keras
from motiflens.model.ensemble import Model
from motiflens.model.output import output_for
from motiflens.model.store import save_model
from motiflens.run.folder import Run, RunWriter
from motiflens.run.schema.info import ImportedModel, RunInfo


def import_keras_run(
    path: Path, out: Path, *, classes: tuple[str, ...] | None = None, force: bool = False, command: str = ""
) -> Run:
    """Write a run that holds the model of a `.keras` file, ready for evaluate, predict and explain.

    `classes` are in the model's order (of two, the second is the positive one). Raises InputError as `import_keras`
    does, and for another number of classes than the model has.
    """
    imported = import_keras(path)
    number = 2 if imported.network.heads == 1 else imported.network.heads
    names = classes or tuple(str(i) for i in range(number))
    if len(names) != number or len(set(names)) != number:
        raise InputError(f"{path}: the model has {number} classes; give that many different names with --classes")
    model = Model(members=(imported.network.eval(),), config=imported.network.config, classes=names)
    with RunWriter(out, force=force) as writer:
        save_model(writer.model_folder, model)
        output = output_for(names)
        return writer.seal(
            RunInfo(
                command=command,
                task=output.task,
                classes=names,
                positive=output.positive,
                explained=tuple(names[i] for i in output.explained),
                length=model.length,
                seed=0,
                imported=ImportedModel(path=str(path), name=imported.name, keras=imported.keras_version),
            )
        )
