//! Where an issuing office lies.

use crate::site::Site;

/// Six-digit division of an issuing office ("鄂A"): the city's own where the site says so, otherwise the province's,
/// which no rule takes for the city.
pub(crate) fn home_city(office: Option<&str>, site: &Site) -> Option<String> {
    let office = office?;
    if site
        .plate_prefixes
        .iter()
        .chain(&site.licence_offices)
        .any(|prefix| office.starts_with(prefix.as_str()))
    {
        return Some(site.division.clone());
    }
    province_of(office)
}

/// Province of an issuing office by its character (GB/T 2260).
pub(crate) fn province_of(office: &str) -> Option<String> {
    let code = match office.chars().next()? {
        '京' => "110000",
        '津' => "120000",
        '冀' => "130000",
        '晋' => "140000",
        '蒙' => "150000",
        '辽' => "210000",
        '吉' => "220000",
        '黑' => "230000",
        '沪' => "310000",
        '苏' => "320000",
        '浙' => "330000",
        '皖' => "340000",
        '闽' => "350000",
        '赣' => "360000",
        '鲁' => "370000",
        '豫' => "410000",
        '鄂' => "420000",
        '湘' => "430000",
        '粤' => "440000",
        '桂' => "450000",
        '琼' => "460000",
        '渝' => "500000",
        '川' => "510000",
        '贵' => "520000",
        '云' => "530000",
        '藏' => "540000",
        '陕' => "610000",
        '甘' => "620000",
        '青' => "630000",
        '宁' => "640000",
        '新' => "650000",
        _ => return None,
    };
    Some(code.to_owned())
}
