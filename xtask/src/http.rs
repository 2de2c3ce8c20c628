//! A small HTTP client for the demo's own checks: no redirects followed, an error status is an answer.

use std::time::Duration;

use anyhow::{Context, Result};

/// What came back.
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The body as text.
    pub body: String,
}

/// GET with a five-second limit.
pub fn get(url: &str) -> Result<Answer> {
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .timeout_global(Some(Duration::from_secs(5)));
    let agent: ureq::Agent = config.build().into();
    let mut response = agent.get(url).call().with_context(|| format!("no answer from {url}"))?;
    let body = response.body_mut().read_to_string().with_context(|| format!("half an answer from {url}"))?;
    Ok(Answer { status: response.status().as_u16(), body })
}
