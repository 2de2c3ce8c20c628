"""The exported policy in OpenFisca: one variable for each condition, of one person at a time.

`main.py check DIR COUNT` compares the answers with ours; `main.py time DIR MILLIS` prints CPU nanoseconds for each
fact set. A number that is not known is NaN and a text that is not known is -1, with which nothing compares.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
from openfisca_core.entities import build_entity
from openfisca_core.periods import DateUnit
from openfisca_core.simulations import SimulationBuilder
from openfisca_core.taxbenefitsystems import TaxBenefitSystem
from openfisca_core.variables import Variable

BOTH = ("first", "study")
PERIOD = "2020-04"
PERSON = build_entity(key="person", plural="persons", label="", is_person=True)


class Texts:
    """Texts as numbers, since the engine computes with arrays."""

    def __init__(self):
        self.numbers = {}

    def number(self, value):
        if value is None:
            return np.nan
        if isinstance(value, str):
            return float(self.numbers.setdefault(value, len(self.numbers)))
        return float(value)


def compiled(node, texts):
    """A tree of the policy as a function of the facts; what is NaN compares with nothing."""
    if isinstance(node, bool):
        return lambda person, period: np.full(person.count, node)
    for word, join in (("all", np.logical_and), ("any", np.logical_or)):
        if word in node:
            parts = [compiled(part, texts) for part in node[word]]
            return lambda person, period, parts=parts, join=join: join.reduce([part(person, period) for part in parts])
    fact, operator = node["fact"], node["op"]
    if "other" in node:
        right = lambda person, period, name=node["other"]: person(name, period)
    elif operator in ("in", "out"):
        values = np.array([texts.number(value) for value in node["value"]])
        right = lambda person, period: values
    else:
        value = texts.number(node["value"])
        right = lambda person, period: value
    compare = {
        "eq": np.equal,
        "lt": np.less,
        "le": np.less_equal,
        "gt": np.greater,
        "ge": np.greater_equal,
        "ne": lambda left, right: (left != right) & ~np.isnan(left),
        "in": np.isin,
        "out": lambda left, right: ~np.isin(left, right) & ~np.isnan(left),
    }[operator]
    return lambda person, period: compare(person(fact, period), right(person, period))


def system(conditions, facts, texts):
    """The facts as inputs and the conditions as computed variables: 0 holds, 1 fails, 2 cannot be decided."""
    whole = TaxBenefitSystem([PERSON])
    common = {"entity": PERSON, "definition_period": DateUnit.MONTH}
    for name in facts:
        whole.add_variable(type(name, (Variable,), {**common, "value_type": float, "default_value": np.nan}))
    for place, condition in enumerate(conditions):
        holds, fails = compiled(condition["holds"], texts), compiled(condition["fails"], texts)

        def formula(person, period, parameters, holds=holds, fails=fails):
            return np.where(fails(person, period), 1, np.where(holds(person, period), 0, 2))

        whole.add_variable(type(f"condition_{place}", (Variable,), {**common, "value_type": int, "formula": formula}))
    return whole


def judge(whole, conditions, facts):
    simulation = SimulationBuilder().build_default_simulation(whole, count=1)
    for name, value in facts.items():
        simulation.set_input(name, PERIOD, value)
    answer = {question: {"outcome": "allowed", "reasons": [], "notes": []} for question in BOTH}
    for place, condition in enumerate(conditions):
        found = int(simulation.calculate(f"condition_{place}", PERIOD)[0])
        if found == 0:
            continue
        told = [condition["id"], condition["refusal"], None, condition["article"], condition["confidence"]]
        for question in BOTH:
            if question not in condition["questions"]:
                continue
            one = answer[question]
            if condition["note"]:
                if found == 1:
                    one["notes"].append(told[:2] + ["allowed"] + told[3:])
                continue
            outcome = "refused" if found == 1 else "unknown"
            if one["outcome"] != "refused":
                one["outcome"] = outcome
            one["reasons"].append(told[:2] + [outcome] + told[3:])
    return answer


def main():
    what, folder, number = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    read = lambda name: json.loads((folder / name).read_text(encoding="utf-8"))
    conditions, given = read("policy.json")["conditions"], read("facts.json")
    texts = Texts()
    whole = system(conditions, given[0], texts)
    sets = [{name: np.array([texts.number(value)]) for name, value in facts.items()} for facts in given]
    if what == "check":
        ours = read("answers.json")
        for place, facts in enumerate(sets[:number]):
            answer = judge(whole, conditions, facts)
            if answer != ours[place]:
                sys.exit(f"fact set {place}\ntheirs: {json.dumps(answer)}\nours:   {json.dumps(ours[place])}")
        print(f"{len(sets[:number])} fact sets answered alike")
        return
    start, judged = time.process_time_ns(), 0
    while True:
        judge(whole, conditions, sets[judged % len(sets)])
        judged += 1
        spent = time.process_time_ns() - start
        if spent >= number * 1_000_000:
            print(f"{spent / judged:.1f}")
            return


main()
