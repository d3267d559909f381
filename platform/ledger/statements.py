"""Reading a person's side of the ledger: what was earned, what was paid out, item by item."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from django.db.models import Max, Min, QuerySet, Sum
from django.utils import timezone

from ledger.models import Entry, Payout
from ledger.states import PayoutStatus

if TYPE_CHECKING:
    from people.models import User


@dataclass(frozen=True, slots=True)
class Balance:
    """One currency's sums, in its minor units."""

    currency: str
    earned: int
    paid_out: int

    @property
    def owed(self) -> int:
        """Earned and not paid out yet."""
        return self.earned - self.paid_out


@dataclass(frozen=True, slots=True)
class Month:
    """A calendar month in the person's time zone."""

    first: date

    @classmethod
    def containing(cls, moment: datetime) -> Month:
        """The month of a moment, in the active time zone."""
        return cls(timezone.localtime(moment).date().replace(day=1))

    @classmethod
    def parse(cls, text: str) -> Month:
        """The month named `YYYY-MM`. ValueError when it is none, or out of this century."""
        first = datetime.strptime(text, "%Y-%m").date()
        if not 2000 <= first.year < 2100:
            raise ValueError(f"{text} is out of range")
        return cls(first)

    @property
    def following(self) -> Month:
        """The month after."""
        return Month((self.first + timedelta(days=31)).replace(day=1))

    @property
    def preceding(self) -> Month:
        """The month before."""
        return Month((self.first - timedelta(days=1)).replace(day=1))

    @property
    def bounds(self) -> tuple[datetime, datetime]:
        """Its first moment, and the first moment after it."""
        return midnight(self.first), midnight(self.following.first)

    def __str__(self) -> str:
        return self.first.strftime("%Y-%m")


def midnight(day: date) -> datetime:
    """The first moment of a day in the active time zone."""
    return timezone.make_aware(datetime.combine(day, time.min))


def monday(moment: datetime) -> datetime:
    """The first moment of the week of `moment`, weeks beginning on Monday, in the active time zone."""
    today = timezone.localtime(moment).date()
    return midnight(today - timedelta(days=today.weekday()))


def items(user: User, *, since: datetime | None = None, until: datetime | None = None) -> QuerySet[Entry]:
    """The person's entries posted from `since` to before `until`, newest first, each with its transaction."""
    found = Entry.objects.filter(user=user).select_related("transaction")
    if since is not None:
        found = found.filter(transaction__posted_at__gte=since)
    if until is not None:
        found = found.filter(transaction__posted_at__lt=until)
    return found.order_by("-transaction__posted_at", "-pk")


def sums(entries: QuerySet[Entry]) -> list[tuple[str, int]]:
    """Sums of entries: (currency, minor units), by currency."""
    grouped = entries.order_by("currency").values_list("currency")
    return list(grouped.annotate(total=Sum("amount")).values_list("currency", "total"))


def balances(user: User) -> list[Balance]:
    """Every currency the person ever earned in, with what was earned and what was paid out."""
    paid: dict[str, int] = defaultdict(int)
    payouts = Payout.objects.filter(user=user, status=PayoutStatus.PAID).order_by().values_list("currency")
    paid.update(payouts.annotate(total=Sum("amount")).values_list("currency", "total"))
    return [Balance(currency, earned, paid[currency]) for currency, earned in sums(items(user))]


def span(user: User) -> tuple[Month, Month] | None:
    """The months of the person's first and last entry; None without any."""
    ends = Entry.objects.filter(user=user).aggregate(
        first=Min("transaction__posted_at"), last=Max("transaction__posted_at")
    )
    if ends["first"] is None:
        return None
    return Month.containing(ends["first"]), Month.containing(ends["last"])
