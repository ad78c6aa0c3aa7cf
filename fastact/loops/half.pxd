"""float16 and bfloat16 to float32 and back, without branches, so that the conversions vectorise on every processor.

May be cimported by any Cython code; itself uses only the bit casts of `fastact.vmath`.
"""
from libc.stdint cimport uint16_t, uint32_t
from fastact.vmath cimport bits32, from_bits32


cdef inline float from_half(uint16_t h) noexcept nogil:
    """The float32 equal to ``h``.

    Moved up by 13 bits, the exponent and fraction of a half are those of a float32 that is 2^-112 times too small,
    subnormals included; inf and NaN get the largest exponent.
    """
    cdef uint32_t magnitude = <uint32_t>(h & 0x7fff)
    cdef uint32_t bits = bits32(from_bits32(magnitude << 13) * <float>5.192296858534828e33)  # 2^112
    bits = (magnitude << 13) | 0x7f800000 if magnitude >= 0x7c00 else bits
    return from_bits32(bits | (<uint32_t>(h & 0x8000) << 16))


cdef inline uint16_t to_half(float x) noexcept nogil:
    """``x`` rounded to the nearest half, ties to even; past 65519.99 inf, subnormals kept, NaN quiet with its sign."""
    cdef uint32_t bits = bits32(x)
    cdef uint32_t magnitude = bits & 0x7fffffff
    cdef uint32_t normal, subnormal, special
    # Lower the exponent by 112; adding 0xfff, and 1 more if the last kept bit is odd, carries just when rounding is up.
    normal = (magnitude - 0x38000000 + 0xfff + ((magnitude >> 13) & 1)) >> 13
    # Adding 1/2 rounds to a multiple of 2^-24, the unit of subnormal halves, and leaves their number in the low bits.
    subnormal = bits32(from_bits32(magnitude) + <float>0.5) - 0x3f000000
    special = 0x7e00 if magnitude > 0x7f800000 else 0x7c00
    normal = subnormal if magnitude < 0x38800000 else normal
    normal = special if magnitude >= 0x47800000 else normal
    return <uint16_t>(normal | ((bits >> 16) & 0x8000))


cdef inline float from_brain(uint16_t b) noexcept nogil:
    """The float32 equal to the bfloat16 ``b``, which is its upper half."""
    return from_bits32(<uint32_t>b << 16)


cdef inline uint16_t to_brain(float x) noexcept nogil:
    """``x`` rounded to the nearest bfloat16, ties to even; past the largest inf, NaN quiet with its sign."""
    cdef uint32_t bits = bits32(x)
    # Adding 0x7fff, and 1 more if the last kept bit is odd, carries just when rounding is up: into inf at the end.
    cdef uint32_t rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16
    rounded = ((bits >> 16) & 0x8000) | 0x7fc0 if (bits & 0x7fffffff) > 0x7f800000 else rounded
    return <uint16_t>rounded
