"""The activations as objects, and how to look them up.

Uses _registry, _activation and _axis; imported by __init__, and late by the pickling of what it makes.
"""

from __future__ import annotations

import difflib

from fastact._activation import Activation, make
from fastact._axis import AlongAxis
from fastact._registry import ALIASES, ROWS

ACTIVATIONS: dict[str, Activation] = {row.name: AlongAxis(row) if row.axis else make(row) for row in ROWS}
for _activation in ACTIVATIONS.values():
    _activation.link(ACTIVATIONS)


def names(*, aliases: bool = False) -> list[str]:
    """The names of all activations, in the order of the registry.

    Parameters
    ----------
    aliases : bool, default False
        Also list the other names.

    Examples
    --------
    >>> import fastact as fa
    >>> "gelu" in fa.names(), "swish" in fa.names(), "swish" in fa.names(aliases=True)
    (True, False, True)
    """
    return [*ACTIVATIONS, *(ALIASES if aliases else ())]


def get(name: str) -> Activation:
    """The activation of a name or alias; case, hyphens and spaces do not matter.

    Parameters
    ----------
    name : str
        Such as ``"gelu"`` or ``"swish"``.

    Returns
    -------
    Activation

    Raises
    ------
    ValueError
        If there is none; the message suggests the nearest names.

    Examples
    --------
    >>> import fastact as fa
    >>> fa.get("swish") is fa.silu
    True
    """
    if not isinstance(name, str):
        raise TypeError(f"name={name!r} is not accepted; it must be a str, such as 'gelu'")
    key = name.strip().lower().replace("-", "_").replace(" ", "_")
    key = ALIASES.get(key, key)
    if key in ACTIVATIONS:
        return ACTIVATIONS[key]
    near = difflib.get_close_matches(key, names(aliases=True), n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(ACTIVATIONS)}"
    raise ValueError(f"no activation is called {name!r}; {hint}")
