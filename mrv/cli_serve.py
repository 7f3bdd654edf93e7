"""The command `mrv serve`: thin, and it imports what it needs only when it runs."""

from __future__ import annotations

import click


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8080, show_default=True, type=click.IntRange(0, 65535), help="Port; 0: any free one.")
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Processes that answer.")
def serve(host: str, port: int, workers: int) -> None:
    """Serve the data room: packages, findings and SQL for those who were let in."""
    from mrv.dataroom.serving import serve as run
    from mrv.settings import read_settings

    run(read_settings(), host=host, port=port, workers=workers, told=click.echo)
