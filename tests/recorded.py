"""Tables, figures and forms as they are handed to a page; needs only what the book has."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Shown:
    """A table, a figure or a form as it was handed to the page: its forms by media type, and what
    the site makes of it."""

    forms: dict
    metadata: dict | None = None
    raw: bool = True

    @property
    def content(self) -> dict:
        """Everything that the site renders it from."""
        if self.metadata:
            return self.metadata["image/svg+xml"]["book"]
        return next(form for kind, form in self.forms.items() if kind.endswith("+json"))


def into(found: list) -> Callable[..., None]:
    """What takes the place of ``display`` and puts all that is shown into a list."""
    return lambda *args, **options: found.append(Shown(*args, **options))
