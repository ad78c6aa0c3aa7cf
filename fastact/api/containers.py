"""What comes in that is no plain array, and how the result is made what came in: masked arrays, labels, tensors.

CONTAINERS is the table, by NumPy's own precedent: an elementwise function gives what `np.exp` gives of a container, one
along an axis what `np.sum` gives. What NumPy can dispatch by itself (a ufunc of a pandas object, of a Dask array) is
handed on and does not come here.

docs/containers.md is made of what the tests find for each of them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from fastact.table.dtypes import floating, is_real, is_weak, strengthened

Array = npt.NDArray[Any]
ARRAYS = {np.ndarray}  # the types of inputs that need no thought


def check_real(dtype: np.dtype[Any], name: str, argument: str) -> None:
    """Raise TypeError unless ``dtype`` is bool, integer or real floating."""
    if not is_real(dtype):
        raise TypeError(f"{name}: {argument} of dtype {dtype} is not accepted; it must be real numbers")


# ---- which there are ------------------------------------------------------------------------------------------------


class Container(NamedTuple):
    """How one kind of container comes in and goes out.

    ``array`` gives its elements; ``same`` makes a result of its shape what it is; ``reduced`` one without ``axes``.
    """

    name: str
    holds: Callable[[Any], bool]
    array: Callable[[Any], Any]
    same: Callable[[Any, Any], Any]
    reduced: Callable[[Any, Any, tuple[int, ...]], Any]
    labels: Callable[[Any], Sequence[Any]] = lambda value: ()
    any_shape: bool = False  # ``same`` takes results of any shape


def _from(package: str, *classes: str) -> Callable[[Any], bool]:
    """Whether a value is of one of the classes of a package, which is looked at only where it is imported already."""

    def holds(value: Any) -> bool:
        module = sys.modules.get(package)
        found = tuple(kind for kind in (getattr(module, name, None) for name in classes) if kind is not None)
        return isinstance(value, found)

    return holds


def _wrapped(like: Any, result: Any) -> Any:
    made = like.__array_wrap__(np.asarray(result))
    return made[()] if type(made) is np.ndarray and made.ndim == 0 else made


def _matrix_reduced(like: Any, result: Any, axes: tuple[int, ...]) -> Any:
    # a matrix has two dimensions, whatever is summed
    return np.asarray(result)[()] if len(axes) == 2 else _wrapped(like, np.expand_dims(result, axes))


def _masked_reduced(like: Any, result: Any, axes: tuple[int, ...]) -> Any:
    mask = np.ma.getmaskarray(like).all(axis=axes)
    return np.ma.array(result, mask=mask) if np.ndim(result) else (np.ma.masked if mask else result)


def _values(value: Any) -> Array:
    """The numbers of a pandas object; TypeError where some are missing, or where they are no numbers (category)."""
    pandas = sys.modules["pandas"]
    for part in [column for _, column in value.items()] if hasattr(value, "columns") else [value]:
        if isinstance(part.dtype, pandas.CategoricalDtype):
            raise TypeError(f"dtype {part.dtype} is not accepted; it must be real numbers")
        # NaN of a sparse array is a number that is none, as any other array's
        if not isinstance(part.dtype, np.dtype | pandas.SparseDtype) and np.any(part.isna()):
            raise TypeError("missing values (NA) are not accepted; fill them, as by .fillna(0)")
    return np.asarray(value)


def _nullable(like: Any, result: Any) -> Any:
    """``result`` as an array of the kind of a Series, where that is one that can have missing values."""
    pandas = sys.modules["pandas"]
    masked = hasattr(like.dtype, "numpy_dtype") and not isinstance(like.dtype, np.dtype)
    return pandas.array(result) if masked and np.asarray(result).dtype.itemsize in (4, 8) else result


def _frame(like: Any, result: Any) -> Any:
    pandas = sys.modules["pandas"]
    return pandas.DataFrame(result, index=like.index, columns=like.columns)


def _frame_reduced(like: Any, result: Any, axes: tuple[int, ...]) -> Any:
    if len(axes) == 2:
        return result
    return sys.modules["pandas"].Series(result, index=like.columns if axes == (0,) else like.index)


def _series(like: Any, result: Any) -> Any:
    return sys.modules["pandas"].Series(_nullable(like, result), index=like.index, name=like.name)


def _labelled_reduced(like: Any, result: Any, axes: tuple[int, ...]) -> Any:
    rest = like.isel({like.dims[k]: 0 for k in axes}, drop=True)
    return rest.copy(data=result)


CONTAINERS: tuple[Container, ...] = (
    Container(
        "masked array",
        lambda value: isinstance(value, np.ma.MaskedArray),
        lambda value: np.asarray(value.data),
        lambda like, result: np.ma.array(result, mask=np.ma.getmaskarray(like)),
        _masked_reduced,
    ),
    Container("matrix", lambda value: isinstance(value, np.matrix), np.asarray, _wrapped, _matrix_reduced),
    Container(
        "subclass of ndarray",
        lambda value: isinstance(value, np.ndarray) and type(value) is not np.ndarray,
        np.asarray,
        _wrapped,
        lambda like, result, axes: _wrapped(like, result),
        any_shape=True,
    ),
    Container(
        "pandas.DataFrame",
        _from("pandas", "DataFrame"),
        _values,
        _frame,
        _frame_reduced,
        lambda value: (value.index, value.columns),
    ),
    Container(
        "pandas.Series",
        _from("pandas", "Series"),
        _values,
        _series,
        lambda like, result, axes: result,
        lambda value: (value.index,),
    ),
    Container(
        "pandas.Index",
        _from("pandas", "Index"),
        _values,
        lambda like, result: type(like)(result, name=like.name),
        lambda like, result, axes: result,
    ),
    Container(
        "xarray.DataArray",
        _from("xarray", "DataArray"),
        lambda value: value.data,
        lambda like, result: like.copy(data=result),
        _labelled_reduced,
        lambda value: (
            value.dims,
            *(index for _, index in sorted(value.indexes.items(), key=lambda item: str(item[0]))),
        ),
    ),
    Container(
        "array that wraps results, such as torch.Tensor",
        lambda value: not hasattr(value, "__array_ufunc__") and hasattr(value, "__array_wrap__"),
        np.asarray,
        _wrapped,
        lambda like, result, axes: _wrapped(like, result),
        any_shape=True,
    ),
)


def container_of(value: Any) -> Container | None:
    """The row of what ``value`` is; None of arrays, lists, numbers, and of what computes by itself (Dask)."""
    if type(value) is np.ndarray or is_weak(value) or isinstance(value, np.generic | list | tuple | str):
        return None
    return next((row for row in CONTAINERS if row.holds(value)), None)


def unwrapped(value: Any) -> Any:
    """The elements of a container; anything else as it is."""
    row = container_of(value)
    return value if row is None else row.array(value)


def computes_itself(value: Any) -> bool:
    """Whether ``value`` is another library's array that takes NumPy's ufuncs, and has a dtype of NumPy's: Dask's."""
    return (
        not isinstance(value, np.ndarray | np.generic)
        and getattr(type(value), "__array_ufunc__", None) is not None
        and isinstance(getattr(value, "dtype", None), np.dtype)
    )


# ---- arrays of them -------------------------------------------------------------------------------------------------


def as_array(value: Any, argument: str, name: str) -> Any:
    """``value`` as an array of real numbers, or as it is if it computes by itself; TypeError of anything else."""
    if not (isinstance(value, np.ndarray | np.generic) or computes_itself(value)):
        try:
            value = np.asarray(value)
        except (ValueError, RuntimeError, TypeError) as error:  # ragged lists, tensors with a gradient
            message = str(error).partition("\n")[0]
            raise type(error)(f"{name}: {argument} is not accepted; it must be real numbers ({message})") from None
    check_real(value.dtype, name, argument)
    return value


def as_arrays(given: Mapping[str, Any], name: str, foreign: bool = False) -> list[Any]:
    """The inputs of a function as arrays; Python numbers take the dtype of the others (NEP 50).

    ``foreign``: what other libraries' classes do with a ufunc is left to them, and those are taken as they are.
    """
    if {*map(type, given.values())} == ARRAYS:
        for argument, value in given.items():
            check_real(value.dtype, name, argument)
        return list(given.values())
    taken = [
        value if is_weak(value) or (foreign and _knows_ufuncs(value)) else as_array(value, argument, name)
        for argument, value in given.items()
    ]
    if foreign and not all(is_weak(a) or isinstance(getattr(a, "dtype", None), np.dtype) for a in taken):
        return taken
    return strengthened(taken)


def _knows_ufuncs(value: Any) -> bool:
    """Whether a ufunc is handed on to the class of ``value``, which does not take NumPy's own course."""
    known = getattr(type(value), "__array_ufunc__", None) is not None
    return known and not isinstance(value, np.ndarray | np.generic) and not computes_itself(value)


def beside(value: Any, argument: str, name: str) -> Array:
    """What is given beside the inputs (a bias, a mask, a weight) as a plain array; TypeError of a masked one."""
    if isinstance(value, np.ma.MaskedArray) and np.ma.is_masked(value):
        raise TypeError(
            f"{name}: {argument} is not accepted with masked elements; fill them, as by {argument}.filled(0)"
        )
    try:
        return np.asarray(value)
    except (ValueError, RuntimeError, TypeError) as error:
        raise type(error)(f"{name}: {argument} is not accepted: {str(error).partition(chr(10))[0]}") from None


def numbers_beside(value: Any, argument: str, name: str) -> Array:
    """The same; TypeError of what is not real numbers, too."""
    array = beside(value, argument, name)
    check_real(array.dtype, name, argument)
    return array


# ---- calls with them ------------------------------------------------------------------------------------------------


def union_of_masks(values: Sequence[Any], shape: tuple[int, ...]) -> Any:
    """Where any of several inputs is masked."""
    mask = np.zeros(shape, np.bool_)
    for value in values:
        if isinstance(value, np.ma.MaskedArray):
            mask |= np.broadcast_to(np.ma.getmaskarray(value), shape)
    return mask


def unmasked(arrays: Sequence[Any], inputs: Sequence[Any]) -> Sequence[Any]:
    """The elements of inputs, with 0 where one of these is masked: that takes no part in a sum of products."""
    if not any(isinstance(a, np.ma.MaskedArray) for a in inputs):
        return arrays
    mask = union_of_masks(inputs, np.broadcast_shapes(*(np.shape(a) for a in arrays)))
    return [np.where(mask, np.asarray(a).dtype.type(0), a) for a in arrays]


def filled(value: Any, fill: float) -> Any:
    """The elements of a masked array, with ``fill`` in place of those that are masked; other values as they are."""
    if not isinstance(value, np.ma.MaskedArray):
        return value
    array = np.asarray(value.data)
    if not np.ma.is_masked(value) or not is_real(array.dtype):
        return array
    dtype = floating(array.dtype)
    with np.errstate(all="ignore"):
        return np.where(np.ma.getmaskarray(value), dtype.type(fill), array.astype(dtype, copy=False))


def check_labels(given: Mapping[str, Any], name: str) -> None:
    """Raise ValueError where two inputs have labels that differ: elements are taken by their places."""
    labelled = [(key, row.labels(v)) for key, v in given.items() if (row := container_of(v)) and row.labels(v)]
    for argument, labels in labelled[1:]:
        first, wanted = labelled[0]
        if len(labels) == len(wanted) and not all(
            a.equals(b) if hasattr(a, "equals") else a == b for a, b in zip(wanted, labels, strict=True)
        ):
            raise ValueError(f"{name}: the labels of {argument} and {first} differ; align them first, as by .align()")


def restored(result: Any, inputs: Sequence[Any]) -> Any:
    """A result made what the last of the inputs is that is no plain array and has its shape."""
    masked = any(isinstance(value, np.ma.MaskedArray) for value in inputs)
    for value in reversed(inputs):
        row = container_of(value)
        if row is None:
            continue
        if row.any_shape:
            return row.same(value, result)
        if np.shape(result) == np.shape(value):
            if masked:
                return np.ma.array(result, mask=union_of_masks(inputs, np.shape(result)))
            return row.same(value, result)
    return result


def reduced(result: Any, like: Any, axes: tuple[int, ...], keepdims: bool) -> Any:
    """A result without ``axes`` of ``like``, made what that is; labels are of no use where the axes are kept."""
    row = container_of(like)
    if row is None:
        return result
    if not keepdims:
        return row.reduced(like, result, axes)
    if row.labels(like):
        return result
    return row.reduced(like, np.asarray(result).reshape(_without(np.shape(like), axes)), axes).reshape(np.shape(result))


def _without(shape: tuple[int, ...], axes: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(size for k, size in enumerate(shape) if k not in axes)


def delivered(out: Any, inputs: Sequence[Any]) -> Any:
    """``out`` as it was given, with the mask of the inputs if it can have one."""
    if isinstance(out, np.ma.MaskedArray):
        out.mask = union_of_masks(inputs, out.shape)
    return out
