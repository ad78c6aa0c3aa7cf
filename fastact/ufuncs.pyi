# made by docs/generate.py from fastact/table/registry.py; do not edit
import numpy as np

__all__ = [
    "bent_identity",
    "bent_identity_backward",
    "bent_identity_backward_from_output",
    "bent_identity_derivative",
    "celu",
    "celu_backward",
    "celu_backward_from_output",
    "celu_derivative",
    "clipped_linear",
    "clipped_linear_backward",
    "clipped_linear_backward_from_output",
    "clipped_linear_derivative",
    "dish",
    "dish_backward",
    "dish_derivative",
    "elu",
    "elu_backward",
    "elu_backward_from_output",
    "elu_derivative",
    "exp",
    "exp_backward",
    "exp_backward_from_output",
    "exp_derivative",
    "gaussian",
    "gaussian_backward",
    "gaussian_derivative",
    "gelu",
    "gelu_backward",
    "gelu_derivative",
    "gelu_tanh",
    "gelu_tanh_backward",
    "gelu_tanh_derivative",
    "hardmax",
    "hardmax_columns",
    "hardshrink",
    "hardshrink_backward",
    "hardshrink_backward_from_output",
    "hardshrink_derivative",
    "hardsigmoid",
    "hardsigmoid_backward",
    "hardsigmoid_backward_from_output",
    "hardsigmoid_derivative",
    "hardswish",
    "hardswish_backward",
    "hardswish_derivative",
    "hardtanh",
    "hardtanh_backward",
    "hardtanh_backward_from_output",
    "hardtanh_derivative",
    "identity",
    "identity_backward",
    "identity_backward_from_output",
    "identity_derivative",
    "leaky_relu",
    "leaky_relu_backward",
    "leaky_relu_backward_from_output",
    "leaky_relu_derivative",
    "log_softmax",
    "log_softmax_backward_from_output",
    "log_softmax_backward_from_output_columns",
    "log_softmax_causal",
    "log_softmax_columns",
    "log_softmax_kept",
    "log_softmax_kept_columns",
    "log_softmax_masked",
    "log_softmax_masked_columns",
    "logit",
    "logit_backward",
    "logit_derivative",
    "logsigmoid",
    "logsigmoid_backward",
    "logsigmoid_backward_from_output",
    "logsigmoid_derivative",
    "logsumexp",
    "logsumexp_backward",
    "logsumexp_backward_columns",
    "logsumexp_columns",
    "maxout",
    "maxout_backward",
    "maxout_backward_columns",
    "maxout_columns",
    "mish",
    "mish_backward",
    "mish_derivative",
    "prelu",
    "prelu_backward",
    "prelu_backward_from_output",
    "prelu_derivative",
    "quick_gelu",
    "quick_gelu_backward",
    "quick_gelu_derivative",
    "relu",
    "relu6",
    "relu6_backward",
    "relu6_backward_from_output",
    "relu6_derivative",
    "relu_backward",
    "relu_backward_from_output",
    "relu_derivative",
    "relu_squared",
    "relu_squared_backward",
    "relu_squared_backward_from_output",
    "relu_squared_derivative",
    "rrelu",
    "rrelu_backward",
    "rrelu_backward_from_output",
    "rrelu_derivative",
    "selu",
    "selu_backward",
    "selu_backward_from_output",
    "selu_derivative",
    "shrink",
    "shrink_backward",
    "shrink_backward_from_output",
    "shrink_derivative",
    "sigmoid",
    "sigmoid_backward",
    "sigmoid_backward_from_output",
    "sigmoid_derivative",
    "silu",
    "silu_backward",
    "silu_derivative",
    "sine",
    "sine_backward",
    "sine_derivative",
    "snake",
    "snake_backward",
    "snake_derivative",
    "softmax",
    "softmax_backward_from_output",
    "softmax_backward_from_output_columns",
    "softmax_causal",
    "softmax_columns",
    "softmax_kept",
    "softmax_kept_columns",
    "softmax_masked",
    "softmax_masked_columns",
    "softplus",
    "softplus_backward",
    "softplus_backward_from_output",
    "softplus_derivative",
    "softshrink",
    "softshrink_backward",
    "softshrink_backward_from_output",
    "softshrink_derivative",
    "softsign",
    "softsign_backward",
    "softsign_backward_from_output",
    "softsign_derivative",
    "sparse_plus",
    "sparse_plus_backward",
    "sparse_plus_backward_from_output",
    "sparse_plus_derivative",
    "sparse_sigmoid",
    "sparse_sigmoid_backward",
    "sparse_sigmoid_backward_from_output",
    "sparse_sigmoid_derivative",
    "sparsemax",
    "sparsemax_backward_from_output",
    "sparsemax_backward_from_output_columns",
    "sparsemax_columns",
    "squareplus",
    "squareplus_backward",
    "squareplus_backward_from_output",
    "squareplus_derivative",
    "step",
    "step_backward",
    "step_backward_from_output",
    "step_derivative",
    "tanh",
    "tanh_backward",
    "tanh_backward_from_output",
    "tanh_derivative",
    "tanhshrink",
    "tanhshrink_backward",
    "tanhshrink_derivative",
    "threshold",
    "threshold_backward",
    "threshold_backward_from_output",
    "threshold_derivative",
    "thresholded_relu",
    "thresholded_relu_backward",
    "thresholded_relu_backward_from_output",
    "thresholded_relu_derivative",
    "xielu",
    "xielu_backward",
    "xielu_derivative",
]

bent_identity: np.ufunc
bent_identity_backward: np.ufunc
bent_identity_backward_from_output: np.ufunc
bent_identity_derivative: np.ufunc
celu: np.ufunc
celu_backward: np.ufunc
celu_backward_from_output: np.ufunc
celu_derivative: np.ufunc
clipped_linear: np.ufunc
clipped_linear_backward: np.ufunc
clipped_linear_backward_from_output: np.ufunc
clipped_linear_derivative: np.ufunc
dish: np.ufunc
dish_backward: np.ufunc
dish_derivative: np.ufunc
elu: np.ufunc
elu_backward: np.ufunc
elu_backward_from_output: np.ufunc
elu_derivative: np.ufunc
exp: np.ufunc
exp_backward: np.ufunc
exp_backward_from_output: np.ufunc
exp_derivative: np.ufunc
gaussian: np.ufunc
gaussian_backward: np.ufunc
gaussian_derivative: np.ufunc
gelu: np.ufunc
gelu_backward: np.ufunc
gelu_derivative: np.ufunc
gelu_tanh: np.ufunc
gelu_tanh_backward: np.ufunc
gelu_tanh_derivative: np.ufunc
hardmax: np.ufunc
hardmax_columns: np.ufunc
hardshrink: np.ufunc
hardshrink_backward: np.ufunc
hardshrink_backward_from_output: np.ufunc
hardshrink_derivative: np.ufunc
hardsigmoid: np.ufunc
hardsigmoid_backward: np.ufunc
hardsigmoid_backward_from_output: np.ufunc
hardsigmoid_derivative: np.ufunc
hardswish: np.ufunc
hardswish_backward: np.ufunc
hardswish_derivative: np.ufunc
hardtanh: np.ufunc
hardtanh_backward: np.ufunc
hardtanh_backward_from_output: np.ufunc
hardtanh_derivative: np.ufunc
identity: np.ufunc
identity_backward: np.ufunc
identity_backward_from_output: np.ufunc
identity_derivative: np.ufunc
leaky_relu: np.ufunc
leaky_relu_backward: np.ufunc
leaky_relu_backward_from_output: np.ufunc
leaky_relu_derivative: np.ufunc
log_softmax: np.ufunc
log_softmax_backward_from_output: np.ufunc
log_softmax_backward_from_output_columns: np.ufunc
log_softmax_causal: np.ufunc
log_softmax_columns: np.ufunc
log_softmax_kept: np.ufunc
log_softmax_kept_columns: np.ufunc
log_softmax_masked: np.ufunc
log_softmax_masked_columns: np.ufunc
logit: np.ufunc
logit_backward: np.ufunc
logit_derivative: np.ufunc
logsigmoid: np.ufunc
logsigmoid_backward: np.ufunc
logsigmoid_backward_from_output: np.ufunc
logsigmoid_derivative: np.ufunc
logsumexp: np.ufunc
logsumexp_backward: np.ufunc
logsumexp_backward_columns: np.ufunc
logsumexp_columns: np.ufunc
maxout: np.ufunc
maxout_backward: np.ufunc
maxout_backward_columns: np.ufunc
maxout_columns: np.ufunc
mish: np.ufunc
mish_backward: np.ufunc
mish_derivative: np.ufunc
prelu: np.ufunc
prelu_backward: np.ufunc
prelu_backward_from_output: np.ufunc
prelu_derivative: np.ufunc
quick_gelu: np.ufunc
quick_gelu_backward: np.ufunc
quick_gelu_derivative: np.ufunc
relu: np.ufunc
relu6: np.ufunc
relu6_backward: np.ufunc
relu6_backward_from_output: np.ufunc
relu6_derivative: np.ufunc
relu_backward: np.ufunc
relu_backward_from_output: np.ufunc
relu_derivative: np.ufunc
relu_squared: np.ufunc
relu_squared_backward: np.ufunc
relu_squared_backward_from_output: np.ufunc
relu_squared_derivative: np.ufunc
rrelu: np.ufunc
rrelu_backward: np.ufunc
rrelu_backward_from_output: np.ufunc
rrelu_derivative: np.ufunc
selu: np.ufunc
selu_backward: np.ufunc
selu_backward_from_output: np.ufunc
selu_derivative: np.ufunc
shrink: np.ufunc
shrink_backward: np.ufunc
shrink_backward_from_output: np.ufunc
shrink_derivative: np.ufunc
sigmoid: np.ufunc
sigmoid_backward: np.ufunc
sigmoid_backward_from_output: np.ufunc
sigmoid_derivative: np.ufunc
silu: np.ufunc
silu_backward: np.ufunc
silu_derivative: np.ufunc
sine: np.ufunc
sine_backward: np.ufunc
sine_derivative: np.ufunc
snake: np.ufunc
snake_backward: np.ufunc
snake_derivative: np.ufunc
softmax: np.ufunc
softmax_backward_from_output: np.ufunc
softmax_backward_from_output_columns: np.ufunc
softmax_causal: np.ufunc
softmax_columns: np.ufunc
softmax_kept: np.ufunc
softmax_kept_columns: np.ufunc
softmax_masked: np.ufunc
softmax_masked_columns: np.ufunc
softplus: np.ufunc
softplus_backward: np.ufunc
softplus_backward_from_output: np.ufunc
softplus_derivative: np.ufunc
softshrink: np.ufunc
softshrink_backward: np.ufunc
softshrink_backward_from_output: np.ufunc
softshrink_derivative: np.ufunc
softsign: np.ufunc
softsign_backward: np.ufunc
softsign_backward_from_output: np.ufunc
softsign_derivative: np.ufunc
sparse_plus: np.ufunc
sparse_plus_backward: np.ufunc
sparse_plus_backward_from_output: np.ufunc
sparse_plus_derivative: np.ufunc
sparse_sigmoid: np.ufunc
sparse_sigmoid_backward: np.ufunc
sparse_sigmoid_backward_from_output: np.ufunc
sparse_sigmoid_derivative: np.ufunc
sparsemax: np.ufunc
sparsemax_backward_from_output: np.ufunc
sparsemax_backward_from_output_columns: np.ufunc
sparsemax_columns: np.ufunc
squareplus: np.ufunc
squareplus_backward: np.ufunc
squareplus_backward_from_output: np.ufunc
squareplus_derivative: np.ufunc
step: np.ufunc
step_backward: np.ufunc
step_backward_from_output: np.ufunc
step_derivative: np.ufunc
tanh: np.ufunc
tanh_backward: np.ufunc
tanh_backward_from_output: np.ufunc
tanh_derivative: np.ufunc
tanhshrink: np.ufunc
tanhshrink_backward: np.ufunc
tanhshrink_derivative: np.ufunc
threshold: np.ufunc
threshold_backward: np.ufunc
threshold_backward_from_output: np.ufunc
threshold_derivative: np.ufunc
thresholded_relu: np.ufunc
thresholded_relu_backward: np.ufunc
thresholded_relu_backward_from_output: np.ufunc
thresholded_relu_derivative: np.ufunc
xielu: np.ufunc
xielu_backward: np.ufunc
xielu_derivative: np.ufunc
