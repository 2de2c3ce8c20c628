//! Starting the counterparts: in their own process, or inside a test.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;

use anyhow::Context as _;
use axum::Router;
use axum::response::Response;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::answer::Answer;
use crate::city::City;
use crate::clock::DemoClock;
use crate::keys::Keys;
use crate::live::Live;
use crate::state::World;
use crate::wechat::Scene;
use crate::{authority, control, counterparts, face, messages, page, pay, wechat};

/// How to start.
#[derive(Debug)]
pub struct Options {
    /// The city.
    pub city: City,
    /// Port on 127.0.0.1; 0 = any free one.
    pub port: u16,
    /// Where `counterparts.toml` and the keys go.
    pub out: PathBuf,
    /// Address under which browsers and the product reach the counterparts; `None` = `http://127.0.0.1:PORT`.
    pub public_url: Option<String>,
    /// Address of the product.
    pub product_url: String,
    /// Address of the product's message callback; `None` = `PRODUCT/callbacks/wechat`.
    pub wechat_callback: Option<String>,
    /// Calls a second agreed with the police platform, as written for the product; `None` = the product's own idea.
    pub authority_per_second: Option<u32>,
    /// The rail by which the product has fines paid, as written for it: one of [`counterparts::RAILS`].
    pub rail: String,
    /// The demo clock's file; `None` = what `CLEARWAY_CLOCK_FILE` says.
    pub clock_file: Option<PathBuf>,
}

impl Options {
    /// The usual: any free port, product on 8080.
    #[must_use]
    pub fn new(city: City, out: PathBuf) -> Self {
        Self {
            city,
            port: 0,
            out,
            public_url: None,
            product_url: "http://127.0.0.1:8080".into(),
            wechat_callback: None,
            authority_per_second: None,
            rail: "wechat".into(),
            clock_file: None,
        }
    }
}

async fn home() -> Response {
    let link = |href: &str, name: &str, words: &str| {
        format!("<a class=\"card\" href=\"{href}\"><b>{name}</b><p class=\"soft\">{words}</p></a>")
    };
    let body = [
        link("/account", "公众号", "关注、菜单 · the official account"),
        link("/sms/inbox", "短信", "验证码 · text messages"),
        link("/control/personas", "人物", "谁会遇到什么 · personas as JSON"),
        link("/control/calls", "日志", "每一次调用 · every call as JSON"),
        link("/trffweb/services/TmriOutAccess?wsdl", "公安平台", "WSDL"),
    ]
    .concat();
    Answer::html(page::page("演示城市的对方系统", &body)).send()
}

fn router(world: Arc<World>) -> Router {
    Router::new()
        .route("/", get(home))
        .route("/healthz", get(|| async { "ok" }))
        .merge(authority::routes())
        .merge(wechat::routes())
        .merge(pay::routes())
        .merge(messages::routes())
        .merge(face::routes())
        .merge(control::routes())
        .with_state(world)
}

#[expect(
    clippy::disallowed_methods,
    reason = "counterparts send notices to the product; limits are set per request"
)]
fn client() -> anyhow::Result<reqwest::Client> {
    Ok(reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build()?)
}

/// Binds, prepares the world, writes the files for the product.
async fn prepare(options: Options) -> anyhow::Result<(TcpListener, SocketAddr, Arc<World>)> {
    let listener = TcpListener::bind(("127.0.0.1", options.port))
        .await
        .with_context(|| format!("port {} on 127.0.0.1", options.port))?;
    let address = listener.local_addr()?;
    let public = options.public_url.unwrap_or_else(|| format!("http://{address}"));
    let product = options.product_url.trim_end_matches('/').to_owned();
    let keys = Keys::in_folder(&options.out)?;
    let clock = match options.clock_file {
        Some(file) => DemoClock::following(Some(file)),
        None => DemoClock::from_env(),
    };
    let followers = options.city.accounts.iter().filter(|a| a.verified).map(|a| a.openid.clone()).collect();
    let urls = (public.trim_end_matches('/').to_owned(), product.clone());
    let world = Arc::new(World::new(urls, keys, clock, Live::new(options.city), client()?));
    {
        let mut wechat = world.wechat();
        wechat.followers = followers;
        // The account's own printed code, until the product makes another.
        wechat.scenes.insert("gQ00000000".into(), Scene { scene: "account".into() });
        wechat.callback = options.wechat_callback.unwrap_or_else(|| format!("{product}/callbacks/wechat"));
    }
    counterparts::write(&world, &options.out, options.authority_per_second, &options.rail)?;
    Ok((listener, address, world))
}

/// Serves until the process ends. `ready` is told the address once everything is written and listening.
///
/// # Errors
/// When the port is taken or the folder cannot be written.
pub async fn serve(options: Options, ready: impl FnOnce(SocketAddr)) -> anyhow::Result<()> {
    let (listener, address, world) = prepare(options).await?;
    ready(address);
    axum::serve(listener, router(world)).await?;
    Ok(())
}

/// Counterparts that run in a thread of their own; dropped, they stop.
pub struct Running {
    /// Where they listen.
    pub address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Running {
    /// The address as a URL, no slash at the end.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Starts the counterparts inside this process, for tests.
///
/// # Errors
/// When the port is taken or the folder cannot be written.
pub fn start(options: Options) -> anyhow::Result<Running> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let (listener, address, world) = runtime.block_on(prepare(options))?;
    let (stop, stopped) = oneshot::channel::<()>();
    let thread = thread::spawn(move || {
        runtime.block_on(async {
            let serving = async { axum::serve(listener, router(world)).await };
            tokio::select! {
                _ = serving => {}
                _ = stopped => {}
            }
        });
        runtime.shutdown_background();
    });
    Ok(Running { address, stop: Some(stop), thread: Some(thread) })
}
