//! Many inner states, few outward words: what the driver reads for each state.

use serde::{Deserialize, Serialize};

use super::{CaseState, OrderState};

/// The word that a driver reads for a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outward {
    /// 学习和答题中.
    Learning,
    /// 待确认.
    ToConfirm,
    /// 待缴款.
    ToPay,
    /// 正在确认缴款.
    ConfirmingMoney,
    /// 正在处理.
    Handling,
    /// 已办结.
    Done,
    /// 人工查看中.
    HumanLooks,
    /// 退款中.
    MoneyComingBack,
    /// 已退款.
    MoneyBack,
    /// 没有办成，没有扣款.
    NotHandled,
    /// 已放弃.
    GivenUp,
    /// 决定已撤销.
    Annulled,
}

/// The outward word of an inner state. Adding a state forces a decision here.
#[must_use]
pub const fn outward(state: CaseState) -> Outward {
    match state {
        CaseState::Learning => Outward::Learning,
        CaseState::Ready => Outward::ToConfirm,
        CaseState::Confirmed => Outward::ToPay,
        CaseState::Paying => Outward::ConfirmingMoney,
        CaseState::Paid | CaseState::Deciding => Outward::Handling,
        // The decision stands as soon as it is written, and an order counts it as done: only its document still lacks a digit.
        CaseState::Written | CaseState::Decided => Outward::Done,
        CaseState::Refused => Outward::NotHandled,
        CaseState::Manual => Outward::HumanLooks,
        CaseState::Refunding => Outward::MoneyComingBack,
        CaseState::Refunded => Outward::MoneyBack,
        CaseState::Abandoned => Outward::GivenUp,
        CaseState::Annulled => Outward::Annulled,
    }
}

/// The fixed first line of every screen about money (`design.md` rule 11). The server alone decides which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MoneyWord {
    /// 未扣款.
    NotCharged,
    /// 正在确认，请不要再付.
    Confirming,
    /// 已扣款.
    Charged,
}

/// The money word of an order. An order that was submitted may have been paid a second ago: nobody is told to pay again.
#[must_use]
pub const fn money_word(state: OrderState, payer_was_sent_to_pay: bool) -> MoneyWord {
    match state {
        OrderState::Created | OrderState::Submitted if !payer_was_sent_to_pay => MoneyWord::NotCharged,
        OrderState::Created | OrderState::Submitted | OrderState::Unknown => MoneyWord::Confirming,
        OrderState::Paid
        | OrderState::Done
        | OrderState::Refunding
        | OrderState::PartlyRefunded
        | OrderState::Refunded => MoneyWord::Charged,
        OrderState::Closed => MoneyWord::NotCharged,
    }
}
