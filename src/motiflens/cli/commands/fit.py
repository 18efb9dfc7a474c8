"""`motiflens fit`."""

from motiflens.cli.console import screen
from motiflens.cli.inputs import labelled_regions, negatives_kind
from motiflens.cli.options import (
    AllowLeakage,
    Average,
    Bed,
    ClassNames,
    Config,
    Contrast,
    CropSide,
    Database,
    DataOrPeaks,
    DeviceName,
    Devices,
    Drop,
    Ensemble,
    Epochs,
    Force,
    Genome,
    Labels,
    Length,
    LossName,
    NamesOf,
    NegativesOption,
    Nodes,
    Offset,
    Out,
    Positive,
    Preset,
    Replicates,
    Seed,
    SharedReference,
    SplitColumn,
    Strands,
    Targets,
    Test,
    Weight,
    columns_of,
    names_of_classes,
    settings_of,
)
from motiflens.cli.summary import run_summary

EXAMPLES = (
    "motiflens fit bound=bound.fa background=random.fa --out run",
    "motiflens fit table.csv --test held-out.csv --ensemble 5 --out run",
    "motiflens fit table.csv --class-names 0=background,1=bound --out run",
    "motiflens fit table.csv --target activity --weight barcodes --out run",
    "motiflens fit --bed peaks.narrowPeak --genome genome.fa.gz --out run",
    "motiflens fit ctcf=rep1.bed ctcf=rep2.bed open=open.bed --genome genome.fa --out run",
)


def fit(
    *,
    data: DataOrPeaks = None,
    test: Test = None,
    bed: Bed = None,
    genome: Genome = None,
    length: Length = None,
    crop: CropSide = None,
    positive: Positive = None,
    class_names: ClassNames = None,
    split_by: SplitColumn = None,
    drop: Drop = False,
    allow_leakage: AllowLeakage = False,
    target: Targets = None,
    replicates: Replicates = None,
    labels: Labels = None,
    weight: Weight = None,
    loss: LossName = None,
    offset: Offset = None,
    average: Average = False,
    contrast: Contrast = None,
    negatives: NegativesOption = None,
    preset: Preset = None,
    strands: Strands = None,
    aligned: SharedReference = False,
    ensemble: Ensemble = None,
    epochs: Epochs = None,
    seed: Seed = None,
    device: DeviceName = None,
    devices: Devices = None,
    num_nodes: Nodes = None,
    config: Config = None,
    database: Database = None,
    taxon: NamesOf = None,
    out: Out,
    force: Force = False,
) -> None:
    """Train on labelled sequences, evaluate, explain, find motifs, and write a run with a report."""
    settings = settings_of(config, preset=preset, seed=seed, epochs=epochs, device=device, strands=strands, loss=loss,
        ensemble=ensemble, devices=devices, num_nodes=num_nodes, aligned=aligned or None, positive=positive, crop=crop,
        length=length, database=database, taxon=taxon, split_by=split_by, contrast=contrast,
        **columns_of(target, labels=labels, replicates=replicates, weight=weight, offset=offset, average=average),
        class_names=names_of_classes(class_names), negatives=negatives_kind(negatives))  # fmt: skip
    regions = labelled_regions(data or (), bed=bed or (), genome=genome, negatives=negatives, test=test or ())
    with screen("reading", stages=True, resumes=True) as shown:
        from motiflens.workflow.fit import fit_files

        run = fit_files(data or (), out, test=test or (), regions=regions, settings=settings, force=force, drop=drop,
            allow_leakage=allow_leakage, console=shown.console())  # fmt: skip
    if run is not None:  # None in a process that only helped to train
        print(*run_summary(run), sep="\n")
