"""In-silico mutagenesis, ours and tangermeme's in alternation: their ratio in time, one JSON line a case.

Usage: python benchmarks/attribution.py [--lengths 200 ...] [--presets classic additive deep] [--rounds N] [--threads N]
Both get the same weights and sequences; ours includes its check against brute force. tangermeme runs in its plain mode
at the best of several batch sizes, and in its incremental mode, where capturing the model is left out of the time.
`ratio` is of wall-clock times, `ratio_cpu` of processor times, which other work on the machine distorts less.
"""

import argparse
import time
from collections.abc import Callable

import numpy as np
import torch
from results import Recorder, add_out
from tangermeme import saturation_mutagenesis as peer

from motiflens.explain.mutagenesis import logit_changes
from motiflens.model.additive.config import AdditiveConfig
from motiflens.model.classic.config import ClassicConfig
from motiflens.model.config import NetworkConfig
from motiflens.model.deep.config import DeepConfig
from motiflens.model.ensemble import Model
from motiflens.model.output import output_for
from motiflens.model.presets import build_network
from motiflens.sequence.alphabet import one_hot

PRESETS: dict[str, NetworkConfig] = {
    "classic": ClassicConfig(),
    "additive": AdditiveConfig(position_weights="smooth"),
    "deep": DeepConfig(front=AdditiveConfig(position_weights="smooth")),
}
BATCH_SIZES = (16, 32, 64, 128)


def random_model(preset: str, length: int) -> Model:
    """One network with weights of an ordinary size, none of them silent."""
    torch.manual_seed(0)
    network = build_network(PRESETS[preset], length=length, n_outputs=1).eval()
    for parameter in network.parameters():
        parameter.data += 0.1 * torch.randn_like(parameter)
    return Model(members=(network,), config=PRESETS[preset], output=output_for(("no", "yes")))


def seconds(function: Callable[[], object]) -> np.ndarray:
    """Wall-clock and processor time of one call."""
    start = np.array([time.perf_counter(), time.process_time()])
    function()
    return np.array([time.perf_counter(), time.process_time()]) - start


def peer_seconds(model: Model, x: torch.Tensor, *, batch_size: int, fast: bool = False, end: int = -1) -> np.ndarray:
    """Seconds a sequence of tangermeme's."""
    module, run = model.module(), peer.saturation_mutagenesis
    return seconds(lambda: run(module, x, batch_size=batch_size, device="cpu", fast=fast, end=end)) / len(x)


def best_batch_size(model: Model, x: torch.Tensor) -> int:
    """The one of BATCH_SIZES that needs the least processor time on a stretch of one sequence."""
    stretch = min(x.shape[2], 200)
    return min(BATCH_SIZES, key=lambda size: peer_seconds(model, x[:1], batch_size=size, end=stretch)[1])


def peer_incremental(model: Model, x: torch.Tensor, batch_size: int) -> float | str:
    """Processor seconds a sequence in tangermeme's incremental mode once it has captured the model, or why it fails."""
    length = x.shape[2]
    try:
        with torch.no_grad():
            captured = peer._FastISM(model.module(), x[:1], None, 0, length, torch.device("cpu"), torch.float32, False)
            _, letters, positions = peer._single_edits(x[0], 0, length)
            run = lambda: captured.predict_edits(0, letters, positions, batch_size, None)  # noqa: E731
            return min(seconds(run)[1], seconds(run)[1])
    except (peer._Unsupported, RuntimeError) as error:
        return f"fails: {str(error).splitlines()[0]}"


def measure(preset: str, length: int, *, rounds: int) -> dict:
    """One case: `rounds` alternations of the two."""
    model = random_model(preset, length)
    generator = np.random.default_rng(0)
    ours_count, peer_count = max(8, min(200, 40_000 // length)), max(1, 400 // length)
    codes = generator.integers(0, 4, (ours_count, length)).astype(np.uint8)
    x = torch.from_numpy(one_hot(codes[:peer_count]))
    logit_changes(model, codes)  # compiles, or loads what was compiled
    batch_size = best_batch_size(model, x)
    pairs = []
    for _ in range(rounds):
        ours = seconds(lambda: logit_changes(model, codes)) / ours_count
        pairs.append((ours, peer_seconds(model, x, batch_size=batch_size)))
    ours, theirs = np.median(pairs, axis=0)
    ratio = np.median([theirs / ours for ours, theirs in pairs], axis=0)
    incremental = peer_incremental(model, x, batch_size) if length <= 1000 else "not tried"
    return {
        "preset": preset,
        "length": length,
        "ours_per_second": round(1 / ours[0], 2),
        "peer_per_second": round(1 / theirs[0], 3),
        "peer_batch_size": batch_size,
        "ratio": round(ratio[0], 1),
        "ratio_cpu": round(ratio[1], 1),
        "ratio_cpu_incremental": incremental if isinstance(incremental, str) else round(incremental / ours[1], 1),
        "ours_cpu_ms_per_bp": ours[1] * 1000 / length,
    }


def main() -> None:
    """Measures all cases asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lengths", nargs="+", type=int, default=[100, 200, 500, 1000, 2000, 5000])
    parser.add_argument("--presets", nargs="+", choices=PRESETS, default=["classic", "additive"])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    add_out(parser)
    options = parser.parse_args()
    record = Recorder(options.out)
    torch.set_num_threads(options.threads)
    for preset in options.presets:
        for length in options.lengths:
            record(measure(preset, length, rounds=options.rounds))


if __name__ == "__main__":
    main()
