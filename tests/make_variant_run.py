"""A run with a real, untrained model, a small genome, and variants on it."""

from pathlib import Path

import numpy as np
import torch
from make_example import Example, binary
from make_motifs import hits_of, motif_record, motifs_of
from make_run import attributions_of, info_of, position_weights, predictions_of

from motiflens.model.additive.config import AdditiveConfig
from motiflens.model.ensemble import Model
from motiflens.model.output import output_for
from motiflens.model.presets import build_network
from motiflens.model.store import save_model
from motiflens.run.folder import RunWriter

SMALL = AdditiveConfig(widths=(5, 8), filters=8, gate_units=3, position_weights="smooth", kmer=3, positional_kmer=2)


def random_model(
    *, classes=("no", "yes"), length: int = 60, members: int = 1, strands: str = "both", config=SMALL, output=None
) -> Model:
    """An untrained model whose every weight counts."""
    torch.manual_seed(3)
    output = output or output_for(classes)
    n_outputs = output.n_outputs
    networks = [build_network(config, length=length, n_outputs=n_outputs).eval() for _ in range(members)]
    for network in networks:
        for parameter in network.parameters():
            parameter.data += 0.2 * torch.randn_like(parameter)
        for module in network.modules():
            if isinstance(module, torch.nn.BatchNorm1d):
                module.running_mean.normal_(std=0.2)
                module.running_var.uniform_(0.5, 1.5)
        if hasattr(network, "mix"):
            network.mix.data = torch.tensor([1.0, 0.3, 0.4])[:, None].repeat(1, n_outputs)
    return Model(members=networks, config=config, output=output, strands=strands)


def make_variant_run(path: Path, model: Model, example: Example | None = None, *, held_out: bool = True) -> Path:
    """Write a run of the model, with the motifs and the test sequences of an example."""
    example = example or binary()
    split = np.random.default_rng(1).choice(["train", "test"], len(example.labels))
    weights, bias = position_weights(example, split == "train")
    probabilities = np.full((len(example.labels), len(example.classes)), 1 / len(example.classes))
    del bias
    found = motifs_of(example, weights, split == "test")
    with RunWriter(path) as writer:
        save_model(writer.model_folder, model)
        writer.write(motifs=motif_record(example, *found), hits=hits_of(example, found[0], split == "test"))
        if held_out:
            writer.write(
                predictions=predictions_of(example, probabilities, split),
                attributions=attributions_of(example, weights, probabilities, split == "test"),
            )
        writer.seal(info_of(example, split))
    return path


def write_genome(path: Path, lengths: dict[str, int], *, seed: int = 0) -> dict[str, str]:
    """Write random contigs as FASTA; repeats make alleles that can be shifted."""
    rng = np.random.default_rng(seed)
    units = ["A", "C", "G", "T", "CA", "AAT", "GATA"]
    contigs = {}
    for name, length in lengths.items():
        parts: list[str] = []
        while sum(map(len, parts)) < length:
            parts.append("".join(rng.choice(list("ACGT"), 12)) + str(rng.choice(units)) * int(rng.integers(1, 6)))
        contigs[name] = "".join(parts)[:length]
    path.write_text("".join(f">{name}\n{text}\n" for name, text in contigs.items()))
    return contigs


def vcf(lines: list[str], *, contigs: tuple[str, ...] = ("chr1",)) -> str:
    """A VCF of lines "CHROM POS ID REF ALT", with genotypes of one sample."""
    header = [
        "##fileformat=VCFv4.2",
        *(f"##contig=<ID={name}>" for name in contigs),
        '##INFO=<ID=DP,Number=1,Type=Integer,Description="Depth">',
        '##INFO=<ID=END,Number=1,Type=Integer,Description="End">',
        '##ALT=<ID=DEL,Description="Deletion">',
        '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">',
        "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tS1",
    ]
    rows = ["\t".join([*line.split(), "10.50", "PASS", "DP=7", "GT", "0|1"]) for line in lines]
    return "\n".join([*header, *rows]) + "\n"
