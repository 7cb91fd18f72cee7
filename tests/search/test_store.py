"""What a task came to is kept, whatever it is; what stops a command is told in words."""

import sys

import pytest

from lib.search import store


def test_what_is_done_is_not_done_again(tmp_path):
    first = list(store.carry_out(tmp_path, divmod, {"a": (7, 2)}, "numbers"))
    again = list(store.carry_out(tmp_path, pow, {"b": (2, 3), "a": (7, 2)}, "numbers"))
    assert first == [(3, 1)]
    assert again == [8, (3, 1)]


@pytest.mark.parametrize(
    ("error", "words"),
    [(KeyboardInterrupt(), "goes on from what was finished"), (RuntimeError("no room"), "no room")],
)
def test_a_command_says_in_words_what_stopped_it(error, words, monkeypatch):
    numbers = []

    def main(jobs: int = 1) -> None:
        numbers.append(jobs)
        raise error

    monkeypatch.setattr(sys, "argv", ["command", "2"])
    with pytest.raises(SystemExit, match=words):
        store.run(main)
    assert numbers == [2]
