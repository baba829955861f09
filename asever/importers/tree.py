"""JSON values that know where they stand in the user's file, and values that are known only at deployment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from asever.record import field, record
from asever.source import Span


@record
class Symbol:
    """A value that only a deployment knows. `name` says it to people: `parameter adminIp`, `reference(vip).ipAddress`."""

    name: str


Plain = None | bool | int | float | str | Symbol | tuple["Value", ...] | Mapping[str, "Value"]
"""What a value is; an object keeps the order of its members and the letter case of their names."""


@record
class Value:
    """One value and its place: that of the expression that made it, where it was computed. Equality ignores it."""

    plain: Plain
    span: Span | None = field(default=None, compare=False)

    def get(self, name: str) -> Value | None:
        """The member of an object, whatever the letter case of its name, as Azure compares names; None where there is none."""
        if not isinstance(self.plain, Mapping):
            return None
        found = self.plain.get(name)
        if found is not None:
            return found
        lower = name.casefold()
        return next((value for key, value in self.plain.items() if key.casefold() == lower), None)

    def at(self, *path: str) -> Value | None:
        """The member at the end of a path of names."""
        here: Value | None = self
        for name in path:
            here = here.get(name) if here is not None else None
        return here

    @property
    def text(self) -> str | None:
        """The text of a string, None for everything else."""
        return self.plain if isinstance(self.plain, str) else None

    @property
    def symbol(self) -> Symbol | None:
        """The symbol that it is, None for what is known."""
        return self.plain if isinstance(self.plain, Symbol) else None

    @property
    def items(self) -> tuple[Value, ...]:
        """The members of an array; nothing for everything else."""
        return self.plain if isinstance(self.plain, tuple) else ()

    def symbols(self) -> Iterator[Symbol]:
        """Every symbol in it, at whatever depth."""
        match self.plain:
            case Symbol() as one:
                yield one
            case tuple() as members:
                for member in members:
                    yield from member.symbols()
            case Mapping() as members:
                for member in members.values():
                    yield from member.symbols()
            case _:
                pass
