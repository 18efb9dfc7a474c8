"""Compiled inner loops of scanning: screen windows in 8-bit lanes, score those that pass, sum score distributions.

Screening. A window loses, against the motif's best sequence, a `deficit` in every column; it is a hit when the deficits
sum to at most a budget. Deficits of LETTERS neighbouring columns are tabled for all k-mers of LETTERS letters, scaled
to bytes and rounded down, so that a table lookup is one byte shuffle for LANES windows at once and no hit is lost.
The few windows that pass are scored exactly.

The shuffle is written as plain LLVM (element by element with a variable index), which is correct on any processor;
LLVM recognises it and emits vpermb, pshufb or tbl where there is one.
"""

from typing import no_type_check

import numpy as np
from llvmlite import binding, ir
from numba import config, types
from numba.core import cgutils
from numba.extending import intrinsic

from motiflens.compiled.jit import njit

# A table of LANES bytes holds every k-mer of LETTERS letters: 64-byte shuffles need AVX-512 VBMI, 16 bytes are common.
LANES = 64 if not getattr(config, "CPU_NAME", None) and binding.get_host_cpu_features().get("avx512vbmi", False) else 16
LETTERS = 3 if LANES == 64 else 2
VECTORS = 4  # vectors a step, so that one load of a table serves four
GROUP = VECTORS * LANES  # windows a step
TILE = 1 << 14  # windows whose stream stays in the first-level cache while all motifs pass over it
BUDGET = 254
ABSENT = -(1 << 20)  # score of N: below every threshold, summed over any width

_BYTE, _INT = ir.IntType(8), ir.IntType(32)
_VECTOR = ir.VectorType(_BYTE, LANES)


@no_type_check
def _splat(builder, byte):
    vector = builder.insert_element(ir.Constant(_VECTOR, ir.Undefined), byte, ir.Constant(_INT, 0))
    return builder.shuffle_vector(
        vector, ir.Constant(_VECTOR, ir.Undefined), ir.Constant(ir.VectorType(_INT, LANES), [0] * LANES)
    )


@no_type_check
def _look_up(builder, table, kmers):
    out = ir.Constant(_VECTOR, ir.Undefined)
    kmers = builder.and_(kmers, ir.Constant(_VECTOR, [LANES - 1] * LANES))
    for lane in range(LANES):
        at = ir.Constant(_INT, lane)
        out = builder.insert_element(out, builder.extract_element(table, builder.extract_element(kmers, at)), at)
    return out


@no_type_check
def _load(builder, pointer):
    return builder.load(builder.bitcast(pointer, _VECTOR.as_pointer()), align=1)


@intrinsic
@no_type_check
def _screen(typing_context, stream, at, tables, columns, first, last, budget, flags):  # noqa: ARG001, numba reads them
    """Set flags[i] for the windows at + i, i < GROUP, whose deficits in blocks first..last sum to <= budget.

    Returns whether there is one; the flags are written only then.
    """
    signature = types.boolean(stream, types.int64, tables, columns, types.int64, types.int64, types.uint8, flags)

    def generate(context, builder, signature, arguments):
        data = {
            name: context.make_array(signature.args[i])(context, builder, arguments[i]).data
            for name, i in (("stream", 0), ("tables", 2), ("columns", 3), ("flags", 7))
        }
        _, at, _, _, first, last, budget, _ = arguments
        add = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(_VECTOR, [_VECTOR, _VECTOR]), f"llvm.uadd.sat.v{LANES}i8"
        )
        zero = ir.Constant(_VECTOR, [0] * LANES)
        sums = [cgutils.alloca_once_value(builder, zero) for _ in range(VECTORS)]
        with cgutils.for_range(builder, last, start=first) as loop:
            table = _load(builder, builder.gep(data["tables"], [builder.mul(loop.index, loop.index.type(LANES))]))
            column = builder.load(builder.gep(data["columns"], [loop.index]))
            base = builder.gep(data["stream"], [builder.add(at, column)])
            for v, total in enumerate(sums):
                kmers = _load(builder, builder.gep(base, [ir.Constant(_INT, v * LANES)]))
                builder.store(builder.call(add, [builder.load(total), _look_up(builder, table, kmers)]), total)
        limit = _splat(builder, budget)
        passed = [builder.icmp_unsigned("<=", builder.load(total), limit) for total in sums]
        some = passed[0]
        for more in passed[1:]:
            some = builder.or_(some, more)
        found = builder.icmp_unsigned("!=", builder.bitcast(some, ir.IntType(LANES)), ir.IntType(LANES)(0))
        with builder.if_then(found, likely=False):
            for v, bits in enumerate(passed):
                target = builder.gep(data["flags"], [ir.Constant(_INT, v * LANES)])
                builder.store(builder.zext(bits, _VECTOR), builder.bitcast(target, _VECTOR.as_pointer()), align=1)
        return found

    return signature, generate


@njit(cache=True, nogil=True)
@no_type_check
def _fill_stream(codes, begin, letters, stream):
    """K-mers of LETTERS letters at every position from `begin`; N and positions past the end get arbitrary letters.

    Arbitrary, because runs of one letter would pass the screen of some motif at every window.
    """
    inside = min(len(codes) - begin, len(letters))
    valid = 0
    for i in range(len(letters)):
        letters[i] = ((begin + i) * 2654435761 >> 29) & 3
    for i in range(inside):
        code = codes[begin + i]
        letters[i] = code if code < 4 else letters[i]
        valid += code < 4
    for i in range(len(stream)):
        kmer = letters[i]
        for k in range(1, LETTERS):
            kmer = (kmer << 2) | letters[i + k]
        stream[i] = kmer & (LANES - 1)
    return valid > 0


@njit(cache=True, nogil=True)
@no_type_check
def _doubled(rows):
    out = np.empty((2 * rows.shape[0], 3), np.int64)
    for i in range(rows.shape[0]):
        for j in range(3):
            out[i, j] = rows[i, j]
    return out


@njit(cache=True, nogil=True)
@no_type_check
def scan_range(codes, begin, end, scores, bounds, thresholds, tables, columns, budgets, block_bounds):
    """Windows starting in begin..end that reach their matrix's threshold, rows (position, matrix, score).

    codes (length,); scores (5, columns of all matrices), matrix k at bounds[k]..bounds[k + 1].
    """
    widest = 0
    for k in range(len(thresholds)):
        widest = max(widest, bounds[k + 1] - bounds[k])
    stream = np.zeros(TILE + widest + GROUP, np.uint8)
    letters = np.zeros(len(stream) + LETTERS, np.uint8)
    flags = np.zeros(GROUP, np.uint8)
    words = flags.view(np.uint64)
    hits = np.empty((1024, 3), np.int64)
    found = 0
    for tile in range(begin, end, TILE):
        if not _fill_stream(codes, tile, letters, stream):
            continue
        stop = min(tile + TILE, end)
        for k in range(len(thresholds)):
            first, last = block_bounds[k], block_bounds[k + 1]
            low, width = bounds[k], bounds[k + 1] - bounds[k]
            final = min(stop, len(codes) - width + 1)
            for at in range(0, final - tile, GROUP):
                if not _screen(stream, at, tables, columns, first, last, budgets[k], flags):
                    continue
                for word in range(len(words)):
                    if words[word] == 0:
                        continue
                    for i in range(8 * word, 8 * word + 8):
                        start = tile + at + i
                        if flags[i] == 0 or start >= final:
                            continue
                        total = 0
                        for j in range(width):
                            total += scores[codes[start + j], low + j]
                        if total < thresholds[k]:
                            continue
                        if found == len(hits):
                            hits = _doubled(hits)
                        hits[found, 0], hits[found, 1], hits[found, 2] = start, k, total
                        found += 1
    return hits[:found]


@njit(cache=True, nogil=True)
@no_type_check
def score_masses(scores, background):
    """Probability (totals,) of each total score of a window of independent letters.

    scores (4, width) integers, lowest of each column 0; background (4,) probabilities of the letters.
    """
    width = scores.shape[1]
    size = 1
    for j in range(width):
        size += max(max(scores[0, j], scores[1, j]), max(scores[2, j], scores[3, j]))
    old, new = np.zeros(size), np.zeros(size)
    for base in range(4):
        old[scores[base, 0]] += background[base]
    span = 1 + max(max(scores[0, 0], scores[1, 0]), max(scores[2, 0], scores[3, 0]))
    for j in range(1, width):
        for s in range(size):
            new[s] = 0
        for base in range(4):
            target = new[scores[base, j] :]
            for s in range(span):
                target[s] += background[base] * old[s]
        span += max(max(scores[0, j], scores[1, j]), max(scores[2, j], scores[3, j]))
        old, new = new, old
    return old


@njit(cache=True, nogil=True)
@no_type_check
def _window_sums(codes, begin, windows, matrix, sums):
    """Scores of the windows from `begin` on, into sums[:windows]."""
    for i in range(windows):
        sums[i] = 0
    for j in range(matrix.shape[1]):
        a, c, g, t, absent = matrix[0, j], matrix[1, j], matrix[2, j], matrix[3, j], matrix[4, j]
        column = codes[begin + j : begin + j + max(windows, 0)]
        for i in range(len(column)):
            code = column[i]
            low = a if code == 0 else c
            high = g if code == 2 else t
            sums[i] += absent if code == 4 else (low if code < 2 else high)


@njit(cache=True, nogil=True)
@no_type_check
def best_windows(codes, offsets, forward, reverse, both_strands):
    """Highest score of each sequence, where it starts and its strand (+1, -1); no window without N: start -1.

    codes (length,) with sequence i at offsets[i]..offsets[i + 1]; forward, reverse (5, width). Of equals the
    forward strand wins, then the leftmost.
    """
    n, width = len(offsets) - 1, forward.shape[1]
    sums = np.empty(np.diff(offsets).max() if n else 0, np.int32)
    scores = np.full(n, ABSENT, np.int32)
    starts = np.full(n, -1, np.int64)
    strands = np.ones(n, np.int8)
    for s in range(n):
        windows = offsets[s + 1] - offsets[s] - width + 1
        for strand in range(2 if both_strands else 1):
            _window_sums(codes, offsets[s], windows, reverse if strand else forward, sums)
            for i in range(windows):
                if sums[i] > scores[s] and sums[i] > ABSENT // 2:
                    scores[s], starts[s], strands[s] = sums[i], i, 1 - 2 * strand
    return scores, starts, strands
