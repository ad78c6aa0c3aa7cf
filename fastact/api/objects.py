"""The activations as objects, and how to look them up."""

from __future__ import annotations

from fastact.api.activation import Activation
from fastact.api.along_axis import AlongAxis
from fastact.api.facts import comparison, description
from fastact.api.function import nearest
from fastact.api.gated import Gated
from fastact.api.learned import Funnel, LearnedSlope
from fastact.api.random import Randomised
from fastact.table.registry import ALIASES, OTHERS, ROWS, Row


def _make(row: Row) -> Activation:
    if row.axis:
        return AlongAxis(row)
    if row.gated:
        return Gated(row)
    if row.spatial:
        return Funnel(row)
    return Randomised(row) if row.random else LearnedSlope(row) if row.channels else Activation(row)


ACTIVATIONS: dict[str, Activation] = {row.name: _make(row) for row in (*ROWS, *OTHERS)}


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
    near = nearest(key, names(aliases=True), 3)
    hint = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(ACTIVATIONS)}"
    raise ValueError(f"no activation is called {name!r}; {hint}")


def _found(activation: str | Activation) -> Activation:
    return activation if isinstance(activation, Activation) else get(activation)


def describe(activation: str | Activation) -> None:
    """Print what a designer of networks wants to know of an activation.

    Formula, range, derivative and where it is largest, smoothness, saturation, dead region, error bounds and source;
    all at default parameters. Each is also an attribute, such as ``fa.gelu.derivative_range``.

    Parameters
    ----------
    activation : str or Activation
        Such as ``"gelu"`` or ``fa.gelu``.

    Raises
    ------
    ValueError
        If no activation has that name.

    Examples
    --------
    >>> import fastact as fa
    >>> fa.describe("relu")
    relu: The rectified linear unit.
      formula             max(x, 0)
      derivative          1 if x > 0, at_zero if x = 0, 0 if x < 0
      parameters          none
      aliases             none
      range               0 to inf
      bounded             no
      least derivative    0 at -inf
      largest derivative  1 at inf
      monotonic           yes
      zero-centred        no
      smoothness          C0
      saturates           left
      dead region         -inf to 0
      from output         always
      error, ULP          0, derivative 0
      source              Nair & Hinton, Rectified linear units improve restricted Boltzmann machines (2010)
    """
    print(description(_found(activation)))


def compare(*activations: str | Activation) -> None:
    """Print the facts of several activations side by side; without any, of all.

    Parameters
    ----------
    *activations : str or Activation
        Such as ``"relu", "gelu", fa.mish``.

    Raises
    ------
    ValueError
        If no activation has one of the names.

    Examples
    --------
    >>> import fastact as fa
    >>> fa.compare("relu", "tanh")
                        relu             tanh
    range               0 to inf         -1 to 1
    bounded             no               yes
    least derivative    0 at -inf        0 at -inf
    largest derivative  1 at inf         1 at 0
    monotonic           yes              yes
    zero-centred        no               yes
    smoothness          C0               infinite
    saturates           left             left, right
    dead region         -inf to 0        none
    from output         always           always
    error, ULP          0, derivative 0  2, derivative 2.5
    """
    print(comparison([_found(activation) for activation in activations or ACTIVATIONS]))
