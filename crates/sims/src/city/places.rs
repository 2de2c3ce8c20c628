//! Invented streets, names and brands.

/// Streets that sound like the city and are not on its map.
pub(crate) const STREETS: &[&str] = &[
    "望鹤大道",
    "晴台北路",
    "沙湖月色路",
    "珞樱东街",
    "琴断口西路",
    "楚风大道",
    "江滩三村路",
    "汉江湾大道",
    "东沙连心路",
    "知音桥街",
    "古楼南路",
    "九凤山大道",
    "南湖雅苑路",
    "梅子岭路",
    "白沙新洲大道",
    "光华谷一路",
    "光华谷五路",
    "鹦语洲大道",
    "长丰里路",
    "金银潭西街",
    "盘龙新城大道",
    "黄陂北环路",
    "藏龙东街",
    "汤逊水岸路",
    "青山红房路",
    "和平里大道",
    "建设七村路",
    "沌阳科技大道",
    "三角湖环路",
    "龙阳春晓路",
];

/// Cross streets and landmarks.
pub(crate) const CROSSINGS: &[&str] = &[
    "与晴川巷交叉口",
    "与紫阳南街交叉口",
    "与荷叶山路交叉口",
    "地铁口东侧",
    "小学门前路段",
    "高架桥下辅道",
    "过江隧道入口",
    "农贸市场门前",
    "与临湖路交叉口",
    "由南向北第三灯控路口",
    "公交首末站旁",
    "与学府三路交叉口",
];

/// Family names.
pub(crate) const FAMILY: &[&str] = &[
    "王", "李", "张", "刘", "陈", "杨", "黄", "赵", "吴", "周", "徐", "孙", "马", "朱", "胡", "郭", "何",
    "高", "林", "罗", "郑", "梁", "谢", "宋", "唐", "许", "韩", "冯", "邓", "曹", "彭", "曾", "萧", "田",
    "董", "袁", "潘", "于", "蒋", "蔡",
];

/// Given names.
pub(crate) const GIVEN: &[&str] = &[
    "思源", "雨桐", "子涵", "建国", "志强", "丽娟", "晓燕", "海波", "文博", "佳怡", "一鸣", "秀兰", "国栋",
    "春梅", "俊杰", "婷婷", "少华", "立新", "明远", "静怡", "浩然", "玉珍", "天宇", "慧敏", "家豪", "若曦",
    "永福", "爱华", "凯旋", "梦洁", "德胜", "美玲", "宏伟", "诗涵", "小龙", "桂芳", "新宇", "红霞", "长江",
    "云帆",
];

/// Brands: invented too.
pub(crate) const BRANDS: &[&str] = &["楚风", "江豚", "长缨", "鹤鸣", "云梦", "白鹭", "星河", "远途"];

/// Colours as letters of the vehicle table: A white, B grey, C yellow, E red, G green, H blue, J black.
pub(crate) const COLOURS: &[&str] = &["A", "B", "E", "H", "J", "A", "J"];

/// Camera kinds of the crowd's records: red light, speed, CCTV, mobile, other.
pub(crate) const DEVICES: &[&str] = &["1", "3", "4", "5", "9"];

/// Deciding and collecting squads of the city.
pub(crate) const SQUADS: &[(&str, &str)] = &[
    ("420102000400", "武汉市公安局交通管理局江岸大队"),
    ("420103000400", "武汉市公安局交通管理局江汉大队"),
    ("420104000400", "武汉市公安局交通管理局硚口大队"),
    ("420105000400", "武汉市公安局交通管理局汉阳大队"),
    ("420106000400", "武汉市公安局交通管理局武昌大队"),
    ("420107000400", "武汉市公安局交通管理局青山大队"),
    ("420111000400", "武汉市公安局交通管理局洪山大队"),
];

/// The city's collecting account.
pub(crate) const CITY_PAYEE: (&str, &str) = ("420100", "武汉市财政非税收入专户");
/// The province's collecting account (highway police).
pub(crate) const PROVINCE_PAYEE: (&str, &str) = ("420000", "湖北省财政非税收入专户");
/// A collecting account of another province.
pub(crate) const CHANGSHA_PAYEE: (&str, &str) = ("430100", "长沙市财政非税收入专户");
