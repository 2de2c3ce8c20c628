//! Case files, the claim that a case lays on its violation, the acts a driver confirmed, and the steps of a case.

use crate::{Row, StoreError, Tx};

/// A case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseFile {
    /// Partition key.
    pub driver: String,
    /// Id of the case.
    pub case_id: String,
    /// Key of the plate.
    pub plate: String,
    /// Record number of the violation.
    pub violation: String,
    /// Route: `first`, `study` or `pay`.
    pub route: String,
    /// State of `domain::case`.
    pub state: String,
    /// Raised by every write.
    pub version: i64,
    /// Pack under which the case was opened.
    pub pack_id: String,
    /// Its hash.
    pub pack_hash: String,
    /// Fine to pay, fen; 0 on the warning route.
    pub fine_fen: i64,
    /// Points of the violation.
    pub points_full: i64,
    /// Points that the decision gives.
    pub points_given: i64,
    /// JSON of the study clock.
    pub study: Option<String>,
    /// JSON of the quiz.
    pub quiz: Option<String>,
    /// Order that pays the case.
    pub order_id: Option<String>,
    /// Decision number, once written.
    pub decision_number: Option<String>,
    /// Check digit as the platform returned it.
    pub check_digit: Option<String>,
    /// When it was decided, ms.
    pub decided_at_ms: Option<i64>,
    /// Why the platform would not take it.
    pub refusal: Option<String>,
    /// When it was opened, ms.
    pub opened_at_ms: i64,
    /// When it was changed last, ms.
    pub changed_at_ms: i64,
}

/// What a case was opened on. Written once and read seldom, so it stands beside the case, which is written at every step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Basis {
    /// JSON of the verdict under which the case was opened.
    pub verdict: String,
    /// JSON of the facts of that verdict.
    pub facts: String,
}

/// A step of a case as the driver reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// When, ms.
    pub at_ms: i64,
    /// `driver`, `system`, `platform`, `rail` or an officer's role.
    pub actor: String,
    /// Slug of the step.
    pub step: String,
    /// JSON of what changed.
    pub detail: String,
}

statements! {
    /// One case.
    FIND = "select driver, case_id, plate, violation, route, state, version, pack_id, pack_hash, \
    fine_fen, points_full, points_given, study, quiz, order_id, decision_number, check_digit, \
    decided_at_ms, refusal, opened_at_ms, changed_at_ms from case_file where driver = $1 and case_id = $2";
    /// All cases of a driver, newest first.
    OF_DRIVER = "select driver, case_id, plate, violation, route, state, version, pack_id, pack_hash, \
    fine_fen, points_full, points_given, study, quiz, order_id, decision_number, check_digit, \
    decided_at_ms, refusal, opened_at_ms, changed_at_ms from case_file where driver = $1 \
    order by opened_at_ms desc, case_id desc";
    /// A new case.
    INSERT = "insert into case_file (driver, case_id, plate, violation, route, state, version, pack_id, \
    pack_hash, fine_fen, points_full, points_given, study, quiz, order_id, decision_number, \
    check_digit, decided_at_ms, refusal, opened_at_ms, changed_at_ms) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, \
    $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)";
    /// What a new case is opened on.
    FOUND = "insert into case_basis (driver, case_id, verdict, facts) values ($1, $2, $3, $4)";
    /// What a case was opened on.
    BASIS = "select verdict, facts from case_basis where driver = $1 and case_id = $2";
    /// A changed case; guarded by its version.
    UPDATE = "update case_file set state = $1, fine_fen = $2, points_given = $3, study = $4, quiz = $5, \
    order_id = $6, decision_number = $7, check_digit = $8, decided_at_ms = $9, refusal = $10, changed_at_ms = $11, \
    version = version + 1 where driver = $12 and case_id = $13 and version = $14";
    /// Lays a claim on a violation.
    CLAIM = "insert into violation_claim (plate, violation, driver, case_id, since_ms) \
    values ($1, $2, $3, $4, $5) on conflict (plate, violation) where released_at_ms is null do nothing";
    /// Claims on the vehicles a driver has bound.
    CLAIMS_SEEN = "select c.plate as plate, c.violation as violation, c.driver as driver, \
    c.case_id as case_id, c.since_ms as since_ms from binding b join violation_claim c on c.plate = b.plate \
    where b.driver = $1 and b.unbound_at_ms is null and c.released_at_ms is null";
    /// Lets a violation go.
    DRIVER_OF = "select driver from case_file where case_id = $1";
    CLAIMED = "select case_id from violation_claim where plate = $1 and violation = $2 and driver = $3 and case_id = $4 \
    and released_at_ms is null";
    RELEASE = "update violation_claim set released_at_ms = $1 where plate = $2 and violation = $3 \
    and case_id = $4 and released_at_ms is null";
    /// An act that the driver confirmed.
    CONFIRM = "insert into confirmation (driver, case_id, act, words, at_ms) values ($1, $2, $3, $4, $5) \
    on conflict (driver, case_id, act) do nothing";
    /// What the driver confirmed in a case.
    CONFIRMED = "select act, words, at_ms from confirmation where driver = $1 and case_id = $2 order by at_ms, act";
    /// A step.
    STEP = "insert into case_step (driver, case_id, seq, at_ms, actor, step, detail) values ($1, $2, \
    (select cast(coalesce(max(seq), 0) + 1 as bigint) from case_step where driver = $1 and case_id = $2), \
    $3, $4, $5, $6)";
    /// Other particulars of a step that stands.
    RESTEP = "update case_step set detail = $1 where driver = $2 and case_id = $3 and step = $4";
    /// Violations that more than one case settles or decides; there must be none. Visits every partition.
    SETTLED_TWICE = "select plate, violation, cast(count(*) as bigint) as cases from case_file \
    where state in ('paid', 'deciding', 'manual', 'written', 'decided') group by plate, violation \
    having count(*) > 1 order by plate, violation limit $1";
    /// How many cases settle or decide a violation.
    SETTLED_COUNT = "select cast(count(*) as bigint) as cases from case_file \
    where state in ('paid', 'deciding', 'manual', 'written', 'decided')";
    /// The steps of a case.
    STEPS = "select at_ms, actor, step, detail from case_step where driver = $1 and case_id = $2 \
    order by seq";
}

fn read(row: &Row) -> Result<CaseFile, StoreError> {
    Ok(CaseFile {
        driver: row.get("driver")?,
        case_id: row.get("case_id")?,
        plate: row.get("plate")?,
        violation: row.get("violation")?,
        route: row.get("route")?,
        state: row.get("state")?,
        version: row.get("version")?,
        pack_id: row.get("pack_id")?,
        pack_hash: row.get("pack_hash")?,
        fine_fen: row.get("fine_fen")?,
        points_full: row.get("points_full")?,
        points_given: row.get("points_given")?,
        study: row.get("study")?,
        quiz: row.get("quiz")?,
        order_id: row.get("order_id")?,
        decision_number: row.get("decision_number")?,
        check_digit: row.get("check_digit")?,
        decided_at_ms: row.get("decided_at_ms")?,
        refusal: row.get("refusal")?,
        opened_at_ms: row.get("opened_at_ms")?,
        changed_at_ms: row.get("changed_at_ms")?,
    })
}

/// One case of a driver.
///
/// # Errors
/// Any [`StoreError`].
pub fn find(tx: &mut Tx, driver: &str, case_id: &str) -> Result<Option<CaseFile>, StoreError> {
    tx.opt(FIND, &[driver.into(), case_id.into()])?.map(|row| read(&row)).transpose()
}

/// All cases of a driver, newest first.
///
/// # Errors
/// Any [`StoreError`].
pub fn of_driver(tx: &mut Tx, driver: &str) -> Result<Vec<CaseFile>, StoreError> {
    tx.query(OF_DRIVER, &[driver.into()])?.iter().map(read).collect()
}

/// What a case was opened on.
///
/// # Errors
/// Any [`StoreError`].
pub fn basis(tx: &mut Tx, driver: &str, case_id: &str) -> Result<Option<Basis>, StoreError> {
    let row = tx.opt(BASIS, &[driver.into(), case_id.into()])?;
    row.map(|row| Ok(Basis { verdict: row.get("verdict")?, facts: row.get("facts")? })).transpose()
}

/// Stores a new case with what it is opened on, and lays its claim on the violation.
///
/// # Errors
/// [`StoreError::Duplicate`] when another case holds the violation.
pub fn open(tx: &mut Tx, case: &CaseFile, basis: &Basis) -> Result<(), StoreError> {
    let claimed = tx.execute(
        CLAIM,
        &[
            case.plate.as_str().into(),
            case.violation.as_str().into(),
            case.driver.as_str().into(),
            case.case_id.as_str().into(),
            case.opened_at_ms.into(),
        ],
    )?;
    if claimed != 1 {
        return Err(StoreError::Duplicate("violation_claim".to_owned()));
    }
    tx.execute(
        INSERT,
        &[
            case.driver.as_str().into(),
            case.case_id.as_str().into(),
            case.plate.as_str().into(),
            case.violation.as_str().into(),
            case.route.as_str().into(),
            case.state.as_str().into(),
            case.version.into(),
            case.pack_id.as_str().into(),
            case.pack_hash.as_str().into(),
            case.fine_fen.into(),
            case.points_full.into(),
            case.points_given.into(),
            case.study.as_deref().into(),
            case.quiz.as_deref().into(),
            case.order_id.as_deref().into(),
            case.decision_number.as_deref().into(),
            case.check_digit.as_deref().into(),
            case.decided_at_ms.into(),
            case.refusal.as_deref().into(),
            case.opened_at_ms.into(),
            case.changed_at_ms.into(),
        ],
    )?;
    let (verdict, facts) = (basis.verdict.as_str(), basis.facts.as_str());
    tx.execute(
        FOUND,
        &[case.driver.as_str().into(), case.case_id.as_str().into(), verdict.into(), facts.into()],
    )?;
    Ok(())
}

/// Stores a changed case and raises its version; a case that no longer holds its violation lets it go.
///
/// # Errors
/// [`StoreError::Conflict`] when somebody else changed it since it was read.
pub fn save(tx: &mut Tx, case: &mut CaseFile, holds_violation: bool) -> Result<(), StoreError> {
    tx.execute_one(
        "case_file",
        UPDATE,
        &[
            case.state.as_str().into(),
            case.fine_fen.into(),
            case.points_given.into(),
            case.study.as_deref().into(),
            case.quiz.as_deref().into(),
            case.order_id.as_deref().into(),
            case.decision_number.as_deref().into(),
            case.check_digit.as_deref().into(),
            case.decided_at_ms.into(),
            case.refusal.as_deref().into(),
            case.changed_at_ms.into(),
            case.driver.as_str().into(),
            case.case_id.as_str().into(),
            case.version.into(),
        ],
    )?;
    case.version += 1;
    if !holds_violation {
        tx.execute(
            RELEASE,
            &[
                case.changed_at_ms.into(),
                case.plate.as_str().into(),
                case.violation.as_str().into(),
                case.case_id.as_str().into(),
            ],
        )?;
    }
    Ok(())
}

/// A claim on a violation of a vehicle that a driver has bound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Key of the plate.
    pub plate: String,
    /// Record number.
    pub violation: String,
    /// Who holds it.
    pub driver: String,
    /// By which case.
    pub case_id: String,
    /// Since when, ms.
    pub since_ms: i64,
}

/// All open claims on the vehicles that a driver has bound, whoever laid them.
///
/// # Errors
/// Any [`StoreError`].
pub fn claims_seen(tx: &mut Tx, driver: &str) -> Result<Vec<Claim>, StoreError> {
    tx.query(CLAIMS_SEEN, &[driver.into()])?
        .iter()
        .map(|row| {
            Ok(Claim {
                plate: row.get("plate")?,
                violation: row.get("violation")?,
                driver: row.get("driver")?,
                case_id: row.get("case_id")?,
                since_ms: row.get("since_ms")?,
            })
        })
        .collect()
}

/// Records an act that the driver confirmed, with the words that stood on the screen.
///
/// # Errors
/// Any [`StoreError`].
pub fn confirm(tx: &mut Tx, case: &CaseFile, act: &str, words: &str, now_ms: i64) -> Result<(), StoreError> {
    tx.execute(
        CONFIRM,
        &[case.driver.as_str().into(), case.case_id.as_str().into(), act.into(), words.into(), now_ms.into()],
    )?;
    Ok(())
}

/// What the driver confirmed in a case: act, words and instant (ms).
///
/// # Errors
/// Any [`StoreError`].
pub fn confirmed(tx: &mut Tx, driver: &str, case_id: &str) -> Result<Vec<(String, String, i64)>, StoreError> {
    tx.query(CONFIRMED, &[driver.into(), case_id.into()])?
        .iter()
        .map(|row| Ok((row.get("act")?, row.get("words")?, row.get("at_ms")?)))
        .collect()
}

/// Adds a step to a case.
///
/// # Errors
/// Any [`StoreError`].
pub fn step(
    tx: &mut Tx,
    case: &CaseFile,
    actor: &str,
    step: &str,
    detail: &str,
    now_ms: i64,
) -> Result<(), StoreError> {
    tx.execute(
        STEP,
        &[
            case.driver.as_str().into(),
            case.case_id.as_str().into(),
            now_ms.into(),
            actor.into(),
            step.into(),
            detail.into(),
        ],
    )?;
    Ok(())
}

/// Gives a step that stands on a case other particulars; `false` where none of its name does.
///
/// # Errors
/// Any [`StoreError`].
pub fn restep(tx: &mut Tx, case: &CaseFile, step: &str, detail: &str) -> Result<bool, StoreError> {
    let vals = [detail.into(), case.driver.as_str().into(), case.case_id.as_str().into(), step.into()];
    Ok(tx.execute(RESTEP, &vals)? > 0)
}

/// The steps of a case, oldest first.
///
/// # Errors
/// Any [`StoreError`].
pub fn steps(tx: &mut Tx, driver: &str, case_id: &str) -> Result<Vec<Step>, StoreError> {
    tx.query(STEPS, &[driver.into(), case_id.into()])?
        .iter()
        .map(|row| {
            Ok(Step {
                at_ms: row.get("at_ms")?,
                actor: row.get("actor")?,
                step: row.get("step")?,
                detail: row.get("detail")?,
            })
        })
        .collect()
}

/// Violations (plate, violation, cases) that more than one case settles or decides, whoever's they are. There must never
/// be any; for verification, visits every partition.
///
/// # Errors
/// Any [`StoreError`].
pub fn settled_twice(tx: &mut Tx, count_max: u32) -> Result<Vec<(String, String, i64)>, StoreError> {
    tx.query(SETTLED_TWICE, &[count_max.into()])?
        .iter()
        .map(|row| Ok((row.get("plate")?, row.get("violation")?, row.get("cases")?)))
        .collect()
}

/// How many cases settle or decide a violation; for verification, visits every partition.
///
/// # Errors
/// Any [`StoreError`].
pub fn settled_count(tx: &mut Tx) -> Result<u64, StoreError> {
    let cases: i64 = tx.one(SETTLED_COUNT, &[])?.get("cases")?;
    Ok(cases.unsigned_abs())
}

/// Whether this case of this driver holds the open claim on its violation.
///
/// # Errors
/// Any [`StoreError`].
pub fn claimed(
    tx: &mut Tx,
    plate: &str,
    violation: &str,
    driver: &str,
    case_id: &str,
) -> Result<bool, StoreError> {
    Ok(tx.opt(CLAIMED, &[plate.into(), violation.into(), driver.into(), case_id.into()])?.is_some())
}

/// Whose case it is; for officers, visits every partition.
///
/// # Errors
/// Any [`StoreError`].
pub fn driver_of(tx: &mut Tx, case_id: &str) -> Result<Option<String>, StoreError> {
    tx.opt(DRIVER_OF, &[case_id.into()])?.map(|row| row.get("driver")).transpose()
}
