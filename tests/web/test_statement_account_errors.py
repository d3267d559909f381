"""The statement and its CSV, the account page, the pages of signing in, and errors as answers."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from typing import Any

import pytest
from django.conf import settings
from django.db import OperationalError, connection
from django.test import Client
from django.urls import reverse

from catalog.models import Project
from core.models import Event
from ledger.actions import post_pay
from ledger.models import Payout, Transaction
from people.models import User
from tests.visitors import queries, text_of, visitor
from tests.worlds import person, world

pytestmark = pytest.mark.django_db
STATEMENT = "/statement/"


@pytest.fixture
def ana() -> User:
    return person("ana", timezone="Europe/Zurich")


@pytest.fixture
def project() -> Project:
    made = world(prompts=0).project
    Project.objects.filter(pk=made.pk).update(name="=2+5 Pages")
    return made


def post(
    to: User, project: Project, amount: int, at: datetime, *, currency: str = "EUR", memo: str = "Vote"
) -> None:
    source = f"arena.vote:{Transaction.objects.count() + 1}"
    post_pay(
        source=source,
        kind="compare",
        project_id=project.pk,
        to=to,
        amount=amount,
        currency=currency,
        memo=memo,
        by=None,
    )
    with connection.cursor() as cursor:
        # The ledger refuses changes; a test may set its clock.
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE ledger_transaction SET posted_at = %s WHERE source = %s", [at, source])
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")


def test_nothing_earned_yet_is_explained(ana: User) -> None:
    page = text_of(visitor(ana).get(STATEMENT))
    assert "Nothing earned yet" in page
    assert "Download all as CSV" not in page


def test_months_are_the_persons_own_and_amounts_add_up(ana: User, project: Project) -> None:
    post(ana, project, 1500, datetime(2026, 10, 31, 22, 59, tzinfo=UTC))  # 31 Oct, 23:59 in Zurich
    post(ana, project, 80, datetime(2026, 10, 31, 23, 30, tzinfo=UTC))  # 1 Nov, 00:30 in Zurich
    post(ana, project, -80, datetime(2026, 11, 2, tzinfo=UTC), memo="Reversal of a vote")
    post(ana, project, 400, datetime(2026, 11, 3, tzinfo=UTC))
    post(person("bob"), project, 99_999, datetime(2026, 11, 3, tzinfo=UTC))
    Payout.objects.create(
        user=ana, currency="EUR", amount=1000, until=datetime(2026, 11, 1, tzinfo=UTC), status="paid",
        paid_at=datetime(2026, 11, 2, tzinfo=UTC),
    )  # fmt: skip
    november = text_of(visitor(ana).get(STATEMENT))
    assert "November 2026" in november
    assert "1 Nov 00:30" in november
    assert "−€0.80" in november
    assert '<td class="num">€4.00</td>' in november
    assert "<dt>Owed to you</dt> <dd>€9.00</dd>" in november
    assert "<dt>Earned in all</dt> <dd>€19.00</dd>" in november
    assert "999.99" not in november
    assert 'href="?month=2026-10"' in november
    october = text_of(visitor(ana).get(STATEMENT, {"month": "2026-10"}))
    assert "31 Oct 23:59" in october
    assert 'href="?month=2026-11"' in october
    assert "Nothing was posted in this month" in text_of(visitor(ana).get(STATEMENT, {"month": "2026-12"}))


@pytest.mark.parametrize("month", ["2026-13", "x", "", "0001-01", "9999-12"])
def test_no_such_month_is_said(ana: User, month: str) -> None:
    answer = visitor(ana).get(STATEMENT, {"month": month})
    assert answer.status_code == 400
    assert "There is no such month" in text_of(answer)


def test_the_csv_holds_every_entry_and_no_formula(ana: User, project: Project) -> None:
    post(ana, project, 1500, datetime(2026, 10, 31, 12, tzinfo=UTC), memo='@SUM(A1), said "so"')
    post(ana, project, -1234, datetime(2026, 11, 2, 12, tzinfo=UTC))
    post(ana, project, 500, datetime(2026, 11, 3, 12, tzinfo=UTC), currency="JPY")
    answer = visitor(ana).get("/statement/entries.csv")
    text = b"".join(answer).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert answer["Content-Disposition"] == 'attachment; filename="statement.csv"'
    assert [(row["amount"], row["currency"]) for row in rows] == [
        ("500", "JPY"),
        ("-12.34", "EUR"),
        ("15.00", "EUR"),
    ]
    assert rows[2]["date"] == "2026-10-31T13:00:00+01:00"
    assert rows[2]["project"] == "'=2+5 Pages"
    assert rows[2]["what"] == '\'@SUM(A1), said "so"'
    assert rows[0]["reference"] == "arena.vote:3"


def test_a_statement_costs_the_same_for_one_entry_and_for_fifty(ana: User, project: Project) -> None:
    post(ana, project, 80, datetime(2026, 11, 1, 12, tzinfo=UTC))
    one = queries(visitor(ana), STATEMENT)
    for hour in range(49):
        post(ana, project, 80, datetime(2026, 11, 2 + hour // 24, hour % 24, tzinfo=UTC))
    assert queries(visitor(ana), STATEMENT) == one <= 10


def test_an_account_is_changed_and_its_trail_tells_which_fields(ana: User) -> None:
    browser = visitor(ana)
    browser.cookies["theme"] = "light"
    given = {"first_name": "Ana", "last_name": "", "timezone": "Asia/Tokyo", "theme": "dark"}
    page = browser.post("/account/", given, follow=True)
    assert "Your account is saved." in text_of(page)
    assert 'data-theme="dark"' in text_of(page)
    ana.refresh_from_db()
    assert (ana.first_name, ana.timezone, ana.theme) == ("Ana", "Asia/Tokyo", "dark")
    told = Event.objects.get(machine="people.user", verb="set_profile")
    assert told.data == {"fields": ["first_name", "timezone", "theme"]}
    browser.post("/account/", given)
    assert Event.objects.filter(verb="set_profile").count() == 1


@pytest.mark.parametrize(
    "wrong", [{"timezone": "Mars/Olympus"}, {"timezone": ""}, {"theme": "pink"}, {"first_name": "x" * 151}]
)
def test_a_wrong_account_is_shown_again_and_nothing_kept(ana: User, wrong: dict[str, str]) -> None:
    given = {"first_name": "New", "last_name": "", "timezone": "UTC", "theme": "", **wrong}
    answer = visitor(ana).post("/account/", given)
    assert answer.status_code == 400
    assert 'role="alert"' in text_of(answer)
    assert User.objects.get(pk=ana.pk).first_name == ""


def test_only_ones_own_few_fields_can_be_changed(ana: User) -> None:
    given = {"timezone": "UTC", "is_superuser": "1", "is_staff": "1", "username": "root", "hold_reason": ""}
    visitor(ana).post("/account/", given)
    ana.refresh_from_db()
    assert (ana.is_superuser, ana.is_staff, ana.username) == (False, False, "ana")


def test_a_broken_time_zone_shows_utc(ana: User) -> None:
    User.objects.filter(pk=ana.pk).update(timezone="../etc/passwd")
    assert visitor(ana).get("/account/").status_code == 200


@pytest.mark.parametrize(
    "name",
    [
        "account_change_password", "account_email", "mfa_index", "account_logout",
    ],
)  # fmt: skip
def test_pages_of_signing_in_are_in_our_frame(ana: User, name: str) -> None:
    ana.set_password("a long enough pass phrase")
    ana.save()
    page = text_of(visitor(ana).get(reverse(name)))
    assert 'class="site-header"' in page
    assert page.count("<h1>") == 1


def test_signing_in_and_its_refusal() -> None:
    bea = person("bea")
    bea.set_password("a long enough pass phrase")
    bea.save()
    browser = Client(headers={"host": settings.APP_HOST})
    login = reverse("account_login")
    wrong = browser.post(login, {"login": "bea", "password": "wrong"})
    assert 'class="errors" role="alert"' in text_of(wrong)
    right = browser.post(login, {"login": "bea@example.com", "password": "a long enough pass phrase"})
    assert (right.status_code, right["Location"]) == (302, "/")
    assert "Accounts come by invitation" in text_of(visitor().get(reverse("account_signup")))


def test_nothing_here_is_a_page_for_people_and_a_problem_for_programs(ana: User) -> None:
    page = visitor(ana).get("/nothing/")
    assert page.status_code == 404
    assert "Nothing here for you" in text_of(page)
    problem = visitor(ana).get("/nothing/", headers={"accept": "application/json"})
    assert (problem.status_code, problem["Content-Type"]) == (404, "application/problem+json")
    assert problem.json()["code"] == "not_found"


def _break(*_: Any, **__: Any) -> None:
    raise RuntimeError("broken on purpose")


def test_a_fault_of_ours_needs_no_database_to_say_so(ana: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.views.home_page.work_of", _break)
    monkeypatch.setattr("web.views.works", lambda _roles: True)
    browser = visitor(ana)
    browser.raise_request_exception = False
    answer = browser.get("/")
    assert answer.status_code == 500
    assert "Something broke on our side" in text_of(answer)
    assert "broken on purpose" not in text_of(answer)
    problem = browser.get("/", headers={"accept": "application/json"})
    assert problem.json()["code"] == "server_error"


def test_a_database_that_is_away_is_said_so_and_asked_again(
    ana: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any, **__: Any) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr("web.views.home_page.work_of", away)
    monkeypatch.setattr("web.views.works", lambda _roles: True)
    browser = visitor(ana)
    browser.raise_request_exception = False
    page = browser.get("/")
    assert (page.status_code, page["Retry-After"]) == (503, "10")
    assert "Our database does not answer" in text_of(page)
    problem = browser.get("/", headers={"accept": "application/json"})
    assert (problem.status_code, problem.json()["code"]) == (503, "unavailable")


def test_a_form_out_of_date_is_said_plainly(ana: User) -> None:
    browser = Client(enforce_csrf_checks=True, headers={"host": settings.APP_HOST})
    browser.force_login(ana)
    answer = browser.post("/account/", {"timezone": "UTC"})
    assert answer.status_code == 403
    assert "This form is out of date" in text_of(answer)


def test_a_bad_request_is_a_page(ana: User) -> None:
    # More fields than Django takes: refused before any view.
    answer = visitor(ana).post("/account/", {f"f{n}": "1" for n in range(1001)})
    assert answer.status_code == 400
    assert "This request cannot be understood" in text_of(answer)
