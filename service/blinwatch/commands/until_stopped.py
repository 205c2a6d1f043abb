"""Ctrl-C and SIGTERM end a command as if its time were over: everything it started is stopped."""

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any

import typer


async def until_stopped(main: Coroutine[Any, Any, None]) -> None:
    """Run to its end, or until somebody asks it to stop."""
    task = asyncio.create_task(main)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        typer.echo("Stopped.", err=True)
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
