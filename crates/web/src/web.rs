//! What handlers share: the world behind them, the signed-in driver, and the way to a use case.
//!
//! Use cases are plain blocking functions (`design.md` §3 rule 4), so each is run on the blocking pool; one that calls somebody
//! outside takes a place first ([`Outward`]).

use std::ops::Deref;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use clearway_service::admission::Deed;
use clearway_service::citizen::{Who, sign_in};
use clearway_service::{Account, EngineKind, Error, World};

use crate::ctx::Cx;
use crate::guard::{self, SESSION};
use crate::outward::{Outward, Place, Whom};
use crate::problem::{Kind, Problem};
use crate::traffic::real;

/// State of every handler.
#[derive(Clone)]
pub struct Web {
    world: Arc<World>,
    outward: Arc<Outward>,
}

impl Web {
    /// Around a world.
    pub fn new(world: Arc<World>) -> Web {
        Web { world, outward: Arc::default() }
    }

    /// Runs a use case that needs nobody.
    ///
    /// # Errors
    /// The use case's own, as a problem.
    pub async fn run<T, F>(&self, cx: &Cx, act: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: FnOnce(&World, &Cx) -> Result<T, Error> + Send + 'static,
    {
        let (world, cx) = (Arc::clone(&self.world), cx.clone());
        self.admission.hands.stand(real());
        let done = tokio::task::spawn_blocking(move || {
            world.admission.hands.begin();
            act(&world, &cx).map_err(|error| Problem::from_service(error, &world, &cx))
        });
        done.await.unwrap_or_else(|error| Err(Problem::internal(&error)))
    }

    /// Runs a use case that only looks: no write, no call to anybody. With the store inside this process it runs where the
    /// request stands, because handing it to another thread and back costs as much as the look itself; a store across the
    /// network is waited for elsewhere.
    ///
    /// # Errors
    /// The use case's own, as a problem.
    pub async fn look<T, F>(&self, cx: &Cx, look: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: FnOnce(&World, &Cx) -> Result<T, Error> + Send + 'static,
    {
        match self.db.engine() {
            EngineKind::Sqlite => look(self, cx).map_err(|error| Problem::from_service(error, self, cx)),
            EngineKind::Postgres => self.run(cx, look).await,
        }
    }

    /// The same for the signed-in driver.
    ///
    /// # Errors
    /// As [`Web::ask`].
    pub async fn see<T, F>(&self, cx: &Cx, driver: Driver, see: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: FnOnce(&World, &Cx, &Who) -> Result<T, Error> + Send + 'static,
    {
        self.look(cx, move |world, cx| see(world, cx, &sign_in::who(world, &driver.0)?.0)).await
    }

    /// The account of whoever is signed in; `None` without a session, or for one that is over.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn see_who(&self, cx: &Cx, driver: Option<Driver>) -> Result<Option<Account>, Problem> {
        let Some(driver) = driver else { return Ok(None) };
        self.look(cx, move |world, _| match sign_in::who(world, &driver.0) {
            Ok((_, account)) => Ok(Some(account)),
            Err(Error::NotSignedIn) => Ok(None),
            Err(error) => Err(error),
        })
        .await
    }

    /// Runs a use case for the signed-in driver.
    ///
    /// # Errors
    /// [`Kind::SignIn`] without a live session, or the use case's own, as a problem.
    pub async fn ask<T, F>(&self, cx: &Cx, driver: Driver, act: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: FnOnce(&World, &Cx, &Who, &Account) -> Result<T, Error> + Send + 'static,
    {
        self.run(cx, move |world, cx| {
            let (who, account) = sign_in::who(world, &driver.0)?;
            act(world, cx, &who, &account)
        })
        .await
    }

    /// Runs a use case that calls somebody outside, for nobody in particular.
    ///
    /// # Errors
    /// [`Kind::Busy`] when as many as may already wait for that counterpart, or the use case's own, as a problem.
    pub async fn run_outside<T, F>(&self, cx: &Cx, whom: Whom, act: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: FnOnce(&World, &Cx) -> Result<T, Error> + Send + 'static,
    {
        let place = self.outward.take(whom, None).await.ok_or_else(|| busy(cx))?;
        self.run(cx, move |world, cx| {
            let _place = place;
            act(world, cx)
        })
        .await
    }

    /// The same for the signed-in driver, who has a share of the places.
    ///
    /// # Errors
    /// As [`Web::run_outside`] and [`Web::ask`].
    pub async fn ask_outside<T, F>(&self, cx: &Cx, driver: Driver, whom: Whom, act: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: FnOnce(&World, &Cx, &Who, &Account) -> Result<T, Error> + Send + 'static,
    {
        let account = sign_in::sealed(self, &driver.0);
        let place = self.outward.take(whom, account).await.ok_or_else(|| busy(cx))?;
        self.ask(cx, driver, move |world, cx, who, account| {
            let _place = place;
            act(world, cx, who, account)
        })
        .await
    }

    /// A place for a use case that goes on without the call where none is free: asked for at the moment of the call.
    pub fn place(
        &self,
        whom: Whom,
        driver: Option<&Driver>,
    ) -> impl FnOnce() -> Option<Place> + Send + 'static {
        let account = driver.and_then(|driver| sign_in::sealed(self, &driver.0));
        let outward = Arc::clone(&self.outward);
        move || outward.take_now(whom, account)
    }
}

/// No place came free: nothing was begun. People come back spread over some seconds.
fn busy(cx: &Cx) -> Problem {
    const FIRST_S: u32 = 5;
    let draw = cx.request_id.bytes().fold(0_u8, u8::wrapping_add);
    let deed = if cx.reading { Deed::Read } else { Deed::Act };
    Kind::Busy(deed, FIRST_S + u32::from(draw) * FIRST_S / 256).into()
}

impl Deref for Web {
    type Target = World;

    fn deref(&self) -> &World {
        &self.world
    }
}

/// The session cookie of the request; whether it is alive is found out with the use case.
#[derive(Debug, Clone)]
pub struct Driver(String);

impl Driver {
    /// The cookie's value.
    pub fn cookie(&self) -> &str {
        &self.0
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Driver {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Driver, Problem> {
        guard::cookie(&parts.headers, SESSION)
            .map(|cookie| Driver(cookie.to_owned()))
            .ok_or_else(Problem::sign_in)
    }
}
