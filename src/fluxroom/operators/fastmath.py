"""log2, exp2 and cube root for kernels: float32, branch-free, the same on every machine.

The C library's versions differ from one system to the next in the last bit and do not vectorise; these use only
additions, multiplications, divisions and bit patterns. None of them meets a fast-math flag. The error model is numpy's
throughout: a check for division by zero would keep loops from becoming vector instructions.
"""

from __future__ import annotations

import numpy as np
from numba import njit

F = np.float32
INT = np.int32

_ONE = F(1)
_TWO = F(2)
_HALF = F(0.5)
_TINY = F(1e-30)
_HUGE = F(1e30)
_SQRT_HALF_BITS = INT(0x3F3504F3)
_SHIFT = INT(23)
_BIAS = INT(127)
_A1, _A3, _A5, _A7 = (F(2 / np.log(2) / k) for k in (1, 3, 5, 7))
_E1, _E2, _E3, _E4, _E5, _E6 = (F(np.log(2) ** k / d) for k, d in ((1, 1), (2, 2), (3, 6), (4, 24), (5, 120), (6, 720)))
_CBRT_START = INT(709921077)
_THIRD = F(1 / 3)


@njit(nogil=True, cache=True, error_model="numpy")
def log2(x: np.float32) -> np.float32:
    """log2 for x > 0 (smaller and not-a-number are taken as 1e-30); absolute error below 1e-6."""
    v = x if x > _TINY else _TINY
    v = v if v < _HUGE else _HUGE
    bits = F(v).view(np.int32)
    e = INT(bits - _SQRT_HALF_BITS) >> _SHIFT
    m = INT(bits - INT(e << _SHIFT)).view(np.float32)  # sqrt(1/2) <= m < sqrt(2)
    s = (m - _ONE) / (m + _ONE)
    t = s * s
    return F(e) + s * (_A1 + t * (_A3 + t * (_A5 + t * _A7)))


@njit(nogil=True, cache=True, error_model="numpy")
def exp2(x: np.float32) -> np.float32:
    """2 to the x, x clamped to -60..60; relative error below 1e-6."""
    v = x if x > F(-60) else F(-60)
    v = v if v < F(60) else F(60)
    n = F(np.floor(v + _HALF))
    f = v - n
    p = _ONE + f * (_E1 + f * (_E2 + f * (_E3 + f * (_E4 + f * (_E5 + f * _E6)))))
    return p * INT(INT(INT(n) + _BIAS) << _SHIFT).view(np.float32)


@njit(nogil=True, cache=True, error_model="numpy")
def cbrt(x: np.float32) -> np.float32:
    """Cube root that keeps the sign; relative error below 1e-6, and 0 gives less than 1e-10."""
    v = abs(x) + _TINY
    y = INT(INT(F(F(v).view(np.int32)) * _THIRD) + _CBRT_START).view(np.float32)
    c = y * y * y
    y = y * (c + _TWO * v) / (_TWO * c + v)  # Halley
    c = y * y * y
    y = y * (c + _TWO * v) / (_TWO * c + v)
    return y if x >= F(0) else -y
