"""我的违法 on FastAPI, sqlite3 and zen-engine: `uvicorn city_fastapi:app`."""

import json
import os
import sqlite3

import zen
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from page import moment, page, verdicts
from session import asked, now_ms

with open(os.environ["CITY_RULES"], encoding="utf-8") as file:
    RULES = json.load(file)
DB = sqlite3.connect(f"file:{os.environ['CITY_DB']}?mode=ro", uri=True, check_same_thread=False, cached_statements=16)
DB.execute("pragma mmap_size = 17179869184")
DRIVER = (
    "select s.expires_at_ms, d.* from session s join driver d on d.driver = s.driver "
    "where s.driver = ? and s.token_hash = ?"
)
VEHICLES = (
    "select v.plate, v.number, k.name as kind, b.own from binding b join vehicle v on v.plate = b.plate "
    "join plate_kind k on k.code = v.kind where b.driver = ? order by v.plate"
)
VIOLATIONS = (
    "select v.*, o.act from violation v join offence o on o.code = v.code "
    "where v.driver = ? order by v.occurred_at, v.id"
)


def named(cursor, row):
    return dict(zip([column[0] for column in cursor.description], row))


DB.row_factory = named


def tree(node):
    """A tree of the rules as an expression of the engine; nothing is ever compared with an unknown fact."""
    if isinstance(node, bool):
        return "true" if node else "false"
    for word, join in (("all", " and "), ("any", " or ")):
        if word in node:
            return "(" + join.join(tree(part) for part in node[word]) + ")"
    fact, operator = node["fact"], node["op"]
    right = node.get("other") or json.dumps(node["value"], ensure_ascii=False)
    known = f"{fact} != null and " + (f"{right} != null and " if "other" in node else "")
    if operator == "eq":
        return f"{fact} == {right}"
    if operator == "in":
        return f"{fact} in {right}"
    sign = {"ne": "!=", "out": "not in", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}[operator]
    return f"({known}{fact} {sign} {right})"


def engine():
    """One expression for each condition: 0 holds, 1 fails, 2 cannot be decided.

    A loader that hands out prepared content is the engine's own way of compiling a decision once and not at every request.
    """
    expressions = [
        {"id": f"c{place}", "key": f"c{place}", "value": f"{tree(one['fails'])} ? 1 : ({tree(one['holds'])} ? 0 : 2)"}
        for place, one in enumerate(RULES["conditions"])
    ]
    place = {"x": 0, "y": 0}
    content = {
        "nodes": [
            {"id": "in", "name": "in", "type": "inputNode", "position": place},
            {"id": "all", "name": "all", "type": "expressionNode", "position": place, "content": {"expressions": expressions}},
            {"id": "out", "name": "out", "type": "outputNode", "position": place},
        ],
        "edges": [
            {"id": "1", "type": "edge", "sourceId": "in", "targetId": "all"},
            {"id": "2", "type": "edge", "sourceId": "all", "targetId": "out"},
        ],
    }
    prepared = zen.ZenDecisionContent(json.dumps(content))
    return zen.ZenEngine({"loader": lambda key: prepared})


ENGINE = engine()
KEYS = [f"c{place}" for place in range(len(RULES["conditions"]))]


def found(facts):
    result = ENGINE.evaluate("violations", facts)["result"]
    values = [result[key] for key in KEYS]
    return [(place, value == 1) for place, value in enumerate(values) if value]


app = FastAPI(openapi_url=None)


@app.get("/healthz")
async def healthz():
    return "ok"


@app.get("/violations")
async def violations(request: Request):
    now = now_ms()
    who = asked(request.cookies.get("cw_session"))
    driver = who and DB.execute(DRIVER, who).fetchone()
    if not driver or driver["expires_at_ms"] <= now:
        return JSONResponse({"status": 401}, 401)
    common = {**moment(RULES, now), **driver}
    lines = []
    for row in DB.execute(VIOLATIONS, (driver["driver"],)).fetchall():
        facts = {**common, **row}
        lines.append((row, verdicts(RULES, facts, found(facts))))
    vehicles = DB.execute(VEHICLES, (driver["driver"],)).fetchall()
    body = page(RULES, driver, vehicles, lines, common["today"])
    return JSONResponse(body, headers={"cache-control": "private, no-store"})
