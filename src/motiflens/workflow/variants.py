"""`motiflens variants`: a file of variants comes out as it went in, scored, with the motifs that changed."""

import hashlib
import itertools
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import motiflens
from motiflens.apply.variants.block import Block, Tally
from motiflens.apply.variants.fields import FalseDiscovery, Field, fields_of, p_values_of, values_of
from motiflens.apply.variants.genome import open_random_genome
from motiflens.apply.variants.null import Null
from motiflens.apply.variants.records import Record, VariantFile, open_variants
from motiflens.apply.variants.scoring import Recipe, open_scorer
from motiflens.apply.variants.summary import check_genome, summary_of
from motiflens.apply.variants.windows import offsets_of
from motiflens.apply.variants.writing import Layout, check_output, line_writer, write_index
from motiflens.run.folder import Run
from motiflens.workflow.explain_file import Progress
from motiflens.workflow.outputs import own_folder, refuse_inputs
from motiflens.workflow.run_log import Notify
from motiflens.workflow.variant_job import VariantJob, VariantOptions

_KEY = "key"


def score_variants(
    path: str | Path,
    variants: str,
    out: Path,
    *,
    options: VariantOptions | None = None,
    notify: Notify = lambda _: None,
    progress: Progress | None = None,
) -> list[str]:
    """Score a file of variants by a run's model into `out`, whole or not at all; return a summary.

    `out` is .vcf, .vcf.gz (bgzip, with an index) or .tsv. Memory does not grow with the file. A killed call, repeated,
    goes on after the last whole block.

    Raises:
        InputError: bad input, a genome that is none of these variants', or an `out` that cannot be written.
    """
    job = VariantJob(Run.load(path), options or VariantOptions(), notify)
    refuse_inputs(out, (variants, job.options.genome, job.options.database))
    with open_variants(variants) as source, own_folder(out) as folder:
        check_output(out, source)
        recipe = job.recipe(variants, source.kind)
        _resume(folder, _key(job.run, variants, job.options))
        tally = _score(source, recipe, folder, progress)
        if recipe.genome:
            with open_random_genome(recipe.genome) as genome:
                lengths = genome.lengths
            check_genome(tally, recipe.config, path=variants, genome=recipe.genome, contigs=lengths)
        else:
            lengths = {}
        _write(job, source, folder, out, lengths)
    return summary_of(tally)


def _resume(folder: Path, key: str) -> None:
    """Prepare the folder of blocks; those of another call are deleted."""
    file = folder / _KEY
    if not (file.is_file() and file.read_text("utf-8") == key):
        if folder.exists():
            for old in folder.iterdir():
                old.unlink()
        folder.mkdir(exist_ok=True)
        file.write_text(key, "utf-8")


def _key(run: Run, variants: str, options: VariantOptions) -> str:
    """Fingerprint of what is scored: version, weights, input, options. A pipe is never the same twice."""
    weights = {name: digest for name, digest in run.info.files.items() if name.startswith(("model/", "motifs.json"))}
    with suppress(OSError):
        paths = [str(path) for path in (variants, options.genome, options.database) if path]
        seen = [(os.path.abspath(path), os.stat(path)) for path in paths]
        files = [(path, state.st_size, state.st_mtime_ns) for path, state in seen]
        return hashlib.sha256(repr((motiflens.__version__, weights, files, options)).encode()).hexdigest()
    return os.urandom(16).hex()


def _batches(records: Iterator[Record], size: int) -> Iterator[list[Record]]:
    while batch := list(itertools.islice(records, size)):
        yield batch


class _Blocks:
    """The blocks of a folder, in their order; one is in memory at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __iter__(self) -> Iterator[Block]:
        for number in itertools.count():
            file = self._folder / _name(number)
            if not file.exists():
                return
            yield Block.load(file)


def _name(number: int) -> str:
    return f"block_{number:06d}.npz"


def _score(source: VariantFile, recipe: Recipe, folder: Path, progress: Progress | None) -> Tally:
    """Score what is not yet in the folder, a file a block; return the counts of all."""
    tally = Tally()
    with open_scorer(recipe) as scorer:
        for number, records in enumerate(_batches(source.records, recipe.block_size(scorer.length))):
            file = folder / _name(number)
            if file.exists():
                block = Block.load(file)
            else:
                block = scorer.score(records)
                block.save(file)
            tally += block.tally
            if progress:
                progress(tally.records, None)
    return tally


def _write(job: VariantJob, source: VariantFile, folder: Path, out: Path, contigs: dict[str, int]) -> None:
    """Write the output from the blocks, and move it into place."""
    blocks = _Blocks(folder)
    config = job.options.config
    null = job.null(dict.fromkeys(kind for block in blocks for kind in block.kinds))
    fields = fields_of(
        job.scorer.targets, ensemble=job.scorer.is_ensemble, null=null is not None, places=config.offsets
    )
    discovery = FalseDiscovery()
    if null is not None:
        for block in blocks:
            discovery.add(p_values_of(block, null, places=config.offsets))
    to_vcf = out.suffix.lower() != ".tsv"
    layout = Layout(source, fields, to_vcf=to_vcf, contigs=contigs, run=job.run.name)
    packed = to_vcf and out.suffix.lower() != ".vcf"
    made = folder / f"scored{'.vcf.gz' if packed else ''}"
    with line_writer(made, packed=packed) as write:
        for line in layout.header():
            write(line)
        for block in blocks:
            for line in layout.lines(block, _texts(job, block, fields, null, discovery)):
                write(line)
    index = write_index(made, layout.order) if packed else None
    if packed and index is None:
        job.notify(f"warning: {source.path}: the records are not sorted, so that {out} has no index")
    _move(made, index, out)


def _texts(
    job: VariantJob, block: Block, fields: Sequence[Field], null: Null | None, discovery: FalseDiscovery
) -> list[list[str]]:
    offsets = offsets_of(job.model.length, job.options.config.offsets)
    p = None if null is None else p_values_of(block, null, places=job.options.config.offsets)
    q = None if p is None else discovery.q_values(p)
    return values_of(block, fields, p=p, q=q, offsets=offsets)


def _move(made: Path, index: Path | None, out: Path) -> None:
    """Move the file and its index into place; an old index never stands beside a new file."""
    for suffix in (".tbi", ".csi"):
        out.with_name(out.name + suffix).unlink(missing_ok=True)
    os.replace(made, out)
    if index is not None:
        os.replace(index, out.with_name(out.name + index.suffix))
    for left in made.parent.iterdir():
        left.unlink()
    made.parent.rmdir()
