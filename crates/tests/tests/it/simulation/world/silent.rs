//! Counterparts that have no part in money and decisions: they answer the least that is lawful.

use clearway_connect::Fault;
use clearway_connect::face::{FaceCheck, FaceOutcome, FaceResult, FaceStart};
use clearway_connect::notify::{Message, Notifier, Sent};
use clearway_connect::wechat::{
    Incoming, JsSdkConfig, MenuButton, OpenId, PushFault, Qr, ServerQuery, SignIn, WeChat,
};
use clearway_domain::{IdNumber, PersonName, Phone};

/// Nobody.
#[derive(Debug)]
pub struct Silent;

impl WeChat for Silent {
    fn authorize_url(&self, redirect: &str, state: &str) -> String {
        format!("{redirect}?state={state}")
    }

    fn sign_in(&self, _code: &str) -> Result<SignIn, Fault> {
        Err(Fault::Unreachable)
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

    fn open_message(&self, _query: &ServerQuery, _body: &[u8]) -> Result<Incoming, PushFault> {
        Err(PushFault::Signature)
    }

    fn seal_reply(&self, xml: &str) -> Result<String, PushFault> {
        Ok(xml.to_owned())
    }
}

impl Notifier for Silent {
    fn send_code(&self, _phone: &Phone, _code: &str) -> Result<Sent, Fault> {
        Ok(Sent { id: None })
    }

    fn send_message(&self, _openid: &OpenId, _message: &Message) -> Result<Sent, Fault> {
        Ok(Sent { id: None })
    }
}

impl FaceCheck for Silent {
    fn start(&self, _id: &IdNumber, _name: &PersonName, url: &str, extra: &str) -> Result<FaceStart, Fault> {
        Ok(FaceStart { url: url.to_owned(), token: extra.to_owned() })
    }

    fn result(&self, token: &str) -> Result<FaceResult, Fault> {
        Ok(FaceResult {
            outcome: FaceOutcome::Pending,
            id: None,
            extra: Some(token.to_owned()),
            finished: None,
        })
    }
}
