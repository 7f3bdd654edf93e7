"""The command `mrv forms`: thin, and it imports what it needs only when it runs."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--form", "names", multiple=True, help="Only this form: an id of the platform, or a .yaml file; repeatable."
)
def forms(folder: Path, names: tuple[str, ...]) -> None:
    """Write the field forms into FOLDER as XLSForms (English and Spanish) for KoboToolbox or ODK Central."""
    from mrv.sources.form_definition import form_ids, load_form
    from mrv.sources.form_xlsx import write_xlsform

    for name in names or form_ids():
        own = Path(name)
        form = load_form(own.name, folder=own.parent) if own.suffix else load_form(name)
        path = folder / f"{form.id}.xlsx"
        write_xlsform(form, path)
        click.echo(f"{path}  {form.title.en} / {form.title.es} -> {', '.join(form.datasets)}")
