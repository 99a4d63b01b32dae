"""Tables as spreadsheets and people write them, each with what must come of it."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Rows = Sequence[Sequence[str]]


def written(rows: Rows, separator: str = ",", end: str = "\r\n", *, all_quoted: bool = False) -> str:
    """Rows as a spreadsheet saves them."""
    out = io.StringIO()
    quoting: Literal[0, 1] = 1 if all_quoted else 0  # csv.QUOTE_ALL, csv.QUOTE_MINIMAL
    csv.writer(out, delimiter=separator, lineterminator=end, quoting=quoting).writerows(rows)
    return out.getvalue()


def excel_windows(rows: Rows) -> bytes:
    """ "CSV": the list separator and code page of a French Windows."""
    return written(rows, ";").encode("cp1252")


def excel_utf8(rows: Rows) -> bytes:
    """ "CSV UTF-8", with a byte-order mark."""
    return written(rows).encode("utf-8-sig")


def excel_unicode_text(rows: Rows) -> bytes:
    """ "Unicode Text": tabs in UTF-16."""
    return written(rows, "\t").encode("utf-16")


def libre_office(rows: Rows) -> bytes:
    """LibreOffice with every text quoted."""
    return written(rows, end="\n", all_quoted=True).encode()


def google_sheets(rows: Rows) -> bytes:
    """Google Sheets."""
    return written(rows).encode()


def numbers(rows: Rows) -> bytes:
    """Numbers on a Mac in French."""
    return written(rows, ";", "\n").encode()


@dataclass(frozen=True)
class Table:
    """A file, and what must come of it."""

    name: str
    content: bytes
    members: int
    first: dict[str, Any] = field(default_factory=dict)
    """Some fields of the first member."""
    rejected: int = 0
    ignored: tuple[str, ...] = ()
    """Titles that must not be used."""
    said: str = ""
    """Words of the reason (of a refused file) or of a warning."""


PERSON = ["34", "F", "62", "168"]
OTHERS = [["41", "M", "81", "180"], ["29", "F", "55", "163"]]
PLAIN = ["Age", "Sex", "Weight (kg)", "Height (cm)"]
BASE = {"age_years": 34, "sex": "FEMALE", "weight_kg": 62.0, "height_cm": 168.0}


def beside(title: str, *cells: str) -> Rows:
    """Three members and one more column."""
    return [[*PLAIN, title], *([*row, cell] for row, cell in zip([PERSON, *OTHERS], cells, strict=True))]


def of_column(rows: Rows, heights: Sequence[str], weights: Sequence[str], *titles: str) -> Rows:
    """Members with these heights and weights under these titles."""
    del rows
    return [
        ["Age", "Sex", *titles],
        *([str(30 + n), "M", w, h] for n, (w, h) in enumerate(zip(weights, heights, strict=True))),
    ]


FRENCH = [
    [
        *("Nom", "\u00c2ge", "Sexe", "Poids (kg)", "Taille (m)", "Niveau", "Objectif", "FC au repos"),
        *(
            "Type d\u2019entra\u00eenement",
            "S\u00e9ances par semaine",
            "Dur\u00e9e des s\u00e9ances",
            "Allergies",
        ),
        *("Blessures", "R\u00e9gime alimentaire", "Langue"),
    ],
    [
        *("Zo\u00e9", "34 ans", "Femme", "62,0", "1,68", "D\u00e9butante", "Perte de poids", "62 bpm"),
        *(
            "Musculation",
            "3 fois",
            "1h30",
            "\u0153ufs, fruits \u00e0 coque",
            "genou",
            "V\u00e9g\u00e9tarienne",
        ),
        "fran\u00e7ais",
    ],
    [
        *("Luc", "41", "Homme", "81,5 kg", "1m80", "Interm\u00e9diaire", "Prise de masse", "non mesur\u00e9"),
        *("Fractionn\u00e9", "quatre", "45 min", "aucune", "n\u00e9ant", "", "anglais"),
    ],
    [
        *("Ana", "29", "F", "55,2", "1,63 m", "Avanc\u00e9e", "Maintien", "\u2014", "Yoga", "2", "1 heure"),
        *("lait", "", "sans restriction", "fr"),
    ],
]
FRENCH_FIRST = BASE | {
    "level": "BEGINNER",
    "goal": "WEIGHT_LOSS",
    "resting_heart_rate_bpm": 62,
    "workout_type": "STRENGTH",
    "workout_days_per_week": 3,
    "session_minutes": 90,
    "allergies": ["EGGS", "NUTS"],
    "conditions": ["KNEE"],
    "diet": "VEGETARIAN",
    "language": "fr",
}
ERRORS = (
    *("#N/A", "#DIV/0!", "#VALUE!", "#NUM!", "#REF!", "#NAME?", "#NULL!", "#SPILL!", "#CALC!", "#VALEUR!"),
    *(
        "#NOMBRE!",
        "Err:502",
        "#####",
        "n.a.",
        "N/A",
        "nil",
        "\u2014",
        "\u2013\u2013",
        "----",
        "(blank)",
        "(vide)",
    ),
    *(
        "not measured",
        "non mesur\u00e9",
        "non renseign\u00e9e",
        "unknown",
        "?",
        "\u2026",
        "None",
        "TBD",
        "\u00a0",
    ),
)
POUNDS = ["165", "180", "142", "203", "155", "131", "190"]
NOT_OURS = (
    *(
        "Workout HR",
        "Workout (min)",
        "Workout hours",
        "Goal (kg)",
        "Meals (kcal)",
        "Diet (kcal)",
        "Session HR",
    ),
    *("Fat (kg)", "Fat (g)", "Target weight (kg)", "Experience (years)", "Level (m)", "Max HR (kg)"),
    *(
        "Resting HR (ms)",
        "Workout Frequency (per month)",
        "Language (h)",
        "Masse grasse (kg)",
        "Body fat (mm)",
    ),
)

TABLES = (
    Table("excel in French", excel_windows(FRENCH), 3, FRENCH_FIRST, ignored=("Nom",)),
    Table("numbers in French", numbers(FRENCH), 3, FRENCH_FIRST),
    Table("libre office in French", libre_office(FRENCH), 3, FRENCH_FIRST),
    Table("unicode text of excel", excel_unicode_text(FRENCH), 3, FRENCH_FIRST),
    Table("google sheets", google_sheets([PLAIN, PERSON, *OTHERS]), 3, BASE),
    Table(
        "upper case without accents",
        excel_utf8([["AGE", "SEXE", "POIDS(KG)", "TAILLE(CM)"], PERSON]),
        1,
        BASE,
    ),
    Table(
        "units in words",
        google_sheets([["Age in years", "Sex", "Weight in kg", "Taille en cm"], PERSON]),
        1,
        BASE,
    ),
    Table(
        "pounds and inches in French",
        numbers([["\u00c2ge", "Sexe", "Poids (livres)", "Taille (pouces)"], ["34", "F", "136,7", "66"]]),
        1,
        {"weight_kg": 62.01, "height_cm": 167.64},
    ),
    Table(
        "plural titles", excel_utf8([["Ages", "Genders", "Weights (kgs)", "Heights (cms)"], PERSON]), 1, BASE
    ),
    Table(
        "titles above the header",
        excel_windows(
            [["Salle de Lyon", "", "", ""], ["Export du 3 janvier", "", "", ""], [""] * 4, PLAIN, PERSON]
        ),
        1,
        BASE,
    ),
    Table(
        "a row of units",
        libre_office([["Age", "Sex", "Weight", "Height"], ["years", "", "kg", "cm"], PERSON]),
        1,
        BASE,
    ),
    Table(
        "a row of totals",
        excel_utf8([PLAIN, PERSON, *OTHERS, ["Average: 34.7", "", "66", "170"]]),
        3,
        BASE,
        said="totals",
    ),
    Table("a total in words", excel_utf8([PLAIN, PERSON, ["TOTAL", "", "", ""]]), 1, BASE, said="totals"),
    Table(
        "line breaks in titles",
        google_sheets([["Age", "Sex", "Weight\n(kg)", "Height\n(cm)"], PERSON]),
        1,
        BASE,
    ),
    Table(
        "line breaks in remarks",
        google_sheets(beside("Remarks of\nthe coach", "tall,\nstrong", "", "a\n\nb")),
        3,
        BASE,
    ),
    Table("a quoted hint of the separator", b'"sep=;"\r\n' + excel_windows([PLAIN, PERSON]), 1, BASE),
    Table("a hint of tabs", b"sep=\t\r\n" + written([PLAIN, PERSON], "\t").encode(), 1, BASE),
    Table("bars between cells", written([PLAIN, PERSON], "|").encode(), 1, BASE),
    Table(
        "empty columns and rows",
        excel_utf8([[*PLAIN, *[""] * 900], [*PERSON, *[""] * 900], [""] * 904]),
        1,
        BASE,
    ),
    Table(
        "thousands of blank lines",
        b"\n" * 3000
        + written([PLAIN]).encode()
        + b"\r\n" * 4000
        + written([PERSON]).encode()
        + b",,,\n" * 3000,
        1,
        BASE,
    ),
    Table("the header twice", excel_utf8([PLAIN, PERSON, PLAIN, *OTHERS]), 3, BASE),
    Table(
        "a column twice", excel_utf8([["Age", *PLAIN], ["34", "99", *PERSON[1:]]]), 1, BASE, ignored=("Age",)
    ),
    Table(
        "a title with its unit wins",
        excel_utf8([["Weight", *PLAIN], ["137", *PERSON]]),
        1,
        BASE,
        ignored=("Weight",),
    ),
    Table(
        "short rows",
        b"Age,Sex,Weight (kg),Height (cm),Level,Notes\n34,F,62,168\n41,M,81,180,2\n29,F,55\n",
        2,
        BASE,
        1,
    ),
    Table(
        "typographic signs",
        numbers(
            [
                ["Age", "Sex", "Weight", "Height"],
                ["34", "F", "62\u00a0kg", "168\u202fcm"],
                ["41", "\u2642", "81", "5\u203210\u00bd\u2033"],
            ]
        ),
        2,
        BASE,
    ),
    Table(
        "feet and inches in every way",
        google_sheets(
            of_column(
                [],
                [
                    "5'10\"",
                    "5 ft 10 in",
                    "5\u201910\u201d",
                    "5 feet 10 inches",
                    "5'10''",
                    '70"',
                    "70 in",
                    "5ft10",
                    "5 pieds 10 pouces",
                ],
                ["175"] * 9,
                "Weight (lbs.)",
                "Height",
            )
        ),
        9,
        {"height_cm": 177.8, "weight_kg": 79.38},
    ),
    Table(
        "pounds and inches without units",
        excel_utf8(of_column([], ["70", "71", "66", "74", "68", "64", "72"], POUNDS, "Weight", "Height")),
        7,
        {"weight_kg": 74.84, "height_cm": 177.8},
        said="pounds",
    ),
    Table(
        "kilograms without units",
        excel_utf8(
            of_column([], ["1,78", "1,8", "1,66", "1,9"], ["75", "82", "140", "90"], "Weight", "Height")
        ),
        4,
        {"weight_kg": 75.0, "height_cm": 178.0},
    ),
    Table(
        "weights that fit both units",
        excel_utf8(of_column([], ["178", "180"], ["150", "160"], "Weight", "Height")),
        0,
        said="may be pounds or kilograms; write the unit into the title",
    ),
    Table(
        "feet with one decimal and no unit",
        excel_utf8(
            of_column([], ["5.9", "6.1", "5.7", "5.5"], ["175", "190", "150", "160"], "Weight (lb)", "Height")
        ),
        0,
        said="5 feet 9 inches or 5.9 feet",
    ),
    Table(
        "inches behind a point",
        excel_utf8(
            of_column(
                [], ["5.11", "6.1", "5.9", "5.10"], ["175", "190", "150", "160"], "Weight (lb)", "Height (ft)"
            )
        ),
        4,
        {"height_cm": 180.34},
        said="feet and inches",
    ),
    Table(
        "feet and inches in two columns",
        excel_utf8(
            [["Age", "Sex", "Weight (lb)", "Height (ft)", "Height (in)"], ["34", "F", "137", "5", "6"]]
        ),
        1,
        {"height_cm": 167.64},
        said="inches over the feet",
    ),
    Table(
        "the same height in feet and in inches",
        excel_utf8(
            [["Age", "Sex", "Weight (lb)", "Height (ft)", "Height (in)"], ["34", "F", "137", "5.5", "66"]]
        ),
        0,
        said="keep one of the two columns",
    ),
    Table(
        "titles of programmers", google_sheets([["ageYears", "sex", "weightKg", "heightCm"], PERSON]), 1, BASE
    ),
    Table(
        "titles of a form",
        google_sheets(
            [["1. Age", "What is your gender?", "What is your weight (kg)?", "Your height (cm)*"], PERSON]
        ),
        1,
        BASE,
    ),
    Table(
        "values said twice",
        google_sheets([PLAIN, ["34", "Femme (F)", "62", "168"], ["41", "Male / Homme", "81", "180"]]),
        2,
        BASE,
    ),
    Table(
        "body fat as a share",
        excel_utf8(beside("Body fat %", "0.22", "0.18", "0.31")),
        3,
        {"body_fat_percent": 22.0},
        said="25 %",
    ),
    Table(
        "levels of two decimals",
        libre_office(beside("Experience_Level", "2.00", "1,00", "3.0")),
        3,
        {"level": "INTERMEDIATE"},
    ),
    Table(
        "levels in words",
        excel_utf8(beside("Niveau", "Niveau 2", "expert", "Level 1")),
        3,
        {"level": "INTERMEDIATE"},
    ),
    Table(
        "goals that are not ours",
        excel_utf8(beside("Fitness Goals", "Flexibility", "Balance", "Fun")),
        3,
        BASE | {"goal": None},
        ignored=("Fitness Goals",),
        said="not used",
    ),
    Table(
        "one goal that is not ours",
        excel_utf8(beside("Goal", "lose weight", "fun", "maintien")),
        3,
        {"goal": "WEIGHT_LOSS"},
        said="left out",
    ),
    Table(
        "measures out of range",
        excel_utf8(beside("Resting_BPM", "61", "610", "58")),
        3,
        {"resting_heart_rate_bpm": 61},
        said="left out",
    ),
    Table(
        "BMI and average rates of rubbish",
        excel_utf8([[*PLAIN, "BMI", "Avg_BPM", "Max_BPM"], [*PERSON, "#DIV/0!", "high", "185"]]),
        1,
        BASE,
    ),
    Table(
        "nothing in words",
        excel_utf8(
            [[*PLAIN, "Allergies", "Conditions", "Equipment"], [*PERSON, "No", "FAUX", "bodyweight only"]]
        ),
        1,
        {"allergies": [], "conditions": [], "equipment": []},
    ),
    Table(
        "an allergy that is none of ours costs its row",
        excel_utf8(beside("Allergies", "pollen", "lait", "")),
        2,
        {"allergies": ["MILK"]},
        1,
    ),
    Table(
        "shellfish are two",
        excel_utf8(beside("Food allergies", "shellfish", "", "")),
        3,
        {"allergies": ["CRUSTACEANS", "MOLLUSCS"]},
    ),
    Table(
        "months are no years",
        excel_utf8([["Age (months)", *PLAIN[1:]], PERSON]),
        0,
        rejected=1,
        said="the title says months",
    ),
    Table(
        "a date of birth",
        excel_utf8([["Date of birth", *PLAIN[1:]], ["1990-02-03", *PERSON[1:]]]),
        0,
        said="add a column Age",
    ),
    Table(
        "sessions are counted, not measured",
        excel_utf8(beside("Sessions", "3", "2", "1")),
        3,
        {"session_minutes": 60},
        ignored=("Sessions",),
    ),
    *(
        Table(
            f"{title} is not ours", excel_utf8(beside(title, "120", "130", "140")), 3, BASE, ignored=(title,)
        )
        for title in NOT_OURS
    ),
    *(
        Table(
            f"{cell!r} in {title}",
            excel_utf8(beside(title, cell, "60", "58")),
            3,
            BASE | {"resting_heart_rate_bpm": None},
        )
        for title in ("Resting_BPM",)
        for cell in ERRORS
    ),
)
