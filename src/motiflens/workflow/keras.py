"""`motiflens import-keras`: a trained Keras model as a run without data."""

from pathlib import Path

from motiflens.model.keras import import_keras_model
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
    imported = import_keras_model(path, classes=classes)
    model = imported.model
    with RunWriter(out, force=force) as writer:
        save_model(writer.model_folder, model)
        names, output = model.classes, model.class_output
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
