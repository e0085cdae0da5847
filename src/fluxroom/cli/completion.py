"""`fluxroom completion`: scripts for the shell."""

from __future__ import annotations

import click

from fluxroom.cli.options import example


@click.command(
    epilog=example(
        """
fluxroom completion bash >> ~/.bashrc
fluxroom completion zsh >> ~/.zshrc
fluxroom completion fish > ~/.config/fish/completions/fluxroom.fish
"""
    )
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the completion script for SHELL."""
    from click.shell_completion import get_completion_class

    from fluxroom.cli.main import app

    kind = get_completion_class(shell)
    assert kind is not None
    click.echo(kind(app, {}, "fluxroom", "_FLUXROOM_COMPLETE").source())
