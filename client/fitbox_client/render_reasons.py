"""Figures of a member on a terminal, and why a reply is as it is."""

from __future__ import annotations

from rich.console import RenderableType
from rich.text import Text

from fitbox.explained import Explanation
from fitbox.i18n import label
from fitbox_client.screen import ByWidth, Reader, grid, joined, lines, plain, row
from fitbox_client.types import ProfileAssessment

MOST_TOLD = 12
"""Items that are left out, unless everything is to be told: a member with many conditions has hundreds."""


def assessment_screen(found: ProfileAssessment, reader: Reader) -> list[RenderableType]:
    """Everything that follows from a profile by formula."""
    macros = found.macros
    figures = {
        "bmi": reader.number(found.bmi, 1),
        "goal": label(reader.language, found.goal),
        "bmr": reader.energy(found.bmr_kcal),
        "tdee": reader.energy(found.tdee_kcal),
        "target": reader.energy(found.target_kcal),
        "change": reader.weight(found.weekly_weight_change_kg, 2, signed=True),
        "protein": f"{reader.number(macros.protein_g, 0)} g",
        "carbohydrate": f"{reader.number(macros.carbohydrate_g, 0)} g",
        "fat": f"{reader.number(macros.fat_g, 0)} g",
        "fibre": f"{reader.number(macros.fibre_g, 0)} g",
        "water": f"{reader.number(found.water_liters, 1)} l",
    }
    table = grid((reader.say("figure"), reader.say("value")), right=(1,))
    told = [(reader.say(key), value) for key, value in figures.items()]
    if found.max_heart_rate_bpm:
        told.append((reader.say("pulse_highest"), f"{found.max_heart_rate_bpm} bpm"))
    told += [
        (reader.say("pulse", number=zone.number), f"{zone.low_bpm}-{zone.high_bpm} bpm")
        for zone in found.zones
    ]
    for one in told:
        table.add_row(*row(*one))
    return [table]


def explanation_screen(explanation: Explanation, reader: Reader) -> list[RenderableType]:
    """What was left out, by which rules; every formula where everything is to be told."""
    parts: list[RenderableType] = []
    shown = explanation.excluded if reader.details else explanation.excluded[:MOST_TOLD]
    if shown:
        table = grid((reader.say("excluded"), reader.say("why")))
        told = []
        for item in shown:
            why = reader.several(*(f"{one.rule_id} ({', '.join(one.codes)})" for one in item.exclusions))
            table.add_row(*row(item.name, why))
            told.append(reader.entry(item.name, why))
        parts.append(ByWidth(table, lines(reader.say("excluded"), told)))
        if more := len(explanation.excluded) - len(shown):
            parts.append(plain(f"... + {more}"))
    parts += [plain(f"{rule.id}: {rule.text} ({rule.source})") for rule in explanation.rules]
    if reader.details:
        parts.append(Text(""))
        for one in explanation.numbers:
            value = "" if one.value is None else f" = {reader.number(one.value)}"
            parts.append(
                plain(joined(f"{one.field}{value}: {one.formula}", f"[{one.source}]", by=" "), "dim")
            )
    return parts
