"""Capital letters of five by seven pixels, for the words on maps: no font has to be installed where they are drawn."""

from __future__ import annotations

import unicodedata

import numpy as np
from numpy.typing import NDArray

Flags = NDArray[np.bool_]
WIDTH, HEIGHT, ABOVE = 5, 7, 2
"""Size of a letter, and the rows above it for accents."""
SCALE = 2
LETTER_PIXELS = (WIDTH + 1) * SCALE
"""Picture pixels from one letter to the next."""

_ROWS = {
    "A": "0E11111F111111", "B": "1E11111E11111E", "C": "0E11101010110E", "D": "1E11111111111E", "E": "1F10101E10101F",
    "F": "1F10101E101010", "G": "0E11101711110F", "H": "1111111F111111", "I": "0E04040404040E", "J": "0702020202120C",
    "K": "11121418141211", "L": "1010101010101F", "M": "111B1515111111", "N": "11191513111111", "O": "0E11111111110E",
    "P": "1E11111E101010", "Q": "0E11111115120D", "R": "1E11111E141211", "S": "0F10100E01011E", "T": "1F040404040404",
    "U": "1111111111110E", "V": "11111111110A04", "W": "1111111515150A", "X": "11110A040A1111", "Y": "11110A04040404",
    "Z": "1F01020408101F", "0": "0E11131519110E", "1": "040C040404040E", "2": "0E11010204081F", "3": "1F02040201110E",
    "4": "02060A121F0202", "5": "1F101E0101110E", "6": "0608101E11110E", "7": "1F010204080808", "8": "0E11110E11110E",
    "9": "0E11110F01020C", ".": "00000000000C0C", ",": "000000000C0408", ":": "000C0C000C0C00", "/": "01010204081010",
    "-": "0000001F000000", "(": "02040808080402", ")": "08040202020408", " ": "00000000000000", "%": "18190204081303",
    "'": "04040000000000", "+": "0004041F040400", "_": "0000000000001F",
}  # fmt: skip
"""Seven rows of five bits each, two hexadecimal digits a row."""
_ACCENTS = {"\u0301": "0204", "\u0303": "0D16", "\u0308": "000A"}
"""Acute, tilde and diaeresis."""


def _bits(rows: str) -> Flags:
    values = [int(rows[place : place + 2], 16) for place in range(0, len(rows), 2)]
    return np.array([[bool(value >> shift & 1) for shift in range(WIDTH - 1, -1, -1)] for value in values])


def words(text: str) -> Flags:
    """Return a line of text as pixels, shape ((ABOVE + HEIGHT) * SCALE, columns).

    Args:
        text: Letters, digits and a few signs; capitals are drawn for small letters, a hyphen for what there is no sign of.
    """
    columns = []
    for letter in text.upper():
        parts = unicodedata.normalize("NFD", letter)
        cell = np.zeros((ABOVE + HEIGHT, WIDTH + 1), dtype=np.bool_)
        cell[ABOVE:, :WIDTH] = _bits(_ROWS.get(parts[0], _ROWS["-"]))
        for accent in parts[1:]:
            if accent in _ACCENTS:
                cell[:ABOVE, :WIDTH] = _bits(_ACCENTS[accent])
        columns.append(cell)
    line = np.concatenate(columns, axis=1) if columns else np.zeros((ABOVE + HEIGHT, 0), dtype=np.bool_)
    return np.kron(line, np.ones((SCALE, SCALE), dtype=np.bool_))
