"""What the gate says of a candidate that was really trained on shuffled targets.

    python -m bench.shuffled --base models/base/smollm2-135m-instruct [--budget 200] [--members 10]

Every member is given plans that the expert wrote for somebody else, ``cpu-quick`` trains on them from the
shipped adapter, and the evaluation compares the result with that adapter as the champion. A target that a
member must not have would be dropped by training itself; here that check is off, so that the gate alone
stands in the way. Prints one JSON line: ``means`` of the arms, ``promote``, ``reasons``.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fitbox_trainer.daemon.settings import GateSettings
from fitbox_trainer.data import examples
from fitbox_trainer.data.examples import Member
from fitbox_trainer.evaluation import __main__ as evaluation
from fitbox_trainer.evaluation.cli import members_of
from fitbox_trainer.evaluation.items import make_items
from fitbox_trainer.finetune import __main__ as finetune
from fitbox_trainer.release.gate import decide
from fitbox_trainer.run.presets import load_preset
from fitbox_trainer.run.runconfig import shipped_adapter

from fitbox.errors import PlanInfeasibleError
from fitbox.tasks import TaskName

DEALT_PLANS = 150
"""Plans a task that are dealt out."""


def deal(members: Sequence[Member], chance: random.Random) -> list[dict[str, Any]]:
    """Members as intake writes them, each with targets that were written for anybody."""
    pool: dict[TaskName, list[str]] = {name: [] for name in TaskName}
    for item in make_items(chance.sample(list(members), min(DEALT_PLANS, len(members)))):
        try:
            pool[item.task.name].append(item.task.render(item.task.plan(item.constraints, 1)))
        except PlanInfeasibleError:
            continue
    return [
        {
            "member_id": member.member_id,
            "profile": member.profile.model_dump(mode="json"),
            "targets": {name.value: chance.choice(texts) for name, texts in pool.items()},
        }
        for member in members
    ]


def main() -> None:
    """Deal, train, evaluate, decide."""
    parser = argparse.ArgumentParser(prog="bench.shuffled")
    parser.add_argument("--base", type=Path, required=True, help="models/base/NAME")
    parser.add_argument("--profiles", type=Path, default=Path("data/sample_members.csv"))
    parser.add_argument("--budget", type=float, default=200.0, help="seconds of training")
    parser.add_argument("--members", type=int, default=10, help="members evaluated, three plans each")
    given = parser.parse_args()
    preset = load_preset("cpu-quick").model_dump(mode="json")
    preset["evaluation"] |= {"members": given.members}
    champion = shipped_adapter(given.base.absolute())
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        run.mkdir()
        dealt = deal(members_of(given.profiles), random.Random(5))
        (run / "members.jsonl").write_text("".join(json.dumps(line) + "\n" for line in dealt), "utf-8")
        config = {
            "run_id": "shuffled",
            "preset": preset,
            "base_model": str(given.base.absolute()),
            "members": ["members.jsonl"],
            "time_budget_seconds": given.budget,
            "champion_adapter": champion and str(champion),
        }
        (run / "config.json").write_text(json.dumps(config), "utf-8")
        examples._coach_target = lambda member, implementation, _: member.targets[implementation.name]
        finetune.PROCESS_STARTED = time.monotonic()
        if finetune.main(["--run-dir", str(run)]) or evaluation.main(["--run-dir", str(run)]):
            sys.exit(1)
        found = json.loads((run / "candidate" / "evaluation.json").read_text("utf-8"))
    decision = decide(found, GateSettings())
    report = {
        "means": {name: arm["mean"] for name, arm in found["arms"].items()},
        "against_champion": found["against"].get("champion"),
        "promote": decision.promote,
        "reasons": [f"{reason.code}: {reason.detail}" for reason in decision.reasons],
    }
    sys.stdout.write(json.dumps(report) + "\n")


if __name__ == "__main__":
    main()
