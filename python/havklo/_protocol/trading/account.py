"""An account as it is known here: its orders and balances, what was asked about them, and what is in doubt."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final, cast, final

from havklo._protocol.stamps import epoch_ns
from havklo._protocol.tokens import INVALID_SESSION
from havklo._protocol.trading.doubts import Doubts, Why
from havklo._protocol.trading.effects import Ask, Changed, Effect, Resubscribe, Settled, Tell
from havklo._protocol.trading.promises import Promises, Twins
from havklo._protocol.trading.purse import Purse
from havklo._protocol.trading.record import Record
from havklo._protocol.trading.roster import Roster
from havklo._protocol.trading.telling import Source, filled_late, happened
from havklo.events import Execution, Fill, OrderState, OrderStateChanged

if TYPE_CHECKING:
    from havklo._protocol.messages import Answer
    from havklo._protocol.trading.counter import RateCounter
    from havklo._protocol.trading.history import Told
    from havklo._protocol.trading.reports import Entry, Report

__all__ = ["NEVER_ACCEPTED", "Account"]

_SECOND: Final = 1_000_000_000
_CLOCK_ERROR: Final = _SECOND  # how wrong Kraken's stamps may be here, where an order's age is worked out from one
_INTERNAL: Final = "EGeneral:Internal error"

NEVER_ACCEPTED: Final = "never accepted"
"""The reason of an order of which nothing is found, when it can't be accepted any more."""

_AMEND: Final = "amend_order"
_ADDS: Final = frozenset({"add_order", "batch_add", "edit_order"})


def _always(_record: Record) -> bool:
    return True


@final
class Account:
    """Merges everything that is said of an account's orders and balances, and says what to do about what is not.

    All times are monotonic nanoseconds. What methods give is to be carried out in order; after each, `tick` is due at
    `next_deadline`.

    Args:
        counter: The rate counter, which learns of requests and reports.
        is_heard: Whether anybody wants to be told what happens to an order; if not, no event is made of it.

    Attributes:
        roster: The orders.
        purse: The balances.
        doubts: What is being found out.
    """

    def __init__(self, counter: "RateCounter", is_heard: Callable[[Record], bool] = _always) -> None:
        self.roster: Roster = Roster()
        self.purse: Purse = Purse()
        self.doubts: Doubts = Doubts()
        self._counter = counter
        self._is_heard = is_heard
        self._promises = Promises()
        self._twins = Twins(self._promises)
        self._asks: dict[int, Ask] = {}
        self._has_begun = False
        self._has_balances = False

    def __repr__(self) -> str:
        return f"<Account {self.roster!r}, {len(self._asks)} requests, {len(self.doubts)} doubts>"

    @property
    def next_deadline(self) -> int | None:
        """When `tick` next has something to do."""
        soonest = self.doubts.due
        promised = self._promises.due
        if promised is not None and (soonest is None or promised < soonest):
            soonest = promised
        for ask in self._asks.values():
            if soonest is None or ask.until < soonest:
                soonest = ask.until
        return soonest

    # -- requests ----------------------------------------------------------------------------

    def asked(self, ask: Ask) -> None:
        """Note a request that is being sent; the orders that it places are known from here on."""
        self._asks[ask.req_id] = ask
        if ask.method == _AMEND:
            ask.records[0].unreported += 1
            ask.records[0].amending += 1
        elif ask.method in _ADDS:
            for record in ask.records:
                record.sent_at = ask.sent_at
                self.roster.place(record)

    def recalled(self, record: Record, until: int) -> list[Effect]:
        """Find out about an order that was sent in an earlier life of the program."""
        self.roster.place(record)
        record.unreported += 1  # it may have been amended, too
        before = record.state
        record.advance(OrderState.UNKNOWN, "it was sent before the program ended")
        self.doubts.add(record, Why.SENT, until)
        return self._moved(record, before)

    def refused(self, record: Record, error: str) -> list[Effect]:
        """Take Kraken's no to an order as its end."""
        before = record.state
        record.advance(OrderState.REJECTED, error)
        self.doubts.settle(record)
        return self._moved(record, before)

    def given_up(self, ask: Ask) -> list[Effect]:
        """Learn that what was refused for its token does not go out again: the orders that it would have placed end."""
        if ask.method not in _ADDS:
            return []
        return [effect for record in ask.records for effect in self._rejected(record, INVALID_SESSION)]

    def answered(self, answer: "Answer", now: int) -> list[Effect]:
        """Take an answer; one that nobody waits for says nothing that reports do not say."""
        ask = self._asks.get(answer.req_id or 0)
        if ask is None:
            return []
        ask.answers.append(answer)
        for charge in ask.charges_of(answer):
            self._counter.ended(charge, now, carried_out=answer.error is None)
        effects = self._take(ask, answer, now)
        if ask.is_settled:
            del self._asks[ask.req_id]
            if ask.method == _AMEND:
                ask.records[0].amending -= 1
            effects.append(Settled(ask))
        return effects

    def link_lost(self, now: int) -> list[Effect]:
        """The connection has ended: what was not answered will not be."""
        asks = list(self._asks.values())
        self._promises.forget("executions")
        self._promises.forget("balances")
        return [effect for ask in asks for effect in self._lost(ask, now, "the connection ended before an answer came")]

    # -- what the channels say ---------------------------------------------------------------

    def rows(
        self, channel: str, rows: "Sequence[Report | Entry]", now: int, recv_ns: int, *, snapshot: bool
    ) -> list[Effect]:
        """Take the rows of a message, in their order."""
        if channel == "balances":
            return self._entries(cast("Sequence[Entry]", rows), now, recv_ns, snapshot=snapshot)
        reports = cast("Sequence[Report]", rows)
        if snapshot:
            return self._snapshot(reports, now, recv_ns)
        return [effect for report in reports for effect in self._report(report, now, recv_ns, "live")]

    # -- what REST says ----------------------------------------------------------------------

    def looked(self, found: "Mapping[Record, tuple[Told | None, Sequence[Fill]]]", now: int) -> list[Effect]:
        """Take what REST has of orders; None: nothing."""
        return [effect for record, (told, fills) in found.items() for effect in self._looked(record, told, fills, now)]

    def look_failed(self, records: Iterable[Record], now: int) -> None:
        """REST could not be asked."""
        self.doubts.failed(records, now)

    # -- time --------------------------------------------------------------------------------

    def tick(self, now: int) -> list[Effect]:
        """Do what is due."""
        overdue = [ask for ask in self._asks.values() if now >= ask.until]
        effects = [effect for ask in overdue for effect in self._lost(ask, now, "no answer came")]
        return effects + self._promises.tick(now) + self.doubts.tick(now)

    # -- answers -----------------------------------------------------------------------------

    def _take(self, ask: Ask, answer: "Answer", now: int) -> list[Effect]:
        done = answer.error is None
        match ask.method:
            case method if method in _ADDS:
                return self._added(ask, answer, now)
            case "amend_order" if done:
                record = ask.records[0]
                record.aged_at = now
                before = record.amends
                self._promises.expect("executions", lambda: record.amends > before or record.state.is_final, now)
            case "amend_order":
                ask.records[0].unreported = max(0, ask.records[0].unreported - 1)
            case "cancel_order" if done:
                named = answer.results[0].order_id
                for record in ask.records:
                    if record.order_id == named and not record.state.is_final:
                        self._expect_end(record, now)
            case "batch_cancel" | "cancel_all" if done:
                for record in ask.records:
                    if not record.state.is_final:
                        self._expect_end(record, now)
            case _:
                pass
        return []

    def _expect_end(self, record: Record, now: int) -> None:
        self._promises.expect("executions", lambda: record.state.is_final, now)

    def _added(self, ask: Ask, answer: "Answer", now: int) -> list[Effect]:
        error = answer.error
        if error == INVALID_SESSION and ask.again:
            return []  # it was not taken
        if error is not None and error.startswith(_INTERNAL):
            return self._in_doubt(ask, error)
        if error is not None:
            return [effect for record in ask.records for effect in self._rejected(record, error)]
        effects: list[Effect] = []
        for record, result in ask.paired(answer):
            if result is None:
                effects += self._doubt(record, "the answer does not name it", ask.until)
            elif result.error is not None:
                effects += self._rejected(record, result.error)
            elif result.order_id is not None:
                effects += self._accepted(record, result.order_id, now)
        return effects

    def _accepted(self, record: Record, order_id: str, now: int) -> list[Effect]:
        before = record.state
        if record.order_id is None:
            self.roster.name(record, order_id)
        record.aged_at = now
        self._known(record, now)
        record.advance(OrderState.PENDING)
        if not record.opened:
            self._promises.expect("executions", lambda: bool(record.opened) or record.state.is_final, now)
        return self._moved(record, before) or [Changed(record)]

    def _rejected(self, record: Record, error: str) -> list[Effect]:
        return [] if record.order_id is not None else self.refused(record, error)

    def _lost(self, ask: Ask, now: int, words: str) -> list[Effect]:
        """No answer to a request will come."""
        ask.lost = True
        del self._asks[ask.req_id]
        for charge in ask.charges:
            self._counter.ended(charge, max(now, ask.until))
        if ask.method == _AMEND:
            record = ask.records[0]
            record.amending -= 1
            if record.aged_at is not None:
                # It may have been carried out, up to its deadline.
                record.aged_at = max(record.aged_at, ask.until)
        return [*(self._in_doubt(ask, words) if ask.method in _ADDS else ()), Settled(ask)]

    def _in_doubt(self, ask: Ask, words: str) -> list[Effect]:
        return [effect for record in ask.records for effect in self._doubt(record, words, ask.until)]

    def _doubt(self, record: Record, words: str, until: int) -> list[Effect]:
        if record.order_id is not None or record.state.is_final:
            return []  # a report has told of it
        before = record.state
        record.advance(OrderState.UNKNOWN, words)
        self.doubts.add(record, Why.SENT, until)
        return self._moved(record, before)

    # -- reports -----------------------------------------------------------------------------

    def _snapshot(self, reports: "Sequence[Report]", now: int, recv_ns: int) -> list[Effect]:
        effects: list[Effect] = []
        source: Source = "repair" if self._has_begun else "snapshot"
        self._has_begun = True
        self._promises.forget("executions")
        listed = {report.order_id for report in reports if report.exec_type != "trade"}
        # Orders before fills: these say little of the order that they belong to.
        for report in sorted(reports, key=lambda report: report.exec_type == "trade"):
            effects += self._report(report, now, recv_ns, source)
        for order_id, record in list(self.roster.open.items()):
            if order_id not in listed:
                before = record.state
                record.advance(OrderState.UNKNOWN, "it is not among the open orders any more")
                self.doubts.add(record, Why.GONE, now)
                effects += self._moved(record, before)
        self.doubts.snapshot(now)
        return effects

    def _report(self, report: "Report", now: int, recv_ns: int, source: Source) -> list[Effect]:
        record = self.roster.meant_by(report)
        fresh = record is None
        if record is None:
            record = Record()
        before = record.state
        was = None if source == "live" else (record.cum_qty, record.order_qty, record.limit_price)
        is_new = record.merge(report, now)
        self._age(record, report, now, recv_ns, source)
        if report.exec_id is not None and is_new:
            is_new = not (fresh and self._twins.knows_fill(report.exec_id))
            self._twins.filled(report.exec_id, now, expect=self._has_balances and source == "live")
        self._note_terms(record, report, before, source)
        if record.symbol and report.ratecount is not None:
            since = record.sent_at if report.exec_type == "pending_new" else None
            self._counter.corrected(record.symbol, report.ratecount, now, since=since)
        if not fresh or (record.symbol and not record.state.is_final and report.exec_type != "trade"):
            self.roster.name(record, report.order_id)
            self._known(record, now)
        if was is not None and not fresh and report.exec_type != "trade":
            is_new = was != (record.cum_qty, record.order_qty, record.limit_price)
        if fresh:
            before = record.state  # nobody here has seen it in another one
        if not is_new:
            return self._moved(record, before)
        if not self._is_heard(record):
            return self._moved(record, before) or [Changed(record)]
        execution = happened(record, report, source, recv_ns)
        return [Tell(execution), *self._moved(record, before, execution)]

    def _note_terms(self, record: Record, report: "Report", before: OrderState, source: Source) -> None:
        """Keep track of amends: a snapshot restates what is open, but of an order that was filled it has no terms."""
        if report.exec_type == "amended":
            record.amends += 1
            record.unreported = max(0, record.unreported - 1)
        if source == "live":
            return
        if report.exec_type != "trade":
            record.unreported = 0
        elif record.unreported and record.state.is_final and not before.is_final:
            record.is_described = False  # REST has the terms by which it was filled

    def _age(self, record: Record, report: "Report", now: int, recv_ns: int, source: Source) -> None:
        """Learn how old an order is, for the rate counter: never older than it is."""
        if report.exec_type == "amended" or (record.aged_at is None and source == "live"):
            record.aged_at = now
        elif record.aged_at is None:
            stamp = epoch_ns(report.timestamp)
            record.aged_at = now if stamp is None else now - max(0, recv_ns - stamp - _CLOCK_ERROR)

    def _known(self, record: Record, now: int) -> None:
        """Something was said of an order: what was in doubt may not be any more, or something else is."""
        doubt = self.doubts.about(record)
        if doubt is not None:
            if doubt.why is Why.FILLS:
                settled = not record.misses_fills
            else:
                settled = record.state is not OrderState.UNKNOWN or doubt.why is Why.SENT
            if settled:
                self.doubts.settle(record)
        if (record.is_whole or record.state.is_final) and record.misses_fills:
            self.doubts.add(record, Why.FILLS, now)

    def _moved(self, record: Record, before: OrderState, execution: Execution | None = None) -> list[Effect]:
        """Tell what has become of an order's state."""
        after = record.state
        if after.is_final:
            self.roster.ended(record)
        if after is before:
            return [] if execution is None else [Changed(record, execution)]
        changed = OrderStateChanged(
            order_id=record.order_id, cl_ord_id=record.cl_ord_id, before=before, after=after, reason=record.reason
        )
        return [Tell(changed), Changed(record, execution)]

    # -- REST --------------------------------------------------------------------------------

    def _looked(self, record: Record, told: "Told | None", fills: Sequence[Fill], now: int) -> list[Effect]:
        doubt = self.doubts.about(record)
        if doubt is None:
            return []  # a report was faster
        doubt.looking = False
        if told is None:
            if doubt.why is Why.SENT:
                return self.refused(record, NEVER_ACCEPTED)
            self.doubts.failed([record], now)  # Kraken's history may be behind
            return []
        before = record.state
        if record.order_id is None:
            self.roster.name(record, told.order_id)
        record.told(told)
        effects = [effect for fill in fills for effect in self._told_late(record, fill, now)]
        self.doubts.settle(record)
        if record.misses_fills:
            record.is_whole = False  # REST knows no more of them, as long as the order is open
            if record.state.is_final:
                base, _, quote = record.symbol.partition("/")
                record.totals = {base if told.fee_in_base else quote: told.fee}
        if doubt.why is Why.GONE and not record.state.is_final:
            effects.append(Resubscribe("executions"))  # the two do not agree: look again
        if record.aged_at is None:
            record.aged_at = now
        return effects + (self._moved(record, before) or [Changed(record)])

    def _told_late(self, record: Record, fill: Fill, now: int) -> list[Effect]:
        if not record.add(fill, now):
            return []
        self._twins.filled(fill.exec_id, now, expect=False)
        execution = filled_late(record, fill)
        return [Tell(execution), Changed(record, execution)]

    # -- balances ----------------------------------------------------------------------------

    def _entries(self, rows: "Sequence[Entry]", now: int, recv_ns: int, *, snapshot: bool) -> list[Effect]:
        if snapshot:
            self._has_balances = True
            self._promises.forget("balances")
            return [Tell(change) for change in self.purse.snapshot(rows, recv_ns)]
        effects: list[Effect] = []
        for row in rows:
            change = self.purse.update(row, recv_ns)
            if change is not None:
                effects.append(Tell(change))
                if change.kind == "trade" and change.ref_id:
                    self._twins.entered(change.ref_id, now, expect=True)
        return effects
