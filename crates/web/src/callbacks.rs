//! What counterparts send us: pushes of the official account, payment notices. Any hour; nothing is believed unchecked.

use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use clearway_service::callbacks::{wechat, wechat_pay};
use clearway_service::{NoticeHeaders, ServerQuery};
use serde::Deserialize;

use crate::problem::Problem;
use crate::web::Web;

/// Where they are sent to.
pub const PREFIX: &str = "/callbacks/";

/// The query that the official account's server sends.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct PushQuery {
    signature: Option<String>,
    timestamp: Option<String>,
    nonce: Option<String>,
    echostr: Option<String>,
    encrypt_type: Option<String>,
    msg_signature: Option<String>,
    openid: Option<String>,
}

impl From<PushQuery> for ServerQuery {
    fn from(query: PushQuery) -> ServerQuery {
        ServerQuery {
            signature: query.signature,
            timestamp: query.timestamp,
            nonce: query.nonce,
            echostr: query.echostr,
            encrypt_type: query.encrypt_type,
            msg_signature: query.msg_signature,
            openid: query.openid,
        }
    }
}

async fn blocking<T: Send + 'static>(act: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
    tokio::task::spawn_blocking(act).await.map_err(|error| Problem::internal(&error))
}

/// `GET /callbacks/wechat`: the platform checks that the address is ours.
pub async fn verify(State(web): State<Web>, Query(query): Query<PushQuery>) -> Result<Response, Problem> {
    let echo = blocking(move || wechat::verify(&web, &query.into())).await?;
    Ok(match echo {
        Some(echo) => echo.into_response(),
        None => StatusCode::FORBIDDEN.into_response(),
    })
}

/// `POST /callbacks/wechat`: a message or an event of a follower.
pub async fn push(
    State(web): State<Web>,
    Query(query): Query<PushQuery>,
    body: Bytes,
) -> Result<Response, Problem> {
    let answer = blocking(move || wechat::push(&web, &query.into(), &body)).await?;
    Ok(match answer {
        Ok(wechat::Answer::Silent) => StatusCode::OK.into_response(),
        Ok(wechat::Answer::Reply(xml)) => {
            ([(header::CONTENT_TYPE, "application/xml; charset=utf-8")], xml).into_response()
        }
        Ok(wechat::Answer::Refused(_)) => StatusCode::FORBIDDEN.into_response(),
        Err(error) => {
            tracing::error!(%error, "a push could not be taken; the platform will send it again");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    })
}

/// `POST /callbacks/wechat-pay`: a payment notice, verified over its raw bytes.
pub async fn pay_notice(
    State(web): State<Web>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let answer = blocking(move || {
        let notice = NoticeHeaders::from_lookup(|name| Some(headers.get(name)?.to_str().ok()?.to_owned()));
        wechat_pay::take(&web, &notice, &body)
    })
    .await?;
    Ok(match answer {
        Ok(wechat_pay::Answer::Taken | wechat_pay::Answer::Parked(_)) => {
            StatusCode::NO_CONTENT.into_response()
        }
        Ok(wechat_pay::Answer::Refused(fault)) => fail(StatusCode::UNAUTHORIZED, &fault.to_string()),
        Err(error) => {
            tracing::error!(%error, "a payment notice could not be stored; the rail will send it again");
            fail(StatusCode::INTERNAL_SERVER_ERROR, "not stored")
        }
    })
}

/// The failure form that the rail reads.
fn fail(status: StatusCode, message: &str) -> Response {
    let body = serde_json::json!({ "code": "FAIL", "message": message });
    (status, axum::Json(body)).into_response()
}
