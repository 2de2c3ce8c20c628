//! The decision document: every field that the law and the form ask for, number and check digit as the platform gave them.

use axum::extract::{Path, State};
use clearway_domain::civil_date;
use clearway_service::World;
use clearway_service::citizen::decision::{self, Decision as Found};
use jiff::Timestamp;
use jiff::civil::{Date, date};
use serde::Serialize;
use utoipa::ToSchema;

use crate::ctx::{Ctx, Cx};
use crate::figures::capital;
use crate::page::{Page, view};
use crate::private::Private;
use crate::problem::{Problem, ProblemView};
use crate::shown;
use crate::text::Lang;
use crate::web::{Driver, Web};

/// A decision under the summary procedure (Order 157 art. 45; Administrative Penalty Law art. 52).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Decision {
    /// The case.
    pub case_id: String,
    /// Whether it is a warning.
    pub warning: bool,
    /// Number as the platform returned it.
    pub number: String,
    /// Check digit as the platform returned it.
    pub check_digit: Option<String>,
    /// Office that decided.
    pub office: String,
    /// Party's name.
    pub name: Private,
    /// Party's file number, masked.
    pub file_number: Option<Private>,
    /// Party's licence number, masked.
    pub licence: Private,
    /// Licence class.
    pub class: String,
    /// Party's contact, masked.
    pub contact: Option<Private>,
    /// Office that issued the licence.
    pub licence_office: Option<String>,
    /// Plate.
    pub plate: Private,
    /// Kind of vehicle.
    pub vehicle_kind: String,
    /// When it happened.
    pub at: Timestamp,
    /// Where it happened.
    pub place: String,
    /// What was done.
    pub act: String,
    /// Offence code.
    pub code: String,
    /// Articles broken.
    pub broken: Vec<String>,
    /// Articles applied.
    pub applied: Vec<String>,
    /// Evidence relied on.
    pub evidence: String,
    /// Fine, fen.
    pub fine_fen: i64,
    /// Fine in Chinese capital figures.
    pub fine_words: String,
    /// Points recorded.
    pub points: i32,
    /// Article under which points are recorded.
    pub points_article: String,
    /// Way and term of payment, surcharge rate and ceiling; or that nothing is to be paid.
    pub performance: String,
    /// Whether the fine was paid before, and when.
    pub paid_at: Option<Timestamp>,
    /// Body that hears a reconsideration.
    pub reconsideration_body: String,
    /// Last day to ask for one.
    pub reconsideration_by: Date,
    /// Court.
    pub court: String,
    /// Last day to go there.
    pub court_by: Date,
    /// Whether reconsideration has to come first.
    pub reconsideration_first: bool,
    /// Where it was decided.
    pub decided_place: String,
    /// Day of the decision.
    pub decided_on: Date,
    /// Officer, or the seal used instead.
    pub officer: String,
    /// How and when it was served, and the party's consent to that.
    pub served: String,
    /// When the party confirmed the facts.
    pub confirmed_at: Option<Timestamp>,
    /// When the party waived the statement, as its own act.
    pub waived_at: Option<Timestamp>,
    /// Study and quiz behind a warning or a reduction.
    pub education: Option<String>,
    /// Remark.
    pub remark: Option<String>,
}

view!(Decision, "citizen/decision.html");

/// The decision of a case.
///
/// # Errors
/// Before there is one; for somebody else's case.
#[utoipa::path(get, path = "/cases/{id}/decision", tag = "cases", params(("id" = String, Path)),
    responses((status = 200, body = Decision), (status = "default", body = ProblemView)))]
pub async fn show(
    State(web): State<Web>,
    cx: Cx,
    driver: Driver,
    Path(id): Path<String>,
) -> Result<Page<Decision>, Problem> {
    let view = web
        .ask(&cx, driver, move |world, c, who, _| Ok(model(world, c, decision::page(world, who, &id)?)))
        .await?;
    Ok(Page::new(cx, view))
}

/// First day on which a decision made on the spot has to go to reconsideration first (Reconsideration Law art. 23).
const RECONSIDERATION_FIRST: Date = date(2024, 1, 1);

fn model(world: &World, c: &Ctx, found: Found) -> Decision {
    // The document is Chinese whatever the page's language is.
    let zh = Ctx { lang: Lang::Zh, ..c.clone() };
    let unknown = || zh.t("value-unknown").into_owned();
    let decided_on = civil_date(found.decided);
    let new_penalty_law = decided_on >= date(2021, 7, 15);
    let (warned, fined) = if new_penalty_law {
        ("第五十一条", "第六十七条、第七十二条")
    } else {
        ("第三十三条", "第四十六条、第五十一条")
    };
    let act = |words: &str| found.confirmed.iter().find(|(known, ..)| known == words).map(|(_, _, at)| *at);
    let performance = if found.warning {
        "警告，无需缴款。".to_owned()
    } else {
        format!(
            "自收到决定书之日起 15 日内缴纳（最迟 {}）。逾期不缴的，每日按罚款数额的 3% 加处罚款，加处总额不超过罚款数额（《行政处罚法》{fined}）。",
            zh.full_day(&found.pay_by),
        )
    };
    let points_article = if found.national {
        "《道路交通安全违法行为记分管理办法》（公安部令第163号）"
    } else {
        "《机动车驾驶证申领和使用规定》附件2"
    };
    Decision {
        warning: found.warning,
        number: found.number,
        check_digit: found.check_digit,
        office: found.office,
        name: found.party.as_ref().map_or_else(unknown, |name| name.reveal().to_owned()).into(),
        file_number: found.file_number.map(Private),
        licence: found.licence.as_ref().map_or_else(unknown, |id| id.masked()).into(),
        class: found.classes.unwrap_or_else(unknown),
        contact: None,
        licence_office: found.issuing_office,
        vehicle_kind: shown::plate_kind(&zh, found.plate.kind().code()),
        plate: found.plate.number().into(),
        at: found.occurred.unwrap_or(found.decided),
        place: found.place.unwrap_or_else(unknown),
        act: found.act,
        code: found.code,
        broken: vec!["《中华人民共和国道路交通安全法》及其实施条例中与本行为代码对应的通行规定".to_owned()],
        applied: vec![
            "《中华人民共和国道路交通安全法》第九十条、第一百零七条、第一百一十四条".to_owned(),
            format!("《中华人民共和国行政处罚法》{warned}"),
        ],
        evidence: "电子监控设备记录的违法行为照片".to_owned(),
        fine_fen: found.fine.0,
        fine_words: capital(found.fine.0),
        points: shown::points(Some(found.points)),
        points_article: points_article.to_owned(),
        performance,
        paid_at: found.paid,
        reconsideration_body: world.site.reconsideration_body.clone(),
        reconsideration_by: found.reconsider_by,
        court: world.site.court.clone(),
        court_by: found.sue_by,
        reconsideration_first: decided_on >= RECONSIDERATION_FIRST,
        decided_place: format!("{}（网上处理）", world.site.city_zh),
        officer: "执法人员电子签章".to_owned(),
        served: format!("{} 经当事人同意电子送达", zh.full_moment(&found.served)),
        confirmed_at: act("facts"),
        waived_at: act("waiver"),
        education: found.warning.then(|| "当事人已完成在线学习并通过考核".to_owned()),
        remark: (found.points_saved > 0).then(|| format!("学习减分，少记 {} 分", found.points_saved)),
        case_id: found.case_id,
        decided_on,
    }
}
