//! Icons: drawn by ourselves, inside the page (repeats cost nothing once compressed), coloured by the text around them.

use askama::filters::Safe;

macro_rules! icons {
    ($($name:literal => $body:literal),* $(,)?) => {
        /// An icon by name; an unknown name draws nothing, which a test finds.
        pub fn icon(name: &str) -> Safe<&'static str> {
            Safe(match name {
                $($name => concat!("<svg class=\"i\" viewBox=\"0 0 24 24\" aria-hidden=\"true\">", $body, "</svg>"),)*
                _ => "",
            })
        }

        /// The names of all icons.
        pub const NAMES: &[&str] = &[$($name),*];
    };
}

icons! {
    "ring" => "<path d='M12 4a8 8 0 1 1-8 8'/>",
    "tick" => "<path d='m5 12.5 4.5 4.5L19 7.5'/>",
    "info" => "<path d='M12 11v6M12 7.2v.1'/>",
    "note" => "<circle cx='12' cy='12' r='9'/><path d='M12 11.5v4.5M12 8v.1'/>",
    "ask" => "<circle cx='12' cy='12' r='9'/><path d='M9.8 9.8a2.3 2.3 0 1 1 3.2 2.2c-.7.3-1 .8-1 1.5M12 16.5v.1'/>",
    "dash" => "<path d='M6.5 12h11'/>",
    "question" => "<path d='M9.3 9.2a2.8 2.8 0 1 1 3.9 2.6c-.8.4-1.2 1-1.2 1.9M12 17v.1'/>",
    "clock" => "<circle cx='12' cy='12' r='8.5'/><path d='M12 7.5V12l3 2'/>",
    "book" => "<path d='M12 6.5C10 5 7 4.7 4 5v13c3-.3 6 0 8 1.5 2-1.5 5-1.8 8-1.5V5c-3-.3-6 0-8 1.5zm0 0V19.5'/>",
    "next" => "<path d='m9 5.5 6.5 6.5L9 18.5'/>",
    "back" => "<path d='M15 5.5 8.5 12l6.5 6.5'/>",
    "doc" => "<path d='M6 3.5h8l4 4v13H6zM14 3.5v4h4M9 12h6M9 16h6'/>",
    "place" => "<path d='M12 21c4.5-4.5 7-7.7 7-11a7 7 0 1 0-14 0c0 3.3 2.5 6.5 7 11z'/><circle cx='12' cy='10' r='2.5'/>",
    "phone" => "<path d='M6 3.5h3l1.5 4.5-2 1.5a11 11 0 0 0 6 6l1.5-2 4.5 1.5v3a2 2 0 0 1-2 2A16 16 0 0 1 4 5.5a2 2 0 0 1 2-2z'/>",
    "car" => "<path d='M4 13.5 6 7.8A2 2 0 0 1 7.9 6.5h8.2A2 2 0 0 1 18 7.8l2 5.7v5h-2.5v-2h-11v2H4zM4 13.5h16M7.2 13.5v.1M16.8 13.5v.1'/>",
    "warn" => "<path d='M12 4 2.8 19.5h18.4zM12 10v4.5M12 17v.1'/>",
    "share" => "<path d='M12 15V4M8 7.5 12 3.5l4 4M5 12v8h14v-8'/>",
    "shield" => "<path d='M12 3.5 5 6v5.5c0 4.5 3 7.5 7 9 4-1.5 7-4.5 7-9V6zM8.8 12l2.3 2.3 4.2-4.4'/>",
    "pay" => "<path d='M4 7.5h16v11H4zM4 11h16M7.5 15.5H11'/>",
    "plus" => "<path d='M12 5.5v13M5.5 12h13'/>",
    "cross" => "<path d='m6.5 6.5 11 11m0-11-11 11'/>",
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_icons_together_stay_small() {
        let all: usize = NAMES.iter().map(|name| icon(name).0.len()).sum();
        assert!(all <= 4096, "{all} bytes");
    }
}
