"""The answer of 我的违法 from the rows of one driver and what the rules found for each violation."""

from datetime import date, timedelta

QUESTIONS = ("handle", "pay", "first", "study")
USED = {"F_USED", "S_CREDIT_USED", "S_CAP"}
TOPICS = ("licence_checked_at", "history_checked_at", "file_checked_at", "vehicles_checked_at")
EPOCH = date(1970, 1, 1)


def iso(day):
    return (EPOCH + timedelta(day)).isoformat()


def moment(rules, now_ms):
    """The facts of the moment: the day in China and whether the service is open."""
    today, left = divmod(now_ms + 8 * 3_600_000, 86_400_000)
    minute = left // 60_000
    is_open = rules["opens_minute"] <= minute < rules["closes_minute"]
    opens_on = today if minute < rules["closes_minute"] else today + 1
    return {**rules["moment"], "today": today, "service_open": int(is_open), "service_opens_on": opens_on}


class Reason:
    """Why a question is not answered with yes."""

    __slots__ = ("condition", "cure", "refused", "turns_on", "waits")

    def __init__(self, condition, refused, facts):
        self.condition = condition
        self.refused = refused
        self.cure = condition.get("cure")
        self.waits = not refused or condition["waits"]
        days = [facts[name] for name in condition["turns_on"]] if refused else []
        self.turns_on = max(days) if days and None not in days else None


class Verdict:
    """The answer to one question."""

    __slots__ = ("allowed", "outcome", "reasons")

    def __init__(self):
        self.outcome = "allowed"
        self.reasons = []

    def add(self, reason):
        """Two conditions may give the same reason: the driver reads it once."""
        if self.outcome != "refused":
            self.outcome = "refused" if reason.refused else "unknown"
        code = reason.condition["refusal"]
        for at, there in enumerate(self.reasons):
            if there.condition["refusal"] != code:
                continue
            if reason.refused and not there.refused:
                self.reasons[at] = reason
            elif reason.refused == there.refused:
                merge(there, reason)
            return
        self.reasons.append(reason)

    def close(self, cannot):
        """Adds what stands for everything undecided, and says whether all but the hours allows."""
        if self.outcome == "unknown":
            self.reasons.append(Reason(cannot, False, {}))
            self.reasons.sort(key=lambda one: one.condition["rank"])
        self.allowed = self.outcome == "allowed" or (
            self.outcome == "refused"
            and all(one.refused and one.condition["refusal"] == "SVC_CLOSED" for one in self.reasons)
        )


def merge(there, reason):
    dated = there.cure == "date" and there.turns_on is not None
    known = there.turns_on is not None and reason.turns_on is not None
    there.turns_on = max(there.turns_on, reason.turns_on) if known else None
    if dated:
        there.cure, there.waits = reason.cure, reason.waits


def verdicts(rules, facts, found):
    """The four verdicts of a violation; `found` are the places of conditions that do not hold, each with whether it fails."""
    judged = {question: Verdict() for question in QUESTIONS}
    for place, refused in found:
        condition = rules["conditions"][place]
        for question in condition["questions"]:
            judged[question].add(Reason(condition, refused, facts))
    cannot = {**rules["cannot_determine"], "service": True, "waits": True, "turns_on": []}
    for verdict in judged.values():
        verdict.close(cannot)
    return judged


def best(judged, credit):
    if not judged["handle"].allowed:
        return "why"
    if judged["first"].allowed:
        return "first"
    if credit > 0 and judged["study"].allowed:
        return "study"
    return "pay" if judged["pay"].allowed else "why"


def start_of(violation, programme):
    return f"/violations/{violation}/start?programme={programme}"


def title(rules, reason):
    text = reason.condition["title"]
    plain = reason.refused or reason.condition["service"]
    return text if plain else rules["unknown_title"].replace("{title}", text)


def card(rules, row, vehicle, judged, today):
    handle = judged["handle"]
    route = best(judged, rules["credit"])
    free = handle.allowed and judged["first"].allowed
    due = date.fromisoformat(row["noticed_on"]) + timedelta(30)
    marks = []
    if row["violation_dispute_pending"] == 1:
        marks.append("disputed")
    if row["violation_audited"] == 0:
        marks.append("evidence")
    if free:
        marks.append("first")
    if handle.allowed and judged["study"].allowed:
        marks.append("study")
    if route == "why":
        href = f"/violations/{row['id']}/reasons"
        segment = "wait" if all(one.waits for one in handle.reasons) else "not_here"
    else:
        href = "/quotes" if route == "pay" else start_of(row["id"], route)
        segment = "now"
    return {
        "id": row["id"],
        "act": row["act"],
        "code": row["code"],
        "at": row["occurred_at"],
        "place": row["place"],
        "plate": vehicle["number"],
        "fine_fen": row["fine_fen"],
        "points": row["points"],
        "due": {
            "due_for": "handle",
            "date": due.isoformat(),
            "days_left": (due - EPOCH).days - today,
            "surcharge_fen": 0,
        },
        "marks": marks,
        "route": route,
        "href": href,
        "payable": handle.allowed and judged["pay"].allowed,
        "free": free,
        "total_fen": row["fine_fen"],
        "segment": segment,
        "why": title(rules, handle.reasons[0]) if route == "why" and handle.reasons else None,
    }


def saved(rules, row, which):
    if which == "first":
        return row["fine_fen"], row["points"]
    return 0, row["points"] - max(row["points"] - rules["credit"], 0)


class Programme:
    """One programme over all violations: on which it saves most, else what is in the way where it is closest."""

    def __init__(self, rules, lines, which):
        self.which, self.usable, self.saves = which, None, (0, 0)
        for row, judged in lines:
            if not (judged["handle"].allowed and judged[which].allowed):
                continue
            saves = saved(rules, row, which)
            if self.usable is None or saves > self.saves:
                self.usable, self.saves = row, saves
        closest = min((judged[which] for _, judged in lines), key=lambda verdict: len(verdict.reasons))
        self.reasons = closest.reasons
        refused = [one.condition for one in closest.reasons if one.refused]
        if self.usable is not None:
            self.state = "usable"
        elif any(one["refusal"] in USED for one in refused):
            self.state = "used"
        elif all(one["service"] for one in refused) and not closest.allowed:
            self.state = "unknown"
        else:
            self.state = "blocked"

    def tile(self):
        row, saving, again = self.usable, None, None
        if row is not None:
            saving = {
                "violation": row["id"],
                "act": row["act"],
                "at": row["occurred_at"],
                "fine_fen": self.saves[0],
                "points": self.saves[1],
            }
        if self.state == "used":
            again = next((iso(one.turns_on) for one in self.reasons if one.turns_on is not None), None)
        return {
            "programme": self.which,
            "state": self.state,
            "saving": saving,
            "again_from": again,
            "credit": None,
            "href": f"/programmes/{self.which}/reasons" if row is None else start_of(row["id"], self.which),
        }


def bar(cards):
    payable = [one for one in cards if one["payable"]]
    paid = [one["total_fen"] for one in payable if not one["free"]]
    if not payable:
        return None
    return {"payable": len(paid), "sum_fen": sum(paid), "free": len(payable) - len(paid)}


def page(rules, driver, vehicles, lines, today):
    """The whole answer; `lines` are the violations, oldest first, each with its row and its four verdicts."""
    first, study = Programme(rules, lines, "first"), Programme(rules, lines, "study")
    by_plate = {vehicle["plate"]: vehicle for vehicle in vehicles}
    groups = {}
    for row, judged in lines:
        vehicle = by_plate[row["plate"]]
        group = groups.get(row["plate"])
        if group is None:
            group = groups[row["plate"]] = {"plate_key": row["plate"], "plate": vehicle["number"], "cards": []}
        group["cards"].append(card(rules, row, vehicle, judged, today))
    if first.usable is not None and first.usable is study.usable:
        fine, points = max(first.saves, study.saves)
    else:
        fine, points = first.saves[0] + study.saves[0], first.saves[1] + study.saves[1]
    usable = first.usable is not None or study.usable is not None
    done = sum(driver[topic] is not None for topic in TOPICS)
    return {
        "resume": [],
        "open_order": None,
        "checks": {
            "total": 4,
            "done": done,
            "failed": 0,
            "finished": done == 4,
            "slow": False,
            "again_ms": 0,
            "events": False,
            "version": f"{done}.0.{len(lines)}.0.0",
        },
        "tiles": [first.tile(), study.tile()],
        "total": {"fine_fen": fine, "points": points} if usable and (fine > 0 or points > 0) else None,
        "warning_first": first.usable is not None and study.usable is not None,
        "vehicles": [shown(vehicle, groups.get(vehicle["plate"])) for vehicle in vehicles],
        "groups": list(groups.values()),
        "bar": bar([one for group in groups.values() for one in group["cards"]]),
        "as_of": min(row["fetched_at"] for row, _ in lines),
        "stale": False,
        "appears_after_days": 3,
    }


def shown(vehicle, group):
    cards = group["cards"] if group else []
    return {
        "href": f"/vehicles/{vehicle['plate']}",
        "plate": vehicle["number"],
        "kind": vehicle["kind"],
        "foreign": vehicle["own"] == 0,
        "open": len(cards),
        "now": sum(one["segment"] == "now" for one in cards),
    }
