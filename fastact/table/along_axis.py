"""Functions of rows along an axis, and the generalised ufuncs under them.

Rows of the registry; uses table.row alone, imported by table.registry alone.
"""

from __future__ import annotations

from math import inf

from fastact.table.row import Row

# Inputs and result of each generalised ufunc: n has an element for each of a row, b likewise of bool, 1 has one element
# for a whole row, p is the scale.
OPERANDS: dict[str, str] = {
    "softmax": "np->n",
    "softmax_masked": "nnp->n",
    "softmax_kept": "nbp->n",
    "softmax_backward_from_output": "nnp->n",
    "log_softmax": "np->n",
    "log_softmax_masked": "nnp->n",
    "log_softmax_kept": "nbp->n",
    "log_softmax_backward_from_output": "nnp->n",
    "logsumexp": "n->1",
    "logsumexp_backward": "1n->n",
    "hardmax": "n->n",
    "maxout": "n->1",
    "maxout_backward": "1n->n",
    "sparsemax": "n->n",
    "sparsemax_backward_from_output": "nn->n",
}
# Rows along the last axis, (n)->(n); rows side by side, (n,k)->(n,k); and (m,n)->(m,n), where row r of m ends after r.
FORMS = ("", "_columns", "_causal")
WITH_CAUSAL = ("softmax", "log_softmax")

_EDGES = (
    "A row that is masked out whole, or of -inf alone, gives {}. Where one score is inf the limit is {} for it and {} "
    "for the others; with two there is none, and the row is NaN, as with NaN."
)
_SAFE = (
    "PyTorch's _safe_softmax does the same; torch.softmax and SciPy give NaN for a row of -inf alone. Of a mask, True "
    "takes part, as in scaled_dot_product_attention."
)

ROWS: tuple[Row, ...] = (
    Row(
        "softmax",
        "Softmax along an axis, of scores that may be scaled and masked.",
        "exp(z_i)/sum_j exp(z_j), z = scale x + mask",
        "scale y_i (delta_ij - y_j), the Jacobian",
        (0.0, 1.0),
        None,
        4.0,
        4.0,
        "Bridle, Probabilistic interpretation of feedforward classification network outputs (1990)",
        from_output="always",
        axis=True,
        edges=_EDGES.format(0, 1, 0),
        compared=_SAFE,
        example="array([0.0159, 0.1173, 0.8668])",
    ),
    Row(
        "log_softmax",
        "The logarithm of softmax along an axis, without its underflow.",
        "z_i - log(sum_j exp(z_j)), z = scale x + mask",
        "scale (delta_ij - exp(y_j)), the Jacobian",
        (-inf, 0.0),
        None,
        4.0,
        4.0,
        "Bridle, Probabilistic interpretation of feedforward classification network outputs (1990)",
        from_output="always",
        axis=True,
        edges=_EDGES.format("-inf", 0, "-inf") + " Where it is -inf the gradient is 0.",
        compared=_SAFE,
        example="array([-4.1429, -2.1429, -0.1429])",
    ),
    Row(
        "softmin",
        "Softmax of -x: the smallest element gets the largest share.",
        "exp(z_i)/sum_j exp(z_j), z = mask - scale x",
        "-scale y_i (delta_ij - y_j), the Jacobian",
        (0.0, 1.0),
        None,
        4.0,
        4.0,
        "Goodfellow, Bengio & Courville, Deep learning (2016), section 6.2.2.3",
        from_output="always",
        axis=True,
        edges="A row that is masked out whole, or of inf alone, gives 0. Where one x is -inf it gets 1 and the others "
        "0; with two, or NaN, the row is NaN.",
        example="array([0.8668, 0.1173, 0.0159])",
    ),
    Row(
        "hardmax",
        "1 at the largest element of a row, the first of several, and 0 elsewhere.",
        "1 if i is the first index of max(x), else 0",
        "0",
        (0.0, 1.0),
        None,
        0.0,
        0.0,
        "ONNX operator Hardmax",
        from_output="always",
        axis=True,
        edges="A row with NaN gives NaN.",
        example="array([0., 0., 1.])",
    ),
    Row(
        "sparsemax",
        "The probability vector nearest to x: as softmax, but exactly 0 for what is far below the largest.",
        "max(x_i - t, 0) with the t for which they sum to 1",
        "delta_ij - 1/|S| for i and j in S = {y > 0}, else 0: the Jacobian",
        (0.0, 1.0),
        None,
        4.0,
        4.0,
        "Martins & Astudillo, From softmax to sparsemax (2016)",
        from_output="always",
        axis=True,
        edges="A row of -inf alone gives 0. Where one x is inf it gets 1 and the others 0; with two, or NaN, the row "
        "is NaN. The error is in ULPs of 1.",
        example="array([0., 0., 1.])",
    ),
)

OTHERS: tuple[Row, ...] = (
    Row(
        "logsumexp",
        "The logarithm of the sum of exponentials along an axis, without overflow: a smooth maximum.",
        "log(sum_j exp(x_j))",
        "softmax(x)",
        (-inf, inf),
        None,
        4.0,
        4.0,
        "Blanchard, Higham & Higham, Accurately computing the log-sum-exp and softmax functions (2021)",
        axis=True,
        edges="A row of -inf alone, or an empty one, gives -inf; one with inf gives inf. Near 0, where the largest "
        "element and the logarithm of a sum cancel, the error is in ULPs of the result too; of longdouble, of x.",
    ),
    Row(
        "gumbel_softmax",
        "A sample of categories, softened so that gradients flow: softmax of x plus Gumbel noise.",
        "softmax((x + noise)/tau), noise = -log(-log(u)), u uniform",
        "y_i (delta_ij - y_j)/tau, the Jacobian at given noise",
        (0.0, 1.0),
        None,
        4.0,
        4.0,
        "Jang, Gu & Poole, Categorical reparameterization with Gumbel-softmax (2017)",
        from_output="always",
        axis=True,
        edges="A row of -inf alone gives 0. Where one x is inf it gets 1 and the others 0; with two, or NaN, the row "
        "is NaN. x + noise is not rounded to the dtype of x, nor is what hard=True chooses by.",
        compared="torch.nn.functional.gumbel_softmax is the same; its noise cannot be given.",
    ),
    Row(
        "maxout",
        "The largest of each group of neighbours along an axis.",
        "max(x_gi, ..., x_(g i + g - 1)), g = groups",
        "1 at the first of the largest of a group, else 0",
        (-inf, inf),
        None,
        0.0,
        0.0,
        "Goodfellow et al., Maxout networks (2013)",
        axis=True,
        edges="A group with NaN gives NaN.",
        compared="paddle.nn.functional.maxout has the same groups and axis=1.",
    ),
)
