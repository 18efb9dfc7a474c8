"""What a scoring of variants takes from a run: model, motifs, and how large a change is by chance."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from jaxtyping import Float64

from motiflens.apply.variants.config import VariantConfig
from motiflens.apply.variants.genotypes import sample_column
from motiflens.apply.variants.known_sites import sites_of_file, sites_of_run
from motiflens.apply.variants.motif_changes import KnownSite
from motiflens.apply.variants.null import Null, with_kinds
from motiflens.apply.variants.records import Kind
from motiflens.apply.variants.scores import Scorer
from motiflens.apply.variants.scoring import Recipe
from motiflens.errors import InputError
from motiflens.model.device import resolve_device
from motiflens.model.ensemble import Model
from motiflens.model.store import load_model
from motiflens.motifs.motif import UNIFORM
from motiflens.run.folder import Run
from motiflens.shapes import Codes, Strands
from motiflens.workflow.config import Device
from motiflens.workflow.run_log import Notify
from motiflens.workflow.workers import Workers

_MIN_HELD_OUT = 10  # sequences, for a null


@dataclass(frozen=True, kw_only=True)
class VariantOptions:
    """What is scored, how and by whom: the genome (None for pairs of sequences), a motif file, settings, workers."""

    genome: str | None = None
    database: Path | None = None
    config: VariantConfig = field(default_factory=VariantConfig)
    device: Device = "auto"
    workers: Workers = field(default_factory=Workers)


class VariantJob:
    """One scoring: the run and what is taken from it."""

    def __init__(self, run: Run, options: VariantOptions, notify: Notify) -> None:
        self.run, self.options, self.notify = run, options, notify
        self.device = resolve_device(options.device)

    @cached_property
    def model(self) -> Model:
        """The run's model on the chosen device."""
        return load_model(self.run.model_folder).to(self.device)

    @cached_property
    def scorer(self) -> Scorer:
        """The same, as it scores windows."""
        return Scorer(self.model)

    def recipe(self, path: str, kind: Kind, header: str = "") -> Recipe:
        """Return what a process needs to score records of the file; `header` is the last line of a VCF's."""
        genome, sample, config = self.options.genome, None, self.options.config
        if kind == "pairs" and genome:
            raise InputError(f"{path}: has pairs of sequences, which need no --genome; leave it out")
        if kind != "pairs" and not genome:
            raise InputError(f"{path}: variants need the genome that they were called on: give --genome FILE")
        if config.haplotypes is not None:
            if kind != "vcf":
                raise InputError(f"--haplotypes {config.haplotypes}: {path} has no genotypes; give a VCF")
            sample = sample_column(header, config.haplotypes, path=path)
        sites, background, strands = self._motifs()
        return Recipe(
            model_folder=self.run.model_folder,
            path=path,
            kind=kind,
            genome=genome,
            sites=sites,
            background=background,
            strands=strands,
            config=config,
            device=self.device,
            sample=sample,
        )

    def _motifs(self) -> tuple[tuple[KnownSite, ...], Float64[np.ndarray, "4"], Strands]:
        sites: tuple[KnownSite, ...] = ()
        background, strands = UNIFORM, self.model.strands
        if self.run.has("motifs.json"):
            record = self.run.motifs()
            background, strands = np.array(record.background), record.strands
            sites = sites_of_run(record, weak_p_value=self.options.config.weak_p_value)
        if self.options.database is not None:
            p_value = self.options.config.p_value
            sites += sites_of_file(self.options.database, background, p_value=p_value, notify=self.notify)
        return sites, background, strands

    def null(self, kinds: Iterable[str]) -> Null | None:
        """Return the null of these kinds, computed once a run; None where the run has no held-out sequences."""
        kept = Null(effects=self.run.variant_null())
        held_out = held_out_codes(self.run)
        if len(held_out) < _MIN_HELD_OUT:
            self.notify("warning: the run has no held-out sequences, so that there are no p-values")
            return None
        held_out = held_out[: self.options.config.null_sequences]
        whole = with_kinds(
            kept, kinds, self.scorer, held_out=held_out, seed=self.run.info.seed, config=self.options.config
        )
        if any(effects is not kept.effects.get(kind) for kind, effects in whole.effects.items()):
            try:
                self.run.update(variant_null=whole.effects)
            except InputError as error:
                self.notify(f"the null of the p-values is not kept for the next call: {error}")
        return whole


def held_out_codes(run: Run) -> Codes:
    """Return test sequences that the run keeps, each once, without those that have an N; empty where it keeps none."""
    if not (run.has("attributions.npz") and run.has("predictions.tsv")):
        return np.empty((0, run.info.length), np.uint8)
    rows, table = run.attributions(), run.predictions()
    test = set(table.loc[table["split"] == "test", "id"])
    kept = np.array([name in test for name in rows.ids], bool)
    codes = np.unique(rows.codes[kept], axis=0)
    codes = codes[(codes < 4).all(1)]
    return np.random.default_rng(run.info.seed).permutation(codes)
