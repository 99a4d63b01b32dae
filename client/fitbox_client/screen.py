"""What every screen of the client is put together from: a reader, safe texts, tables for wide terminals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich import box
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from fitbox.i18n import Texts, number
from fitbox.profile import EnergyUnit, Language, Profile, UnitSystem
from fitbox.terminal import printable
from fitbox.units import kilojoules, pounds

SCREEN = Texts("screen")
NARROW_COLUMNS = 72
"""Below it a table is written as lines."""


@dataclass(frozen=True)
class Reader:
    """For whom a screen is: language, units, and whether everything is to be told."""

    language: Language = Language.EN
    energy_unit: EnergyUnit = EnergyUnit.KCAL
    unit_system: UnitSystem = UnitSystem.METRIC
    details: bool = False

    @staticmethod
    def of(profile: Profile, *, details: bool = False) -> Reader:
        """The member who asked."""
        return Reader(profile.language, profile.energy_unit, profile.unit_system, details)

    def say(self, key: str, **figures: object) -> str:
        """A text of the screens in the reader's language."""
        return SCREEN.text(self.language, key, **figures)

    def entry(self, name: str, told: str) -> str:
        """``name: told``, as the language writes a colon."""
        return self.say("entry", name=name, told=told)

    def several(self, *parts: str) -> str:
        """Those that are not empty, with the language's semicolon between them."""
        return joined(*parts, by=self.say("semicolon"))

    def number(self, value: float, decimals: int | None = None) -> str:
        """A figure as the language writes it."""
        return number(self.language, value, decimals)

    def energy(self, kcal: float) -> str:
        """With its unit."""
        return f"{self.energy_figure(kcal)} {self.energy_name}"

    def energy_figure(self, kcal: float) -> str:
        """Without."""
        return f"{kilojoules(kcal) if self.energy_unit is EnergyUnit.KJ else kcal:.0f}"

    @property
    def energy_name(self) -> str:
        """The unit."""
        return "kJ" if self.energy_unit is EnergyUnit.KJ else "kcal"

    def weight(self, kg: float, decimals: int = 1, *, signed: bool = False) -> str:
        """With its unit."""
        imperial = self.unit_system is UnitSystem.IMPERIAL
        figure = self.number(pounds(kg) if imperial else kg, decimals)
        sign = "+" if signed and kg > 0 else ""
        return f"{sign}{figure} {'lb' if imperial else 'kg'}"


@dataclass(frozen=True)
class ByWidth:
    """A table where there is room for one, lines where there is not."""

    wide: RenderableType
    narrow: RenderableType

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Rich asks this."""
        yield self.wide if options.max_width >= NARROW_COLUMNS else self.narrow


def plain(text: str, style: str = "") -> Text:
    """Somebody else's text for a table or a line: no markup, and nothing that controls the terminal."""
    return Text(printable(text), style=style)


def heading(text: str) -> Text:
    """Of a table or list."""
    return plain(text, "bold")


def grid(
    names: Sequence[str], title: str = "", right: Iterable[int] = (), whole: Iterable[int] = ()
) -> Table:
    """An empty table; ``right`` are places of columns of figures, ``whole`` of columns that never wrap."""
    table = Table(
        box=box.SIMPLE_HEAD,
        title=heading(title) if title else None,
        title_justify="left",
        title_style="",
        pad_edge=False,
    )
    right, whole = set(right), set(whole)
    for place, name in enumerate(names):
        table.add_column(
            plain(name), justify="right" if place in right else "left", no_wrap=place in right | whole
        )
    return table


def row(*cells: str) -> list[Text]:
    """Cells of a table."""
    return [plain(cell) for cell in cells]


def lines(title: str, entries: Iterable[str]) -> RenderableType:
    """A table as a narrow terminal has it; an entry's further lines are indented by whoever wrote them."""
    return Group(heading(title), *(plain(f"- {entry}") for entry in entries), Text(""))


def joined(*parts: str, by: str = ", ") -> str:
    """Those that are not empty."""
    return by.join(part for part in parts if part)
