"""class Declared: the arguments that a function declares, in the little that matching a call needs.

`inspect.Signature` is made of it where somebody asks: to make all of them took a tenth of the package's import.
Imports nothing of fastact.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import inspect

REQUIRED: Any = object()  # in place of the default of what must be given


class Declared(NamedTuple):
    """Arguments with their defaults: those that may be given by position, and those that are given by name alone."""

    by_position: Mapping[str, Any]
    by_name: Mapping[str, Any]

    @property
    def defaults(self) -> dict[str, Any]:
        """All of them, in their order."""
        return {**self.by_position, **self.by_name}

    def signature(self) -> inspect.Signature:
        """The same as Python's tools read it."""
        import inspect  # which is slow to import

        Parameter = inspect.Parameter
        return inspect.Signature(
            [
                Parameter(name, kind, default=Parameter.empty if default is REQUIRED else default)
                for kind, listed in (
                    (Parameter.POSITIONAL_OR_KEYWORD, self.by_position),
                    (Parameter.KEYWORD_ONLY, self.by_name),
                )
                for name, default in listed.items()
            ]
        )


def declared(needed: Iterable[str], optional: Iterable[str], named: Mapping[str, Any]) -> Declared:
    """Arguments that must be given, those that may be, None by default, and those that are given by name."""
    return Declared({**dict.fromkeys(needed, REQUIRED), **dict.fromkeys(optional)}, named)


def declared_by(function: Callable[..., Any]) -> Declared:
    """The arguments of a method but for ``self``; it has no ``*args``, and none by position alone."""
    code = function.__code__
    listed, last = code.co_varnames[1 : code.co_argcount], code.co_argcount + code.co_kwonlyargcount
    given = function.__defaults__ or ()
    needed = len(listed) - len(given)
    defaults = function.__kwdefaults__ or {}
    return Declared(
        {**dict.fromkeys(listed[:needed], REQUIRED), **dict(zip(listed[needed:], given, strict=True))},
        {name: defaults.get(name, REQUIRED) for name in code.co_varnames[code.co_argcount : last]},
    )


class SignatureOf:
    """``__signature__`` of what has a `Declared`; of the class itself None, so that its constructor is read."""

    def __get__(self, function: Any, owner: type) -> inspect.Signature | None:
        return None if function is None else function._declared.signature()
