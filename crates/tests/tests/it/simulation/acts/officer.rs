//! Officers: they clear what stood in the way, give money back and annul, each with a second person.

use clearway_domain::case::CaseState;
use clearway_service::Error;
use clearway_service::officer::{self, Deed, retry};

use super::super::books::{Books, Case};
use super::super::stage::Stage;
use super::driver::short;

const WHY: &str = "已核实情况";

/// An officer does one of these.
pub fn act(stage: &Stage) -> String {
    let Ok(books) = Books::read(&stage.sim.world().db) else { return String::new() };
    let of = |states: &[CaseState]| -> Vec<Case> {
        books.cases.values().filter(|case| states.contains(&case.state)).cloned().collect()
    };
    let waiting = of(&[CaseState::Manual]);
    let decided = of(&[CaseState::Decided, CaseState::Written]);
    if let Some(case) = stage.one_of(&waiting) {
        return if stage.chance(50) { try_again(stage, &case) } else { together(stage, Deed::Refund, &case) };
    }
    match stage.one_of(&decided).filter(|_| stage.chance(25)) {
        Some(case) => together(stage, Deed::Annul, &case),
        None => "an officer looks around".to_owned(),
    }
}

fn try_again(stage: &Stage, case: &Case) -> String {
    let (_, said) = stage.deed("retry", |world| retry::retry(world, &case.id, "officer-a", WHY));
    format!("officer: {said} {}", short(&case.id))
}

/// One proposes, and tries to agree with himself; another one agrees or does not.
fn together(stage: &Stage, deed: Deed, case: &Case) -> String {
    let name = format!("propose {}", deed.slug());
    let (proposal, said) =
        stage.deed(&name, |world| officer::propose(world, deed, &case.id, "officer-a", WHY));
    let Some(proposal) = proposal else { return format!("officer: {said}") };
    match stage.sim.attempt(|world| officer::approve(world, &proposal, " Officer-A ")) {
        None | Some(Err(Error::BadInput { .. })) => {}
        other => stage.broken(format!("an officer agreed with himself: {other:?}")),
    }
    if stage.chance(20) {
        let (_, said) = stage.deed("reject", |world| officer::reject(world, &proposal, "officer-b", WHY));
        return format!("officer: {said} {}", short(&case.id));
    }
    let (done, said) = stage
        .deed(&format!("approve {}", deed.slug()), |world| officer::approve(world, &proposal, "officer-b"));
    if let (Some(()), Deed::Annul, Some(number)) = (done, deed, &case.decision) {
        // The same officers take it away on the platform.
        stage.sim.authority.files().annul(number);
    }
    format!("officer: {said} {}", short(&case.id))
}
