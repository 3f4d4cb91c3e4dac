"""`voices`."""

from __future__ import annotations

from typing import List, Optional

import click

from vaniagent.cli.context import Session, common, not_left_out, pass_session
from vaniagent.cli.shown import Column

COLUMNS: List[Column] = [
    ("id", lambda voice: voice.id),
    ("name", lambda voice: voice.name),
    ("language", lambda voice: voice.language),
    ("gender", lambda voice: voice.gender),
    ("spoken by", lambda voice: voice.spoken_by),
]


@click.command()
@click.option("--language", help="Such as de-DE.")
@click.option("--limit", type=click.IntRange(1), default=1000, show_default=True)
@common
@pass_session
def voices(session: Session, language: Optional[str], limit: int) -> None:
    """List the voices that an agent can have."""
    page = session.client.voices.list(limit=min(limit, 100), **not_left_out(language=language))
    session.output.listed(page, limit, COLUMNS)
