# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""What has a learned parameter for each channel: the funnel activation (FReLU), and PReLU with one slope per channel.

One source, built once per instruction set as ``_spatial``, ``_spatial_v3`` and ``_spatial_v4``; only
``runtime/kernels.py`` imports any of them, and api/learned.py, which calls these functions, has checked and arranged
what they take: arrays without gaps, of one dtype, the result one of them or none; weights in the type that is computed
in. What the loops would read or write out of bounds is checked here again: whatever Python asks, memory is safe.

FReLU goes plane by plane through a padded copy of some rows (windows.pxd), which stays in the nearest cache; since the
copy is made before its rows are overwritten, the result may be x itself. Small planes go by sixteens, interleaved: a
vector holds one place of each. PReLU goes through strips: rows that share a
slope, or rows in which the slopes of all channels stand side by side. Sums are taken piece by piece, of a size that
depends on the shape alone, so that their bits do not depend on the number of threads.
"""
from cython cimport floating
from cython.parallel cimport prange
from libc.stdint cimport uint16_t
from libc.stdlib cimport calloc, free
from libc.string cimport memmove, memset

cimport numpy as cnp

from fastact.loops cimport machine
from fastact._threads cimport HEAVY, LIGHT, team_for
from fastact.loops.handed cimport check_dense, check_size, check_type, type_of, without_gaps
from fastact.loops.slopes cimport LANES, strip_of_slopes, strip_of_sums
from fastact.loops.strips cimport Format, load, NATIVE, store
from fastact.loops.windows cimport (
    ABREAST, ACROSS, add_products, AT_ONCE, copy_rows, fold, HIGH, interleave, row_abreast, separate, to_centre,
    to_window, upward, WIDE, windows, windows3, zip_two,
)

cnp.import_array()

cdef enum:
    NEAR = 16384  # bytes of the padded rows that are worked on together
    STRIP = 512  # elements of a strip of PReLU, and between prefetches
    PIECE = 8192  # elements of a row whose share of a weight's gradient is one sum
    LINE = 64  # bytes of a cache line
    BESIDE = 256  # elements of rows of planes side by side
    SMALL = 256  # elements of the largest planes that are interleaved
    STREAMING = 262144  # bytes from which the result is taken to lie outside the nearer caches
    MOST_TAPS = 32767  # across a window, whose number an int holds


cdef inline Py_ssize_t size_of(Format format, floating like) noexcept nogil:
    return sizeof(floating) if format == NATIVE else sizeof(uint16_t)


# ---- FReLU ----------------------------------------------------------------------------------------------------------

cdef struct Planes:
    const char* dy
    const char* x
    char* y  # the result, or the gradient of x
    const void* weight  # (C, k, k) and (C,), of the type that is computed in
    const void* turned  # the weight turned by half a turn, which carries gradients back
    const void* bias
    double* sums  # (planes, k k + 1): what each plane adds to the gradients of weight and bias
    Py_ssize_t images, channels, height, width
    Py_ssize_t beside  # planes of a channel, of as many images, that are worked on side by side
    bint abreast  # planes are interleaved
    int k
    Format format
    bint failed  # a thread had no memory for its scratch


cdef struct Layout:  # of planes side by side in a padded buffer
    Py_ssize_t apart  # from one to the next
    Py_ssize_t n  # results of a row, with those between planes
    Py_ssize_t s  # elements of a row


cdef inline Layout layout_of(const Planes* job) noexcept nogil:
    cdef Layout at
    at.apart = job.width + job.k // 2
    at.n = upward(job.beside * at.apart - job.k // 2, ACROSS)
    at.s = upward(at.n + job.k - 1, ACROSS)
    # rows a power of two apart would compete for the same few places in the cache
    at.s += ACROSS if at.s % 256 == 0 else 0
    return at


cdef inline Py_ssize_t block_rows(const Planes* job, Py_ssize_t s, Py_ssize_t size) noexcept nogil:
    """Rows that are computed together; enough of them that the k - 1 rows kept for the next block are few."""
    cdef Py_ssize_t rows = NEAR // (s * size) // HIGH * HIGH, least = 4 * job.k
    rows = least if rows < least else rows
    return job.height if rows > job.height else rows


cdef inline floating* lined(void* memory, floating marker) noexcept nogil:
    """The first element at the beginning of a cache line, in memory with a line to spare."""
    return <floating*>(<char*>memory + (-<Py_ssize_t>memory & (LINE - 1)))


cdef void forward(Planes* job, Py_ssize_t start, Py_ssize_t stop, floating marker) noexcept nogil:
    cdef Py_ssize_t height = job.height, width = job.width, size = size_of(job.format, marker)
    cdef int k = job.k, r = job.k // 2
    cdef Layout at = layout_of(job)
    cdef Py_ssize_t s = at.s, block = block_rows(job, s, sizeof(floating)), most = upward(block, HIGH)
    cdef Py_ssize_t unit, plane, channel, count, number, first, rows, below, i, across = parts(job)
    cdef Py_ssize_t apart = job.channels * height * width * size
    # two of them, or the compiler must assume that results overwrite what is still to be read
    cdef void* memory = calloc((most + k - 1) * s * sizeof(floating) + LINE, 1)
    cdef void* results = calloc(most * at.n * sizeof(floating) + LINE, 1)
    cdef floating* padded = lined(memory, marker)
    cdef floating* line = lined(results, marker)
    cdef const char* x
    cdef char* y
    if memory == NULL or results == NULL:
        job.failed = True
        free(memory)
        free(results)
        return
    for unit in range(start, stop):
        channel = unit // across
        i = unit % across * job.beside
        plane = i * job.channels + channel
        count = job.images - i if job.images - i < job.beside else job.beside
        x = job.x + plane * height * width * size
        y = job.y + plane * height * width * size
        # the first block's copy begins r rows above the plane; around one of the whole plane zeros remain
        if block < height:
            memset(padded, 0, r * s * sizeof(floating))
        below = 0  # rows that have been loaded
        for number in range((height + block - 1) // block):
            first = number * block
            rows = block if height - first > block else height - first
            i = first + rows + r
            i = height if i > height else i
            load_planes(
                padded + (below + r - first) * s + r, s, job, x + below * width * size, at.apart, count, i - below
            )
            # of rows below the plane, as of those between planes, nothing is left from before but zeros
            if block < height and first + rows + r > height:
                memset(padded + (height + r - first) * s, 0, (first + rows + r - height) * s * sizeof(floating))
            below = i
            if job.format == NATIVE and k == 3 and width >= WIDE:
                windows3(
                    padded, s, <const floating*>job.weight + channel * 9, (<const floating*>job.bias)[channel],
                    <floating*>y + first * width, width, rows, width, True,
                )
            else:
                windows(
                    padded, s, <const floating*>job.weight + channel * k * k, (<const floating*>job.bias)[channel], k,
                    line, at.n, rows, at.n, True,
                )
                for i in range(count):
                    store_rows(
                        line + i * at.apart, at.n, y + i * apart + first * width * size, rows, width, job.format
                    )
            if first + rows < height:
                memmove(padded, padded + rows * s, (k - 1) * s * sizeof(floating))
    free(memory)
    free(results)


cdef inline Py_ssize_t first_of(const Planes* job, Py_ssize_t unit) noexcept nogil:
    """The first plane of a unit: the images of some channels one after another, so that their weights are read once."""
    if job.channels % ABREAST == 0:
        return unit % job.images * job.channels + unit // job.images * ABREAST
    return unit * ABREAST


cdef inline void prefetch_rows(const char* x, const char* y, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range((n + LINE - 1) // LINE):
        machine.prefetch_read(x + i * LINE)
        machine.prefetch(y + i * LINE)


cdef void forward_abreast(Planes* job, Py_ssize_t start, Py_ssize_t stop, floating marker) noexcept nogil:
    """`forward` of ABREAST planes at a time, interleaved: for 7 x 7 windows."""
    cdef Py_ssize_t height = job.height, width = job.width, size = size_of(job.format, marker)
    cdef Py_ssize_t n = height * width, s = width + 6, taps = 49, most = taps if n < taps else n
    cdef Py_ssize_t unit, plane, following, below, count, last, i, channel = -1, planes = job.images * job.channels
    cdef Py_ssize_t inside = (s * (height + 6) + AT_ONCE) * ABREAST
    cdef Py_ssize_t result = upward((n + AT_ONCE) * ABREAST, ACROSS), apart = upward(most, ACROSS) * ABREAST
    cdef void* memory = calloc(
        (inside + result + 3 * apart + (taps + 1) * ABREAST) * sizeof(floating) + LINE, 1
    )
    cdef floating* padded = lined(memory, marker)
    cdef floating* y = padded + inside
    cdef floating* weight = y + result
    cdef floating* bias = weight + taps * ABREAST
    cdef floating* a = bias + ABREAST
    cdef floating* b = a + apart
    cdef floating* c = b + apart
    cdef const floating* source[ABREAST]
    cdef floating* to[ABREAST]
    cdef floating* halves
    if memory == NULL:
        job.failed = True
        return
    for unit in range(start, stop):
        # the images of some channels one after another, so that their weights are interleaved once
        plane = first_of(job, unit)
        following = first_of(job, unit + 1)
        count = planes - plane if planes - plane < ABREAST else ABREAST
        if plane % job.channels != channel:
            channel = plane % job.channels
            for i in range(ABREAST):
                source[i] = <const floating*>job.weight + (channel + i) % job.channels * taps
                bias[i] = (<const floating*>job.bias)[(channel + i) % job.channels]
            halves = interleave(source, taps, a, b)
            zip_two(halves, halves + 8 * taps, weight, 8 * taps)
        for i in range(ABREAST):
            # of fewer planes the last is repeated, and what comes of it goes nowhere
            last = i if i < count else count - 1
            to[i] = c + i * n
            source[i] = c + last * n
            if job.format == NATIVE:
                source[i] = <const floating*>job.x + (plane + last) * n
                if i < count:
                    to[i] = <floating*>job.y + (plane + i) * n
            elif i < count:
                load(to[i], job.x + (plane + i) * n * size, size, n, job.format)
        halves = interleave(source, n, a, b)
        for i in range(height):
            zip_two(
                halves + i * width * 8, halves + (n + i * width) * 8, padded + ((i + 3) * s + 3) * ABREAST, width * 8
            )
        for i in range(height):
            # the next image lies elsewhere, which no processor foresees
            if unit + 1 < stop:
                below = (following * n + i * ABREAST * width) * size
                prefetch_rows(job.x + below, job.y + below, ABREAST * width * size)
            row_abreast(padded + i * s * ABREAST, s, weight, bias, y + i * width * ABREAST, width, True)
        separate(y, to, n, a)
        if job.format != NATIVE:
            for i in range(count):
                store(to[i], job.y + (plane + i) * n * size, size, n, job.format)
    free(memory)


cdef inline void load_planes(
    floating* to, Py_ssize_t s, const Planes* job, const char* x, Py_ssize_t apart, Py_ssize_t count, Py_ssize_t rows
) noexcept nogil:
    """Rows of ``count`` planes of a channel, side by side."""
    cdef Py_ssize_t i, size = size_of(job.format, to[0])
    for i in range(count):
        load_rows(to + i * apart, s, x + i * job.channels * job.height * job.width * size, rows, job.width, job.format)


cdef inline Py_ssize_t parts(const Planes* job) noexcept nogil:
    """Into how many groups the images are divided, of which planes are worked on side by side."""
    return (job.images + job.beside - 1) // job.beside


cdef inline void load_rows(
    floating* to, Py_ssize_t tos, const char* source, Py_ssize_t rows, Py_ssize_t n, Format format
) noexcept nogil:
    """Rows of a plane of n elements across, tos apart in ``to``."""
    cdef Py_ssize_t i, size = size_of(format, to[0])
    if format == NATIVE:
        copy_rows(to, tos, <const floating*>source, n, rows, n)
    else:
        for i in range(rows):
            load(to + i * tos, source + i * n * size, size, n, format)


cdef inline void store_rows(
    const floating* source, Py_ssize_t s, char* to, Py_ssize_t rows, Py_ssize_t n, Format format
) noexcept nogil:
    cdef Py_ssize_t i, size = size_of(format, source[0])
    if format == NATIVE:
        copy_rows(<floating*>to, n, source, s, rows, n)
    else:
        for i in range(rows):
            store(source + i * s, to + i * n * size, size, n, format)


cdef void backward(Planes* job, Py_ssize_t start, Py_ssize_t stop, floating marker) noexcept nogil:
    """Gradient of x, and what each plane adds to those of weight and bias.

    The sums over windows are computed anew, dy is divided between centre and window, and the part of the windows goes
    back through the weight turned round.
    """
    cdef Py_ssize_t height = job.height, width = job.width, size = size_of(job.format, marker)
    cdef int k = job.k, r = job.k // 2, a, b
    cdef Py_ssize_t n = upward(width, ACROSS), s = upward(n + k - 1, ACROSS)
    cdef Py_ssize_t block = block_rows(job, s, sizeof(floating)), whole = (height + k - 1 + HIGH) * s
    cdef Py_ssize_t plane, channel, number, first, rows, i, j, taps = k * k
    # padded x and window's part of dy, and the centre's part; a block of sums over windows by itself, as in `forward`
    cdef floating* x = <floating*>calloc(2 * whole + height * width, sizeof(floating))
    cdef floating* line = <floating*>calloc(upward(block, HIGH) * s, sizeof(floating))
    cdef double* sums = <double*>calloc((taps + 1) * width, sizeof(double))
    cdef floating* g = x + whole
    cdef floating* centre = g + whole
    cdef floating* at
    cdef floating* to
    cdef const floating* here
    cdef const floating* t
    cdef floating dy
    cdef Py_ssize_t offset
    if x == NULL or line == NULL or sums == NULL:
        job.failed = True
        free(x)
        free(line)
        free(sums)
        return
    for plane in range(start, stop):
        channel = plane % job.channels
        offset = plane * height * width * size
        for i in range(height):
            load_rows(x + (i + r) * s + r, s, job.x + offset + i * width * size, 1, width, job.format)
        load(centre, job.dy + offset, size, height * width, job.format)
        for number in range((height + block - 1) // block):
            first = number * block
            rows = block if height - first > block else height - first
            windows(
                x + first * s, s, <const floating*>job.weight + channel * taps, (<const floating*>job.bias)[channel], k,
                line, s, rows, width, False,
            )
            for i in range(first, first + rows):
                here = x + (i + r) * s + r
                t = line + (i - first) * s
                at = centre + i * width
                to = g + (i + r) * s + r
                for j in range(width):
                    dy = at[j]
                    to[j] = to_window(dy, here[j], t[j])
                    at[j] = to_centre(dy, here[j], t[j])
        for number in range((height + block - 1) // block):
            first = number * block
            rows = block if height - first > block else height - first
            windows(
                g + first * s, s, <const floating*>job.turned + channel * taps, <floating>0.0, k,
                line, s, rows, width, False,
            )
            for i in range(first, first + rows):
                t = line + (i - first) * s
                at = centre + i * width
                for j in range(width):
                    at[j] += t[j]
        store(centre, job.y + offset, size, height * width, job.format)
        # a sum for each column, so that no loop adds along itself
        memset(sums, 0, (taps + 1) * width * sizeof(double))
        for i in range(height):
            here = g + (i + r) * s + r
            for a in range(k):
                for b in range(k):
                    add_products(x + (i + a) * s + b, here, sums + (a * k + b) * width, width)
            to_sums(here, sums + taps * width, width)
        for i in range(taps + 1):
            job.sums[plane * (taps + 1) + i] = fold(sums + i * width, width)
    free(x)
    free(line)
    free(sums)


cdef inline void to_sums(const floating* g, double* sums, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t j
    for j in range(n):
        sums[j] += <double>g[j]


cdef void part_of_planes(Planes* job, Py_ssize_t start, Py_ssize_t stop, floating marker) noexcept nogil:
    if start == stop:
        return
    if job.dy == NULL and job.abreast:
        forward_abreast(job, start, stop, marker)
    elif job.dy == NULL:
        forward(job, start, stop, marker)
    else:
        backward(job, start, stop, marker)


cdef void all_planes(Planes* job, floating marker) noexcept nogil:
    cdef machine.fp_flags flags
    cdef Py_ssize_t planes = job.images * job.channels, t, team = team_for(planes * job.height * job.width, HEAVY)
    cdef Py_ssize_t units
    job.beside = BESIDE // (job.width + job.k // 2) if job.width < WIDE else 1
    job.beside = job.images if job.beside > job.images else job.beside
    job.beside = 1 if job.beside < 1 or job.dy != NULL else job.beside
    units = (planes + ABREAST - 1) // ABREAST
    job.abreast = (
        job.dy == NULL and job.k == 7 and job.height * job.width <= SMALL and 3 * ABREAST * units <= 4 * planes
        and (team == 1 or units >= 2 * team)
    )
    if not job.abreast:
        units = parts(job) * job.channels if job.dy == NULL else planes
    team = units if units < team else team
    machine.get_flags(&flags)
    if team == 1:
        part_of_planes(job, 0, units, marker)
    else:
        for t in prange(team, num_threads=team, schedule="static", chunksize=1):
            part_of_planes(job, units * t // team, units * (t + 1) // team, marker)
    machine.set_flags(&flags)


cdef int check_planes(
    cnp.ndarray dy, cnp.ndarray x, cnp.ndarray weight, cnp.ndarray turned, cnp.ndarray bias, cnp.ndarray out,
    cnp.ndarray sums, int format,
) except -1:
    cdef int wanted = type_of(weight, "frelu", format), own = cnp.PyArray_TYPE(weight)
    cdef Py_ssize_t size = cnp.PyArray_SIZE(x), channels, k
    if cnp.PyArray_NDIM(x) != 3 or cnp.PyArray_NDIM(weight) != 3:
        raise ValueError("frelu: x must be (planes, H, W) and weight (C, k, k)")
    channels, k = weight.shape[0], weight.shape[1]
    if k % 2 != 1 or k > MOST_TAPS or weight.shape[2] != k or (x.shape[0] % channels if channels else x.shape[0]):
        raise ValueError("frelu: weight must be (C, k, k), k odd, and C divide the number of planes")
    check_dense(x, "frelu", "x", wanted, size, False)
    check_dense(out, "frelu", "out", wanted, size, True)
    check_dense(weight, "frelu", "weight", own, channels * k * k, False)
    check_dense(bias, "frelu", "bias", own, channels, False)
    if dy is not None:
        if turned is None or sums is None:
            raise TypeError("frelu: turned and sums must be arrays where dy is one")
        check_dense(dy, "frelu", "dy", wanted, size, False)
        check_dense(turned, "frelu", "turned", own, channels * k * k, False)
        check_dense(sums, "frelu", "sums", cnp.NPY_DOUBLE, x.shape[0] * (k * k + 1), True)
    return 0


def frelu(
    cnp.ndarray dy, cnp.ndarray x not None, cnp.ndarray weight not None, cnp.ndarray turned,
    cnp.ndarray bias not None, cnp.ndarray out not None, cnp.ndarray sums, int format,
):
    """FReLU of the planes x, (planes, H, W), or its gradients where dy is not None.

    Weight, the turned one, (C, k, k), and bias, (C,), are float32 or float64; plane i is of channel i % C. ``sums``,
    (planes, k k + 1) of float64, gets each plane's share of the gradients of weight and bias.
    """
    cdef Planes job
    check_planes(dy, x, weight, turned, bias, out, sums, format)
    job.x = <const char*>cnp.PyArray_DATA(x)
    job.y = <char*>cnp.PyArray_DATA(out)
    job.weight = cnp.PyArray_DATA(weight)
    job.bias = cnp.PyArray_DATA(bias)
    job.dy = NULL
    if dy is not None:
        job.dy = <const char*>cnp.PyArray_DATA(dy)
        job.turned = cnp.PyArray_DATA(turned)
        job.sums = <double*>cnp.PyArray_DATA(sums)
    job.height, job.width = x.shape[1], x.shape[2]
    job.channels = weight.shape[0]
    job.images = x.shape[0] // job.channels if job.channels else 0
    job.k = weight.shape[1]
    job.format = format
    job.failed = False
    if cnp.PyArray_SIZE(x) == 0:
        return
    with nogil:
        if cnp.PyArray_TYPE(weight) == cnp.NPY_FLOAT:
            all_planes(&job, <float>0.0)
        else:
            all_planes(&job, <double>0.0)
    if job.failed:
        raise MemoryError(f"no memory for a padded plane of {job.height} x {job.width} elements")


# ---- PReLU ----------------------------------------------------------------------------------------------------------

cdef struct Slopes:
    const char* dy  # NULL: the value is wanted
    const char* x
    char* y  # NULL: the weight's gradient alone is wanted
    const void* weight
    double* sums  # NULL: it is not wanted
    bint side_by_side  # weight has a slope for each of the n elements of a row; else one for each row, in turn
    Py_ssize_t rows, n, channels
    Py_ssize_t height, width  # of a piece, in rows and elements
    Py_ssize_t down, across  # pieces
    Format format


cdef void piece(const Slopes* job, Py_ssize_t unit, floating marker) noexcept nogil:
    """Part of a row, some short rows, or some rows of slopes side by side."""
    cdef floating buffer_g[STRIP]
    cdef floating buffer_x[STRIP]
    cdef floating buffer_y[STRIP]
    cdef double lanes[LANES]
    cdef Py_ssize_t size = size_of(job.format, marker), down = unit // job.across, across = unit % job.across
    cdef Py_ssize_t top = down * job.height, left = across * job.width
    cdef Py_ssize_t bottom = top + job.height, right = left + job.width
    cdef Py_ssize_t row, start, n, i, at, used
    cdef bint far = job.format == NATIVE and job.y != NULL and job.rows * job.n * size > STREAMING
    cdef bint aligned = job.format == NATIVE and job.y != NULL and job.sums == NULL
    cdef const floating* g = NULL
    cdef const floating* x = NULL
    cdef const floating* w
    cdef floating* y = NULL
    cdef double* sums = lanes
    bottom = job.rows if bottom > job.rows else bottom
    right = job.n if right > job.n else right
    used = LANES if right - left > LANES else right - left
    for row in range(top, bottom):
        if job.sums != NULL and not job.side_by_side:
            for i in range(used):
                lanes[i] = 0.0
        start = left
        while start < right:
            n = STRIP if right - start > STRIP else right - start
            at = (row * job.n + start) * size
            if aligned and start == left and n == STRIP:
                # from the next cache line on vector stores do not straddle lines
                i = (-<Py_ssize_t>(job.y + at) & (LINE - 1)) // size
                n = i if i else n
            if job.side_by_side:
                w = <const floating*>job.weight + start
                if job.sums != NULL:
                    sums = job.sums + down * job.n + start
            else:
                w = <const floating*>job.weight + row % job.channels
            if job.format == NATIVE:
                if job.x != NULL:
                    x = <const floating*>(job.x + at)
                if job.dy != NULL:
                    g = <const floating*>(job.dy + at)
                if job.y != NULL:
                    y = <floating*>(job.y + at)
            else:
                if job.x != NULL:
                    load(buffer_x, job.x + at, size, n, job.format)
                    x = buffer_x
                if job.dy != NULL:
                    load(buffer_g, job.dy + at, size, n, job.format)
                    g = buffer_g
                if job.y != NULL:
                    y = buffer_y
            if far:
                for i in range(0, STRIP * <Py_ssize_t>sizeof(floating), 64):
                    machine.prefetch(<char*>(y + STRIP) + i)
            if job.sums != NULL:
                strip_of_sums(g, x, sums, job.side_by_side, n)
            if y != NULL:
                strip_of_slopes(g, x, y, w, job.side_by_side, n)
                if job.format != NATIVE:
                    store(y, job.y + at, size, n, job.format)
            start += n
        if job.sums != NULL and not job.side_by_side:
            job.sums[row * job.across + across] = fold(lanes, used)


cdef void pieces(const Slopes* job, Py_ssize_t start, Py_ssize_t stop, floating marker) noexcept nogil:
    cdef Py_ssize_t unit
    for unit in range(start, stop):
        piece(job, unit, marker)


cdef void all_pieces(const Slopes* job, floating marker) noexcept nogil:
    cdef machine.fp_flags flags
    cdef Py_ssize_t t, units = job.down * job.across, team = team_for(job.rows * job.n, LIGHT)
    team = units if units < team else team
    machine.get_flags(&flags)
    if team == 1:
        pieces(job, 0, units, marker)
    else:
        for t in prange(team, num_threads=team, schedule="static", chunksize=1):
            pieces(job, units * t // team, units * (t + 1) // team, marker)
    machine.set_flags(&flags)


def pieces_of(Py_ssize_t rows, Py_ssize_t n, bint side_by_side):
    """How a matrix is divided: height and width of a piece, and how many there are down and across."""
    if rows < 0 or n < 1:
        raise ValueError(f"pieces_of: {rows} rows of {n} elements are not accepted")
    cdef Py_ssize_t height = 1 + PIECE // n, width = PIECE if n > PIECE else n
    if side_by_side:
        # each has its row of n sums, which so many rows of elements outweigh
        height = 4 * PIECE // n
        height = 32 if height < 32 else height
    return height, width, (rows + height - 1) // height, (n + width - 1) // width


cdef int check_matrix(cnp.ndarray array, str argument, int wanted, const Slopes* job, cnp.ndarray like) except -1:
    """Elements one after another, in the order of ``like``."""
    cdef int k
    check_type(array, "slopes", argument, wanted)
    check_size(array, "slopes", argument, job.rows * job.n, argument == "out")
    if not without_gaps(array):
        raise ValueError(f"slopes: {argument} has gaps")
    if cnp.PyArray_NDIM(array) != cnp.PyArray_NDIM(like):
        raise ValueError(f"slopes: {argument} is not laid out as the others")
    for k in range(cnp.PyArray_NDIM(array)):
        if array.shape[k] != like.shape[k] or (
            array.shape[k] > 1 and cnp.PyArray_STRIDE(array, k) != cnp.PyArray_STRIDE(like, k)
        ):
            raise ValueError(f"slopes: {argument} is not laid out as the others")
    return 0


cdef int check_slopes(
    const Slopes* job, cnp.ndarray dy, cnp.ndarray x, cnp.ndarray weight, cnp.ndarray out, cnp.ndarray sums
) except -1:
    cdef int wanted = type_of(weight, "slopes", job.format)
    cdef cnp.ndarray like = dy if x is None else x
    if job.rows < 0 or job.n < 0 or (job.n and job.rows > (<Py_ssize_t>1 << 60) // job.n):
        raise ValueError(f"slopes: {job.rows} rows of {job.n} elements are not accepted")
    if like is None or (x is None and out is not None) or (dy is None and (sums is not None or out is None)):
        raise TypeError("slopes: out needs x, sums need dy, and one of the two must be wanted")
    if cnp.PyArray_NDIM(weight) != 1 or weight.shape[0] < (job.n if job.side_by_side and out is not None else 1):
        raise ValueError("slopes: weight must be of one dimension, with a slope for each element side by side")
    check_dense(weight, "slopes", "weight", cnp.PyArray_TYPE(weight), weight.shape[0], False)
    for array, argument in ((dy, "dy"), (x, "x"), (out, "out")):
        if array is not None:
            check_matrix(array, argument, wanted, job, like)
    return 0


def slopes(
    cnp.ndarray dy, cnp.ndarray x, cnp.ndarray weight not None, cnp.ndarray out, cnp.ndarray sums, Py_ssize_t rows,
    Py_ssize_t n, bint side_by_side, int format,
):
    """PReLU of x, as rows times n elements: its value, or, where dy is not None, gradients of x and of the weight.

    Without x, which is None, the ``sums`` are those of dy.

    ``weight`` has a slope for each of the n elements where ``side_by_side``, else row i takes number i modulo its size.
    ``sums``, of float64, has an element for each of the `pieces_of` across each row; or, side by side, a row of n zeros
    for each of those down.
    """
    cdef Slopes job
    job.x = <const char*>cnp.PyArray_DATA(x) if x is not None else NULL
    job.weight = cnp.PyArray_DATA(weight)
    job.dy = <const char*>cnp.PyArray_DATA(dy) if dy is not None else NULL
    job.y = <char*>cnp.PyArray_DATA(out) if out is not None else NULL
    job.sums = <double*>cnp.PyArray_DATA(sums) if sums is not None else NULL
    job.rows = rows
    job.n = n
    job.channels = weight.shape[0]
    job.side_by_side = side_by_side
    job.format = format
    check_slopes(&job, dy, x, weight, out, sums)
    if rows == 0 or n == 0:
        return
    job.height, job.width, job.down, job.across = pieces_of(rows, n, side_by_side)
    if sums is not None:
        check_dense(
            sums, "slopes", "sums", cnp.NPY_DOUBLE, job.down * n if side_by_side else rows * job.across, True
        )
    with nogil:
        if cnp.PyArray_TYPE(weight) == cnp.NPY_FLOAT:
            all_pieces(&job, <float>0.0)
        else:
            all_pieces(&job, <double>0.0)
