# cython: cdivision=True
"""The logarithm of a sum of exponentials where it is near 0: some 110 bits of the sum, of which few are left.

Used by rows.pxd and columns.pxd; itself uses `fastact.vmath`. Near a root of logsumexp the sum is near 1, and what
exceeds 1 may be less than the rounding of each exponential: `np.log([0.5, 0.5])` leaves 2.3e-17. So each exponential is
2^k exp(j/64) (1 + p), p = expm1(s), |s| < 2^-6.9, with exp(j/64) in three numbers, s and p in two, and what is added up
is kept in three. Slow, some hundred operations each: only where the usual sum cancels.
"""
from cython cimport floating
from libc.math cimport log, log1p
from libc.stdint cimport uint64_t

from fastact.vmath cimport fma, from_bits64, product_low, sum_low, two_sum_low

cdef extern from *:
    """
    /* exp(j/64) = the sum of three numbers; row j + 23. */
    static inline const double *fastact_exp_64th(int j) {
        static const double parts[47][3] = {
            {0.6981125100681258, 4.379112262891346e-17, -2.5364274968568583e-33},
            {0.7091061824373984, -1.2868055655346304e-17, 1.778083344207694e-34},
            {0.7202729799554398, -3.7374088280484695e-17, -2.1806014761367952e-33},
            {0.7316156289466418, 8.35576468031604e-18, 6.78055137751981e-34},
            {0.7431368986687583, -9.001102395673582e-19, 2.0316501636821804e-35},
            {0.7548396019890073, -9.844076038651084e-18, 4.47652772211289e-34},
            {0.76672659607082, 2.5682592802096574e-17, 1.417815420595323e-33},
            {0.7788007830714049, -1.0231869534531498e-17, 1.8335765467182516e-34},
            {0.791065110850296, 5.426586044764942e-17, -2.4572146116974982e-33},
            {0.8035225736890608, -3.661886830920417e-17, -1.2166976048255993e-33},
            {0.8161762130223398, 6.554697808700811e-18, -2.977141164523471e-34},
            {0.8290291181804004, -2.7604408719539223e-17, -3.15882249464708e-34},
            {0.8420844271433824, -3.8967887440685524e-17, 2.3339289786994307e-33},
            {0.8553453273074225, 1.7204900005057594e-17, 1.0513555263060361e-33},
            {0.8688150562628432, 6.146598011714697e-19, -3.825933770578155e-35},
            {0.8824969025845955, -5.224526916735663e-17, -5.21370711531301e-34},
            {0.8963942066351505, -4.7460497709066285e-17, 2.7559393452686574e-34},
            {0.9105103613800342, -3.325048324577564e-17, -1.422484707811548e-33},
            {0.9248488132162048, 1.0614261758612887e-17, 1.3496354248340027e-34},
            {0.9394130628134758, -2.152447043447057e-17, -7.000344186939158e-34},
            {0.9542066659691884, -3.392457164103672e-17, 1.2555577262884802e-33},
            {0.9692332344763441, -4.801151707083219e-17, -2.3871678416867618e-33},
            {0.9844964370054085, -4.7493026566356186e-17, 2.0862764119863726e-33},
            {1.0, 0.0, 0.0},
            {1.0157477085866857, 2.0530467874932267e-17, -3.0448408725961768e-34},
            {1.0317434074991028, -8.944417741043132e-17, 2.4252054925794773e-33},
            {1.0479910020166328, -5.327900898877614e-17, 1.8045303343583143e-33},
            {1.0644944589178593, 1.0872888143211957e-16, 1.860718593568251e-33},
            {1.0812578074490395, 6.013904942011385e-17, 5.46335212016475e-33},
            {1.0982851403078258, 9.070644949793751e-17, -4.09548724934699e-33},
            {1.1155806146424807, 5.298211318168963e-17, 1.157623672104835e-33},
            {1.1331484530668263, -5.370737708558031e-18, -8.632104155326338e-35},
            {1.1509929446911764, 3.7613173622701076e-17, 2.704685570576179e-33},
            {1.1691184461695043, 6.945488167320411e-17, -4.669698459118414e-34},
            {1.1875293827631006, 6.415816207759217e-19, -3.026043088660038e-35},
            {1.2062302494209807, 3.9295715071105525e-17, 8.811653612357677e-34},
            {1.2252256118773075, 8.279379001181868e-17, 1.4364108971496471e-33},
            {1.2445201077660952, -7.440512295261056e-17, 3.339412946744742e-33},
            {1.2641184477534664, -1.541497933603795e-17, 7.523631408330599e-34},
            {1.2840254166877414, 8.968972781793724e-17, -3.22512255058912e-34},
            {1.3042458747676378, 1.7093578107981658e-17, 1.2760937158674665e-33},
            {1.3247847587288655, 9.422682377542367e-17, 6.10753590706556e-33},
            {1.3456470830494105, 3.415854209639032e-17, -3.135233509017301e-34},
            {1.3668379411737963, 5.1449446596411544e-17, 7.732008519561758e-34},
            {1.3883625067566268, 6.691963657219203e-17, -7.41678701074641e-34},
            {1.4102260349257107, -4.1758810273684196e-17, 1.4047178753790298e-33},
            {1.4324338635650782, -6.53862212642198e-17, -2.8862636811273896e-33},
        };
        return parts[j + 23];
    }
    /* 1/m! in two numbers. */
    static inline const double *fastact_inverse_factorial(int m) {
        static const double parts[5][2] = {
            {0.5, 0.0},
            {0.16666666666666666, 9.25185853854297e-18},
            {0.041666666666666664, 2.3129646346357427e-18},
            {0.008333333333333333, 1.1564823173178714e-19},
            {0.001388888888888889, -5.300543954373577e-20},
        };
        return parts[m - 2];
    }
    """
    const double* exp_64th "fastact_exp_64th"(int j) noexcept nogil
    const double* inverse_factorial "fastact_inverse_factorial"(int m) noexcept nogil

cdef enum:
    SUM
    LOW
    LOWEST


cdef inline bint cancels(floating result, double logarithm) noexcept nogil:
    """Whether of the sum of largest element and logarithm so little is left that the logarithm's error counts."""
    return -0.5 * logarithm < <double>result < 0.5 * logarithm


cdef inline void gather(double term, double* total) noexcept nogil:
    """Add to a sum that is kept in three numbers."""
    cdef double after = total[SUM] + term
    cdef double rest = two_sum_low(total[SUM], term, after)
    total[SUM] = after
    after = total[LOW] + rest
    total[LOWEST] += two_sum_low(total[LOW], rest, after)
    total[LOW] = after


cdef inline void multiply(double* a, double* a_low, double b, double b_low) noexcept nogil:
    """(a, a_low) *= (b, b_low)."""
    cdef double product = a[0] * b
    cdef double low = product_low(a[0], b, product) + (a[0] * b_low + a_low[0] * b)
    a[0] = product + low
    a_low[0] = sum_low(product, low, a[0])


cdef inline void increase(double* a, double* a_low, double b, double b_low) noexcept nogil:
    """(a, a_low) += (b, b_low)."""
    cdef double total = a[0] + b
    cdef double low = two_sum_low(a[0], b, total) + (a_low[0] + b_low)
    a[0] = total + low
    a_low[0] = sum_low(total, low, a[0])


cdef inline void gather_exp(double x, double* total) noexcept nogil:
    """Add exp(x), for x < 40; below 2^-180 it is nothing."""
    cdef double k, j, s, s_low, h, p, p_low, power, product, low
    cdef const double* t
    cdef int m
    if x < -125.0:
        return
    k = fma(x, 1.4426950408889634, 6755399441055744.0) - 6755399441055744.0
    h = x - k * 0.6931471805598903  # ln2 in three numbers; products with the first two are exact, and so is this
    j = fma(h, 64.0, 6755399441055744.0) - 6755399441055744.0
    h = h - 0.015625 * j
    s = h - k * 5.49792301870721e-14
    s_low = two_sum_low(h, -(k * 5.49792301870721e-14), s) - k * 1.1612227229362532e-26
    h = s + s_low
    s_low = sum_low(s, s_low, h)
    s = h
    # expm1(s): terms from the seventh on in one number
    p = 1.1470745597729725e-11
    p = fma(p, s, 1.6059043836821613e-10)
    p = fma(p, s, 2.08767569878681e-09)
    p = fma(p, s, 2.505210838544172e-08)
    p = fma(p, s, 2.755731922398589e-07)
    p = fma(p, s, 2.7557319223985893e-06)
    p = fma(p, s, 2.48015873015873e-05)
    p = fma(p, s, 0.0001984126984126984)
    p_low = 0.0
    for m in range(6, 1, -1):
        multiply(&p, &p_low, s, s_low)
        increase(&p, &p_low, inverse_factorial(m)[0], inverse_factorial(m)[1])
    multiply(&p, &p_low, s, s_low)
    multiply(&p, &p_low, s, s_low)
    increase(&p, &p_low, s, s_low)
    t = exp_64th(<int>j)
    power = from_bits64(<uint64_t>(1023 + <int>k) << 52)
    product = t[SUM] * p
    low = product_low(t[SUM], p, product) + (t[SUM] * p_low + t[LOW] * p)
    gather(t[SUM] * power, total)
    gather(product * power, total)
    gather(t[LOW] * power, total)
    gather((low + t[LOWEST]) * power, total)


cdef inline floating near_zero(const floating* x, Py_ssize_t n, Py_ssize_t apart) noexcept nogil:
    """log(sum(exp(x))) of n elements ``apart``, for a result near 0."""
    cdef double total[3]
    cdef double rest
    cdef Py_ssize_t i
    total[SUM] = total[LOW] = total[LOWEST] = 0.0
    for i in range(n):
        gather_exp(<double>x[i * apart], total)
    if 0.5 < total[SUM] < 2.0:
        rest = ((total[SUM] - 1.0) + total[LOW]) + total[LOWEST]
        return <floating>log1p(rest)
    return <floating>(log(total[SUM]) + total[LOW] / total[SUM])
