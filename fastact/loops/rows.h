/* made by docs/generate.py from fastact/table/registry.py; do not edit

   What the kernels do not know of themselves: defaults and domains of parameters, aliases, operands along an axis.
   Included by _capi.pyx alone. */
#include <float.h>
#include <math.h>

#define FASTACT_VERSION "0.1.0"

typedef struct {
    double value;      /* the default */
    double low, high;  /* low <= p <= high, or low < p where it is open */
    double output_low; /* as low, where only the output is left */
    int open, but_zero, infinite; /* 0 is not accepted; inf and -inf are */
    int required;      /* there is no default */
    int in_output;     /* results may equal it: where only they are left, it is rounded as they were */
} fastact_param;

typedef struct {
    const char *name;
    int ordered[4][2]; /* the first not above the second; -1 ends */
    int output_ordered[4][2];
    fastact_param params[4]; /* of the value, then of the derivative alone */
} fastact_row;

typedef struct {
    const char *name;
    const char *stands_for;
} fastact_pair;

static const fastact_row fastact_rows[] = {
    {"identity", {{-1, -1}}, {{-1, -1}},
     {{0}}},
    {"step", {{-1, -1}}, {{-1, -1}},
     {{1.0, -INFINITY, INFINITY, -INFINITY, 0, 0, 0, 0, 0}}},
    {"relu", {{-1, -1}}, {{-1, -1}},
     {{0.0, -INFINITY, INFINITY, -INFINITY, 0, 0, 0, 0, 0}}},
    {"leaky_relu", {{-1, -1}}, {{-1, -1}},
     {{0.01, -INFINITY, INFINITY, 0.0, 0, 0, 0, 0, 0},
      {0.01, -INFINITY, INFINITY, -INFINITY, 0, 0, 0, 0, 0}}},
    {"prelu", {{-1, -1}}, {{-1, -1}},
     {{0.0, -INFINITY, INFINITY, 0.0, 0, 0, 0, 1, 0}}},
    {"relu6", {{-1, -1}}, {{-1, -1}},
     {{0}}},
    {"relu_squared", {{-1, -1}}, {{-1, -1}},
     {{0}}},
    {"threshold", {{-1, -1}}, {{1, 0}, {-1, -1}},
     {{0.0, -INFINITY, INFINITY, -INFINITY, 0, 0, 1, 1, 0},
      {0.0, -INFINITY, INFINITY, -INFINITY, 0, 0, 1, 1, 1}}},
    {"thresholded_relu", {{-1, -1}}, {{-1, -1}},
     {{1.0, -INFINITY, INFINITY, 0.0, 0, 0, 1, 0, 0}}},
    {"hardtanh", {{0, 1}, {-1, -1}}, {{0, 1}, {-1, -1}},
     {{-1.0, -INFINITY, INFINITY, -INFINITY, 0, 0, 1, 0, 1},
      {1.0, -INFINITY, INFINITY, -INFINITY, 0, 0, 1, 0, 1}}},
    {"clipped_linear", {{2, 3}, {-1, -1}}, {{2, 3}, {-1, -1}},
     {{1.0, -INFINITY, INFINITY, -INFINITY, 0, 0, 0, 0, 0},
      {0.0, -INFINITY, INFINITY, -INFINITY, 0, 0, 0, 0, 0},
      {0.0, -INFINITY, INFINITY, -INFINITY, 0, 0, 1, 0, 1},
      {1.0, -INFINITY, INFINITY, -INFINITY, 0, 0, 1, 0, 1}}},
    {"rrelu", {{0, 1}, {-1, -1}}, {{0, 1}, {-1, -1}},
     {{0.125, -INFINITY, INFINITY, 0.0, 0, 0, 0, 0, 0},
      {0.3333333333333333, -INFINITY, INFINITY, -INFINITY, 0, 0, 0, 0, 0}}},
    {"hardsigmoid", {{-1, -1}}, {{-1, -1}},
     {{0.16666666666666666, -INFINITY, INFINITY, -INFINITY, 0, 0, 0, 0, 0},
      {0.5, -INFINITY, INFINITY, -INFINITY, 0, 0, 0, 0, 0}}},
    {"hardswish", {{-1, -1}}, {{-1, -1}},
     {{0}}},
    {"hardshrink", {{-1, -1}}, {{-1, -1}},
     {{0.5, 0.0, INFINITY, 0.0, 0, 0, 1, 0, 0}}},
    {"softshrink", {{-1, -1}}, {{-1, -1}},
     {{0.5, 0.0, INFINITY, 0.0, 0, 0, 1, 0, 0}}},
    {"shrink", {{-1, -1}}, {{1, 0}, {-1, -1}},
     {{0.5, 0.0, INFINITY, 0.0, 0, 0, 1, 0, 0},
      {0.0, -INFINITY, INFINITY, -INFINITY, 0, 0, 0, 0, 0}}},
    {"sparse_plus", {{-1, -1}}, {{-1, -1}},
     {{0}}},
    {"sparse_sigmoid", {{-1, -1}}, {{-1, -1}},
     {{0}}},
    {"elu", {{-1, -1}}, {{-1, -1}},
     {{1.0, -INFINITY, INFINITY, 0.0, 0, 0, 0, 0, 0}}},
    {"selu", {{-1, -1}}, {{-1, -1}},
     {{0}}},
    {"celu", {{-1, -1}}, {{-1, -1}},
     {{1.0, -INFINITY, INFINITY, -INFINITY, 0, 1, 0, 0, 0}}},
    {"gaussian", {{-1, -1}}, {{-1, -1}},
     {{0}}},
    {"exp", {{-1, -1}}, {{-1, -1}},
     {{0}}},
    {"xielu", {{-1, -1}}, {{-1, -1}},
     {{-1.0502256128148468, -INFINITY, INFINITY, -INFINITY, 0, 0, 0, 0, 0},
      {0.2033823208110246, -INFINITY, INFINITY, -INFINITY, 0, 0, 0, 0, 0},
      {0.5, -INFINITY, INFINITY, -INFINITY, 0, 0, 0, 0, 0},
      {-1e-06, -INFINITY, 0.0, -INFINITY, 0, 0, 0, 0, 0}}},
    {"sigmoid", {{-1, -1}}, {{-1, -1}},
     {{0}}},
    {"tanh", {{-1, -1}}, {{-1, -1}},
     {{0}}},
    {"silu", {{-1, -1}}, {{-1, -1}},
     {{1.0, -INFINITY, INFINITY, -INFINITY, 0, 0, 0, 0, 0}}},
    {"quick_gelu", {{-1, -1}}, {{-1, -1}},
     {{0}}},
    {"softplus", {{-1, -1}}, {{-1, -1}},
     {{1.0, -INFINITY, INFINITY, -INFINITY, 0, 1, 0, 0, 0}}},
    {"logsigmoid", {{-1, -1}}, {{-1, -1}},
     {{0}}},
    {"mish", {{-1, -1}}, {{-1, -1}},
     {{0}}},
    {"tanhshrink", {{-1, -1}}, {{-1, -1}},
     {{0}}},
    {"logit", {{-1, -1}}, {{-1, -1}},
     {{-1.0, 0.0, 0.5, 0.0, 0, 0, 0, 0, 0}}},
    {"gelu", {{-1, -1}}, {{-1, -1}},
     {{0}}},
    {"gelu_tanh", {{-1, -1}}, {{-1, -1}},
     {{0}}},
    {"softsign", {{-1, -1}}, {{-1, -1}},
     {{0}}},
    {"squareplus", {{-1, -1}}, {{-1, -1}},
     {{4.0, 0.0, INFINITY, 0.0, 0, 0, 0, 0, 0}}},
    {"dish", {{-1, -1}}, {{-1, -1}},
     {{0}}},
    {"bent_identity", {{-1, -1}}, {{-1, -1}},
     {{0}}},
    {"sine", {{-1, -1}}, {{-1, -1}},
     {{30.0, -INFINITY, INFINITY, -INFINITY, 0, 0, 0, 0, 0}}},
    {"snake", {{-1, -1}}, {{-1, -1}},
     {{1.0, -INFINITY, INFINITY, -INFINITY, 0, 0, 0, 0, 0}}},
    {0, {{-1, -1}}, {{-1, -1}}, {{0}}}
};

/* Other names. */
static const fastact_pair fastact_aliases[] = {
    {"linear", "identity"},
    {"heaviside", "step"},
    {"binary_step", "step"},
    {"relu2", "relu_squared"},
    {"clip", "hardtanh"},
    {"hard_sigmoid", "hardsigmoid"},
    {"hard_swish", "hardswish"},
    {"hard_silu", "hardswish"},
    {"hard_shrink", "hardshrink"},
    {"soft_shrink", "softshrink"},
    {"exponential", "exp"},
    {"logistic", "sigmoid"},
    {"expit", "sigmoid"},
    {"swish", "silu"},
    {"log_sigmoid", "logsigmoid"},
    {"tanh_shrink", "tanhshrink"},
    {"gelu_new", "gelu_tanh"},
    {"siren", "sine"},
    {0, 0}
};

/* Inputs and result of the functions along an axis. */
static const fastact_pair fastact_along_operands[] = {
    {"softmax", "np->n"},
    {"softmax_masked", "nnp->n"},
    {"softmax_kept", "nbp->n"},
    {"softmax_backward_from_output", "nnp->n"},
    {"log_softmax", "np->n"},
    {"log_softmax_masked", "nnp->n"},
    {"log_softmax_kept", "nbp->n"},
    {"log_softmax_backward_from_output", "nnp->n"},
    {"logsumexp", "n->1"},
    {"logsumexp_backward", "1n->n"},
    {"hardmax", "n->n"},
    {"maxout", "n->1"},
    {"maxout_backward", "1n->n"},
    {"sparsemax", "n->n"},
    {"sparsemax_backward_from_output", "nn->n"},
    {0, 0}
};
