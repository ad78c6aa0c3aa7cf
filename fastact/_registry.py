"""ROWS, the one table: a row declares an activation, and tests, docs, stubs, benchmarks and public names follow.

Imports nothing of fastact and nothing but the standard library, so that every other module may import it. The kernels
are made of formulas/*.pxd, the NumPy formulas in _reference.py; import fails if either differs from this table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import expm1, inf, isfinite, log, nan


@dataclass(frozen=True)
class SameAs:
    """A default that is the value of another parameter."""

    name: str


@dataclass(frozen=True)
class NoneAs:
    """A default of None, in place of which the ufunc takes this number, which is outside the domain."""

    number: float


@dataclass(frozen=True)
class Param:
    """A numeric parameter, an input of the ufunc."""

    name: str
    default: float | SameAs | NoneAs | None  # None: it must be given
    about: str
    low: float = -inf  # accepted are low <= value <= high, without the ends where open_low
    high: float = inf
    open_low: bool = False
    reciprocal: bool = False  # it stands for the reciprocal of its reciprocal rounded to the dtype: 1/6 is then exact
    in_output: bool = False  # results may equal it: where only they are left, it is rounded as they were

    def accepts(self, value: float) -> bool:
        """Whether one value lies in the domain. NaN and inf do not."""
        return isfinite(value) and (self.low < value if self.open_low else self.low <= value) and value <= self.high

    @property
    def number(self) -> float | None:
        """What the ufunc takes by default; None where that is given, or another parameter's."""
        if isinstance(self.default, NoneAs):
            return self.default.number
        return None if isinstance(self.default, SameAs) else self.default

    @property
    def bounded(self) -> bool:
        """Whether the domain is less than all finite numbers."""
        return self.low > -inf or self.high < inf

    @property
    def domain(self) -> str:
        """The domain in words, for messages and docs."""
        if not self.bounded:
            return "any finite number"
        low = f"{self.name} {'>' if self.open_low else '>='} {self.low:g}"
        high = f"{self.name} <= {self.high:g}"
        return low if self.high == inf else (high if self.low == -inf else f"{low} and {high}")


@dataclass(frozen=True)
class Choice:
    """A keyword that selects between rows: ``gelu(approximate="tanh")`` is the row gelu_tanh."""

    name: str
    default: str
    rows: dict[str, str]


@dataclass(frozen=True)
class Row:
    """One activation function.

    ``value_ulp`` and ``derivative_ulp`` bound the error of the compiled kernels in float32 and float64, in ULPs of the
    result, on processors with fma; within 2^-4 of one of ``roots`` the error of the derivative is counted in ULPs of
    2^-6, and that of the value within 2^-4 of one of ``value_roots``. ``from_output`` tells for which parameters the
    output determines the derivative; None: it does not.
    """

    name: str
    summary: str
    formula: str
    derivative_formula: str
    range: tuple[float, float]
    derivative_range: tuple[float, float] | None
    value_ulp: float
    derivative_ulp: float
    source: str
    aliases: tuple[str, ...] = ()
    params: tuple[Param, ...] = ()
    derivative_params: tuple[Param, ...] = ()  # of the derivative and backward alone, after params
    ordered: tuple[tuple[str, str], ...] = ()  # pairs of parameters of which the first must not be the greater
    choice: Choice | None = None
    from_output: str | None = None
    from_output_domain: tuple[Param, ...] = ()  # narrower domains that reading the output needs
    from_output_ordered: tuple[tuple[str, str], ...] = ()  # as ``ordered``, what reading the output needs besides
    roots: tuple[float, ...] = ()  # interior roots of the derivative
    value_roots: tuple[float, ...] = ()  # and of the value, where it cancels
    kinks: tuple[float, ...] = ()
    domain: tuple[float, float] = (-inf, inf)  # outside it value and derivative are NaN
    limits: tuple[float, float] = (nan, nan)  # value at -inf and inf; NaN where there is none
    periodic: bool = False  # the derivative is: it has no limits either, and roots everywhere, accurate all the same
    monotonic: bool = False  # nowhere decreasing, but for steps back of 1 ULP that rounding makes
    # "odd": f(-x) = -f(x); "point": f(x) + f(-x) is constant, the derivative of both even; "even": f(-x) = f(x)
    symmetry: str = ""
    derivative_at: tuple[float, float] | None = None  # where derivative_range is: at x, or in the limit at an infinity
    smoothness: float = inf  # times that it is continuously differentiable; -1: it jumps
    saturates: str = ""  # "left", "right" or "both": the sides on which the derivative tends to 0
    dead_region: tuple[tuple[float, float], ...] = ()  # open intervals in which the derivative is 0
    edges: str = ""
    compared: str = ""
    axis: bool = False  # a function of rows along an axis, not of single elements
    channels: bool = False  # the first parameter may have one value per channel
    random: bool = False  # in training its slopes on the left are drawn at random
    reference_ulp: float = 8.0  # bounds of the NumPy fallback in float64; float32 is computed there in float64
    reference_derivative_ulp: float = 8.0
    example: str = ""  # the value at example_at, rounded to four digits, as NumPy prints it
    example_at: tuple[float, float, float] = (-2.0, 0.0, 2.0)

    def accepts(self, values: Mapping[str, float]) -> bool:
        """Whether the parameters fit together, each one being in its domain."""
        return all(values[low] <= values[high] for low, high in self.ordered)


# Half types are computed in float32 and rounded once: half an ULP, and a little for what float32 has lost.
HALVES = ("float16", "bfloat16")
HALF_ULP = 0.51

AT_ZERO = "the derivative at 0"
BETA = Param("beta", 1.0, "scale of the argument", low=0.0, open_low=True)
ALPHA = Param("alpha", 1.0, "minus the limit at -inf")
LAMBD = Param("lambd", 0.5, "the threshold", low=0.0)
SHRINK_EDGES = "The derivative at -lambd and lambd is 0. A result of 0 has the sign of x."

ROWS: tuple[Row, ...] = (
    Row(
        "identity",
        "The identity, for layers without an activation.",
        "x",
        "1",
        (-inf, inf),
        (1.0, 1.0),
        0.0,
        0.0,
        "",
        aliases=("linear",),
        from_output="always",
        limits=(-inf, inf),
        monotonic=True,
        symmetry="odd",
        derivative_at=(-inf, inf),
        example="array([-2.,  0.,  2.])",
    ),
    Row(
        "step",
        "Heaviside's step function.",
        "1 if x > 0, at_zero if x = 0, 0 if x < 0",
        "0",
        (0.0, 1.0),
        (0.0, 0.0),
        0.0,
        0.0,
        "McCulloch & Pitts, A logical calculus of the ideas immanent in nervous activity (1943)",
        aliases=("heaviside", "binary_step"),
        params=(Param("at_zero", 1.0, "the value at 0"),),
        from_output="always",
        kinks=(0.0,),
        limits=(0.0, 1.0),
        monotonic=True,
        derivative_at=(-inf, inf),
        smoothness=-1,
        saturates="both",
        dead_region=((-inf, 0.0), (0.0, inf)),
        edges="The derivative is 0 at the jump as everywhere.",
        compared="numpy.heaviside(x, 1.0); torch.heaviside takes the value at 0 as a tensor.",
        example="array([0., 1., 1.])",
    ),
    Row(
        "sigmoid",
        "The logistic function.",
        "1/(1 + exp(-x))",
        "sigmoid(x) (1 - sigmoid(x))",
        (0.0, 1.0),
        (0.0, 0.25),
        2.0,
        1.5,
        "Verhulst (1838); as an activation Rumelhart, Hinton & Williams (1986)",
        aliases=("logistic", "expit"),
        from_output="always",
        limits=(0.0, 1.0),
        monotonic=True,
        symmetry="point",
        derivative_at=(-inf, 0.0),
        saturates="both",
        example="array([0.1192, 0.5   , 0.8808])",
    ),
    Row(
        "tanh",
        "The hyperbolic tangent.",
        "tanh(x)",
        "1 - tanh(x)^2",
        (-1.0, 1.0),
        (0.0, 1.0),
        2.0,
        1.5,
        "LeCun et al., Efficient BackProp (1998)",
        from_output="always",
        limits=(-1.0, 1.0),
        monotonic=True,
        symmetry="odd",
        derivative_at=(-inf, 0.0),
        saturates="both",
        example="array([-0.964,  0.   ,  0.964])",
    ),
    Row(
        "relu",
        "The rectified linear unit.",
        "max(x, 0)",
        "1 if x > 0, at_zero if x = 0, 0 if x < 0",
        (0.0, inf),
        (0.0, 1.0),
        0.0,
        0.0,
        "Nair & Hinton, Rectified linear units improve restricted Boltzmann machines (2010)",
        derivative_params=(Param("at_zero", 0.0, AT_ZERO),),
        from_output="always",
        kinks=(0.0,),
        limits=(0.0, inf),
        monotonic=True,
        derivative_at=(-inf, inf),
        smoothness=0,
        saturates="left",
        dead_region=((-inf, 0.0),),
        edges="-0.0 stays -0.0. Read from the output, the derivative at y = 0 is 0 whatever at_zero is.",
        example="array([0., 0., 2.])",
    ),
    Row(
        "leaky_relu",
        "ReLU with a small slope on the left.",
        "x if x >= 0, negative_slope x if x < 0",
        "1 if x > 0, at_zero if x = 0, negative_slope if x < 0",
        (-inf, inf),
        (0.01, 1.0),
        0.5,
        0.5,
        "Maas, Hannun & Ng, Rectifier nonlinearities improve neural network acoustic models (2013)",
        params=(Param("negative_slope", 0.01, "slope on the left"),),
        derivative_params=(Param("at_zero", SameAs("negative_slope"), AT_ZERO),),
        from_output="for negative_slope >= 0",
        from_output_domain=(Param("negative_slope", 0.01, "", low=0.0),),
        kinks=(0.0,),
        limits=(-inf, inf),
        monotonic=True,
        derivative_at=(-inf, inf),
        smoothness=0,
        compared="Keras' default slope is 0.2 (negative_slope=0.2).",
        example="array([-0.02,  0.  ,  2.  ])",
    ),
    Row(
        "prelu",
        "Parametric ReLU: leaky ReLU whose slope is learned, one for all or one per channel.",
        "x if x >= 0, weight x if x < 0",
        "1 if x > 0, weight if x <= 0",
        (-inf, inf),
        (0.25, 1.0),
        0.5,
        0.5,
        "He et al., Delving deep into rectifiers (2015)",
        params=(Param("weight", None, "slope on the left: a scalar, or one per channel along ``axis``"),),
        from_output="for weight >= 0",
        from_output_domain=(Param("weight", None, "", low=0.0),),
        kinks=(0.0,),
        limits=(-inf, inf),
        monotonic=True,
        derivative_at=(-inf, inf),
        smoothness=0,
        channels=True,
        compared="torch.nn.PReLU starts from weight 0.25; its channels are axis 1.",
        example="array([-0.5,  0. ,  2. ])",
    ),
    Row(
        "elu",
        "Exponential linear unit.",
        "x if x >= 0, alpha (exp(x) - 1) if x < 0",
        "1 if x > 0, alpha exp(x) if x <= 0",
        (-1.0, inf),
        (0.0, 1.0),
        1.5,
        1.5,
        "Clevert, Unterthiner & Hochreiter, Fast and accurate deep network learning by ELUs (2016)",
        params=(ALPHA,),
        from_output="for alpha >= 0",
        from_output_domain=(Param("alpha", 1.0, "", low=0.0),),
        kinks=(0.0,),
        limits=(-1.0, inf),
        monotonic=True,
        derivative_at=(-inf, inf),
        smoothness=1,
        saturates="left",
        edges="The derivative at 0 is alpha.",
        example="array([-0.8647,  0.    ,  2.    ])",
    ),
    Row(
        "selu",
        "Self-normalising exponential linear unit.",
        "lambda x if x >= 0, lambda alpha (exp(x) - 1) if x < 0; lambda = 1.0507..., alpha = 1.6732...",
        "lambda if x > 0, lambda alpha exp(x) if x <= 0",
        (-1.7580993408473768, inf),
        (0.0, 1.7580993408473768),
        1.5,
        1.5,
        "Klambauer et al., Self-normalizing neural networks (2017)",
        from_output="always",
        kinks=(0.0,),
        limits=(-1.7580993408473768, inf),
        monotonic=True,
        derivative_at=(-inf, 0.0),
        smoothness=0,
        saturates="left",
        edges="The derivative at 0 is lambda alpha.",
        example="array([-1.5202,  0.    ,  2.1014])",
    ),
    Row(
        "silu",
        "Sigmoid linear unit, also called swish.",
        "x sigmoid(beta x)",
        "s (1 + beta x (1 - s)), s = sigmoid(beta x)",
        (-0.2784645427610738, inf),
        (-0.09983932012886691, 1.099839320128867),
        2.0,
        2.0,
        "Elfwing, Uchibe & Doya (2018); Ramachandran, Zoph & Le, Searching for activation functions (2017)",
        aliases=("swish",),
        params=(BETA,),
        roots=(-1.2784645427610738,),
        limits=(0.0, inf),
        derivative_at=(-2.3993572805154675, 2.3993572805154675),
        saturates="left",
        example="array([-0.2384,  0.    ,  1.7616])",
    ),
    Row(
        "mish",
        "Mish.",
        "x tanh(softplus(x))",
        "t + x (1 - t^2) sigmoid(x), t = tanh(softplus(x))",
        (-0.30884341301725043, inf),
        (-0.11252612238946255, 1.088498161251728),
        2.0,
        2.0,
        "Misra, Mish: a self regularized non-monotonic activation function (2019)",
        roots=(-1.1924312145154952,),
        limits=(0.0, inf),
        derivative_at=(-2.256376396360793, 1.4905711794854284),
        saturates="left",
        example="array([-0.2525,  0.    ,  1.944 ])",
    ),
    Row(
        "gelu",
        "Gaussian error linear unit.",
        "x Phi(x), Phi the distribution function of the standard normal",
        "Phi(x) + x phi(x)",
        (-0.16997120747990366, inf),
        (-0.12890414518515478, 1.1289041451851547),
        2.0,
        1.5,
        "Hendrycks & Gimpel, Gaussian error linear units (2016)",
        choice=Choice("approximate", "none", {"none": "gelu", "tanh": "gelu_tanh"}),
        roots=(-0.7517915246935645,),
        limits=(0.0, inf),
        derivative_at=(-1.4142135623730951, 1.4142135623730951),
        saturates="left",
        compared='JAX approximates by default: approximate="tanh".',
        example="array([-0.0455,  0.    ,  1.9545])",
    ),
    Row(
        "gelu_tanh",
        "GELU in its tanh approximation, a function of its own in many trained networks.",
        "x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))",
        "s + x s (1 - s) u', s = sigmoid(u), u = 2 sqrt(2/pi) (x + 0.044715 x^3)",
        (-0.17004075057125406, inf),
        (-0.12899306865877178, 1.1289930686587717),
        2.0,
        2.0,
        "Hendrycks & Gimpel, Gaussian error linear units (2016)",
        aliases=("gelu_new",),
        roots=(-0.7524614220710163,),
        limits=(0.0, inf),
        derivative_at=(-1.4185040087908283, 1.4185040087908283),
        saturates="left",
        example="array([-0.0454,  0.    ,  1.9546])",
    ),
    Row(
        "softplus",
        "Softplus, a smooth ReLU.",
        "log(1 + exp(beta x))/beta",
        "sigmoid(beta x)",
        (0.0, inf),
        (0.0, 1.0),
        2.0,
        2.0,
        "Dugas et al., Incorporating second-order functional knowledge for better option pricing (2001)",
        params=(BETA,),
        from_output="always",
        limits=(0.0, inf),
        monotonic=True,
        derivative_at=(-inf, inf),
        saturates="left",
        compared="PyTorch switches to x above threshold=20; here nothing overflows and none is needed.",
        example="array([0.1269, 0.6931, 2.1269])",
    ),
    Row(
        "logsigmoid",
        "The logarithm of the logistic function.",
        "log(1/(1 + exp(-x)))",
        "sigmoid(-x)",
        (-inf, 0.0),
        (0.0, 1.0),
        2.0,
        2.0,
        "Rumelhart, Hinton & Williams (1986), as the log-likelihood of a logistic unit",
        aliases=("log_sigmoid",),
        from_output="always",
        limits=(-inf, 0.0),
        monotonic=True,
        derivative_at=(inf, -inf),
        saturates="right",
        example="array([-2.1269, -0.6931, -0.1269])",
    ),
    Row(
        "quick_gelu",
        "GELU approximated by a logistic function, as in CLIP.",
        "x sigmoid(1.702 x)",
        "s (1 + 1.702 x (1 - s)), s = sigmoid(1.702 x)",
        (-0.16361018963635357, inf),
        (-0.09983932012886691, 1.099839320128867),
        2.0,
        2.0,
        "Hendrycks & Gimpel, Gaussian error linear units (2016)",
        roots=(-0.751154255441289,),
        limits=(0.0, inf),
        derivative_at=(-1.4097281319127306, 1.4097281319127306),
        saturates="left",
        compared="ONNX Runtime's QuickGelu with alpha=1.702; silu(x, beta=1.702) with beta not rounded to the dtype.",
        example="array([-0.0643,  0.    ,  1.9357])",
    ),
    Row(
        "softsign",
        "Softsign, a sigmoid that saturates slowly.",
        "x/(1 + |x|)",
        "1/(1 + |x|)^2",
        (-1.0, 1.0),
        (0.0, 1.0),
        1.5,
        1.0,
        "Turian, Bergstra & Bengio, Quadratic features and deep architectures for chunking (2009)",
        from_output="always",
        limits=(-1.0, 1.0),
        monotonic=True,
        symmetry="odd",
        derivative_at=(-inf, 0.0),
        smoothness=1,
        saturates="both",
        example="array([-0.6667,  0.    ,  0.6667])",
    ),
    Row(
        "relu6",
        "ReLU cut off at 6.",
        "min(max(x, 0), 6)",
        "1 if 0 < x < 6, else 0",
        (0.0, 6.0),
        (0.0, 1.0),
        0.0,
        0.0,
        "Krizhevsky, Convolutional deep belief networks on CIFAR-10 (2010)",
        from_output="always",
        kinks=(0.0, 6.0),
        limits=(0.0, 6.0),
        monotonic=True,
        derivative_at=(-inf, 1.0),
        smoothness=0,
        saturates="both",
        dead_region=((-inf, 0.0), (6.0, inf)),
        edges="The derivative at 0 and at 6 is 0. -0.0 stays -0.0.",
        example="array([0., 0., 2.])",
    ),
    Row(
        "relu_squared",
        "The square of ReLU.",
        "max(x, 0)^2",
        "2 max(x, 0)",
        (0.0, inf),
        (0.0, inf),
        0.5,
        0.0,
        "So et al., Primer: searching for efficient transformers for language modeling (2021)",
        aliases=("relu2",),
        from_output="always",
        kinks=(0.0,),
        limits=(0.0, inf),
        monotonic=True,
        derivative_at=(-inf, inf),
        smoothness=1,
        saturates="left",
        dead_region=((-inf, 0.0),),
        edges="Read from the output the derivative is 2 sqrt(y): 0 where x^2 was too small for the dtype, inf where it "
        "was too large.",
        example="array([0., 0., 4.])",
    ),
    Row(
        "threshold",
        "x above a threshold, another value up to it.",
        "x if x > threshold, else value",
        "1 if x > threshold, else 0",
        (0.25, inf),
        (0.0, 1.0),
        0.0,
        0.0,
        "",
        params=(
            Param("threshold", None, "from where on x passes"),
            Param("value", None, "the result up to there", in_output=True),
        ),
        from_output="for value <= threshold",
        from_output_ordered=(("value", "threshold"),),
        kinks=(0.25,),
        limits=(0.25, inf),
        monotonic=True,
        derivative_at=(-inf, inf),
        smoothness=0,
        saturates="left",
        dead_region=((-inf, 0.25),),
        edges="The derivative at the threshold is 0.",
        compared="Keras' threshold(x, threshold, default_value).",
        example="array([0.25, 0.25, 2.  ])",
    ),
    Row(
        "thresholded_relu",
        "ReLU that is 0 up to a threshold.",
        "x if x > alpha, else 0",
        "1 if x > alpha, else 0",
        (0.0, inf),
        (0.0, 1.0),
        0.0,
        0.0,
        "Konda, Memisevic & Krueger, Zero-bias autoencoders and the benefits of co-adapting features (2015)",
        params=(Param("alpha", 1.0, "the threshold"),),
        from_output="for alpha >= 0",
        from_output_domain=(Param("alpha", 1.0, "", low=0.0),),
        kinks=(1.0,),
        limits=(0.0, inf),
        monotonic=True,
        derivative_at=(-inf, inf),
        smoothness=-1,
        saturates="left",
        dead_region=((-inf, 1.0),),
        edges="The derivative at alpha is 0.",
        compared="ONNX' ThresholdedRelu; torch.nn.functional.threshold(x, alpha, 0.0).",
        example="array([0., 0., 2.])",
    ),
    Row(
        "hardtanh",
        "x between two bounds, and the bounds beyond: a tanh of straight lines.",
        "min(max(x, min_val), max_val)",
        "1 if min_val < x < max_val, else 0",
        (-1.0, 1.0),
        (0.0, 1.0),
        0.0,
        0.0,
        "Collobert, Large scale machine learning (2004)",
        aliases=("clip",),
        params=(
            Param("min_val", -1.0, "the lower bound", in_output=True),
            Param("max_val", 1.0, "the upper bound", in_output=True),
        ),
        ordered=(("min_val", "max_val"),),
        from_output="always",
        kinks=(-1.0, 1.0),
        limits=(-1.0, 1.0),
        monotonic=True,
        symmetry="odd",
        derivative_at=(-inf, 0.0),
        smoothness=0,
        saturates="both",
        dead_region=((-inf, -1.0), (1.0, inf)),
        edges="The derivative at both bounds is 0.",
        compared="numpy.clip and torch.clamp may lack a bound: give a large one; torch.clamp has derivative 1 at both.",
        example="array([-1.,  0.,  1.])",
    ),
    Row(
        "clipped_linear",
        "A straight line between two bounds, and the bounds beyond.",
        "min(max(slope x + offset, min_val), max_val)",
        "slope if min_val < slope x + offset < max_val, else 0",
        (0.0, 1.0),
        (0.0, 1.0),
        0.5,
        0.0,
        "",
        params=(
            Param("slope", 1.0, "of the line"),
            Param("offset", 0.0, "of the line, its value at 0"),
            Param("min_val", 0.0, "the lower bound", in_output=True),
            Param("max_val", 1.0, "the upper bound", in_output=True),
        ),
        ordered=(("min_val", "max_val"),),
        from_output="always",
        kinks=(0.0, 1.0),
        limits=(0.0, 1.0),
        monotonic=True,
        derivative_at=(-inf, 0.5),
        smoothness=0,
        saturates="both",
        dead_region=((-inf, 0.0), (1.0, inf)),
        edges="The derivative where the line meets a bound is 0. Read from the output it is 0 also where the line was "
        "rounded to a bound.",
        compared="thinc's clipped_linear; thinc's hard_sigmoid and the old one of Keras are slope=0.2, offset=0.5.",
        example="array([0., 0., 1.])",
    ),
    Row(
        "rrelu",
        "Randomised leaky ReLU: in training each negative element has a slope of its own, drawn at random.",
        "x if x >= 0, (lower + upper)/2 x if x < 0",
        "1 if x > 0, (lower + upper)/2 if x <= 0",
        (-inf, inf),
        (0.22916666666666666, 1.0),
        1.0,
        0.5,
        "Xu et al., Empirical evaluation of rectified activations in convolutional network (2015)",
        params=(
            Param("lower", 1 / 8, "the least slope on the left"),
            Param("upper", 1 / 3, "the largest slope on the left"),
        ),
        ordered=(("lower", "upper"),),
        from_output="for lower >= 0",
        from_output_domain=(Param("lower", 1 / 8, "", low=0.0),),
        kinks=(0.0,),
        limits=(-inf, inf),
        monotonic=True,
        derivative_at=(-inf, inf),
        smoothness=0,
        random=True,
        edges="With ``training=True`` the slope of each element with x <= 0 is drawn uniformly from [lower, upper).",
        compared="torch.nn.functional.rrelu; the slopes drawn are NumPy's, not PyTorch's.",
        example="array([-0.4583,  0.    ,  2.    ])",
    ),
    Row(
        "hardsigmoid",
        "A sigmoid of straight lines.",
        "min(max(slope x + offset, 0), 1)",
        "slope if 0 < slope x + offset < 1, else 0",
        (0.0, 1.0),
        (0.0, 1 / 6),
        1.0,
        0.5,
        "Courbariaux, Bengio & David, BinaryConnect (2015)",
        aliases=("hard_sigmoid",),
        params=(
            Param("slope", 1 / 6, "of the line", low=0.0, open_low=True, reciprocal=True),
            Param("offset", 0.5, "of the line, its value at 0"),
        ),
        from_output="always",
        kinks=(-3.0, 3.0),
        limits=(0.0, 1.0),
        monotonic=True,
        symmetry="point",
        derivative_at=(-inf, 0.0),
        smoothness=0,
        saturates="both",
        dead_region=((-inf, -3.0), (3.0, inf)),
        edges="Exactly 0 at -3 and 1 at 3, the derivative 0 at both. Read from the output the derivative is 0 also "
        "where the line was rounded to 1.",
        compared="ONNX' HardSigmoid is slope=0.2 by default, as is that of older versions of Keras.",
        example="array([0.1667, 0.5   , 0.8333])",
    ),
    Row(
        "hardswish",
        "Swish with a hard sigmoid.",
        "x min(max(x + 3, 0), 6)/6",
        "0 if x <= -3, (2 x + 3)/6 if -3 < x < 3, 1 if x >= 3",
        (-0.375, inf),
        (-0.5, 1.5),
        1.0,
        1.0,
        "Howard et al., Searching for MobileNetV3 (2019)",
        aliases=("hard_swish", "hard_silu"),
        roots=(-1.5,),
        kinks=(-3.0, 3.0),
        limits=(0.0, inf),
        derivative_at=(-3.0, 3.0),
        smoothness=0,
        saturates="left",
        dead_region=((-inf, -3.0),),
        edges="The derivative at -3 is 0, that at 3 is 1.",
        example="array([-0.3333,  0.    ,  1.6667])",
    ),
    Row(
        "hardshrink",
        "Hard shrinkage: x where it is large, else 0.",
        "x if |x| > lambd, else 0",
        "1 if |x| > lambd, else 0",
        (-inf, inf),
        (0.0, 1.0),
        0.0,
        0.0,
        "Donoho & Johnstone, Ideal spatial adaptation by wavelet shrinkage (1994)",
        aliases=("hard_shrink",),
        params=(LAMBD,),
        from_output="always",
        kinks=(-0.5, 0.5),
        limits=(-inf, inf),
        monotonic=True,
        symmetry="odd",
        derivative_at=(0.0, inf),
        smoothness=-1,
        dead_region=((-0.5, 0.5),),
        edges=SHRINK_EDGES,
        example="array([-2.,  0.,  2.])",
    ),
    Row(
        "softshrink",
        "Soft shrinkage: x moved towards 0 by lambd, as far as 0.",
        "x - lambd if x > lambd, x + lambd if x < -lambd, else 0",
        "1 if |x| > lambd, else 0",
        (-inf, inf),
        (0.0, 1.0),
        0.5,
        0.0,
        "Donoho & Johnstone, Ideal spatial adaptation by wavelet shrinkage (1994)",
        aliases=("soft_shrink",),
        params=(LAMBD,),
        from_output="always",
        kinks=(-0.5, 0.5),
        limits=(-inf, inf),
        monotonic=True,
        symmetry="odd",
        derivative_at=(0.0, inf),
        smoothness=0,
        dead_region=((-0.5, 0.5),),
        edges=SHRINK_EDGES,
        example="array([-1.5,  0. ,  1.5])",
    ),
    Row(
        "shrink",
        "Shrinkage with a threshold and a bias: hardshrink and softshrink in one.",
        "x - bias if x > lambd, x + bias if x < -lambd, else 0",
        "1 if |x| > lambd, else 0",
        (-inf, inf),
        (0.0, 1.0),
        0.5,
        0.0,
        "",
        params=(LAMBD, Param("bias", 0.0, "how far x is moved towards 0")),
        from_output="for bias <= lambd",
        from_output_ordered=(("bias", "lambd"),),
        kinks=(-0.5, 0.5),
        limits=(-inf, inf),
        monotonic=True,
        symmetry="odd",
        derivative_at=(0.0, inf),
        smoothness=-1,
        dead_region=((-0.5, 0.5),),
        edges=SHRINK_EDGES,
        compared="ONNX' Shrink. hardshrink is bias=0, softshrink bias=lambd.",
        example="array([-2.,  0.,  2.])",
    ),
    Row(
        "sparse_plus",
        "A softplus that is 0 on the left: a parabola between straight lines.",
        "0 if x <= -1, (x + 1)^2/4 if -1 < x < 1, x if x >= 1",
        "0 if x <= -1, (x + 1)/2 if -1 < x < 1, 1 if x >= 1",
        (0.0, inf),
        (0.0, 1.0),
        1.0,
        0.5,
        "",
        from_output="always",
        kinks=(-1.0, 1.0),
        limits=(0.0, inf),
        monotonic=True,
        derivative_at=(-inf, inf),
        smoothness=1,
        saturates="left",
        dead_region=((-inf, -1.0),),
        compared="The same in JAX and Keras.",
        example="array([0.  , 0.25, 2.  ])",
    ),
    Row(
        "sparse_sigmoid",
        "The derivative of sparse_plus: a sigmoid of straight lines.",
        "0 if x <= -1, (x + 1)/2 if -1 < x < 1, 1 if x >= 1",
        "1/2 if -1 < x < 1, else 0",
        (0.0, 1.0),
        (0.0, 0.5),
        0.5,
        0.0,
        "",
        from_output="always",
        kinks=(-1.0, 1.0),
        limits=(0.0, 1.0),
        monotonic=True,
        symmetry="point",
        derivative_at=(-inf, 0.0),
        smoothness=0,
        saturates="both",
        dead_region=((-inf, -1.0), (1.0, inf)),
        edges="The derivative at -1 and at 1 is 0, as that of hardtanh and hardsigmoid at their ends. Read from the "
        "output it is 0 also where (x + 1)/2 was rounded to 1.",
        compared="The same in JAX and Keras; at -1 and 1 JAX's derivative is between the two sides'.",
        example="array([0. , 0.5, 1. ])",
    ),
    Row(
        "sine",
        "The sine, for networks that represent signals.",
        "sin(omega x)",
        "omega cos(omega x)",
        (-1.0, 1.0),
        (-30.0, 30.0),
        1.0,
        1.0,
        "Sitzmann et al., Implicit neural representations with periodic activation functions (2020)",
        aliases=("siren",),
        params=(Param("omega", 30.0, "angular frequency"),),
        periodic=True,
        symmetry="odd",
        derivative_at=(0.10471975511965977, 0.0),
        edges="omega x is not rounded, however large: each zero of the sine is where it is. Infinities give NaN.",
        compared="np.sin(omega * x) and torch.sin(omega * x) round omega x, an error of up to half an ULP of omega x.",
        example="array([ 0.3048,  0.    , -0.3048])",
    ),
    Row(
        "snake",
        "Snake, a line with a periodic part.",
        "x + sin(alpha x)^2/alpha",
        "1 + sin(2 alpha x)",
        (-inf, inf),
        (0.0, 2.0),
        1.5,
        1.5,
        "Ziyin, Hartwig & Ueda, Neural networks fail to learn periodic functions and how to fix it (2020)",
        params=(Param("alpha", 1.0, "angular frequency, half that of the waves", low=0.0, open_low=True),),
        limits=(-inf, inf),
        periodic=True,
        monotonic=True,
        derivative_at=(-0.7853981633974483, 0.7853981633974483),
        edges="alpha x is not rounded, however large. The derivative has no limit: at infinities it is NaN.",
        example="array([-1.1732,  0.    ,  2.8268])",
    ),
    Row(
        "tanhshrink",
        "What tanh takes away.",
        "x - tanh(x)",
        "tanh(x)^2",
        (-inf, inf),
        (0.0, 1.0),
        1.5,
        1.5,
        "",
        aliases=("tanh_shrink",),
        limits=(-inf, inf),
        monotonic=True,
        symmetry="odd",
        derivative_at=(0.0, inf),
        example="array([-1.036,  0.   ,  1.036])",
    ),
    Row(
        "squareplus",
        "Squareplus, a smooth ReLU without exponentials.",
        "(x + sqrt(x^2 + b))/2",
        "(1 + x/sqrt(x^2 + b))/2",
        (0.0, inf),
        (0.0, 1.0),
        1.0,
        1.0,
        "Barron, Squareplus: a softplus-like algebraic rectifier (2021)",
        params=(Param("b", 4.0, "four times the square of the value at 0", low=0.0),),
        from_output="always",
        limits=(0.0, inf),
        monotonic=True,
        derivative_at=(-inf, inf),
        saturates="left",
        edges="With b = 0 it is ReLU; the derivative at 0 is 1/2 for every b, 0 among them.",
        compared="jax.nn.squareplus(x, b=4).",
        example="array([0.4142, 1.    , 2.4142])",
    ),
    Row(
        "dish",
        "Dish, a swish without exponentials.",
        "x/2 (1 + x/sqrt(1 + x^2))",
        "1/2 + x (x^2 + 2)/(2 (1 + x^2)^(3/2))",
        (-0.1501415530003888, inf),
        (-0.044331053951817356, 1.0443310539518174),
        1.0,
        1.0,
        "",
        roots=(-0.7861513777574233,),
        limits=(0.0, inf),
        derivative_at=(-1.4142135623730951, 1.4142135623730951),
        saturates="left",
        compared="thinc's Dish.",
        example="array([-0.1056,  0.    ,  1.8944])",
    ),
    Row(
        "bent_identity",
        "Bent identity, of slope 1/2 on the left and 3/2 on the right.",
        "(sqrt(x^2 + 1) - 1)/2 + x",
        "x/(2 sqrt(x^2 + 1)) + 1",
        (-inf, inf),
        (0.5, 1.5),
        1.5,
        1.5,
        "",
        from_output="always",
        limits=(-inf, inf),
        monotonic=True,
        derivative_at=(-inf, inf),
        example="array([-1.382,  0.   ,  2.618])",
    ),
    Row(
        "celu",
        "ELU whose slope is continuous for every alpha.",
        "max(x, 0) + min(0, alpha (exp(x/alpha) - 1))",
        "1 if x >= 0, exp(x/alpha) if x < 0",
        (-1.0, inf),
        (0.0, 1.0),
        1.5,
        1.5,
        "Barron, Continuously differentiable exponential linear units (2017)",
        params=(Param("alpha", 1.0, "minus the limit at -inf, and scale of the argument", low=0.0, open_low=True),),
        from_output="always",
        limits=(-1.0, inf),
        monotonic=True,
        derivative_at=(-inf, inf),
        smoothness=1,
        saturates="left",
        compared="torch.nn.functional.celu also takes negative alpha.",
        example="array([-0.8647,  0.    ,  2.    ])",
    ),
    Row(
        "gaussian",
        "The Gaussian bell curve, of height 1.",
        "exp(-x^2)",
        "-2 x exp(-x^2)",
        (0.0, 1.0),
        (-0.8577638849607068, 0.8577638849607068),
        1.5,
        1.5,
        "Broomhead & Lowe, Multivariable functional interpolation and adaptive networks (1988)",
        limits=(0.0, 0.0),
        symmetry="even",
        derivative_at=(0.7071067811865476, -0.7071067811865476),
        saturates="both",
        example="array([0.0183, 1.    , 0.0183])",
    ),
    Row(
        "exp",
        "The exponential function.",
        "exp(x)",
        "exp(x)",
        (0.0, inf),
        (0.0, inf),
        1.5,
        1.5,
        "",
        aliases=("exponential",),
        from_output="always",
        limits=(0.0, inf),
        monotonic=True,
        derivative_at=(-inf, inf),
        saturates="left",
        edges="Beyond the largest number inf, without a warning.",
        example="array([0.1353, 1.    , 7.3891])",
    ),
    Row(
        "xielu",
        "Expanded integral of ELU: a parabola on the right, the integral of an ELU on the left.",
        "ap x^2 + beta x if x > 0, an (exp(min(x, eps)) - 1 - x) + beta x if x <= 0; "
        "ap = softplus(alpha_p), an = beta + softplus(alpha_n)",
        "2 ap x + beta if x > 0, an (exp(x) - 1) + beta if x < eps, beta - an if eps < x <= 0",
        (-0.20575122409648214, inf),
        (-0.3, inf),
        1.0,
        1.0,
        "Huang & Schlag, Deriving activation functions using integration (2024)",
        params=(
            Param("alpha_n", log(expm1(0.3)), "learned: its softplus, plus beta, is the left's factor an, here 0.8"),
            Param("alpha_p", log(expm1(0.8)), "learned: its softplus is the right's factor ap, here 0.8"),
            Param("beta", 0.5, "slope of the right at 0, and of the left but for eps"),
            Param(
                "eps", -1e-6, "from here to 0 the exponential is constant; 0 leaves the formula as published", high=0.0
            ),
        ),
        roots=(-0.9808292530117262,),
        value_roots=(-2.432484276931448,),
        kinks=(-1e-6, 0.0),
        limits=(inf, inf),
        derivative_at=(0.0, inf),
        smoothness=-1,
        edges="At x = eps the derivative is the mean of both sides, as minimum's gradient is; at 0 that of the left.",
        compared="ggml_xielu takes the same four; the reference implementation stores alpha_p and alpha_n as here.",
        reference_ulp=128.0,  # at the roots, in ULPs of 2^-6
        reference_derivative_ulp=64.0,
        example="array([-0.0917, -0.    ,  4.2   ])",
    ),
    Row(
        "logit",
        "The logarithm of the odds: the inverse of the logistic function.",
        "log(x/(1 - x))",
        "1/(x (1 - x))",
        (-inf, inf),
        (4.0, inf),
        1.0,
        1.0,
        "Berkson, Application of the logistic function to bio-assay (1944)",
        params=(
            Param(
                "eps",
                NoneAs(-1.0),
                "x is first brought between eps and 1 - eps, and the derivative is 0 beyond them; None: it is not",
                low=0.0,
                high=0.5,
            ),
        ),
        domain=(0.0, 1.0),
        monotonic=True,
        derivative_at=(0.5, 0.0),
        edges="-inf at 0 and inf at 1; without eps NaN outside 0 to 1.",
        compared="torch.logit rounds 1 - eps to the dtype, and gives inf at 1 for an eps that is lost beside 1.",
        example="array([-1.0986,  0.    ,  1.0986])",
        example_at=(0.25, 0.5, 0.75),
    ),
    Row(
        "softmax",
        "Softmax along an axis.",
        "exp(x_i)/sum_j exp(x_j)",
        "y_i (delta_ij - y_j), the Jacobian",
        (0.0, 1.0),
        None,
        4.0,
        4.0,
        "Bridle, Probabilistic interpretation of feedforward classification network outputs (1990)",
        from_output="always",
        axis=True,
        edges="A row with NaN, with inf, or of -inf alone gives NaN.",
        example="array([0.0159, 0.1173, 0.8668])",
    ),
)

ELEMENTWISE: tuple[Row, ...] = tuple(row for row in ROWS if not row.axis)
BY_NAME: dict[str, Row] = {row.name: row for row in ROWS}
ALIASES: dict[str, str] = {alias: row.name for row in ROWS for alias in row.aliases}


def ufunc_inputs() -> dict[str, int]:
    """The ufuncs that the table asks for, and their numbers of inputs; the compiled module must have just these."""
    wanted: dict[str, int] = {}
    for row in ROWS:
        slope = len(row.params) + len(row.derivative_params)
        wanted[row.name] = 1 + len(row.params)
        if not row.axis:
            wanted[f"{row.name}_derivative"] = 1 + slope
            wanted[f"{row.name}_backward"] = 2 + slope
        if row.from_output:
            wanted[f"{row.name}_backward_from_output"] = 2 + slope
    return wanted
