"""Explicit vector lanes for Numba: one value of type ``Lanes`` is the same number for ``LANES`` rewards at once.

A batch of rewards is solved in blocks of ``LANES``. Whatever is known of a node (its value, its reward) is a *row*:
``LANES`` numbers side by side in a flat array, row ``i`` at offset ``i * LANES``. One instruction stream then serves
all rewards of a block, and the index of a successor is read once per block. Left to itself the compiler keeps a row's
running maximum in memory; with a vector type it stays in registers, which is what the speed of every kernel rests on.

The functions compile to LLVM vector instructions, so they run on any processor that LLVM knows; a processor with
narrower registers takes several of them for a row. Nothing is checked: the kernels that use them get checked offsets.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, models, register_model

from orbitwise.typing import ObjectArray

__all__ = [
    "LANES",
    "add",
    "aligned_rows",
    "any_greater",
    "divide",
    "element",
    "largest",
    "load",
    "magnitude",
    "multiply_add",
    "select_equal",
    "select_greater",
    "smallest",
    "spread",
    "store",
    "subtract",
    "times",
    "transpose",
]

LANES = 16  # two 512-bit registers of doubles, one of singles
CACHE_LINE = 64  # bytes


class Lanes(types.Type):  # type: ignore[misc]  # numba ships no types
    """The Numba type of a row: ``LANES`` floats of one width in vector registers."""

    def __init__(self, dtype: Any) -> None:
        self.dtype = dtype
        super().__init__(name=f"Lanes({dtype}, {LANES})")


@register_model(Lanes)
class LanesModel(models.PrimitiveModel):  # type: ignore[misc]
    """A row is one LLVM vector value."""

    def __init__(self, dmm: Any, fe_type: Lanes) -> None:
        super().__init__(dmm, fe_type, _vector(fe_type))


def aligned_rows(n_rows: int, dtype: type = np.float64) -> ObjectArray:
    """Uninitialized flat array of ``n_rows`` rows that starts on a cache line."""
    itemsize = np.dtype(dtype).itemsize
    raw: ObjectArray = np.empty(n_rows * LANES + CACHE_LINE // itemsize, dtype=dtype)
    skip = (-raw.__array_interface__["data"][0] % CACHE_LINE) // itemsize
    return raw[skip : skip + n_rows * LANES]


def _vector(lanes: Lanes) -> ir.VectorType:
    return ir.VectorType(ir.DoubleType() if lanes.dtype == types.float64 else ir.FloatType(), LANES)


def _row_pointer(context: Any, builder: Any, array_type: Any, array: Any, offset: Any) -> Any:
    data = context.make_array(array_type)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [offset]), _vector(Lanes(array_type.dtype)).as_pointer())


@intrinsic
def load(typingctx: Any, array: Any, offset: Any) -> Any:
    """The row of a flat array that starts at an offset."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        wide = context.cast(builder, args[1], signature.args[1], types.int64)
        pointer = _row_pointer(context, builder, signature.args[0], args[0], wide)
        return builder.load(pointer, align=array.dtype.bitwidth // 8)

    return Lanes(array.dtype)(array, offset), codegen


@intrinsic
def store(typingctx: Any, array: Any, offset: Any, row: Any) -> Any:
    """Write a row into a flat array at an offset."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        wide = context.cast(builder, args[1], signature.args[1], types.int64)
        pointer = _row_pointer(context, builder, signature.args[0], args[0], wide)
        builder.store(args[2], pointer, align=array.dtype.bitwidth // 8)
        return context.get_dummy_value()

    return types.void(array, offset, row), codegen


@intrinsic
def element(typingctx: Any, array: Any, index: Any) -> Any:
    """The element of a flat array at a non-negative index, without the test for Python's negative ones."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, args[0]).data
        wide = context.cast(builder, args[1], signature.args[1], types.int64)
        return builder.load(builder.gep(data, [wide]))

    return array.dtype(array, index), codegen


@intrinsic
def spread(typingctx: Any, like: Any, number: Any) -> Any:
    """The row that has one number in every lane, of the type of the row ``like``."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        scalar = context.cast(builder, args[1], signature.args[1], like.dtype)
        vector = _vector(like)
        one = builder.insert_element(ir.Constant(vector, ir.Undefined), scalar, ir.Constant(ir.IntType(32), 0))
        mask = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
        return builder.shuffle_vector(one, ir.Constant(vector, ir.Undefined), mask)

    return like(like, number), codegen


def _fma_type(vector: ir.VectorType) -> ir.FunctionType:
    return ir.FunctionType(vector, [vector, vector, vector])


def _lanewise(n_rows: int, emit: Callable[..., Any]) -> Callable[..., Any]:
    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return emit(builder, *args[:n_rows])

    return codegen


@intrinsic
def add(typingctx: Any, a: Any, b: Any) -> Any:
    """``a + b``."""
    return a(a, b), _lanewise(2, lambda builder, x, y: builder.fadd(x, y))


@intrinsic
def subtract(typingctx: Any, a: Any, b: Any) -> Any:
    """``a - b``."""
    return a(a, b), _lanewise(2, lambda builder, x, y: builder.fsub(x, y))


@intrinsic
def times(typingctx: Any, a: Any, b: Any) -> Any:
    """``a * b``."""
    return a(a, b), _lanewise(2, lambda builder, x, y: builder.fmul(x, y))


@intrinsic
def divide(typingctx: Any, a: Any, b: Any) -> Any:
    """``a / b``."""
    return a(a, b), _lanewise(2, lambda builder, x, y: builder.fdiv(x, y))


@intrinsic
def multiply_add(typingctx: Any, a: Any, b: Any, c: Any) -> Any:
    """``a * b + c``, rounded once."""

    def emit(builder: Any, x: Any, y: Any, z: Any) -> Any:
        name = f"llvm.fma.v{LANES}f{a.dtype.bitwidth}"
        return builder.call(cgutils.get_or_insert_function(builder.module, _fma_type(x.type), name), [x, y, z])

    return a(a, b, c), _lanewise(3, emit)


@intrinsic
def largest(typingctx: Any, a: Any, b: Any) -> Any:
    """The larger of ``a`` and ``b``."""

    def emit(builder: Any, x: Any, y: Any) -> Any:
        return builder.select(builder.fcmp_ordered(">", x, y), x, y)

    return a(a, b), _lanewise(2, emit)


@intrinsic
def smallest(typingctx: Any, a: Any, b: Any) -> Any:
    """The smaller of ``a`` and ``b``."""

    def emit(builder: Any, x: Any, y: Any) -> Any:
        return builder.select(builder.fcmp_ordered("<", x, y), x, y)

    return a(a, b), _lanewise(2, emit)


@intrinsic
def magnitude(typingctx: Any, a: Any) -> Any:
    """``|a|``."""

    def emit(builder: Any, x: Any) -> Any:
        negated = builder.fneg(x)
        return builder.select(builder.fcmp_ordered(">", x, negated), x, negated)

    return a(a), _lanewise(1, emit)


@intrinsic
def select_greater(typingctx: Any, a: Any, b: Any, yes: Any, no: Any) -> Any:
    """``yes`` where ``a > b``, else ``no``."""

    def emit(builder: Any, x: Any, y: Any, z: Any, w: Any) -> Any:
        return builder.select(builder.fcmp_ordered(">", x, y), z, w)

    return yes(a, b, yes, no), _lanewise(4, emit)


@intrinsic
def select_equal(typingctx: Any, a: Any, b: Any, yes: Any, no: Any) -> Any:
    """``yes`` where ``a == b``, else ``no``."""

    def emit(builder: Any, x: Any, y: Any, z: Any, w: Any) -> Any:
        return builder.select(builder.fcmp_ordered("==", x, y), z, w)

    return yes(a, b, yes, no), _lanewise(4, emit)


@intrinsic
def any_greater(typingctx: Any, a: Any, b: Any) -> Any:
    """Whether ``a > b`` in some lane."""

    def emit(builder: Any, x: Any, y: Any) -> Any:
        bits = builder.bitcast(builder.fcmp_ordered(">", x, y), ir.IntType(LANES))
        return builder.icmp_unsigned("!=", bits, ir.Constant(bits.type, 0))

    return types.boolean(a, b), _lanewise(2, emit)


@intrinsic
def transpose(typingctx: Any, array: Any, offset: Any) -> Any:
    """Swap rows and lanes of the ``LANES`` rows of a flat array that start at an offset, in place.

    Halves, quarters, ... of the square change places across its diagonal, all rows in registers.
    """

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        first = context.cast(builder, args[1], signature.args[1], types.int64)
        places = [builder.add(first, ir.Constant(first.type, k * LANES)) for k in range(LANES)]
        pointers = [_row_pointer(context, builder, signature.args[0], args[0], place) for place in places]
        align = array.dtype.bitwidth // 8
        rows = [builder.load(pointer, align=align) for pointer in pointers]
        half = LANES // 2
        while half:
            upper = [k if not k & half else LANES + k - half for k in range(LANES)]
            lower = [k + half if not k & half else LANES + k for k in range(LANES)]
            masks = [ir.Constant(ir.VectorType(ir.IntType(32), LANES), mask) for mask in (upper, lower)]
            for k in range(LANES):
                if not k & half:
                    pair = rows[k], rows[k + half]
                    rows[k], rows[k + half] = (builder.shuffle_vector(*pair, mask) for mask in masks)
            half //= 2
        for pointer, row in zip(pointers, rows, strict=True):
            builder.store(row, pointer, align=align)
        return context.get_dummy_value()

    return types.void(array, offset), codegen
