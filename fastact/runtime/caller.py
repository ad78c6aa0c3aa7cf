"""class Caller: what is called like a function, by the compiled short way where there is one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastact.runtime.kernels import compiled_call


class _Documentation:
    """What ``__doc__`` is of a class and of its objects: theirs is made when it is asked for, not at import."""

    def __init__(self, own: str | None) -> None:
        self._own = own

    def __get__(self, found: Any, owner: Any = None) -> str | None:
        if found is None:
            return self._own
        made = found.__dict__.get("_documented", self._own)
        if callable(made):
            made = found.__dict__["_documented"] = made()
        return made

    def __set__(self, found: Any, made: Callable[[], str] | str) -> None:
        found.__dict__["_documented"] = made


class Caller(object if compiled_call is None else compiled_call.Caller):  # type: ignore[misc]
    """Base of all that is called like a function; with compiled kernels a shortcut past the subclass' ``__call__``."""

    ufunc: Any
    # What the compiled class reads; see there.
    _ready: dict[Any, tuple[Any, ...]]
    _inputs: int
    _least_ndim: int
    _required: tuple[str, ...]

    def _document(self, make: Callable[[], str | None]) -> None:
        """Have ``make`` say what ``__doc__`` is."""
        self.__doc__ = make  # type: ignore[assignment]

    def __init_subclass__(cls, shortcut: bool = True) -> None:
        super().__init_subclass__()
        cls.__doc__ = _Documentation(cls.__doc__)  # type: ignore[assignment]
        if compiled_call is not None and shortcut:
            compiled_call.shorten(cls)
