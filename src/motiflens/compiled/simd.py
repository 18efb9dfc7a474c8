"""Vectors of LANES numbers inside compiled functions: load, store, arithmetic, max, sum, exp, tanh.

LLVM's own vectoriser gives up where it cannot prove that arrays do not overlap, which in these kernels is nearly
everywhere, and keeps sums in memory. Here a vector is a value: `load(a, (i, j))` reads a[i, j : j + LANES], `+ - * /`
and `maximum` work on vectors and numbers, `store(a, (i, j), x)` writes. What lanes are chosen is told in the bits of an
int64, lane i in bit i. LLVM maps the vectors to whatever registers a processor has. Indices are not checked. What is
not a number stays so, also through `exp` and `tanh`; `maximum` and `minimum` return the second of two that cannot be
compared. Importing this imports numba.
"""

import math
import operator
from typing import Any, no_type_check

from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.core.errors import TypingError
from numba.extending import intrinsic, models, overload, register_model

from motiflens.compiled.jit import njit as lenient_njit

LANES = 16
_FLAGS = ("nsz", "contract")

# Kernels take all arrays of a network at once and allocate none. `_nrt=False` and `inlined`: counting references to
# each of those arrays, and passing them, would take longer than the sums between two calls. Only a kernel is called
# from Python, and only it is cached: the parts are inside it.
_njit: Any = njit
_lenient_njit: Any = lenient_njit
_OPTIONS = {"nogil": True, "error_model": "numpy", "_nrt": False}
_INSIDE = {**_OPTIONS, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
kernel = _lenient_njit(cache=True, **_OPTIONS)
part = _njit(**_INSIDE)
inlined = _njit(forceinline=True, **_INSIDE)


class Lanes(types.Type):
    """Numba's type of LANES float32 or float64 numbers."""

    def __init__(self, dtype: types.Float) -> None:
        self.dtype = dtype
        super().__init__(name=f"Lanes({dtype})")


@register_model(Lanes)
class _LanesModel(models.PrimitiveModel):
    @no_type_check
    def __init__(self, manager, kind):
        super().__init__(manager, kind, ir.VectorType(manager.lookup(kind.dtype).get_value_type(), LANES))


@no_type_check
def _pointer(context, builder, signature, args):
    """Pointer to LANES elements of an array at a tuple of indices, and an element's size."""
    array_type, index_type = signature.args[:2]
    array = context.make_array(array_type)(context, builder, value=args[0])
    indices = [
        context.cast(builder, index, kind, types.intp)
        for index, kind in zip(cgutils.unpack_tuple(builder, args[1]), index_type.types, strict=True)
    ]
    pointer = cgutils.get_item_pointer(context, builder, array_type, array, indices, wraparound=False)
    vector = context.get_value_type(Lanes(array_type.dtype))
    return builder.bitcast(pointer, vector.as_pointer()), array_type.dtype.bitwidth // 8


@intrinsic
@no_type_check
def load(_, array, index):
    """LANES elements from `index` (a tuple) on, along the last axis of a C-contiguous array."""

    def generate(context, builder, signature, args):
        pointer, size = _pointer(context, builder, signature, args)
        return builder.load(pointer, align=size)

    return Lanes(array.dtype)(array, index), generate


@intrinsic
@no_type_check
def store(_, array, index, value):
    """Write LANES elements from `index` (a tuple) on."""

    def generate(context, builder, signature, args):
        pointer, size = _pointer(context, builder, signature, args)
        builder.store(args[2], pointer, align=size)

    return types.void(array, index, value), generate


@intrinsic
@no_type_check
def splat(_, dtype, number):
    """A vector of one number; `dtype` is an array or vector of the wanted kind, or a dtype."""
    kind = Lanes(dtype.dtype)

    def generate(context, builder, signature, args):
        vector = context.get_value_type(kind)
        value = context.cast(builder, args[1], signature.args[1], kind.dtype)
        first = builder.insert_element(ir.Constant(vector, ir.Undefined), value, ir.Constant(ir.IntType(32), 0))
        lanes = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
        return builder.shuffle_vector(first, ir.Constant(vector, ir.Undefined), lanes)

    return kind(dtype, number), generate


@no_type_check
def _binary(name, flags=_FLAGS):
    @intrinsic
    @no_type_check
    def operation(_, a, b):
        if not (isinstance(a, Lanes) and a == b):
            raise TypingError(f"{name} of {a} and {b}")

        def generate(_context, builder, _signature, args):
            return getattr(builder, name)(*args, flags=flags)

        return a(a, b), generate

    return operation


@no_type_check
def _offer(python_operator, vectors):
    """Let an operator of Python work on vectors, and on a vector and a number."""

    @overload(python_operator)
    @no_type_check
    def choose(a, b):
        if isinstance(a, Lanes) and isinstance(b, Lanes):
            return lambda a, b: vectors(a, b)
        if isinstance(a, Lanes) and isinstance(b, types.Number):
            return lambda a, b: vectors(a, splat(a, b))
        if isinstance(b, Lanes) and isinstance(a, types.Number):
            return lambda a, b: vectors(splat(b, a), b)
        return None


for _operator, _name in (
    (operator.add, "fadd"),
    (operator.iadd, "fadd"),
    (operator.sub, "fsub"),
    (operator.mul, "fmul"),
    (operator.truediv, "fdiv"),
):
    _offer(_operator, _binary(_name))


@no_type_check
def _extreme(comparison):
    @intrinsic
    @no_type_check
    def operation(_, a, b):
        def generate(_context, builder, _signature, args):
            return builder.select(builder.fcmp_ordered(comparison, *args, flags=_FLAGS), *args)

        return a(a, b), generate

    return operation


_larger, _smaller = _extreme(">"), _extreme("<")


@no_type_check
def maximum(a, b):
    """The larger of each pair of lanes."""


@no_type_check
def minimum(a, b):
    """The smaller of each pair of lanes."""


_offer(maximum, _larger)
_offer(minimum, _smaller)


#: Product that is rounded before it is added to anything: the same bits wherever it is computed.
rounded_product = _binary("fmul", flags=())


@no_type_check
def _comparison(compare):
    @intrinsic
    @no_type_check
    def operation(_, a, b):
        def generate(_context, builder, _signature, args):
            lanes = compare(builder, *args)
            return builder.zext(builder.bitcast(lanes, ir.IntType(LANES)), ir.IntType(64))

        return types.int64(a, b), generate

    return operation


#: Lanes in which the two vectors differ; in which they are equal; in which the first is larger.
different = _comparison(lambda builder, a, b: builder.fcmp_unordered("!=", a, b))
equal = _comparison(lambda builder, a, b: builder.fcmp_ordered("==", a, b))
larger = _comparison(lambda builder, a, b: builder.fcmp_ordered(">", a, b))


@intrinsic
@no_type_check
def chosen(_, bits, a, b):  # noqa: ARG001
    """Lanes of `a` where a bit is set, of `b` elsewhere."""

    def generate(_context, builder, _signature, args):
        lanes = builder.bitcast(builder.trunc(args[0], ir.IntType(LANES)), ir.VectorType(ir.IntType(1), LANES))
        return builder.select(lanes, *args[1:])

    return a(types.int64, a, b), generate


@intrinsic
@no_type_check
def lowest_bit(_, bits):
    """Index of the lowest bit set."""

    def generate(_context, builder, _signature, args):
        return builder.cttz(args[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(bits), generate


@intrinsic
@no_type_check
def total(_, a):
    """Sum of the lanes."""

    def generate(context, builder, _signature, args):
        scalar = context.get_value_type(a.dtype)
        name = f"llvm.vector.reduce.fadd.v{LANES}f{a.dtype.bitwidth}"
        function = cgutils.get_or_insert_function(builder.module, ir.FunctionType(scalar, (scalar, args[0].type)), name)
        return builder.call(function, (ir.Constant(scalar, -0.0), args[0]), fastmath=("reassoc", *_FLAGS))

    return a.dtype(a), generate


@no_type_check
def _elementwise(name):
    @intrinsic
    @no_type_check
    def operation(_, a):
        def generate(_context, builder, _signature, args):
            kind = args[0].type
            function = cgutils.get_or_insert_function(
                builder.module, ir.FunctionType(kind, (kind,)), f"llvm.{name}.v{LANES}f{a.dtype.bitwidth}"
            )
            return builder.call(function, args)

        return a(a), generate

    return operation


_floor, _library_exp = _elementwise("floor"), _elementwise("exp")


@intrinsic
@no_type_check
def _power_of_two(_, exponent):
    """2 to a whole number -126..127, float32: the number is the exponent's bits."""

    def generate(_context, builder, _signature, args):
        integers = ir.VectorType(ir.IntType(32), LANES)
        biased = builder.add(builder.fptosi(args[0], integers), ir.Constant(integers, [127] * LANES))
        return builder.bitcast(builder.shl(biased, ir.Constant(integers, [23] * LANES)), args[0].type)

    return exponent(exponent), generate


_LOWEST, _HIGHEST = -87.0, 88.0  # between them exp is a normal float32
_LOG2E = 1 / math.log(2)
_LN2_HIGH = 0.693359375  # nine bits, so that its product with the exponent is exact
_LN2_LOW = math.log(2) - _LN2_HIGH
_C2, _C3, _C4, _C5, _C6, _C7 = (1 / math.factorial(n) for n in range(2, 8))


@inlined
@no_type_check
def _polynomial_exp(x):
    x = maximum(_LOWEST, minimum(_HIGHEST, x))
    exponent = _floor(x * _LOG2E + 0.5)
    r = x - exponent * _LN2_HIGH - exponent * _LN2_LOW
    p = _C2 + r * (_C3 + r * (_C4 + r * (_C5 + r * (_C6 + r * _C7))))
    return (1 + r * (1 + r * p)) * _power_of_two(exponent)


@no_type_check
def exp(x):
    """e to the x; relative error 1e-7 in float32, where x is taken as -87 below it and 88 above."""


@overload(exp)
@no_type_check
def _choose_exp(x):
    if not isinstance(x, Lanes):
        return None
    if x.dtype == types.float32:
        return lambda x: _polynomial_exp(x)
    return lambda x: _library_exp(x)


@inlined
@no_type_check
def sigmoid(x):
    """Logistic function."""
    return 1 / (1 + exp(0 - x))


@inlined
@no_type_check
def tanh(x):
    """Hyperbolic tangent; absolute error 1e-7 in float32."""
    return 1 - 2 / (1 + exp(2 * x))
