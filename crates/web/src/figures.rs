//! Sums in Chinese capital figures, as receipts and decisions carry them.

const DIGITS: [&str; 10] = ["零", "壹", "贰", "叁", "肆", "伍", "陆", "柒", "捌", "玖"];
const PLACES: [&str; 4] = ["", "拾", "佰", "仟"];
const GROUPS: [&str; 4] = ["", "万", "亿", "万亿"];

/// A sum of fen: `壹佰元整`, `壹佰贰拾元伍角`, `零元整`. Negative sums do not stand on documents and count as nothing.
pub fn capital(fen: i64) -> String {
    let fen = fen.max(0);
    let (yuan, jiao, last) = (fen / 100, fen / 10 % 10, fen % 10);
    let mut text = format!("{}元", whole(yuan));
    match (jiao, last) {
        (0, 0) => text.push('整'),
        (jiao, 0) => text.push_str(&format!("{}角", digit(jiao))),
        (0, last) => text.push_str(&format!("零{}分", digit(last))),
        (jiao, last) => text.push_str(&format!("{}角{}分", digit(jiao), digit(last))),
    }
    text
}

fn digit(number: i64) -> &'static str {
    usize::try_from(number).ok().and_then(|place| DIGITS.get(place)).copied().unwrap_or_default()
}

fn whole(mut number: i64) -> String {
    if number == 0 {
        return digit(0).to_owned();
    }
    let mut groups = Vec::new();
    while number > 0 {
        groups.push(number % 10_000);
        number /= 10_000;
    }
    let mut text = String::new();
    let mut gap = false;
    for (place, group) in groups.iter().enumerate().rev() {
        if *group == 0 {
            gap = !text.is_empty();
            continue;
        }
        if gap || (!text.is_empty() && *group < 1000) {
            text.push_str(digit(0));
        }
        gap = false;
        text.push_str(&four(*group));
        text.push_str(GROUPS.get(place).copied().unwrap_or_default());
    }
    text
}

/// Up to four digits without leading zeros; inner zeros are said once.
fn four(group: i64) -> String {
    let mut text = String::new();
    let mut gap = false;
    for (place, unit) in [(3, 1000), (2, 100), (1, 10), (0, 1)] {
        match group / unit % 10 {
            0 => gap = !text.is_empty(),
            number => {
                if gap {
                    text.push_str(digit(0));
                }
                gap = false;
                text.push_str(digit(number));
                text.push_str(PLACES[place]);
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::capital;

    #[test]
    fn sums_are_written_as_on_paper() {
        for (fen, words) in [
            (0, "零元整"),
            (10_000, "壹佰元整"),
            (20_050, "贰佰元伍角"),
            (10_105, "壹佰零壹元零伍分"),
            (1_234_567, "壹万贰仟叁佰肆拾伍元陆角柒分"),
            (10_005_000, "壹拾万零伍拾元整"),
            (100_000_000, "壹佰万元整"),
            (10_000_000_000, "壹亿元整"),
            (101_000, "壹仟零壹拾元整"),
        ] {
            assert_eq!(capital(fen), words, "{fen}");
        }
    }
}
