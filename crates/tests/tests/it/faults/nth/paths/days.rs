//! The daily comparison with the rail's bill, and another look that a driver asks for.

use clearway_service::Error;
use clearway_service::citizen::reconsider;
use clearway_service::error::Conflict;
use clearway_service::jobs;
use clearway_service::reconcile::{self, Source};
use jiff::civil::{Date, date};

use super::super::town::Town;
use super::{money, officers};

/// The day on which everything happens.
const DAY: Date = date(2020, 4, 5);

/// A bill of that day with one payment of which nobody here knows.
const BILL: &str = "\u{feff}交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,\
    付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,\
    商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注\r\n\
    `2020-04-05 12:00:00,`wx1,`1900000001,`0,`,`4200777777,`nobodys-order-2,`o-nobody,`JSAPI,`SUCCESS,`OTHERS,`CNY,\
    `1.00,`0.00,`0,`0,`0.00,`0.00,`,`,`罚款,`,`0.00000,`0.00%,`1.00,`0.00,`\r\n\
    总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额\r\n\
    `1,`1.00,`0.00,`0.00,`0.00,`1.00,`0.00\r\n";

/// Something was paid, and the day is over.
pub fn over(town: &Town) {
    officers::decided(town);
    town.pass(24);
    assert!(town.world().today() > DAY);
}

/// The rail's bill is not there: it is asked for again.
pub fn bill_missing(town: &Town) -> Result<(), Error> {
    jobs::reconcile::schedule(town.world())?;
    town.work();
    Ok(())
}

/// A person hands the bill in, and signs for what does not balance.
pub fn by_hand(town: &Town) -> Result<(), Error> {
    reconcile::run(town.world(), DAY, Source::Hand(BILL.as_bytes().to_vec()))?;
    match reconcile::sign(town.world(), DAY, "王警官", "差异已逐笔核对") {
        Err(Error::Conflict(Conflict::DayClosed)) => Ok(()),
        signed => signed.map(|_| ()),
    }
}

/// Paid and decided although a warning was free.
pub fn paid_in_vain(town: &Town) {
    money::nudged(town);
    money::skip(town).expect("ordered");
    money::pay(town).expect("paid");
    town.pass(4);
    officers::a_case(town, officers::DECIDED);
}

pub fn ask_for_another_look(town: &Town) -> Result<(), Error> {
    reconsider::ask(town.world(), &town.who(), &town.noted("case"))
}
