//! What every request passes: is there room for it, and how long did it take. When something runs out, new money is
//! refused first, then new deeds, reading last; what officers do and what counterparts tell us counts as reading.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use axum::extract::MatchedPath;
use axum::extract::Request;
use axum::http::Method;
use clearway_service::World;
use clearway_service::admission::{self, Deed};

/// Room and time of requests.
pub trait Traffic: Send + Sync {
    /// Takes a request in; or the seconds after which it makes sense to come again.
    ///
    /// # Errors
    /// Those seconds.
    fn enter(&self, deed: Deed, draw: u8) -> Result<(), u32>;

    /// A request that was taken in is over, whether it was answered or its caller went away.
    fn leave(&self);

    /// A request was refused because its caller asks too much.
    fn refused(&self);

    /// How long an answer took, ms.
    fn took(&self, step: &str, ms: u64, failed: bool);
}

/// Now, for how long requests stand before the threads that answer them.
#[expect(clippy::disallowed_methods, reason = "people wait in real seconds, whatever the demo clock says")]
pub fn real() -> Instant {
    Instant::now()
}

impl Traffic for World {
    fn enter(&self, deed: Deed, draw: u8) -> Result<(), u32> {
        let pressure = admission::pressure(self, self.admission.hands.longest(real()));
        if !pressure.admits(deed) {
            return Err(pressure.again_s(draw));
        }
        self.admission.in_flight.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    fn leave(&self) {
        self.admission.in_flight.fetch_sub(1, Ordering::Relaxed);
    }

    fn refused(&self) {
        self.admission.refused.fetch_add(1, Ordering::Relaxed);
    }

    fn took(&self, step: &str, ms: u64, failed: bool) {
        self.admission.steps.took(step, ms, failed);
    }
}

/// A request that was taken in.
pub struct Seat(Arc<dyn Traffic>);

impl Seat {
    /// Takes a request in.
    ///
    /// # Errors
    /// The seconds after which it makes sense to come again.
    pub fn take(traffic: &Arc<dyn Traffic>, deed: Deed, draw: u8) -> Result<Seat, u32> {
        traffic.enter(deed, draw).map(|()| Seat(Arc::clone(traffic)))
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.leave();
    }
}

/// What a request wants, told by its address.
pub fn deed_of(method: &Method, path: &str) -> Deed {
    if method.is_safe()
        || path.starts_with(crate::callbacks::PREFIX)
        || path.starts_with(crate::officer::PREFIX)
    {
        return Deed::Read;
    }
    let money =
        matches!(path, "/quotes" | "/orders") || (path.starts_with("/orders/") && path.ends_with("/pay"));
    if money { Deed::Money } else { Deed::Act }
}

/// The step that a request is counted under: method and address template. Methods that no page has are one step together:
/// anybody can make up as many of them as they like, and as long.
pub fn step_of(request: &Request) -> String {
    let method = match *request.method() {
        // The same handler answers both.
        Method::GET | Method::HEAD => "GET",
        Method::POST => "POST",
        _ => return "(other)".to_owned(),
    };
    let path = request.extensions().get::<MatchedPath>().map_or("(nowhere)", MatchedPath::as_str);
    format!("{method} {path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_up_methods_are_one_step_however_many_and_long_they_are() {
        let step = |method: &str| {
            step_of(&Request::builder().method(method).uri("/x").body(axum::body::Body::empty()).unwrap())
        };
        assert_eq!((step("GET").as_str(), step("HEAD").as_str()), ("GET (nowhere)", "GET (nowhere)"));
        assert_eq!(step("POST"), "POST (nowhere)");
        for made_up in ["PUT", "OPTIONS", "get", "PROPFIND", &"X".repeat(30_000)] {
            assert_eq!(step(made_up), "(other)");
        }
    }

    #[test]
    fn beginning_with_money_is_told_from_other_deeds_and_from_looking() {
        let said = |method: Method, path| deed_of(&method, path);
        assert_eq!(said(Method::POST, "/quotes"), Deed::Money);
        assert_eq!(said(Method::POST, "/orders"), Deed::Money);
        assert_eq!(said(Method::POST, "/orders/o1/pay"), Deed::Money);
        assert_eq!(said(Method::POST, "/orders/o1/cancel"), Deed::Act, "giving up brings no money in");
        assert_eq!(said(Method::POST, "/cases/c1/confirm"), Deed::Act);
        assert_eq!(said(Method::GET, "/orders/o1"), Deed::Read);
        assert_eq!(said(Method::POST, "/callbacks/wechat-pay"), Deed::Read, "this money has moved already");
        assert_eq!(said(Method::POST, "/officer/admission"), Deed::Read, "who could help must get in");
    }
}
