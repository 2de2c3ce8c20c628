//! What can go wrong between us and a counterpart, in the few kinds that a job treats differently.

/// Why a call to the outside gave no usable answer.
///
/// A fault is never a fact about the driver: "could not check" is not "not eligible". Texts in here are for operators;
/// digits and letters that could be a plate or an identity number are blotted out when the fault is made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// No connection could be made: nothing was sent, so nothing can have happened there.
    #[error("the counterpart could not be reached")]
    Unreachable,
    /// The request went out, but no whole answer came back: the deadline passed or the connection broke.
    #[error("no whole answer came back in time")]
    TimedOut,
    /// An answer came that does not say what happened: wrong shape, wrong signature, an error page, a 5xx status.
    #[error("the answer could not be understood: {0}")]
    Garbled(String),
    /// The counterpart understood us and said no.
    #[error("refused with code {code}: {message}")]
    Refused {
        /// The counterpart's own code, for example `ORDER_CLOSED`, `40029` or `0`.
        code: String,
        /// The counterpart's own words, blotted.
        message: String,
    },
    /// Too many calls: ours were held back, or the counterpart answered 429 or a quota code. Nothing was done.
    #[error("too many calls at the moment")]
    Throttled,
}

impl Fault {
    /// Whether a write that ended in this fault may nevertheless have been carried out over there. If so, a job must
    /// look (query the order, re-read the decision) before it sends the same thing again.
    #[must_use]
    pub fn may_have_acted(&self) -> bool {
        match self {
            Fault::TimedOut | Fault::Garbled(_) => true,
            Fault::Unreachable | Fault::Refused { .. } | Fault::Throttled => false,
        }
    }

    /// Whether asking again later can help without anyone changing anything.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        !matches!(self, Fault::Refused { .. })
    }

    /// A refusal in the counterpart's words, with anything that may identify a person blotted out.
    #[must_use]
    pub fn refused(code: &str, message: &str) -> Fault {
        Fault::Refused { code: clip(code, 64), message: blot(&clip(message, 200)) }
    }

    /// A garbled answer; `what` names the shape that was expected and must hold no value from the wire.
    #[must_use]
    pub fn garbled(what: impl Into<String>) -> Fault {
        Fault::Garbled(what.into())
    }
}

fn clip(text: &str, chars_max: usize) -> String {
    text.chars().take(chars_max).collect()
}

/// Replaces every run of five or more ASCII letters and digits that holds a digit by `*`, together with one Chinese
/// character before it (the province of a plate). Error words of counterparts quote plates and identity numbers.
fn blot(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut run = String::new();
    for letter in text.chars().chain(std::iter::once('\n')) {
        if letter.is_ascii_alphanumeric() {
            run.push(letter);
            continue;
        }
        if run.len() >= 5 && run.bytes().any(|byte| byte.is_ascii_digit()) {
            if out.chars().last().is_some_and(|last| !last.is_ascii()) {
                out.pop();
            }
            out.push('*');
        } else {
            out.push_str(&run);
        }
        run.clear();
        out.push(letter);
    }
    out.pop();
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lost_and_unreadable_answers_may_have_acted() {
        assert!(Fault::TimedOut.may_have_acted());
        assert!(Fault::garbled("empty answer").may_have_acted());
        assert!(!Fault::Unreachable.may_have_acted());
        assert!(!Fault::refused("0", "no").may_have_acted());
        assert!(!Fault::Throttled.may_have_acted());
    }

    #[test]
    fn refusals_do_not_carry_plates_or_identity_numbers() {
        let fault = Fault::refused("0", "车辆鄂A12345的所有人42010019900101002X不存在");
        let shown = format!("{fault:?} {fault}");
        assert!(!shown.contains("A12345") && !shown.contains("鄂"), "{shown}");
        assert!(!shown.contains("4201001990"), "{shown}");
        assert!(shown.contains("不存在"), "{shown}");
    }
}
