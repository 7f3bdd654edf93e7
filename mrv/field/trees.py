"""The trees of plot censuses as columns: read, refused by name where they cannot be used, and told apart by status."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from mrv.errors import InputError
from mrv.field.allometry import DECAY_CLASSES, LIFE_FORMS
from mrv.field.names import NameTable, Taxon, resolve
from mrv.field.plots import CensusKey, PlotCensus

KEY = ("plot_id", "census_id", "tree_id")
FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Trees:
    """The trees of the accepted plot censuses in the order of their keys, each column of shape (n,).

    Attributes:
        table: Rows of the landed `trees`.
        census: Position of the census of each tree among the censuses.
        dbh_cm: Diameters in cm.
        height_m: Measured heights in m, NaN where there is none.
        alive: Whether the tree lives.
        taxon: Position of its accepted name in `taxa`.
        taxa: The accepted names.
        life_form: Position of the declared life form in `LIFE_FORMS`, −1 where none is declared.
        decay_class: Position in `DECAY_CLASSES`, −1 where there is none.
    """

    table: pa.Table
    census: IntArray
    dbh_cm: FloatArray
    height_m: FloatArray
    alive: BoolArray
    taxon: IntArray
    taxa: Sequence[Taxon]
    life_form: IntArray
    decay_class: IntArray

    def take(self, chosen: IntArray) -> Trees:
        """Return some of the trees, by their positions."""
        return Trees(
            self.table.take(pa.array(chosen)),
            census=self.census[chosen],
            dbh_cm=self.dbh_cm[chosen],
            height_m=self.height_m[chosen],
            alive=self.alive[chosen],
            taxon=self.taxon[chosen],
            taxa=self.taxa,
            life_form=self.life_form[chosen],
            decay_class=self.decay_class[chosen],
        )


def read_trees(
    trees: pa.Table,
    *,
    censuses: Mapping[CensusKey, PlotCensus],
    names: NameTable,
) -> Trees:
    """Read the landed `trees`, living and dead.

    Args:
        trees: Landed `trees`, accepted rows.
        censuses: The plot censuses they belong to.
        names: Accepted name of each name as collected.

    Raises:
        InputError: A tree belongs to no plot census, stands twice, has no or an unknown status, life form or decay class, or
            a size that is not a positive number.
    """
    table = trees.sort_by([(name, "ascending") for name in KEY]).combine_chunks()
    census = _census_positions(table, censuses)
    _refuse(table, census < 0, _UNKNOWN_PLOT)
    _refuse(table, _standing_twice(table), _TWICE)
    status = _codes(table["status"], ("alive", "dead"))
    _refuse(table, status < 0, _STATUS, "status")
    life_form = _codes(table["life_form"], LIFE_FORMS)
    _refuse(table, (life_form < 0) & _given(table["life_form"]), _LIFE_FORM, "life_form")
    _refuse(table, (status == 0) & (life_form == LIFE_FORMS.index("standing_dead")), _DEAD_BUT_ALIVE, "status")
    decay_class = _codes(table["decay_class"], DECAY_CLASSES)
    _refuse(table, (decay_class < 0) & _given(table["decay_class"]), _DECAY_CLASS, "decay_class")
    dbh_cm, height_m = (_sizes(table, name) for name in ("dbh_cm", "height_m"))
    taxon, taxa = _taxa(table, names)
    return Trees(
        table,
        census=census,
        dbh_cm=dbh_cm,
        height_m=height_m,
        alive=status == 0,
        taxon=taxon,
        taxa=taxa,
        life_form=life_form,
        decay_class=decay_class,
    )


def _sizes(table: pa.Table, name: str) -> FloatArray:
    """Return a column of sizes, NaN of null, and refuse what is no positive number; only a diameter must be there."""
    given = _given(table[name])
    values = np.asarray(table[name].cast(pa.float64()).fill_null(np.nan).to_numpy(), dtype=np.float64)
    wrong: BoolArray = ~(np.isfinite(values) & (values > 0))
    if name == "height_m":
        wrong &= given
    _refuse(table, wrong, _SIZE | {"message": f"{name} of a tree is not a positive number"}, name)
    return values


def _census_positions(table: pa.Table, censuses: Mapping[CensusKey, PlotCensus]) -> IntArray:
    position = {key: at for at, key in enumerate(censuses)}
    (plots, plot), (ids, census) = (_dictionary(table[name]) for name in ("plot_id", "census_id"))
    both, inverse = np.unique(plot * (len(ids) + 1) + census, return_inverse=True)
    found = [position.get((plots[at // (len(ids) + 1)], ids[at % (len(ids) + 1)]), -1) for at in both.tolist()]
    return np.array(found, dtype=np.int64)[inverse]


def _standing_twice(table: pa.Table) -> BoolArray:
    twice = np.zeros(table.num_rows, dtype=bool)
    if table.num_rows > 1:
        same = [np.asarray(pc.equal(table[name].slice(1), table[name].slice(0, table.num_rows - 1))) for name in KEY]
        twice[1:] = np.logical_and.reduce(same)
    return twice


def _taxa(table: pa.Table, names: NameTable) -> tuple[IntArray, list[Taxon]]:
    """Resolve each different name once, and say which one each tree has."""
    columns = [_dictionary(table[name]) for name in ("family", "genus", "species")]
    combined = np.zeros(table.num_rows, dtype=np.int64)
    for words, codes in columns:
        combined = combined * (len(words) + 1) + codes + 1
    _, first, inverse = np.unique(combined, return_index=True, return_inverse=True)
    taxa = []
    for at in first.tolist():
        family, genus, species = (words[codes[at]] if codes[at] >= 0 else None for words, codes in columns)
        taxa.append(resolve(family=family, genus=genus, species=species, names=names))
    return np.asarray(inverse, dtype=np.int64), taxa


def _dictionary(column: pa.ChunkedArray) -> tuple[list[str], IntArray]:
    """Return the different words of a column, and the position of each cell's word among them, −1 of null."""
    encoded = pc.dictionary_encode(column.combine_chunks())
    codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return encoded.dictionary.to_pylist(), np.asarray(codes, dtype=np.int64)


def _codes(column: pa.ChunkedArray, words: Sequence[str]) -> IntArray:
    found = pc.index_in(column, value_set=pa.array(words)).fill_null(-1)
    return np.asarray(found.to_numpy(), dtype=np.int64)


def _given(column: pa.ChunkedArray) -> BoolArray:
    return np.asarray(column.is_valid().to_numpy(), dtype=bool)


_UNKNOWN_PLOT = {
    "message": "a tree belongs to no plot census",
    "expected": "a row of plots with its plot_id and census_id",
    "found": "none accepted",
    "remedy": "submit the plot, mend the tree's plot_id or census_id, or quarantine the tree",
}
_TWICE = {
    "message": "a tree stands twice in a plot census",
    "expected": "one row per tree",
    "found": "two",
    "remedy": "quarantine the second row, or mend its tree_id",
}
_STATUS = {
    "message": "the status of a tree is unknown",
    "expected": "alive or dead",
    "remedy": "state it, or map the status of the form to alive or dead",
}
_LIFE_FORM = {
    "message": "the life form of a tree is unknown",
    "expected": ", ".join(LIFE_FORMS),
    "remedy": "mend it, or leave it empty: the family tells palms and tree ferns",
}
_DEAD_BUT_ALIVE = {
    "message": "a standing dead tree is said to be alive",
    "expected": "status dead, or another life form",
    "remedy": "mend the status or the life form of the tree",
}
_DECAY_CLASS = {
    "message": "the decay class of a tree is unknown",
    "expected": ", ".join(DECAY_CLASSES),
    "remedy": "mend it, or leave it empty: the tree then holds no dead wood",
}
_SIZE = {"remedy": "mend the tree, or quarantine it"}


def _refuse(table: pa.Table, wrong: BoolArray, words: Mapping[str, str], column: str | None = None) -> None:
    """Name the first tree that cannot be used.

    Raises:
        InputError: There is one.
    """
    at = np.flatnonzero(wrong)
    if not at.size:
        return
    row = table.slice(int(at[0]), 1).to_pylist()[0]
    raise InputError(
        words["message"],
        expected=words.get("expected"),
        found=str(row[column]) if column else words["found"],
        where=f"trees, plot {row['plot_id']!r}, census {row['census_id']!r}, tree {row['tree_id']!r}",
        remedy=words["remedy"],
    )
