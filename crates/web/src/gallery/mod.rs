//! Every page in every state with sample data, written to `target/gallery` to be looked at, and checked for words,
//! icons and addresses that are missing.

mod cases;
mod first;
mod home;
mod money;
mod queue;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;

use crate::choice::{Size, Theme};
use crate::ctx::{Ctx, Help, Hours, HoursAt, TellHours, Wants};
use crate::page::View;
use crate::text::Lang;

/// Sample circumstances: half past ten on the day of the demo.
pub(crate) fn ctx(lang: Lang) -> Ctx {
    Ctx {
        lang,
        size: Size::Standard,
        theme: Theme::Light,
        wants: Wants::Html,
        in_messenger: false,
        request_id: "7K3MQX9ZTA".into(),
        csrf: "token".into(),
        signed_in: true,
        here: "/violations".into(),
        reading: true,
        came_from: None,
        now: at("2020-04-05T10:30:00+08:00"),
        hours: hours(Hours {
            open: true,
            from: "6:00".into(),
            to: "22:00".into(),
            opens_at: None,
            closes_in_minutes: None,
        }),
        help: Arc::new(Help { phone: "027-12122".into(), hours: "8:30–17:30".into() }),
    }
}

/// Hours as a page has them.
pub(crate) fn hours(hours: Hours) -> HoursAt {
    let tell: Arc<TellHours> = Arc::new(move |_| hours.clone());
    HoursAt::new(Timestamp::UNIX_EPOCH, &tell)
}

/// An instant.
pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().expect("a sample instant")
}

/// A page with its name.
type Shot = (&'static str, Box<dyn Fn(&Ctx) -> String>);

fn shot<V: View + 'static>(name: &'static str, view: V) -> Shot {
    (name, Box::new(move |c| view.html(c).expect("a sample renders")))
}

fn shots() -> Vec<Shot> {
    let mut all = first::shots();
    all.extend(home::shots());
    all.extend(cases::shots());
    all.extend(money::shots());
    all.extend(queue::shots());
    all
}

fn faces() -> Vec<(&'static str, Ctx)> {
    let zh = ctx(Lang::Zh);
    vec![
        ("en", ctx(Lang::En)),
        ("dark", Ctx { theme: Theme::Dark, ..zh.clone() }),
        ("large", Ctx { size: Size::Large, ..zh.clone() }),
        ("extra", Ctx { size: Size::Extra, ..zh.clone() }),
        ("zh", zh),
    ]
}

/// Refuses a page that shows a hole where a word should be.
fn check(name: &str, html: &str) {
    // `app.js` opens a page with `data-again` anew; one whose own script looks must not be opened under the reader's hands.
    let looks_by_itself = html.contains("data-turn") || html.contains("data-live");
    assert!(!(looks_by_itself && html.contains("data-again")), "{name} is opened anew and looks by itself");
    let hole = html.find('⟦').map(|from| html[from..].chars().take(50).collect::<String>());
    assert_eq!(hole, None, "{name} misses a word");
    let gap = html.find("。 ").map(|from| html[from..].chars().take(50).collect::<String>());
    assert_eq!(gap, None, "{name} has a gap after a full stop that has room of its own");
    assert!(!html.contains("/assets/missing"), "{name} misses an asset");
    assert!(
        !html.contains("<style") && !html.contains(" style=") && !html.contains(" onclick"),
        "{name} is inline"
    );
    assert_eq!(html.matches("<h1").count(), 1, "{name} has one first heading");
    assert!(html.contains("href=\"/help\""), "{name} has the help entry");
}

#[test]
fn every_page_renders_in_both_languages_and_all_sizes() {
    let folder: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/gallery");
    fs::create_dir_all(folder.join("assets")).unwrap();
    for (name, bytes) in crate::assets::all() {
        fs::write(folder.join("assets").join(name), bytes).unwrap();
    }
    let mut pages = 0;
    for (name, render) in shots() {
        for (face, c) in faces() {
            let html = render(&c);
            check(name, &html);
            let html = html.replace("\"/assets/", "\"assets/");
            fs::write(folder.join(format!("{name}.{face}.html")), html).unwrap();
            pages += 1;
        }
    }
    assert!(pages > 100, "{pages}");
}

#[test]
fn the_first_useful_list_is_light() {
    let (_, render) = shots().into_iter().find(|(name, _)| *name == "violations").unwrap();
    let html = render(&ctx(Lang::Zh));
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(4));
    packed.write_all(html.as_bytes()).unwrap();
    let packed = packed.finish().unwrap();
    let files: Vec<(&str, usize)> = ["app.css", "app.js", "live.js", "pay.js", "mark.svg"]
        .map(|name| (name, crate::assets::weight(name)))
        .into();
    let total = packed.len() + files.iter().map(|(_, bytes)| bytes).sum::<usize>();
    println!("first useful list: {total} bytes compressed (page {}, {files:?})", packed.len());
    assert!(files.iter().all(|(_, bytes)| *bytes > 0));
    assert!(total <= 14 * 1024, "{total} bytes: the aim is one initial window");
}
