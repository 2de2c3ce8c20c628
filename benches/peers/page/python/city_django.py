"""我的违法 on Django, its REST framework and its ORM, the rules in plain Python: `gunicorn city_django:application`."""

import json
import os
import sqlite3

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import models
from django.http import HttpResponse
from django.urls import path

with open(os.environ["CITY_RULES"], encoding="utf-8") as file:
    RULES = json.load(file)

settings.configure(
    ALLOWED_HOSTS=["*"],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": f"file:{os.environ['CITY_DB']}?mode=ro",
            "OPTIONS": {"uri": True, "init_command": "pragma mmap_size = 17179869184"},
            "CONN_MAX_AGE": None,
        }
    },
    INSTALLED_APPS=["rest_framework"],
    MIDDLEWARE=["django.middleware.security.SecurityMiddleware", "django.middleware.common.CommonMiddleware"],
    REST_FRAMEWORK={
        "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
        "UNAUTHENTICATED_USER": None,
    },
    ROOT_URLCONF=__name__,
    USE_I18N=False,
    USE_TZ=True,
)
django.setup()

from rest_framework import exceptions, serializers  # noqa: E402
from rest_framework.authentication import BaseAuthentication  # noqa: E402
from rest_framework.permissions import IsAuthenticated  # noqa: E402
from rest_framework.response import Response  # noqa: E402
from rest_framework.views import APIView  # noqa: E402

from page import moment, page, verdicts  # noqa: E402
from session import asked, now_ms  # noqa: E402


def table(name, key, foreign):
    """The model of a table that is there: its columns as they are, one of them the key, some of them leading on."""
    with sqlite3.connect(f"file:{os.environ['CITY_DB']}?mode=ro", uri=True) as db:
        columns = [(row[1], row[2]) for row in db.execute(f"pragma table_info({name})")]
        first = dict(zip([one for one, _ in columns], db.execute(f"select * from {name} limit 1").fetchone()))
    meta = type("Meta", (), {"managed": False, "db_table": name, "app_label": "city"})
    fields = {"__module__": __name__, "Meta": meta}
    for column, _ in columns:
        number = isinstance(first[column], int) or first[column] is None
        kind = models.IntegerField if number else models.TextField
        fields[column] = kind(primary_key=True) if column == key else kind(null=True)
        if column in foreign:
            fields[column] = models.ForeignKey(foreign[column], models.DO_NOTHING, db_column=column)
    return type(name.capitalize(), (models.Model,), fields)


Driver = table("driver", "driver", {})
Kind = table("plate_kind", "code", {})
Vehicle = table("vehicle", "plate", {"kind": Kind})
Offence = table("offence", "code", {})
Session = table("session", "token_hash", {"driver": Driver})
Binding = table("binding", "driver", {"plate": Vehicle})
Violation = table("violation", "id", {"code": Offence})


def source(node):
    """A tree of the rules as Python; nothing is ever compared with an unknown fact."""
    if isinstance(node, bool):
        return repr(node)
    for word, join in (("all", " and "), ("any", " or ")):
        if word in node:
            return "(" + join.join(source(part) for part in node[word]) + ")"
    left, operator = f"f[{node['fact']!r}]", node["op"]
    right = f"f[{node['other']!r}]" if "other" in node else repr(node["value"])
    known = f"{left} is not None and " + (f"{right} is not None and " if "other" in node else "")
    if operator == "eq":
        return f"{left} == {right}"
    if operator == "in":
        return f"{left} in {right}"
    sign = {"ne": "!=", "out": "not in", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}[operator]
    return f"({known}{left} {sign} {right})"


def compiled():
    """All conditions in one function, as somebody would write them down: those that do not hold, and whether they fail."""
    lines = ["def found(f):", "    found = []"]
    for place, one in enumerate(RULES["conditions"]):
        lines.append(f"    if not {source(one['holds'])}:")
        lines.append(f"        found.append(({place}, {source(one['fails'])}))")
    lines.append("    return found")
    names = {}
    exec("\n".join(lines), names)
    return names["found"]


found = compiled()


class SessionAuthentication(BaseAuthentication):
    """The session cookie, looked up in the table of sessions."""

    def authenticate(self, request):
        who = asked(request.COOKIES.get("cw_session"))
        if who is None:
            return None
        session = Session.objects.select_related("driver").filter(driver=who[0], token_hash=who[1]).first()
        if session is None or session.expires_at_ms <= now_ms():
            raise exceptions.AuthenticationFailed
        session.driver.is_authenticated = True
        return session.driver, session


class Due(serializers.Serializer):
    due_for = serializers.CharField()
    date = serializers.CharField()
    days_left = serializers.IntegerField()
    surcharge_fen = serializers.IntegerField()


class Card(serializers.Serializer):
    id = serializers.CharField()
    act = serializers.CharField()
    code = serializers.CharField()
    at = serializers.CharField()
    place = serializers.CharField()
    plate = serializers.CharField()
    fine_fen = serializers.IntegerField()
    points = serializers.IntegerField()
    due = Due()
    marks = serializers.ListField(child=serializers.CharField())
    route = serializers.CharField()
    href = serializers.CharField()
    payable = serializers.BooleanField()
    free = serializers.BooleanField()
    total_fen = serializers.IntegerField()
    segment = serializers.CharField()
    why = serializers.CharField(allow_null=True)


class Group(serializers.Serializer):
    plate_key = serializers.CharField()
    plate = serializers.CharField()
    cards = Card(many=True)


class Page(serializers.Serializer):
    """The list through serializers, as the framework teaches it; the small parts around it as they are."""

    resume = serializers.JSONField()
    open_order = serializers.CharField(allow_null=True)
    checks = serializers.JSONField()
    tiles = serializers.JSONField()
    total = serializers.JSONField()
    warning_first = serializers.BooleanField()
    vehicles = serializers.JSONField()
    groups = Group(many=True)
    bar = serializers.JSONField()
    as_of = serializers.CharField()
    stale = serializers.BooleanField()
    appears_after_days = serializers.IntegerField()


def plain(model):
    """The columns of a row, as the page reads them."""
    row = dict(model.__dict__)
    row.pop("_state")
    return row


class Violations(APIView):
    authentication_classes = [SessionAuthentication]
    permission_classes = [IsAuthenticated]

    def get(self, request):
        driver = plain(request.user)
        common = {**moment(RULES, now_ms()), **driver}
        lines = []
        of_driver = Violation.objects.filter(driver=driver["driver"])
        for violation in of_driver.select_related("code").order_by("occurred_at", "id"):
            row = {**plain(violation), "code": violation.code_id, "act": violation.code.act}
            facts = {**common, **row}
            lines.append((row, verdicts(RULES, facts, found(facts))))
        bound = Binding.objects.filter(driver=driver["driver"]).select_related("plate__kind").order_by("plate")
        vehicles = [
            {"plate": one.plate_id, "number": one.plate.number, "kind": one.plate.kind.name, "own": one.own} for one in bound
        ]
        body = page(RULES, driver, vehicles, lines, common["today"])
        return Response(Page(body).data, headers={"cache-control": "private, no-store"})


urlpatterns = [path("violations", Violations.as_view()), path("healthz", lambda request: HttpResponse("ok"))]
application = get_wsgi_application()
