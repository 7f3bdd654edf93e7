"""The checks at the doors: one reviewed suite per landed table, the runner, the gate. Only here Great Expectations is used."""
