//! The comparison itself: first every line of the bill with what we know of it, then everything of ours.

use std::collections::HashSet;

use jiff::civil::Date;

use super::bill::{BackStatus, BillRow, Matter};
use super::exception::{Exception, Kind};
use crate::case::{CaseState, OrderState, RefundState};
use crate::money::Fen;

/// A payment that we hold, or held until it went back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OurPayment {
    /// Our number: of the order, or of the leg on a rail that keeps one for each leg.
    pub number: String,
    /// The rail's number; unknown for the legs of a merged order.
    pub transaction: Option<String>,
    /// The sum.
    pub fen: Fen,
    /// The civil day on which it was paid; of late money, the day on which we heard of it.
    pub paid_on: Date,
}

/// A refund of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OurRefund {
    /// Our number at the rail.
    pub refund_no: String,
    /// The sum.
    pub fen: Fen,
    /// Where it stands.
    pub state: RefundState,
    /// The day on which the rail said that the money is back.
    pub done_on: Option<Date>,
    /// The day that the driver was told.
    pub promised_on: Date,
}

/// An order with everything that moved on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OurOrder {
    /// Whose it is.
    pub driver: String,
    /// Its id.
    pub order_id: String,
    /// Its numbers at the rail and the sums that we asked for under them.
    pub wanted: Vec<(String, Fen)>,
    /// Money that arrived.
    pub payments: Vec<OurPayment>,
    /// Money that goes back.
    pub refunds: Vec<OurRefund>,
}

/// A case that money is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OurCase {
    /// Whose it is.
    pub driver: String,
    /// Its order.
    pub order_id: Option<String>,
    /// Its id.
    pub case_id: String,
    /// Where it stands.
    pub state: CaseState,
    /// Fine and surcharge.
    pub fen: Fen,
    /// State of its order.
    pub order: Option<OrderState>,
}

/// What we know of a line of the bill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known {
    /// Neither the number nor the payer is known.
    Nobody,
    /// The number is not ours, the payer is a driver of ours.
    Person(String),
    /// The number is that of an order of ours.
    Order(Box<OurOrder>),
}

/// How many, and how much.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    /// How many.
    pub count: u64,
    /// How much in all.
    pub fen: Fen,
}

impl Count {
    fn add(&mut self, fen: Fen) {
        self.count += 1;
        self.fen = self.fen + fen;
    }
}

/// The totals of a day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Payments on the bill.
    pub bill_paid: Count,
    /// Refunds on the bill that reached the payer.
    pub bill_back: Count,
    /// Payments in our books.
    pub ours_paid: Count,
    /// Refunds that our books say reached the payer.
    pub ours_back: Count,
    /// Lines of the bill that fit to the fen.
    pub matched: Count,
}

/// What came out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Everything that does not fit, in order, each thing once.
    pub exceptions: Vec<Exception>,
    /// The totals.
    pub totals: Totals,
}

/// Compares a day. First [`Matcher::row`] for every line of the bill, then what is ours: [`Matcher::order`] and
/// [`Matcher::case`].
#[derive(Debug)]
pub struct Matcher {
    day: Date,
    /// Keys of lines that moved money.
    seen: HashSet<String>,
    /// Keys of refunds that the bill has in any state.
    told: HashSet<String>,
    /// Payments of ours that a line was found for.
    taken: HashSet<(String, Option<String>)>,
    found: HashSet<String>,
    out: Outcome,
}

impl Matcher {
    /// Nothing compared yet.
    #[must_use]
    pub fn of(day: Date) -> Matcher {
        Matcher {
            day,
            seen: HashSet::new(),
            told: HashSet::new(),
            taken: HashSet::new(),
            found: HashSet::new(),
            out: Outcome::default(),
        }
    }

    /// A line of the bill. `elsewhere`: the bill of another day has moved this same money already.
    pub fn row(&mut self, row: &BillRow, known: &Known, elsewhere: bool) {
        let totals = &mut self.out.totals;
        match &row.matter {
            Matter::Paid { fen } => totals.bill_paid.add(*fen),
            Matter::Back { status: BackStatus::Success, fen, .. } => totals.bill_back.add(*fen),
            Matter::Back { .. } => {}
        }
        let key = row.key();
        let again = row.moved() && (!self.seen.insert(key) || elsewhere);
        let verdict = match (&row.matter, known) {
            _ if again => Some((Kind::Duplicate, None)),
            (Matter::Back { status: BackStatus::NotBack | BackStatus::Processing, .. }, Known::Nobody) => {
                None
            }
            (_, Known::Nobody) => Some((Kind::UnknownPayer, None)),
            (_, Known::Person(_)) => Some((Kind::RailOnly, None)),
            (Matter::Paid { fen }, Known::Order(order)) => self.paid(row, *fen, order),
            (Matter::Back { refund_no, fen, status }, Known::Order(order)) => {
                self.back(refund_no, *fen, *status, order)
            }
        };
        let Some((kind, ours)) = verdict else {
            self.out.totals.matched.add(row.fen());
            return;
        };
        let subject = match &row.matter {
            // One with what is found when the rail is asked about the order.
            Matter::Paid { .. } if kind == Kind::AmountDiffers => &row.number,
            Matter::Paid { .. } => &row.transaction,
            Matter::Back { refund_no, .. } => refund_no,
        };
        let (driver, order_id) = match known {
            Known::Nobody => (None, None),
            Known::Person(driver) => (Some(driver.clone()), None),
            Known::Order(order) => (Some(order.driver.clone()), Some(order.order_id.clone())),
        };
        let (rails, line) = (Some(row.fen()), Some(row.line));
        self.note(Exception { driver, order_id, ours, rails, line, ..Exception::new(kind, subject) });
    }

    fn paid(&mut self, row: &BillRow, fen: Fen, order: &OurOrder) -> Option<(Kind, Option<Fen>)> {
        let mut of_number = order.payments.iter().filter(|payment| payment.number == row.number);
        let free = of_number.clone().find(|payment| {
            let same = payment.transaction.as_ref().is_none_or(|transaction| *transaction == row.transaction);
            same && !self.taken.contains(&(payment.number.clone(), payment.transaction.clone()))
        });
        if let Some(payment) = free {
            self.taken.insert((payment.number.clone(), payment.transaction.clone()));
            return (payment.fen != fen).then_some((Kind::AmountDiffers, Some(payment.fen)));
        }
        if of_number.next().is_some() {
            return Some((Kind::Duplicate, None));
        }
        // The rail was asked and does not confirm it. That it speaks of another sum than we asked for says why.
        match order.wanted.iter().find(|(number, _)| *number == row.number) {
            Some((_, wanted)) if *wanted != fen => Some((Kind::AmountDiffers, Some(*wanted))),
            _ => Some((Kind::RailOnly, None)),
        }
    }

    fn back(
        &mut self,
        refund_no: &str,
        fen: Fen,
        status: BackStatus,
        order: &OurOrder,
    ) -> Option<(Kind, Option<Fen>)> {
        let ours = order.refunds.iter().find(|refund| refund.refund_no == refund_no);
        if status != BackStatus::NotBack {
            self.told.insert(refund_no.to_owned());
        }
        match (ours, status) {
            // No money moved. That ours says otherwise is found when ours are gone through.
            (_, BackStatus::NotBack) | (None, BackStatus::Processing) => None,
            (None, BackStatus::Success) => Some((Kind::ReturnAfterSettlement, None)),
            (Some(ours), _) if fen < ours.fen => Some((Kind::RefundPartial, Some(ours.fen))),
            (Some(ours), _) if fen > ours.fen => Some((Kind::AmountDiffers, Some(ours.fen))),
            (Some(_), BackStatus::Processing) => None,
            (Some(ours), BackStatus::Success) => match ours.state {
                RefundState::Done => None,
                RefundState::Failed => Some((Kind::ReturnAfterSettlement, None)),
                // The rail was asked and does not confirm what its own bill says.
                _ => Some((Kind::RailOnly, None)),
            },
        }
    }

    /// An order of ours, after every line. `billed` tells whether the bill of another day has a payment (by its two
    /// numbers) or a refund.
    pub fn order(
        &mut self,
        order: &OurOrder,
        billed_payment: impl Fn(&OurPayment) -> bool,
        billed_refund: impl Fn(&OurRefund) -> bool,
    ) {
        let of = |kind, subject: &str, fen| Exception {
            driver: Some(order.driver.clone()),
            order_id: Some(order.order_id.clone()),
            ours: Some(fen),
            ..Exception::new(kind, subject)
        };
        let day = self.day;
        for payment in order.payments.iter().filter(|payment| payment.paid_on == day) {
            self.out.totals.ours_paid.add(payment.fen);
            let taken = self.taken.contains(&(payment.number.clone(), payment.transaction.clone()));
            if !taken && !billed_payment(payment) {
                self.note(of(Kind::OursOnly, &payment.number, payment.fen));
            }
        }
        for refund in &order.refunds {
            let done = refund.done_on == Some(day);
            if done {
                self.out.totals.ours_back.add(refund.fen);
            }
            let overdue = refund.promised_on == day && !refund.state.is_over();
            let told = self.told.contains(&refund.refund_no);
            if overdue || (done && !told && !billed_refund(refund)) {
                self.note(of(Kind::RefundMissing, &refund.refund_no, refund.fen));
            }
        }
    }

    /// A case that was paid or decided on that day.
    pub fn case(&mut self, case: &OurCase) {
        use OrderState as O;
        let paid = matches!(case.order, Some(O::Paid | O::Done | O::Refunding | O::PartlyRefunded));
        let kind = match case.state {
            CaseState::Written | CaseState::Decided if !paid && !case.fen.is_zero() => Kind::DecidedNotPaid,
            CaseState::Paid | CaseState::Deciding | CaseState::Manual if paid => Kind::PaidNotDecided,
            _ => return,
        };
        self.note(Exception {
            driver: Some(case.driver.clone()),
            order_id: case.order_id.clone(),
            case_id: Some(case.case_id.clone()),
            ours: Some(case.fen),
            ..Exception::new(kind, &case.case_id)
        });
    }

    /// Something that was found beside the lines: a late file, a fund flow that differs.
    pub fn note(&mut self, exception: Exception) {
        if self.found.insert(exception.id()) {
            self.out.exceptions.push(exception);
        }
    }

    /// The end of the comparison.
    #[must_use]
    pub fn finish(mut self) -> Outcome {
        self.out.exceptions.sort();
        self.out
    }
}
