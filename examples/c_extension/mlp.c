/* A perceptron of three layers in C: softmax(silu(gelu(x W1 + b1) W2 + b2) W3 + b3), in float32.

   Level 2 of embedding: the functions of fastact's table, called without the GIL. Shows fastact_import(), activations
   with a bias in one pass (fastact_fused), a function along an axis (fastact_along), a parameter and a status. Arrays
   come through the buffer protocol: no header of NumPy is needed. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <string.h>

#include <fastact.h>

enum { LAYERS = 3, ARRAYS = 2 + 2 * LAYERS }; /* x, out, then a weight and a bias for each layer */

/* Rows of c = a b. The compiler vectorises the inner loop. */
static void multiply(
    const float *restrict a, const float *restrict b, float *restrict c, ptrdiff_t rows, ptrdiff_t k, ptrdiff_t n)
{
    for (ptrdiff_t r = 0; r < rows; r++) {
        for (ptrdiff_t j = 0; j < n; j++)
            c[r * n + j] = 0.0f;
        for (ptrdiff_t i = 0; i < k; i++)
            for (ptrdiff_t j = 0; j < n; j++)
                c[r * n + j] += a[r * k + i] * b[i * n + j];
    }
}

/* z = f(z + bias) in place. */
static int activate(const char *name, float *z, float *bias, ptrdiff_t rows, ptrdiff_t n, const double *parameters)
{
    fastact_operands operands = {
        .x = {z, n, 1},
        .bias = {bias, 0, 1}, /* the same for each row */
        .out = {z, n, 1},
    };
    return fastact_fused(
        fastact_activation(name), FASTACT_F32, FASTACT_FORWARD, &operands, rows, n, parameters, 1);
}

static int softmax(float *z, ptrdiff_t rows, ptrdiff_t n)
{
    fastact_runs runs = {.x = z, .out = z, .outer = rows, .n = n, .inner = 1, .scale = 1.0};
    return fastact_along(fastact_axis_function("softmax"), FASTACT_F32, FASTACT_FORWARD, &runs, 1);
}

/* A status of fastact, 0 if all went well. scratch has room for the hidden layers. */
static int run(Py_buffer *arrays, float *scratch, double beta)
{
    Py_buffer *x = &arrays[0], *out = &arrays[1], *weights = &arrays[2];
    ptrdiff_t rows = x->shape[0], k = x->shape[1];
    float *in = x->buf, *z = scratch;
    int status;
    for (int layer = 0; layer < LAYERS; layer++, weights += 2) {
        ptrdiff_t n = weights[0].shape[1];
        if (layer == LAYERS - 1)
            z = out->buf;
        multiply(in, weights[0].buf, z, rows, k, n);
        if (layer == 0)
            status = activate("gelu", z, weights[1].buf, rows, n, NULL);
        else if (layer == 1)
            status = activate("silu", z, weights[1].buf, rows, n, &beta);
        else if ((status = activate("identity", z, weights[1].buf, rows, n, NULL)) == FASTACT_OK)
            status = softmax(z, rows, n);
        if (status != FASTACT_OK)
            return status;
        in = z;
        z += rows * n;
        k = n;
    }
    return FASTACT_OK;
}

/* Whether the arrays are of float32 and fit together; returns the elements of the hidden layers, or -1. */
static Py_ssize_t check(const Py_buffer *arrays)
{
    const Py_buffer *x = &arrays[0], *out = &arrays[1], *weights = &arrays[2];
    for (int i = 0; i < ARRAYS; i++)
        if (strcmp(arrays[i].format, "f") != 0 || arrays[i].ndim != (i > 2 && i % 2 ? 1 : 2))
            return -1;
    Py_ssize_t hidden = 0, k = x->shape[1];
    for (int layer = 0; layer < LAYERS; layer++) {
        const Py_buffer *weight = &weights[2 * layer], *bias = weight + 1;
        if (weight->shape[0] != k || bias->shape[0] != weight->shape[1])
            return -1;
        k = weight->shape[1];
        hidden += x->shape[0] * k;
    }
    return out->shape[0] == x->shape[0] && out->shape[1] == k ? hidden : -1;
}

static PyObject *mlp_forward(PyObject *module, PyObject *args)
{
    PyObject *objects[ARRAYS], *result = NULL;
    Py_buffer arrays[ARRAYS];
    double beta = 1.0;
    int held = 0, status;
    if (!PyArg_ParseTuple(
            args, "OOOOOOOO|d:forward", &objects[0], &objects[1], &objects[2], &objects[3], &objects[4], &objects[5],
            &objects[6], &objects[7], &beta))
        return NULL;
    for (; held < ARRAYS; held++) {
        int flags = PyBUF_C_CONTIGUOUS | PyBUF_FORMAT | (held == 1 ? PyBUF_WRITABLE : 0);
        if (PyObject_GetBuffer(objects[held], &arrays[held], flags) != 0)
            goto done;
    }
    Py_ssize_t hidden = check(arrays);
    if (hidden < 0) {
        PyErr_SetString(PyExc_ValueError, "the arrays are not of float32, or their shapes do not fit together");
        goto done;
    }
    float *scratch = PyMem_RawMalloc(sizeof(float) * (size_t)hidden);
    if (scratch == NULL) {
        PyErr_NoMemory();
        goto done;
    }
    Py_BEGIN_ALLOW_THREADS
    status = run(arrays, scratch, beta);
    Py_END_ALLOW_THREADS
    PyMem_RawFree(scratch);
    if (status == FASTACT_OK)
        result = Py_NewRef(Py_None);
    else
        PyErr_Format(PyExc_ValueError, "fastact: %s", fastact_message(status));
done:
    while (held--)
        PyBuffer_Release(&arrays[held]);
    return result;
}

static PyMethodDef methods[] = {
    {"forward", mlp_forward, METH_VARARGS, "forward(x, out, w1, b1, w2, b2, w3, b3, beta=1.0): write the output to out."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, .m_name = "mlp", .m_size = -1, .m_methods = methods};

PyMODINIT_FUNC PyInit_mlp(void)
{
    if (fastact_import() != 0)
        return NULL;
    return PyModule_Create(&definition);
}
