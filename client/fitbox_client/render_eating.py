"""A day of eating on a terminal, and several days with what to buy for them."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Group, RenderableType
from rich.text import Text

from fitbox.plan import EatingWeek, Leftover, NutrientTotal, NutritionPlan
from fitbox_client.screen import ByWidth, Reader, grid, heading, joined, lines, plain, row


def day_of_eating(plan: NutritionPlan, reader: Reader) -> list[RenderableType]:
    """Everything of a day that a member reads."""
    title = reader.say(
        "eating", energy=reader.energy(plan.total_kcal), target=reader.energy(plan.target_kcal)
    )
    return [
        _meals(plan, title, {}, reader),
        plain(_totals(plan, reader)),
        Text(""),
        *_nutrients(plan, reader),
        *(plain(note) for note in plan.notes),
    ]


def week_of_eating(week: EatingWeek, reader: Reader) -> list[RenderableType]:
    """Days, leftovers, what to buy; the nutrients of each day where everything is to be told."""
    parts: list[RenderableType] = []
    names = {p.food_id: p.name for day in week.days for meal in day.meals for p in meal.portions}
    said: set[str] = set()
    for number, plan in enumerate(week.days, start=1):
        again = {one.meal: one for one in week.leftovers if one.day == number}
        title = reader.say("day", number=number, energy=reader.energy(plan.total_kcal))
        parts += [_meals(plan, title, again, reader), plain(_totals(plan, reader))]
        parts += _nutrients(plan, reader) if reader.details else ()
        parts += [plain(note) for note in plan.notes if note not in said]
        said.update(plan.notes)
        parts.append(Text(""))
    staples = ", ".join(names.get(food_id, food_id) for food_id in week.staples)
    return [
        *parts,
        _shopping(week, reader),
        *([plain(reader.say("staples", names=staples))] if staples else ()),
    ]


def _meals(plan: NutritionPlan, title: str, again: Mapping[int, Leftover], reader: Reader) -> RenderableType:
    names = [reader.say("meal"), reader.say("food"), "g", reader.say("measure"), reader.energy_name]
    table = grid([*names, reader.say("protein")], title, right=(2, 4, 5))
    narrow: list[RenderableType] = [heading(title)]
    for number, meal in enumerate(plan.meals, start=1):
        left = reader.say("leftover", day=again[number].cooked_on_day) if number in again else ""
        about = [part for part in (joined(meal.name, meal.time, by=" "), meal.dish, left) if part]
        rows = max(len(about), len(meal.portions))
        for place in range(rows):
            first = about[place] if place < len(about) else ""
            portion = meal.portions[place] if place < len(meal.portions) else None
            cells = ("",) * 5
            if portion is not None:
                energy, protein = reader.energy_figure(portion.kcal), reader.number(portion.protein_g, 0)
                cells = (portion.name, str(portion.grams), portion.household_measure, energy, f"{protein} g")
            table.add_row(*row(first, *cells))
        table.add_section()
        narrow.append(plain(joined(*about, reader.energy(meal.kcal)), "bold"))
        narrow += [
            plain("- " + reader.entry(p.name, joined(f"{p.grams} g", p.household_measure)))
            for p in meal.portions
        ]
    return ByWidth(table, Group(*narrow, Text("")))


def _totals(plan: NutritionPlan, reader: Reader) -> str:
    grams = {
        name: reader.number(getattr(plan, f"{name}_g"), 0)
        for name in ("protein", "carbohydrate", "fat", "fibre")
    }
    told = reader.say("totals", **grams, water=reader.number(plan.water_liters, 1))
    return told[:1].upper() + told[1:]


def _nutrients(plan: NutritionPlan, reader: Reader) -> list[RenderableType]:
    if not plan.nutrients:
        return []
    keys = ("nutrient", "amount", "reference", "met", *(("source",) if reader.details else ()))
    table = grid(["" if key == "met" else reader.say(key) for key in keys], right=(1,), whole=(2, 3))
    told: list[str] = []
    for one in plan.nutrients:
        amount = f"{_figure(one.amount, reader)} {_unit(one)}"
        verdict = reader.say("untold" if one.met is None else "met" if one.met else "missed")
        cells = (one.name, amount, _reference(one, reader), verdict)
        style = "yellow" if one.met is False else "dim" if one.met is None else ""
        table.add_row(*row(*cells, *((one.source,) if reader.details else ())), style=style)
        told.append(f"{one.name} {amount} ({joined(*cells[2:])})")
    return [ByWidth(table, lines(reader.say("nutrient"), told))]


def _reference(one: NutrientTotal, reader: Reader) -> str:
    lower, upper = (None if limit is None else reader.number(limit) for limit in (one.lower, one.upper))
    if lower is not None and upper is not None:
        return reader.say("between", lower=lower, upper=upper)
    if lower is not None:
        return reader.say("at_least", lower=lower)
    return "" if upper is None else reader.say("at_most", upper=upper)


def _figure(value: float, reader: Reader) -> str:
    return reader.number(value, 0 if value >= 20 else 1)


def _unit(one: NutrientTotal) -> str:
    return "µg" if one.unit == "ug" else one.unit


def _shopping(week: EatingWeek, reader: Reader) -> RenderableType:
    title = reader.say("shopping")
    table = grid([reader.say("food"), reader.say("buy"), reader.say("days")], title, right=(1, 2))
    told: list[str] = []
    before = None
    for line in week.shopping:
        if before not in (None, line.category):
            table.add_section()
        before = line.category
        table.add_row(*row(line.name, f"{line.grams} g", str(line.days)))
        told.append(reader.entry(line.name, f"{line.grams} g"))
    return ByWidth(table, lines(title, told))
