"""Value and derivative of every activation, for one number: the definitions from which all kernels are made.

May be cimported by any Cython code (``from fastact.activations cimport gelu``); itself only gathers what the files of
the folder formulas define. They use `fastact.vmath`, keep its rules, and these:

A function ``f(x, p)`` takes its parameters from the array ``p`` (``const floating* p``, of the type of x), in the
order in which the row of the registry and `fastact.capi.parameters` list them, those of the derivative last. All
must be there, since there are no defaults here, and they are not checked; a function without parameters takes NULL.
``f_derivative(x, p)`` is df/dx; every activation has both. ``f_from_output(y, p)`` is df/dx where only y = f(x) is
left. NaN gives NaN everywhere; +-inf give the limits. What is below a function's name is why it has this form; the
stated error bounds are in the rows.

    from fastact.activations cimport elu, gelu

    cdef float alpha = 0.5
    y[i] = gelu(x[i], NULL)
    y[i] = elu(x[i], &alpha)

Compiled with the flags of `fastact.get_compile_flags` such a loop is a vector loop and gives the bits of the Python
package; sine, snake and xielu, which branch, stay scalar. silu, softplus, celu, elu_derivative, rrelu, hardsigmoid and
clipped_linear_derivative branch by their parameters alone: where those are not known to the compiler, ask once whether
``scale_within(p)``, ``celu_within(p)`` and so on, and then loop over ``silu_near(x, p)``, ``celu_near(x, p)``.

Of float some look coefficients up in registers (`lookup.pxd`), which no compiler makes vectors of: gelu, gelu_tanh,
tanh, logsigmoid, softplus for beta = 1, and the derivatives of gelu, gelu_tanh, quick_gelu, mish and, for beta = 1,
silu. Of these there are loops over n elements besides, much faster:

    gelu_strip(bias, x, y, n)           # y = gelu(x + bias); bias may be NULL, y may be x or bias
    gelu_derivative_strip(dy, x, y, n)  # y = dy gelu'(x); dy may be NULL, y may be x or dy
"""
from fastact.formulas.algebraic cimport *
from fastact.formulas.exponential cimport *
from fastact.formulas.logistic cimport *
from fastact.formulas.normal cimport *
from fastact.formulas.periodic cimport *
from fastact.formulas.piecewise cimport *
from fastact.formulas.xielu cimport *
