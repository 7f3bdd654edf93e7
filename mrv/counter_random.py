"""Random numbers by counter: each is a function of a seed, an entity and the number of the draw, whoever asks and when."""

from __future__ import annotations

import hashlib
import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

_LOW = np.uint64(0xFFFFFFFF)
_SHIFT = np.uint64(32)
_MULTIPLIER_0 = np.uint64(0xD2511F53)
_MULTIPLIER_1 = np.uint64(0xCD9E8D57)
_WEYL_0 = np.uint64(0x9E3779B9)
_WEYL_1 = np.uint64(0xBB67AE85)
_ROUNDS = 10
_UNIT = 2.0**-32

Words = tuple[np.uint64, np.uint64, np.uint64, np.uint64]


def entity_word(*parts: str) -> int:
    """Return 64 bits that stand for an entity, for example a tree by its plot, census and tag.

    Args:
        parts: What identifies it; the parts do not run together (`ab, c` is not `a, bc`).
    """
    digest = hashlib.blake2b(digest_size=8)
    for part in parts:
        raw = part.encode()
        digest.update(len(raw).to_bytes(4, "big") + raw)
    return int.from_bytes(digest.digest(), "big")


def seed_word(seed: int) -> np.uint64:
    """Return the 64 bits that a project's seed stands for."""
    return np.uint64(entity_word("monte carlo", str(seed)))


@njit(cache=True, nogil=True, error_model="numpy")
def philox(c0: np.uint64, c1: np.uint64, c2: np.uint64, c3: np.uint64, key: np.uint64) -> Words:
    """Return four random words of 32 bits for a counter of four such words: Philox 4x32 with 10 rounds.

    Salmon et al. 2011, Parallel random numbers: as easy as 1, 2, 3, doi:10.1145/2063384.2063405.
    """
    k0 = key & _LOW
    k1 = key >> _SHIFT
    for _ in range(_ROUNDS):
        p0 = _MULTIPLIER_0 * c0
        p1 = _MULTIPLIER_1 * c2
        c0, c1, c2, c3 = (p1 >> _SHIFT) ^ c1 ^ k0, p1 & _LOW, (p0 >> _SHIFT) ^ c3 ^ k1, p0 & _LOW
        k0 = (k0 + _WEYL_0) & _LOW
        k1 = (k1 + _WEYL_1) & _LOW
    return c0, c1, c2, c3


@njit(cache=True, nogil=True, error_model="numpy")
def unit(word: np.uint64) -> float:
    """Return a number in the middle of one of 2³² equal parts of 0 to 1, so that neither end is ever met."""
    return (np.float64(word) + 0.5) * _UNIT


@njit(cache=True, nogil=True, error_model="numpy")
def normal_quantile(p: float) -> float:
    """Return the quantile of the standard normal distribution for 1e-10 <= p <= 1 - 1e-10, to about 1e-15.

    Wichura 1988, algorithm AS 241 (PPND16), doi:10.2307/2347330; its last branch, for rarer values, is not needed here.
    """
    q = p - 0.5
    if abs(q) <= 0.425:
        r = 0.180625 - q * q
        above = (
            (
                (
                    (
                        ((2.5090809287301226727e3 * r + 3.3430575583588128105e4) * r + 6.7265770927008700853e4) * r
                        + 4.5921953931549871457e4
                    )
                    * r
                    + 1.3731693765509461125e4
                )
                * r
                + 1.9715909503065514427e3
            )
            * r
            + 1.3314166789178437745e2
        ) * r + 3.3871328727963666080e0
        below = (
            (
                (
                    (
                        ((5.2264952788528545610e3 * r + 2.8729085735721942674e4) * r + 3.9307895800092710610e4) * r
                        + 2.1213794301586595867e4
                    )
                    * r
                    + 5.3941960214247511077e3
                )
                * r
                + 6.8718700749205790830e2
            )
            * r
            + 4.2313330701600911252e1
        ) * r + 1.0
        return q * above / below
    r = math.sqrt(-math.log(min(p, 1.0 - p))) - 1.6
    above = (
        (
            (
                (
                    ((7.74545014278341407640e-4 * r + 2.27238449892691845833e-2) * r + 2.41780725177450611770e-1) * r
                    + 1.27045825245236838258e0
                )
                * r
                + 3.64784832476320460504e0
            )
            * r
            + 5.76949722146069140550e0
        )
        * r
        + 4.63033784615654529590e0
    ) * r + 1.42343711074968357734e0
    below = (
        (
            (
                (
                    ((1.05075007164441684324e-9 * r + 5.47593808499534494600e-4) * r + 1.51986665636164571966e-2) * r
                    + 1.48103976427480074590e-1
                )
                * r
                + 6.89767334985100004550e-1
            )
            * r
            + 1.67638483018380384940e0
        )
        * r
        + 2.05319162663775882187e0
    ) * r + 1.0
    return math.copysign(above / below, q)


@njit(cache=True, nogil=True, error_model="numpy")
def units_of(entities: NDArray[np.uint64], draws: int, stream: int, seed: np.uint64) -> NDArray[np.float64]:
    """Return numbers in 0 to 1 of shape (draws, entities): the one of an entity and draw is the same in any company."""
    out = np.empty((draws, entities.size))
    for draw in range(draws):
        for place in range(entities.size):
            word = entities[place]
            found = philox(np.uint64(draw), np.uint64(stream), word & _LOW, word >> _SHIFT, seed)
            out[draw, place] = unit(found[0])
    return out
