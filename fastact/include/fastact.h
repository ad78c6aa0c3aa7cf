/* fastact's kernels for other compiled code: a table of C functions without Python or NumPy types.

   Copyright fastact developers, BSD-3-Clause.

   From an extension module of Python: include Python.h first, call fastact_import() once in each source file that uses
   the table (which is static there), while holding the GIL, and return with the exception that is set if it is not 0.
   From a program without Python: link libfastact, and call fastact_import() likewise.

       #include <Python.h>
       #include <fastact.h>

       if (fastact_import() != 0) return NULL;
       fastact_function gelu = fastact_find("gelu", FASTACT_F32, FASTACT_FORWARD);
       int status = gelu(NULL, x, x, n, NULL, 1);

   The functions of the table may be called by any number of threads at once, with the GIL or without it. Results have
   the same bits as those of the Python package, whatever n, alignment and threads. Floating-point flags are left as
   they were found.

   Strings are ASCII and end in a zero byte. Lengths and distances are counted in elements. */

#ifndef FASTACT_H
#define FASTACT_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Of the layout of fastact_api and the meaning of what is in it. It changes when something that was there does; the
   table grows at its end without. */
#define FASTACT_ABI_VERSION 1

/* Elements: IEEE binary16, binary32, binary64, and bfloat16. Half types are computed in binary32 and rounded once. */
enum {
    FASTACT_F16 = 0,
    FASTACT_F32 = 1,
    FASTACT_F64 = 2,
    FASTACT_BF16 = 3
};

enum {
    FASTACT_FORWARD = 0,     /* f(x) */
    FASTACT_DERIVATIVE = 1,  /* f'(x) */
    FASTACT_BACKWARD = 2,    /* dy f'(x) */
    FASTACT_FROM_OUTPUT = 3  /* dy f'(x), x given by y = f(x) */
};

/* What a call returns. Where it is not FASTACT_OK, nothing has been written, but for FASTACT_E_MEMORY. */
enum {
    FASTACT_OK = 0,
    FASTACT_E_NULL = -1,      /* a pointer that is needed is null, and n is not 0 */
    FASTACT_E_LENGTH = -2,    /* a length is negative, or lengths do not fit together */
    FASTACT_E_ALIGNMENT = -3, /* an address is not a multiple of the size of its elements */
    FASTACT_E_OVERLAP = -4,   /* the result overlaps an input without being the same array */
    FASTACT_E_PARAMETER = -5, /* a parameter is missing or outside its domain */
    FASTACT_E_MEMORY = -6,    /* no memory for a buffer */
    FASTACT_E_UNKNOWN = -7    /* no such function, dtype or direction */
};

/* One direction of an elementwise activation over n elements without gaps.

   dy          gradients, for FASTACT_BACKWARD and FASTACT_FROM_OUTPUT; else it is not looked at
   x           inputs; for FASTACT_FROM_OUTPUT the outputs y
   out         results; may be dy or x itself, and must not overlap them otherwise
   n           from 0; with 0 no pointer is looked at
   parameters  in the order in which the Python function lists them (negative_slope, beta, ...), those of the derivative
               last; or NULL for the defaults
   threads     1: in the calling thread; k: in at most k; 0: in as many as the process and the size allow */
typedef int (*fastact_function)(
    const void *dy, const void *x, void *out, ptrdiff_t n, const double *parameters, int threads);

/* One number: a value or a derivative. ``parameters`` points to doubles as above, or is NULL for the defaults; NaN if
   they are not accepted. The second argument has the type that callbacks of integrators call user data. */
typedef double (*fastact_scalar)(double x, void *parameters);
typedef float (*fastact_scalar_f32)(float x, void *parameters);

/* An array of rows of n elements. A distance of 0 repeats: a bias for each element of a row has row = 0, element = 1;
   one bias for each row (a channel) row = 1, element = 0. */
typedef struct {
    void *data;
    ptrdiff_t row;     /* from a row to the next, in elements */
    ptrdiff_t element; /* from an element to the next, likewise */
} fastact_operand;

/* What an activation with a bias before it, a gate's product after it, or both works on. Operands that are not wanted
   have data = NULL. The results may be dy, x or up themselves, and must not overlap inputs otherwise. */
typedef struct {
    fastact_operand dy;      /* for FASTACT_BACKWARD */
    fastact_operand x;       /* or the gate */
    fastact_operand up;      /* gated: what the gate multiplies */
    fastact_operand bias;    /* added to x */
    fastact_operand up_bias; /* added to up; with a gate both biases or none */
    fastact_operand out;     /* f(x + bias) (clip(up + up_bias, -limit, limit) + shift), or the gradient of x */
    fastact_operand up_out;  /* the gradient of up */
    double limit;            /* of a gate, which is cut off above it; HUGE_VAL for none */
    double shift;            /* 0 but for gpt-oss; finite, as scale below */
} fastact_operands;

/* outer x n x inner elements without gaps, and a function along n. inner = 1: rows of memory. */
typedef struct {
    const void *dy;   /* for backward passes, of the shape of the result */
    const void *x;    /* for FASTACT_FROM_OUTPUT the output y */
    const void *mask; /* softmax and log_softmax: added to the scores; or NULL */
    const void *kept; /* likewise: a byte for each score, 0 where it is left out; or NULL */
    void *out;        /* may be x or dy; of logsumexp and maxout outer x inner elements */
    ptrdiff_t outer;
    ptrdiff_t n;
    ptrdiff_t inner;
    double scale; /* softmax, log_softmax, softmin: of the scores, 1 for none; finite, beside float32 as that too */
    int causal;   /* softmax and log_softmax: row r of each n x n matrix takes its first r + 1 elements; inner must be
                     1, and outer a multiple of n */
} fastact_runs;

typedef struct {
    size_t size;         /* of the table that this fastact has, in bytes */
    int abi_version;     /* FASTACT_ABI_VERSION of the fastact that made the table */
    const char *version; /* of that fastact, such as "0.1.0" */
    const char *isa;     /* "v4", "v3" or "baseline": which build of the kernels is behind it */

    /* The function of an activation, by its name or an alias ("gelu", "swish", "gelu_tanh"); NULL if there is none. */
    fastact_function (*find)(const char *name, int dtype, int direction);

    /* Its functions of one number; FASTACT_FORWARD or FASTACT_DERIVATIVE. */
    fastact_scalar (*find_scalar)(const char *name, int direction);
    fastact_scalar_f32 (*find_scalar_f32)(const char *name, int direction);

    /* How many parameters a direction takes, and their defaults (NaN where it must be given) in defaults[0], ..., of
       which there are at most 4, unless that is NULL. FASTACT_E_UNKNOWN if there is no such activation or direction. */
    int (*parameters)(const char *name, int direction, double *defaults);

    /* The number of an activation for ``fused``; numbers may differ from one release to the next. FASTACT_E_UNKNOWN. */
    int (*activation)(const char *name);

    /* FASTACT_FORWARD, FASTACT_DERIVATIVE (with a bias alone) or FASTACT_BACKWARD over rows x n elements, in one pass
       over memory. ``parameters`` are those of the activation, as above. With neither bias nor gate: over rows that lie
       apart, or elements that do. */
    int (*fused)(
        int activation, int dtype, int direction, const fastact_operands *operands, ptrdiff_t rows, ptrdiff_t n,
        const double *parameters, int threads);

    /* The number of a function along an axis for ``along``: softmax, log_softmax, softmin, logsumexp, hardmax,
       sparsemax, maxout. FASTACT_E_UNKNOWN. */
    int (*axis_function)(const char *name);

    /* FASTACT_FORWARD; FASTACT_FROM_OUTPUT of softmax, log_softmax, softmin, sparsemax; FASTACT_BACKWARD of logsumexp
       and maxout. */
    int (*along)(int function, int dtype, int direction, const fastact_runs *runs, int threads);

    /* What a status means, in a few words; never NULL. */
    const char *(*message)(int status);

    /* Threads that a large call with threads = 0 would use now. */
    int (*get_num_threads)(void);
} fastact_api;

#if defined(__GNUC__)
#define FASTACT_MAYBE_UNUSED __attribute__((unused))
#else
#define FASTACT_MAYBE_UNUSED
#endif

static const fastact_api *fastact_table FASTACT_MAYBE_UNUSED = NULL;

#define fastact_find (fastact_table->find)
#define fastact_find_scalar (fastact_table->find_scalar)
#define fastact_find_scalar_f32 (fastact_table->find_scalar_f32)
#define fastact_parameters (fastact_table->parameters)
#define fastact_activation (fastact_table->activation)
#define fastact_fused (fastact_table->fused)
#define fastact_axis_function (fastact_table->axis_function)
#define fastact_along (fastact_table->along)
#define fastact_message (fastact_table->message)
#define fastact_get_num_threads (fastact_table->get_num_threads)

#if defined(Py_PYTHON_H)

/* 0, or -1 with an exception set: ImportError if the fastact that is installed has another table than this header. */
static int FASTACT_MAYBE_UNUSED fastact_import(void)
{
    const fastact_api *found = (const fastact_api *)PyCapsule_Import("fastact._C_API", 0);
    if (found == NULL)
        return -1;
    if (found->abi_version != FASTACT_ABI_VERSION || found->size < sizeof(fastact_api)) {
        PyErr_Format(
            PyExc_ImportError,
            "this module was built for version %d of fastact's C table (%d bytes), but fastact %s has version %d (%d "
            "bytes): build it anew with the header of that fastact, or install the fastact that it was built for",
            FASTACT_ABI_VERSION, (int)sizeof(fastact_api), found->version, found->abi_version, (int)found->size);
        return -1;
    }
    fastact_table = found;
    return 0;
}

#else

/* Of libfastact. The table, or NULL if it is of another version or smaller than ``size``. */
extern const fastact_api *fastact_open(int abi_version, size_t size);

/* 0, or -1 if the library has another table than this header. */
static int FASTACT_MAYBE_UNUSED fastact_import(void)
{
    fastact_table = fastact_open(FASTACT_ABI_VERSION, sizeof(fastact_api));
    return fastact_table == NULL ? -1 : 0;
}

#endif

#ifdef __cplusplus
}
#endif

#endif
