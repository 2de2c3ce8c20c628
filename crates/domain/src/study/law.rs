//! Citations of the law: short keys in the bank (`RTSL-91.1(2)`), full names in both languages on the page.

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// A law or ministry rule that the bank cites.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Law {
    /// 道路交通安全法.
    Rtsl,
    /// 道路交通安全法实施条例.
    Rtsr,
    /// 道路交通安全违法行为记分管理办法 (order 163, in force 2022-04-01).
    Ord163,
    /// 道路交通安全违法行为处理程序规定 (order 105 as amended by 157, in force 2020-05-01).
    Ord157,
    /// 机动车驾驶证申领和使用规定 (order 162, in force 2022-04-01).
    Lic162,
    /// 机动车驾驶证申领和使用规定, annex 2, points of 2013-01-01 to 2022-03-31 (orders 123 and 139).
    Pts123,
    /// 机动车登记规定 (order 164, in force 2022-05-01).
    Reg164,
    /// 行政处罚法 (text of 2021, in force 2021-07-15).
    Apl,
    /// 行政强制法.
    Ael,
    /// 行政复议法 (text of 2023, in force 2024-01-01).
    Arl,
    /// 行政诉讼法 (text of 2017).
    All,
    /// 道路交通事故处理程序规定 (order 146, in force 2018-05-01).
    Acc146,
    /// 刑法.
    Crim,
    /// 机动车交通事故责任强制保险条例.
    Ins,
    /// 校车安全管理条例.
    Bus,
    /// 个人信息保护法.
    Pipl,
}

impl Law {
    const ALL: [Self; 16] = [
        Self::Rtsl,
        Self::Rtsr,
        Self::Ord163,
        Self::Ord157,
        Self::Lic162,
        Self::Pts123,
        Self::Reg164,
        Self::Apl,
        Self::Ael,
        Self::Arl,
        Self::All,
        Self::Acc146,
        Self::Crim,
        Self::Ins,
        Self::Bus,
        Self::Pipl,
    ];

    /// The key used in bank files.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Rtsl => "RTSL",
            Self::Rtsr => "RTSR",
            Self::Ord163 => "ORD163",
            Self::Ord157 => "ORD157",
            Self::Lic162 => "LIC162",
            Self::Pts123 => "PTS123",
            Self::Reg164 => "REG164",
            Self::Apl => "APL",
            Self::Ael => "AEL",
            Self::Arl => "ARL",
            Self::All => "ALL",
            Self::Acc146 => "ACC146",
            Self::Crim => "CRIM",
            Self::Ins => "INS",
            Self::Bus => "BUS",
            Self::Pipl => "PIPL",
        }
    }

    /// Name on the page, Chinese and English.
    #[must_use]
    pub fn name(self) -> (&'static str, &'static str) {
        match self {
            Self::Rtsl => ("道路交通安全法", "Road Traffic Safety Law"),
            Self::Rtsr => ("道路交通安全法实施条例", "Road Traffic Safety Law Implementing Regulations"),
            Self::Ord163 => ("道路交通安全违法行为记分管理办法", "Traffic Violation Points Rules"),
            Self::Ord157 => ("道路交通安全违法行为处理程序规定", "Traffic Violation Procedure Rules"),
            Self::Lic162 => ("机动车驾驶证申领和使用规定", "Driving Licence Rules"),
            Self::Pts123 => (
                "机动车驾驶证申领和使用规定附件2(2022年4月前)",
                "Driving Licence Rules, annex 2 (before April 2022)",
            ),
            Self::Reg164 => ("机动车登记规定", "Vehicle Registration Rules"),
            Self::Apl => ("行政处罚法", "Administrative Penalty Law"),
            Self::Ael => ("行政强制法", "Administrative Compulsion Law"),
            Self::Arl => ("行政复议法", "Administrative Reconsideration Law"),
            Self::All => ("行政诉讼法", "Administrative Litigation Law"),
            Self::Acc146 => ("道路交通事故处理程序规定", "Road Crash Procedure Rules"),
            Self::Crim => ("刑法", "Criminal Law"),
            Self::Ins => ("机动车交通事故责任强制保险条例", "Compulsory Motor Insurance Regulations"),
            Self::Bus => ("校车安全管理条例", "School Bus Safety Regulations"),
            Self::Pipl => ("个人信息保护法", "Personal Information Protection Law"),
        }
    }

    /// First and last day on which this text, with these article numbers, is in force; an open end is absent.
    /// What cites it must not be shown outside these days.
    #[must_use]
    pub fn in_force(self) -> (Option<Date>, Option<Date>) {
        let from = |year, month, day| (Some(Date::constant(year, month, day)), None);
        match self {
            Self::Ord157 => from(2020, 5, 1),
            Self::Apl => from(2021, 7, 15),
            Self::Pipl => from(2021, 11, 1),
            Self::Ord163 | Self::Lic162 => from(2022, 4, 1),
            Self::Reg164 => from(2022, 5, 1),
            Self::Arl => from(2024, 1, 1),
            Self::Pts123 => (Some(Date::constant(2013, 1, 1)), Some(Date::constant(2022, 3, 31))),
            Self::Rtsl
            | Self::Rtsr
            | Self::Ael
            | Self::All
            | Self::Acc146
            | Self::Crim
            | Self::Ins
            | Self::Bus => (None, None),
        }
    }

    /// Number of the last article (parts, for the old points annex): a citation beyond it is a slip of the pen.
    fn last_article(self) -> u16 {
        match self {
            Self::Rtsl => 124,
            Self::Rtsr => 115,
            Self::Ord163 => 36,
            Self::Ord157 => 83,
            Self::Lic162 => 110,
            Self::Pts123 => 5,
            Self::Reg164 => 94,
            Self::Apl => 86,
            Self::Ael => 71,
            Self::Arl => 90,
            Self::All => 103,
            Self::Acc146 => 114,
            Self::Crim => 452,
            Self::Ins => 46,
            Self::Bus => 62,
            Self::Pipl => 74,
        }
    }
}

/// A place in a law: article, and where it matters paragraph (款) and item (项).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ArticleRef {
    /// Which law.
    pub law: Law,
    /// Article (条), from 1.
    pub article: u16,
    /// Inserted article (之一), from 1.
    pub inserted: Option<u8>,
    /// Paragraph (款), from 1.
    pub paragraph: Option<u8>,
    /// Item (项), from 1.
    pub item: Option<u8>,
}

impl ArticleRef {
    /// Reads `RTSL-91`, `RTSL-91.1`, `ORD163-12(4)`, `RTSL-91.1(2)`, `CRIM-133+1`.
    ///
    /// # Errors
    /// Says what is not understood.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (key, place) =
            text.split_once('-').ok_or_else(|| format!("\"{text}\" has no '-' after the law"))?;
        let law = Law::ALL.into_iter().find(|law| law.key() == key).ok_or_else(|| {
            format!("law \"{key}\" is not known; known: {}", Law::ALL.map(Law::key).join(", "))
        })?;
        let bad = || format!("\"{place}\" is not article[+inserted][.paragraph][(item)]");
        let (rest, item) = match place.split_once('(') {
            Some((rest, item)) => (rest, Some(item.strip_suffix(')').and_then(small).ok_or_else(bad)?)),
            None => (place, None),
        };
        let (rest, paragraph) = match rest.split_once('.') {
            Some((rest, paragraph)) => (rest, Some(small(paragraph).ok_or_else(bad)?)),
            None => (rest, None),
        };
        let (article, inserted) = match rest.split_once('+') {
            Some((article, inserted)) => (article, Some(small(inserted).ok_or_else(bad)?)),
            None => (rest, None),
        };
        let article: u16 = article.parse().ok().filter(|number| *number > 0).ok_or_else(bad)?;
        if article > law.last_article() {
            return Err(format!("{} ends with article {}", law.name().0, law.last_article()));
        }
        Ok(Self { law, article, inserted, paragraph, item })
    }

    /// 《道路交通安全法》第九十一条第一款第二项.
    #[must_use]
    pub fn zh(&self) -> String {
        let unit = if self.law == Law::Pts123 { "部分" } else { "条" };
        let mut text = format!("《{}》第{}{unit}", self.law.name().0, numeral(self.article));
        if let Some(inserted) = self.inserted {
            text += &format!("之{}", numeral(inserted.into()));
        }
        if let Some(paragraph) = self.paragraph {
            text += &format!("第{}款", numeral(paragraph.into()));
        }
        if let Some(item) = self.item {
            text += &format!("第{}项", numeral(item.into()));
        }
        text
    }

    /// Road Traffic Safety Law, art. 91, para. 1, item 2.
    #[must_use]
    pub fn en(&self) -> String {
        let unit = if self.law == Law::Pts123 { "part" } else { "art." };
        let mut text = format!("{}, {unit} {}", self.law.name().1, self.article);
        if let Some(inserted) = self.inserted {
            text += &format!("-{inserted}");
        }
        if let Some(paragraph) = self.paragraph {
            text += &format!(", para. {paragraph}");
        }
        if let Some(item) = self.item {
            text += &format!(", item {item}");
        }
        text
    }
}

impl fmt::Display for ArticleRef {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}-{}", self.law.key(), self.article)?;
        if let Some(inserted) = self.inserted {
            write!(out, "+{inserted}")?;
        }
        if let Some(paragraph) = self.paragraph {
            write!(out, ".{paragraph}")?;
        }
        match self.item {
            Some(item) => write!(out, "({item})"),
            None => Ok(()),
        }
    }
}

impl From<ArticleRef> for String {
    fn from(article: ArticleRef) -> Self {
        article.to_string()
    }
}

impl TryFrom<String> for ArticleRef {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text)
    }
}

fn small(text: &str) -> Option<u8> {
    text.parse().ok().filter(|number| *number > 0)
}

/// 1 to 999 as the law writes its articles.
fn numeral(number: u16) -> String {
    const DIGITS: [&str; 10] = ["零", "一", "二", "三", "四", "五", "六", "七", "八", "九"];
    let (hundreds, rest) = (usize::from(number / 100), usize::from(number % 100));
    let (tens, ones) = (rest / 10, rest % 10);
    let mut text = String::new();
    if hundreds > 0 {
        text += DIGITS[hundreds];
        text += "百";
        if tens == 0 && ones > 0 {
            text += "零";
        }
    }
    if tens > 0 {
        if tens > 1 || hundreds > 0 {
            text += DIGITS[tens];
        }
        text += "十";
    }
    if ones > 0 {
        text += DIGITS[ones];
    }
    text
}
