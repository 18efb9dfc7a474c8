"""Random bits for dropout, many at a time; importing this imports numba."""

from typing import no_type_check

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from motiflens.compiled.simd import LANES

_HALF = 1 << 16  # values of half a word


@intrinsic
@no_type_check
def dropout_bits(_, counter, key, chance):  # noqa: ARG001
    """2 * LANES bits, each set with probability chance / 65536; a function of its arguments alone.

    Random numbers by counting: the words of a vector are numbered, and their numbers mixed by the finaliser of
    MurmurHash3 (Appleby) before and after half of `key` joins; each word gives two bits from 16 random ones each.
    """

    def mixed(builder, words, constant):
        for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
            words = builder.mul(builder.xor(words, builder.lshr(words, constant(shift))), constant(factor))
        return builder.xor(words, builder.lshr(words, constant(16)))

    def generate(_context, builder, _signature, args):
        word, vector = ir.IntType(32), ir.VectorType(ir.IntType(32), LANES)

        def constant(number):
            return ir.Constant(vector, [number] * LANES)

        def spread(number):
            first = builder.insert_element(ir.Constant(vector, ir.Undefined), number, ir.Constant(word, 0))
            return builder.shuffle_vector(first, ir.Constant(vector, ir.Undefined), constant(0))

        first = builder.trunc(builder.mul(args[0], ir.Constant(args[0].type, LANES)), word)
        low, high = (builder.trunc(builder.lshr(args[1], ir.Constant(args[1].type, n)), word) for n in (0, 32))
        words = builder.add(spread(builder.add(first, low)), ir.Constant(vector, list(range(LANES))))
        words = mixed(builder, builder.xor(mixed(builder, words, constant), spread(high)), constant)
        limit = spread(builder.trunc(args[2], word))
        halves = (builder.and_(words, constant(_HALF - 1)), builder.lshr(words, constant(16)))
        low, high = (
            builder.zext(builder.bitcast(builder.icmp_unsigned("<", half, limit), ir.IntType(LANES)), ir.IntType(64))
            for half in halves
        )
        return builder.or_(low, builder.shl(high, ir.Constant(ir.IntType(64), LANES)))

    return types.int64(types.uint64, types.uint64, types.int64), generate
