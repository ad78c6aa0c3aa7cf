/* fastact_open of libfastact: which kernels a program without Python gets. Compiled by "setup.py build_clib" alone,
   which says by FASTACT_HAS_V3 and FASTACT_HAS_V4 which builds of the kernels there are. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "fastact.h"

/* Of the compiled Cython sources, each with its instruction set at the end of its name. */
const void *fastact_kernels_baseline(void *threads);
const void *fastact_along_baseline(void *threads);
const void *fastact_kernels_v3(void *threads);
const void *fastact_along_v3(void *threads);
const void *fastact_kernels_v4(void *threads);
const void *fastact_along_v4(void *threads);
const void *fastact_connect(void *kernels, void *along, void *threads, const char *isa);
void *fastact_threads(void);
void fastact_after_fork(void);

/* Cython's parallel loops let go of the GIL if the thread has it. Here nobody has. */
int PyGILState_Check(void) { return 0; }
void *PyEval_SaveThread(void) { return NULL; }
void PyEval_RestoreThread(void *state) { (void)state; }

static const fastact_api *table;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void connect_kernels(void *kernels, void *along, const char *isa)
{
    table = (const fastact_api *)fastact_connect(kernels, along, fastact_threads(), isa);
}

static void open_best(void)
{
    /* As in the Python package: the environment may ask for a lower one, and an unknown name is refused. */
    const char *wanted = getenv("FASTACT_ISA");
    int any = wanted == NULL || *wanted == '\0';

    pthread_atfork(NULL, NULL, fastact_after_fork);
#if defined(FASTACT_HAS_V3) || defined(FASTACT_HAS_V4)
    __builtin_cpu_init();
#endif
#ifdef FASTACT_HAS_V4
    if ((any || strcmp(wanted, "v4") == 0) && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
        __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) {
        connect_kernels((void *)fastact_kernels_v4, (void *)fastact_along_v4, "v4");
        return;
    }
#endif
#ifdef FASTACT_HAS_V3
    if ((any || strcmp(wanted, "v3") == 0) && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        connect_kernels((void *)fastact_kernels_v3, (void *)fastact_along_v3, "v3");
        return;
    }
#endif
    if (any || strcmp(wanted, "baseline") == 0)
        connect_kernels((void *)fastact_kernels_baseline, (void *)fastact_along_baseline, "baseline");
}

const fastact_api *fastact_open(int abi_version, size_t size)
{
    pthread_once(&once, open_best);
    return table != NULL && table->abi_version == abi_version && table->size >= size ? table : NULL;
}
