"""`motiflens variants`: a file of variants comes out as it went in, scored, with the motifs that changed."""

import hashlib
import itertools
import os
import re
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

import motiflens
from motiflens.apply.variants.all_snvs import AllSubstitutions, open_substitutions, write_base_tracks
from motiflens.apply.variants.batches import Batch, batches
from motiflens.apply.variants.block import Block, Tally
from motiflens.apply.variants.fields import FalseDiscovery, Field, fields_of, p_values_of, values_of
from motiflens.apply.variants.genome import open_random_genome
from motiflens.apply.variants.haplotypes import REACH
from motiflens.apply.variants.null import Null
from motiflens.apply.variants.records import VariantFile, open_variants
from motiflens.apply.variants.scoring import Recipe, open_scorer, packed, score_batch
from motiflens.apply.variants.summary import check_genome, summary_of
from motiflens.apply.variants.windows import offsets_of
from motiflens.apply.variants.writing import Layout, check_output, line_writer, write_index
from motiflens.errors import InputError
from motiflens.run.folder import Run
from motiflens.workflow.outputs import own_folder, refuse_inputs
from motiflens.workflow.run_log import Notify, Progress
from motiflens.workflow.variant_job import VariantJob, VariantOptions
from motiflens.workflow.variant_report import variant_report
from motiflens.workflow.workers import Workers, pool_of

_KEY = "key"


def score_variants(
    path: str | Path,
    variants: str | AllSubstitutions,
    out: Path,
    *,
    options: VariantOptions | None = None,
    notify: Notify = lambda _: None,
    progress: Progress | None = None,
) -> list[str]:
    """Score a file of variants by a run's model into `out`, whole or not at all; return a summary.

    `out` is .vcf, .vcf.gz (bgzip, with an index) or .tsv. Beside it stands a page, OUT.html, and of every substitution
    of regions bigWig files, OUT.A.bw and so on. Memory does not grow with the file. A killed call, repeated, goes on
    after the last whole block.

    Raises:
        InputError: bad input, a genome that is none of these variants', or an `out` that cannot be written.
    """
    job = VariantJob(Run.load(path), options or VariantOptions(), notify)
    for file in (out, out.with_name(f"{_stem(out)}.html")):
        refuse_inputs(file, _files(variants, job.options))
    with _opened(variants, job.options) as source, own_folder(out) as folder:
        check_output(out, source)
        key = _key(job.run, variants, job.options)
        recipe = replace(job.recipe(str(variants), source.kind, source.header[-1]), fingerprint=key)
        _resume(folder, key)
        length, workers = job.model.length, job.options.workers
        tally = _score(source, recipe, folder, workers=workers, length=length, progress=progress)
        if recipe.genome:
            with open_random_genome(recipe.genome) as genome:
                lengths = genome.lengths
            check_genome(tally, recipe.config, path=str(variants), genome=recipe.genome, contigs=lengths)
        else:
            lengths = {}
        null = job.null(dict.fromkeys(kind for block in _Blocks(folder) for kind in block.kinds))
        made = _write(job, source, out, blocks=_Blocks(folder), null=null, contigs=lengths)
        page = folder / "page.html"
        page.write_text(variant_report(job, _Blocks(folder), tally, source=str(variants), null=null), "utf-8")
        made |= {f"{_stem(out)}.html": page}
        if isinstance(variants, AllSubstitutions):
            blocks = _Blocks(folder)
            tracks = write_base_tracks(folder, blocks, targets=job.scorer.targets, lengths=lengths)
            made |= {f"{_stem(out)}.{name}": folder / name for name in tracks}
        _move(made, folder, out)
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


def _opened(variants: str | AllSubstitutions, options: VariantOptions) -> AbstractContextManager[VariantFile]:
    if isinstance(variants, str):
        return open_variants(variants)
    if options.genome is None:
        raise InputError(f"{variants}: regions need their genome: give --genome FILE")
    return open_substitutions(variants, options.genome)


def _files(variants: str | AllSubstitutions, options: VariantOptions) -> list[str]:
    """Return every file that is read."""
    own = (variants,) if isinstance(variants, str) else variants.beds
    return [str(path) for path in (*own, options.genome, options.database) if path]


def _stem(out: Path) -> str:
    """Return the output's name without what says its format."""
    return re.sub(r"\.(tsv|vcf|vcf\.gz|vcf\.bgz)$", "", out.name, flags=re.IGNORECASE)


def _key(run: Run, variants: str | AllSubstitutions, options: VariantOptions) -> str:
    """Fingerprint of what is scored: version, weights, input, options. A pipe is never the same twice."""
    weights = {name: digest for name, digest in run.info.files.items() if name.startswith(("model/", "motifs.json"))}
    with suppress(OSError):
        seen = [(os.path.abspath(path), os.stat(path)) for path in _files(variants, options)]
        files = [(path, state.st_size, state.st_mtime_ns) for path, state in seen]
        return hashlib.sha256(
            repr((motiflens.__version__, weights, files, replace(options, workers=Workers()))).encode()
        ).hexdigest()
    return os.urandom(16).hex()


class _Blocks:
    """The blocks of a folder, in their order; one is in memory at a time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __iter__(self) -> Iterator[Block]:
        for number in itertools.count():
            file = self.folder / _name(number)
            if not file.exists():
                return
            yield Block.load(file)


def _name(number: int) -> str:
    return f"block_{number:06d}.npz"


def _score(
    source: VariantFile, recipe: Recipe, folder: Path, *, workers: Workers, length: int, progress: Progress | None
) -> Tally:
    """Score what is not yet in the folder, a file a block; return the counts of all."""
    tally, numbers, missing = Tally(), itertools.count(), deque[Path]()

    reach = None if recipe.sample is None else REACH * length

    def todo() -> Iterator[Batch]:
        for batch in batches(source, recipe.block_size(length), reach=reach):
            file = folder / _name(next(numbers))
            if not file.exists():
                missing.append(file)
                yield batch

    done = 0
    with pool_of(workers) as pool, open_scorer(recipe) as scorer:
        # what other processes open stays open there; here it must not outlive the call
        score = scorer.score if workers == Workers() else partial(score_batch, packed(recipe))
        for block in pool.map(score, todo()):
            block.save(missing.popleft())
            done += block.tally.records
            if progress:
                progress(done, None)
    for block in _Blocks(folder):
        tally += block.tally
    return tally


def _write(
    job: VariantJob,
    source: VariantFile,
    out: Path,
    *,
    blocks: "_Blocks",
    null: Null | None,
    contigs: dict[str, int],
) -> dict[str, Path]:
    """Write the output, and its index, from the blocks; return where they lie by the names that they are to have."""
    config = job.options.config
    fields = fields_of(
        job.scorer.targets,
        ensemble=job.scorer.is_ensemble,
        null=null is not None,
        places=config.offsets,
        haplotypes=config.haplotypes is not None,
    )
    discovery = FalseDiscovery()
    if null is not None:
        for block in blocks:
            discovery.add(p_values_of(block, null, places=config.offsets))
    to_vcf = out.suffix.lower() != ".tsv"
    layout = Layout(source, fields, to_vcf=to_vcf, contigs=contigs, run=job.run.name)
    packed = to_vcf and out.suffix.lower() != ".vcf"
    made = blocks.folder / f"scored{'.vcf.gz' if packed else ''}"
    with line_writer(made, packed=packed) as write:
        for line in layout.header():
            write(line)
        for block in blocks:
            for line in layout.lines(block, _texts(job, block, fields, null, discovery)):
                write(line)
    index = write_index(made, layout.order) if packed else None
    if packed and index is None:
        job.notify(f"warning: {source.path}: the records are not sorted, so that {out} has no index")
    return {out.name: made} | ({} if index is None else {out.name + index.suffix: index})


def _texts(
    job: VariantJob, block: Block, fields: Sequence[Field], null: Null | None, discovery: FalseDiscovery
) -> list[list[str]]:
    config = job.options.config
    offsets = offsets_of(job.model.length, config.offsets)
    p = None if null is None else p_values_of(block, null, places=config.offsets)
    q = None if p is None else discovery.q_values(p)
    return values_of(block, fields, p=p, q=q, offsets=offsets, agreement=config.agreement)


def _move(made: dict[str, Path], folder: Path, out: Path) -> None:
    """Move files into place, the output first; an old index never stands beside a new file."""
    for suffix in (".tbi", ".csi"):
        out.with_name(out.name + suffix).unlink(missing_ok=True)
    for name, file in made.items():
        os.replace(file, out.with_name(name))
    for left in folder.iterdir():
        left.unlink()
    folder.rmdir()
