"""`blinwatch roles show | apply`: who may do what on the brokers."""

import asyncio
from typing import Annotated

import typer

from blinwatch.catalogue import load_catalogue
from blinwatch.commands.failure import CommandError
from blinwatch.commands.kafka_access import Bootstrap, bootstrap_servers
from blinwatch.role_grants import grant
from blinwatch.roles import Role, load_roles
from blinwatch.settings import load_settings

PLACE = "{role}"
Principal = Annotated[
    str,
    typer.Option(
        "--principal",
        help="How the brokers name a role: User:CN=blinwatch-{role} for certificates, User:blinwatch-{role} for names.",
    ),
]
Roles = Annotated[list[str] | None, typer.Argument(help="Roles of schemas/roles.yaml; all where none is named.")]


def show_roles() -> None:
    """List each role and everything it may do; what is not listed is denied."""
    for role in _roles().values():
        typer.echo(f"{role.name}: {role.who}")
        for one in role.grants:
            typer.echo(f"  {one.operation.replace('_', ' ')} {one.kind} {one.name}{'*' if one.is_prefix else ''}")


def apply_roles(
    wanted: Roles = None,
    principal: Principal = f"User:CN=blinwatch-{PLACE}",
    bootstrap: Bootstrap = None,
) -> None:
    """Grant the roles on the brokers. Takes nothing away: a role that may do less now is to be revoked by hand."""
    if PLACE not in principal:
        raise CommandError(f"--principal {principal!r} names the same user for every role; write {PLACE} in it")
    roles = _roles()
    if unknown := sorted(set(wanted or ()) - roles.keys()):
        raise CommandError(f"no role {', '.join(unknown)}; there are {', '.join(roles)}")
    for name in wanted or roles:
        user = principal.replace(PLACE, name)
        count = asyncio.run(grant(bootstrap_servers(bootstrap), user, roles[name].grants))
        typer.echo(f"{user} may do {count} things")


def register(app: typer.Typer) -> None:
    """Add `blinwatch roles`."""
    group = typer.Typer(no_args_is_help=True, help="Who may do what on the brokers.")
    group.command("show")(show_roles)
    group.command("apply")(apply_roles)
    app.add_typer(group, name="roles")


def _roles() -> dict[str, Role]:
    return load_roles(load_catalogue(load_settings().partitions))
