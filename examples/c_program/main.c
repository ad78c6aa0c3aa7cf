/* A program without Python: one layer of a transformer's feed-forward network, swiglu and softmax, by libfastact.

   python setup.py build_clib     makes build/libfastact; then, with PKG_CONFIG_PATH=build/libfastact/lib/pkgconfig,
   cc main.c $(pkg-config --cflags --libs libfastact) -lm -o program          with the shared library, or
   cc main.c $(pkg-config --cflags --libs --static libfastact) -o program     with libfastact.a, where there is no .so

   It prints its results as bits, which are those of the Python package. C89, and C++ as well. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fastact.h>

#define ROWS 3
#define N 1000

static void stop_at(int status, const char *what)
{
    if (status != FASTACT_OK) {
        fprintf(stderr, "%s: %s\n", what, fastact_message(status));
        exit(1);
    }
}

static void print_bits(const char *what, const float *x, int n)
{
    unsigned int bits, sum = 0;
    int i;
    for (i = 0; i < n; i++) {
        memcpy(&bits, x + i, sizeof bits);
        sum = sum * 31u + bits;
    }
    printf("%s %08x\n", what, sum);
}

int main(void)
{
    static float x[ROWS][N], dy[ROWS][N], packed[ROWS][2 * N], y[ROWS][N];
    const double alpha = 0.5;
    fastact_function gelu, elu_backward;
    fastact_operands gate;
    fastact_runs rows;
    int r, i, threads;

    if (fastact_import() != 0) {
        fprintf(stderr, "this program was built for another libfastact, or FASTACT_ISA asks for what is not there\n");
        return 1;
    }
    printf("fastact %s, %s\n", fastact_table->version, fastact_table->isa);

    for (r = 0; r < ROWS; r++)
        for (i = 0; i < N; i++) {
            x[r][i] = (float)((i * 37 + r * 101) % 2003 - 1001) / 128.0f;
            dy[r][i] = (float)((i * 59 + r * 17) % 401 - 200) / 64.0f;
            packed[r][i] = x[r][i];
            packed[r][N + i] = dy[r][i];
        }

    /* A function is looked up once; 1: in the calling thread. */
    gelu = fastact_find("gelu", FASTACT_F32, FASTACT_FORWARD);
    stop_at(gelu(NULL, x, y, ROWS * N, NULL, 1), "gelu");
    print_bits("gelu", y[0], ROWS * N);

    /* In place over dy, with a parameter. */
    elu_backward = fastact_find("elu", FASTACT_F32, FASTACT_BACKWARD);
    memcpy(y, dy, sizeof y);
    stop_at(elu_backward(y, x, y, ROWS * N, &alpha, 1), "elu backward");
    print_bits("elu_backward", y[0], ROWS * N);

    /* swiglu of a gate and what it multiplies, side by side in each row; the result takes the place of the gate. */
    memset(&gate, 0, sizeof gate);
    gate.limit = HUGE_VAL;
    gate.x.data = packed[0];
    gate.up.data = packed[0] + N;
    gate.x.row = gate.up.row = 2 * N;
    gate.x.element = gate.up.element = 1;
    gate.out = gate.x;
    stop_at(fastact_fused(fastact_activation("silu"), FASTACT_F32, FASTACT_FORWARD, &gate, ROWS, N, NULL, 1), "swiglu");
    print_bits("swiglu", packed[0], N);

    /* softmax of each row, by as many threads as there may be: the bits do not tell. */
    for (threads = 0; threads < 2; threads++) {
        memset(&rows, 0, sizeof rows);
        rows.x = x;
        rows.out = y;
        rows.outer = ROWS;
        rows.n = N;
        rows.inner = 1;
        rows.scale = 0.25;
        stop_at(fastact_along(fastact_axis_function("softmax"), FASTACT_F32, FASTACT_FORWARD, &rows, threads), "softmax");
        print_bits("softmax", y[0], ROWS * N);
    }

    /* What goes wrong is a status. */
    printf("%s\n", fastact_message(gelu(NULL, x, (char *)x + 2, N, NULL, 1)));
    return 0;
}
