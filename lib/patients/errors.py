"""What is said of a file that cannot be used: one message, for people."""

from collections.abc import Sequence
from pathlib import Path

from lib.words import listed

LONGEST_PROBLEM = 1_000
MOST_PROBLEMS = 20
MOST_NAMED = 12
PLACES_NAMED = 3


class InputError(ValueError):
    """A file that cannot be used; its text says what is wrong, where, and how to mend it."""


def one_line(text: str) -> str:
    """Text without line breaks and other characters that are not seen, a space in place of each run
    of them.
    """
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def quoted(text: str) -> str:
    """A value as a message shows it: on one line and of bearable length."""
    text = one_line(text)
    return f"“{text[:40]}…”" if len(text) > 40 else f"“{text}”"


def first_of(words: Sequence[str], most: int = MOST_NAMED) -> str:
    """Words in a row, and beyond the first few only how many they are: "a, b and 4 more"."""
    more = f" and {len(words) - most:,} more" if len(words) > most else ""
    return ", ".join(words[:most]) + more


def places(lines: Sequence[int], place: str) -> str:
    """Lines in words: "line 3", "lines 3, 5 and 8", "lines 3, 5, 8 and 97 more"."""
    if len(lines) <= PLACES_NAMED + 1:
        return f"{place}{'s' if len(lines) > 1 else ''} {listed(lines)}"
    return f"{place}s {first_of([str(line) for line in lines], PLACES_NAMED)}"


def that_hold(said: dict[str, object]) -> list[str]:
    """The sentences that hold; ``said`` has for each whether it does."""
    return [sentence for sentence, holds in said.items() if holds]


def unusable(path: Path, why: str) -> InputError:
    """The error about a file of which nothing can be read."""
    return InputError(f"{path} cannot be used: {why}")


def fail(path: Path, problems: list[str]) -> None:
    """Raise one `InputError` that lists every problem found in ``path``, if there is any."""
    if problems:
        shown = [one_line(problem)[:LONGEST_PROBLEM] for problem in problems[:MOST_PROBLEMS]]
        if len(problems) > MOST_PROBLEMS:
            shown.append(f"… and {len(problems) - MOST_PROBLEMS} more")
        raise InputError(f"{path} cannot be used:\n" + "\n".join(f"  - {line}" for line in shown))
