"""The data dictionary in the documentation is the one the models give."""

from mrv.warehouse.dictionary import TARGET, dictionary


def test_the_dictionary_is_up_to_date() -> None:
    assert TARGET.read_text(encoding="utf-8") == dictionary(), "run: make dictionary"


def test_every_table_has_a_key_and_both_languages() -> None:
    text = dictionary()
    assert text.count("\n## `") == text.count("\nKey: ") >= 12
    assert "Una fila por" in text
