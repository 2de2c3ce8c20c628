//! The wires to the outside: all calls in one row, and the one that is aimed at acts and is never answered.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use clearway_connect::Fault;
use clearway_connect::authority::{
    Authority, CameraRecord, Decided, DecisionRecord, DecisionWrite, DriverFile, DriverRecord, PaidMark,
    Picture, VehicleRecord,
};
use clearway_connect::notify::{Message, Notifier, Sent};
use clearway_connect::payments::{
    BillFile, BillKind, Notice, NoticeFault, NoticeHeaders, PaySheet, Payments, Placed, Prepay, PrepayAsk,
    Rail, Refund, RefundAsk, Trade,
};
use clearway_connect::wechat::{
    Incoming, IncomingKind, JsSdkConfig, MenuButton, OpenId, PushFault, Qr, ServerQuery, SignIn, WeChat,
};
use clearway_domain::{Fen, IdNumber, Phone, Plate};

use crate::simulation::world::chance::Life;

/// Milliseconds until nobody waits for an answer any more.
const DEADLINE_MS: i64 = 10_000;

/// What is odd about the rail, while a path wants it so.
#[derive(Debug, Clone, Copy, Default)]
pub struct Odd {
    /// It is another one than the orders know.
    pub is_another: bool,
    /// What it says of orders cannot be read.
    pub garbles: bool,
    /// Fen by which it tells less of a refund than goes back.
    pub short_fen: i64,
    /// A refund that is sent again is a second one.
    pub pays_twice: bool,
}

/// Which call is never answered.
pub struct Aim {
    life: Arc<Life>,
    odd: Mutex<Odd>,
    /// Calls until the one that is aimed at; below 1: none is.
    left: AtomicI64,
}

impl Aim {
    /// Nothing is aimed at.
    pub fn new(life: &Arc<Life>) -> Arc<Aim> {
        Arc::new(Aim { life: Arc::clone(life), odd: Mutex::default(), left: AtomicI64::new(0) })
    }

    /// What is odd about the rail.
    pub fn odd(&self) -> MutexGuard<'_, Odd> {
        self.odd.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The `n`-th call from now, from 1.
    pub fn at(&self, n: i64) {
        self.left.store(n, Ordering::SeqCst);
    }

    /// Aims at nothing; whether the call that was aimed at has come.
    pub fn rest(&self) -> bool {
        self.left.swap(0, Ordering::SeqCst) <= 0
    }

    fn carry<T>(&self, act: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
        let acted = act();
        if self.left.load(Ordering::SeqCst) > 0 && self.left.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.life.pass(DEADLINE_MS);
            return Err(Fault::TimedOut);
        }
        acted
    }
}

/// The wire to one counterpart.
pub struct Wire<T: ?Sized> {
    /// What is aimed at.
    pub aim: Arc<Aim>,
    /// The counterpart.
    pub to: Arc<T>,
}

impl<T: ?Sized> Wire<T> {
    fn call<A>(&self, act: impl FnOnce(&T) -> Result<A, Fault>) -> Result<A, Fault> {
        self.aim.carry(|| act(&self.to))
    }
}

impl<T: ?Sized> Wire<T> {
    fn short(&self, told: Refund) -> Refund {
        Refund { refund: told.refund - Fen(self.aim.odd().short_fen), ..told }
    }
}

impl<T: Authority + ?Sized> Authority for Wire<T> {
    fn is_down(&self) -> bool {
        self.to.is_down()
    }

    fn driver(&self, id: &IdNumber) -> Result<Option<DriverRecord>, Fault> {
        self.call(|to| to.driver(id))
    }

    fn vehicle(&self, plate: &Plate) -> Result<Option<VehicleRecord>, Fault> {
        self.call(|to| to.vehicle(plate))
    }

    fn vehicles_of(&self, id: &IdNumber) -> Result<Vec<VehicleRecord>, Fault> {
        self.call(|to| to.vehicles_of(id))
    }

    fn records(&self, plate: &Plate) -> Result<Vec<CameraRecord>, Fault> {
        self.call(|to| to.records(plate))
    }

    fn decisions(&self, id: &IdNumber) -> Result<Vec<DecisionRecord>, Fault> {
        self.call(|to| to.decisions(id))
    }

    fn decisions_of_vehicle(&self, plate: &Plate) -> Result<Vec<DecisionRecord>, Fault> {
        self.call(|to| to.decisions_of_vehicle(plate))
    }

    fn decision(&self, number: &str) -> Result<Option<DecisionRecord>, Fault> {
        self.call(|to| to.decision(number))
    }

    fn pictures(&self, record: &str) -> Result<Vec<Picture>, Fault> {
        self.call(|to| to.pictures(record))
    }

    fn driver_file(&self, id: &IdNumber) -> Result<DriverFile, Fault> {
        self.call(|to| to.driver_file(id))
    }

    fn decide(&self, decision: &DecisionWrite) -> Result<Decided, Fault> {
        self.call(|to| to.decide(decision))
    }

    fn mark_paid(&self, number: &str, paid: &PaidMark) -> Result<(), Fault> {
        self.call(|to| to.mark_paid(number, paid))
    }
}

impl<T: Payments + ?Sized> Payments for Wire<T> {
    fn rail(&self) -> Rail {
        let rail = self.to.rail();
        Rail { slug: if self.aim.odd().is_another { "another" } else { rail.slug }, ..rail }
    }

    fn prepay(&self, ask: &PrepayAsk) -> Result<Prepay, Fault> {
        self.call(|to| to.prepay(ask))
    }

    // Signed here: nobody is called.
    fn pay_sheet(&self, prepay_id: &str) -> Result<PaySheet, Fault> {
        self.to.pay_sheet(prepay_id)
    }

    fn query(&self, placed: &Placed) -> Result<Option<Trade>, Fault> {
        let told = self.call(|to| to.query(placed))?;
        if self.aim.odd().garbles { Err(Fault::garbled("another shape")) } else { Ok(told) }
    }

    fn close(&self, placed: &Placed) -> Result<(), Fault> {
        self.call(|to| to.close(placed))
    }

    fn refund(&self, ask: &RefundAsk) -> Result<Refund, Fault> {
        self.call(|to| to.refund(ask)).map(|told| self.short(told))
    }

    fn repeats_refunds(&self) -> bool {
        !self.aim.odd().pays_twice && self.to.repeats_refunds()
    }

    fn query_refund(&self, ask: &RefundAsk) -> Result<Option<Refund>, Fault> {
        Ok(self.call(|to| to.query_refund(ask))?.map(|told| self.short(told)))
    }

    fn bill(&self, day: jiff::civil::Date, kind: BillKind) -> Result<Option<BillFile>, Fault> {
        self.call(|to| to.bill(day, kind))
    }

    fn open_notice(&self, headers: &NoticeHeaders, raw_body: &[u8]) -> Result<Notice, NoticeFault> {
        self.to.open_notice(headers, raw_body)
    }

    // The simulated rail seals all that its paths deliver.
    fn signed_notice(&self, _headers: &NoticeHeaders, raw_body: &[u8]) -> Option<String> {
        let body: serde_json::Value = serde_json::from_slice(raw_body).ok()?;
        body["id"].as_str().map(str::to_owned)
    }
}

/// WeChat and the telephone network: who signs in, and which codes were sent.
#[derive(Default)]
pub struct Messenger {
    mail: Mutex<Mail>,
}

/// What the messenger has seen.
#[derive(Debug, Default, Clone)]
pub struct Mail {
    /// Sign-in codes that were used.
    pub used: BTreeSet<String>,
    /// The code that was sent last.
    pub code: String,
}

impl Messenger {
    /// What it has seen.
    pub fn mail(&self) -> MutexGuard<'_, Mail> {
        self.mail.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A sign-in code is `openid.something`, good for one use.
impl WeChat for Wire<Messenger> {
    fn authorize_url(&self, redirect: &str, state: &str) -> String {
        format!("{redirect}?state={state}")
    }

    fn sign_in(&self, code: &str) -> Result<SignIn, Fault> {
        self.call(|to| {
            if !to.mail().used.insert(code.to_owned()) {
                return Err(Fault::refused("40163", "code been used"));
            }
            let openid = code.split('.').next().unwrap_or_default();
            Ok(SignIn { openid: OpenId::new(openid), snapshot: false })
        })
    }

    fn jssdk(&self, _url: &str) -> Result<JsSdkConfig, Fault> {
        Err(Fault::Unreachable)
    }

    fn create_menu(&self, _menu: &[MenuButton]) -> Result<(), Fault> {
        Ok(())
    }

    fn create_qr(&self, _scene: &str) -> Result<Qr, Fault> {
        Err(Fault::Unreachable)
    }

    fn verify_server(&self, _query: &ServerQuery) -> Option<String> {
        None
    }

    fn open_message(&self, query: &ServerQuery, _body: &[u8]) -> Result<Incoming, PushFault> {
        let from = query.openid.clone().ok_or(PushFault::Missing("openid"))?;
        Ok(Incoming {
            dedup: format!("{from}-1"),
            from: OpenId::new(from),
            to: "the account".to_owned(),
            created: self.aim.life.at(),
            kind: IncomingKind::Subscribe { scene: None },
        })
    }

    fn seal_reply(&self, xml: &str) -> Result<String, PushFault> {
        Ok(xml.to_owned())
    }
}

impl Notifier for Wire<Messenger> {
    fn send_code(&self, _phone: &Phone, code: &str) -> Result<Sent, Fault> {
        self.call(|to| {
            code.clone_into(&mut to.mail().code);
            Ok(Sent { id: None })
        })
    }

    fn send_message(&self, _openid: &OpenId, _message: &Message) -> Result<Sent, Fault> {
        self.call(|_| Ok(Sent { id: None }))
    }
}
