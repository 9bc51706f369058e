"""Values that are given on the command line: as JSON, by a file, or by standard input."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click


def json_of(name: str, text: str | None) -> Any:
    """Read a value given as JSON, `@FILE` or `-`; raises BadParameter."""
    if text is None:
        return None
    try:
        return json.loads(text_of(text))
    except OSError as error:
        raise click.BadParameter(f"{name}: {error}") from error
    except ValueError as error:
        raise click.BadParameter(
            f"{name} is not JSON: {error}. Text needs quotes of its own: '\"like this\"'"
        ) from error


def text_of(text: str) -> str:
    """Return the text that an argument stands for."""
    if text == "-":
        return sys.stdin.read()
    return Path(text[1:]).read_text(encoding="utf-8") if text.startswith("@") else text
