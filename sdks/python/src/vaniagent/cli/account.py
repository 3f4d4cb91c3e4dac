"""`account`."""

from __future__ import annotations

from typing import List, Optional

import click

from vaniagent.cli.context import Session, at_most, common, not_left_out, pass_session
from vaniagent.cli.shown import Column

TRANSACTIONS: List[Column] = [
    ("posted", lambda moved: moved["posted_at"]),
    ("kind", lambda moved: moved.kind),
    ("amount", lambda moved: moved.amount),
    ("reference", lambda moved: moved.reference),
    ("memo", lambda moved: moved.memo),
]
TOP_UPS: List[Column] = [
    ("id", lambda top_up: top_up.id),
    ("credits", lambda top_up: top_up.credits),
    ("status", lambda top_up: top_up.status),
    ("created", lambda top_up: top_up["created_at"]),
    ("paid", lambda top_up: top_up["paid_at"]),
]


@click.group(invoke_without_command=True)
@common
@pass_session
def account(session: Session) -> None:
    """Show the account: plan, credits, live calls. Or what moved its credits."""
    if click.get_current_context().invoked_subcommand is None:
        session.output.thing(session.client.account.get())


@account.command()
@click.option("--low-balance", required=True, metavar="CREDITS", help="`default`: as the server has it.")
@common
@pass_session
def update(session: Session, low_balance: str) -> None:
    """Change below how many credits you are told."""
    credits = None if low_balance == "default" else low_balance
    session.output.thing(session.client.account.update(low_balance_credits=credits))


@account.command()
@click.option("--month", metavar="YYYY-MM", help="The present one, if left out.")
@common
@pass_session
def statement(session: Session, month: Optional[str]) -> None:
    """Print the statement of a month, as CSV."""
    click.echo(session.client.account.statement(**not_left_out(month=month)), nl=False)


@account.command()
@click.option("--kind", help="Such as usage or topup.")
@at_most
@common
@pass_session
def transactions(session: Session, kind: Optional[str], limit: int) -> None:
    """List what moved credits, the newest first."""
    page = session.client.account.list_transactions(limit=min(limit, 100), **not_left_out(kind=kind))
    session.output.listed(page, limit, TRANSACTIONS)


@account.command("top-up")
@click.argument("credits")
@common
@pass_session
def top_up(session: Session, credits: str) -> None:
    """Buy credits: shows the address of the page where they are paid."""
    session.output.thing(session.client.account.create_top_up(credits=credits))


@account.command("top-ups")
@click.argument("top_up_id", required=False)
@at_most
@common
@pass_session
def top_ups(session: Session, top_up_id: Optional[str], limit: int) -> None:
    """List top-ups, or show one."""
    if top_up_id is not None:
        session.output.thing(session.client.account.get_top_up(top_up_id))
        return
    session.output.listed(session.client.account.list_top_ups(limit=min(limit, 100)), limit, TOP_UPS)
