"""Lines of logs, chosen with Railway's filter language: `@level:error`, `@httpStatus:>=500`, words, quotes, `-`, OR."""

import operator
import re
import shlex
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

_COMPARE = {">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt}


def matcher(text: str | None) -> Callable[[dict[str, str]], bool]:
    """A test for a line's fields; `message` is what plain words look at."""
    if not text:
        return lambda _: True
    alternatives = [[_term(word) for word in _words(part) if word != "AND"] for part in text.split(" OR ")]
    return lambda fields: any(all(term(fields) for term in terms) for terms in alternatives)


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()


def _term(word: str) -> Callable[[dict[str, str]], bool]:
    if word.startswith("-") and len(word) > 1:
        wanted = _term(word[1:])
        return lambda fields: not wanted(fields)
    named = re.fullmatch(r"@([\w.]+):(>=|<=|>|<)?(.+)", word)
    if not named:
        return lambda fields: word.lower() in fields["message"].lower()
    name, sign, value = named.groups()
    if sign:
        return lambda fields: name in fields and _COMPARE[sign](float(fields[name]), float(value))
    if span := re.fullmatch(r"(\d+)\.\.(\d+)", value):
        return lambda fields: name in fields and int(span[1]) <= float(fields[name]) <= int(span[2])
    return lambda fields: fields.get(name, "").lower() == value.lower()


def chosen(
    lines: Iterable[Any],
    fields: Callable[[Any], dict[str, str]],
    text: str | None,
    limit: int | None,
    start: datetime | None,
    end: datetime | None,
) -> list[Any]:
    """The newest lines that match, oldest first, at most `limit` (500 if nothing is said, 5000 in any case)."""
    matches = matcher(text)
    found = [
        line
        for line in lines
        if (start is None or line.at >= start) and (end is None or line.at <= end) and matches(fields(line))
    ]
    return found[-min(limit or 500, 5000) :]
