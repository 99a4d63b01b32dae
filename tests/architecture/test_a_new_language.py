"""Adding a language: a member of Language and a module of fitbox/locales, and nothing else."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import fitbox

pytestmark = pytest.mark.slow

SHARED = Path(fitbox.__file__).parent
EVERYWHERE = """
import json
from fitbox.errors import InvalidProfileError
from fitbox.profile import Condition, Diet, Language, Profile, Sex, validate_profile
from fitbox.reply import told
from fitbox.rpc.messages import profile_to_proto
from fitbox.task import TaskName
from fitbox.tasks import task

values = {"age_years": 44, "sex": "FEMALE", "weight_kg": 82.5, "height_cm": 168, "conditions": ["KNEE"]}
member = validate_profile({**values, "goal": "WEIGHT_LOSS", "level": "INTERMEDIATE", "language": "xx"})
remarks = told(task(TaskName.ADVICE).prepare(member).assessment, member.language).safety_notes
found = {"notes": [note.text for note in remarks]}
for name in TaskName:
    one = task(name)
    constraints = one.constrain(member)
    text = one.render(one.plan(constraints, 3))
    checked = one.prepare(member).read(text)
    assert checked.violations == (), checked.violations
    rough = one.render(one.random(constraints, 3))
    assert one.render(one.parse(rough, constraints)) == rough
    found[name.value] = {
        "prompt": [message.content for message in one.prepare(member).messages],
        "grammar": one.prepare(member).grammar,
        "text": text,
        "plan": repr(checked.plan),
        "quality": one.score(one.plan(constraints, 3), constraints)["quality"],
    }
try:
    validate_profile({**values, "language": "yy"})
except InvalidProfileError as error:
    found["refusal"] = str(error)
print(json.dumps(found))
"""


def run(program: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """A program that finds the copy of the package first."""
    found_first = f"import sys; sys.path.insert(0, {str(folder)!r})\n"
    command = [sys.executable, "-P", "-c", found_first + program]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def add_language(package: Path) -> None:
    """Pseudo, as a translator would begin: English with every text and name marked."""
    profile = package / "profile.py"
    profile.write_text(profile.read_text().replace('    FR = "fr"\n', '    FR = "fr"\n    XX = "xx"\n'))
    (package / "locales" / "xx.py").write_text(
        """
import re
from dataclasses import replace

from fitbox.locales.en import LOCALE as ENGLISH
from fitbox.locales.fr import LOCALE as FRENCH


def marked(text):
    return re.sub(r"(?<![{\\w])([a-z]+)(?![}\\w])", r"\\1ñ", text)


LOCALE = replace(
    ENGLISH,
    english_name="Pseudo",
    decimal_mark="·",
    letters="ñ",
    texts={area: {key: marked(text) for key, text in table.items()} for area, table in ENGLISH.texts.items()},
    phrases={english: marked(english) for english in FRENCH.phrases},
    exercises={key: marked(key.replace("_", " ")) for key in FRENCH.exercises},
    foods={key: marked(key.replace("_", " ")) for key in FRENCH.foods},
)
"""
    )


def test_two_files_make_every_text_of_a_third_language(tmp_path):
    """Whole plans, prompts, grammars, notes, scores and refusals, none of them in another language."""
    package = tmp_path / "fitbox"
    shutil.copytree(SHARED, package, ignore=shutil.ignore_patterns("__pycache__"))
    add_language(package)
    ended = run(EVERYWHERE, tmp_path)
    assert ended.returncode == 0, ended.stderr
    found = json.loads(ended.stdout)
    assert all("ñ" in note for note in found["notes"])
    assert "in Pseudo" in found["advice"]["prompt"][0]
    assert "bpmñ" in found["advice"]["prompt"][1]
    assert "ñ" in found["advice"]["grammar"]
    assert found["advice"]["text"].count("ñ") > 10
    assert "Monday" in found["workout"]["plan"]
    assert all(found[name]["plan"].count("ñ") > 10 for name in ("workout", "nutrition", "advice"))
    assert found["advice"]["quality"] > 0.9
    assert "'xx'" in found["refusal"]


def test_a_language_that_lacks_a_text_does_not_start(tmp_path):
    """It is found when the program is started, by its key, and not by a member."""
    package = tmp_path / "fitbox"
    shutil.copytree(SHARED, package, ignore=shutil.ignore_patterns("__pycache__"))
    add_language(package)
    locale = package / "locales" / "xx.py"
    locale.write_text(locale.read_text() + 'del LOCALE.texts["common"]["meal.lunch"]\n')
    ended = run("import fitbox.tasks", tmp_path)
    assert ended.returncode != 0
    assert "common: xx and en differ in meal.lunch" in ended.stderr
