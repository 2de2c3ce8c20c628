//! What a careless use case leaves behind in the database.

use super::Plant;
use crate::simulation::stage::Stage;

/// The words that do the harm; each touches one row, if there is one that fits.
const fn harm(plant: Plant) -> Option<&'static str> {
    Some(match plant {
        Plant::EntersTwice => {
            "insert into ledger_transfer (driver, transfer_id, order_id, debit_account, credit_account, fen, state, at_ms) \
             select driver, transfer_id || ':2', order_id, debit_account, credit_account, fen, 'posted', at_ms \
             from ledger_transfer where state = 'posted' and debit_account like 'rail:%' limit 1 on conflict do nothing"
        }
        Plant::LosesALine => {
            "delete from ledger_transfer where state = 'posted' and debit_account like 'rail:%'"
        }
        Plant::MixesAccounts => {
            "update ledger_transfer set credit_account = replace(credit_account, ':fine', ':surcharge') \
             where credit_account like '%:fine'"
        }
        Plant::ForgetsUses => "delete from programme_use",
        Plant::UsesTwice => {
            "insert into programme_use (driver, programme, case_id, used_at_ms, points_granted) \
             select driver, programme, case_id || 'b', used_at_ms + 1, points_granted from programme_use \
             where case_id not like '%b' limit 1 on conflict do nothing"
        }
        Plant::KeepsClaims => {
            "update violation_claim set released_at_ms = null where released_at_ms is not null and not exists \
             (select 1 from violation_claim o where o.plate = violation_claim.plate \
              and o.violation = violation_claim.violation and o.released_at_ms is null) \
             and case_id = (select min(case_id) from violation_claim where released_at_ms is not null)"
        }
        Plant::LosesClaims => {
            "update violation_claim set released_at_ms = since_ms where released_at_ms is null"
        }
        Plant::LosesDecisions => "delete from job where kind = 'case.decide'",
        Plant::LosesQuestions => "delete from job where kind = 'order.ask'",
        Plant::LosesRefunds => "delete from job where kind = 'order.refund'",
        Plant::PutsOffForEver => "update job set due_ms = 99999999999999 where kind = 'case.check-digit'",
        Plant::SetsAside => {
            "update job set buried_at_ms = due_ms, worker = null where kind = 'case.decide' and buried_at_ms is null"
        }
        Plant::SkipsTheAudit => {
            "delete from audit where deed = 'decided' and seq = (select max(seq) from audit o where o.driver = audit.driver)"
        }
        Plant::EditsTheAudit => "update audit set detail = '{}' where seq = 2 and detail <> '{}'",
        Plant::CaseJumps => {
            "update case_file set state = 'decided', version = version + 1 where state in ('learning', 'paying')"
        }
        Plant::OrderJumps => "update pay_order set state = 'done' where state = 'submitted'",
        Plant::SettlesOneLeg => "update pay_order set state = 'done' where state = 'paid'",
        Plant::ShowsOthersOrders => {
            "insert into pay_order (driver, order_id, quote_id, payee, out_trade_no, total_fen, state, version, \
             created_at_ms, expires_at_ms, changed_at_ms, rail) select a.driver, o.order_id, o.quote_id, o.payee, \
             o.out_trade_no, o.total_fen, o.state, o.version, o.created_at_ms, o.expires_at_ms, o.changed_at_ms, o.rail \
             from pay_order o join account a on a.driver <> o.driver where true on conflict do nothing"
        }
        Plant::LosesVerdicts => "update case_basis set verdict = '' where verdict <> ''",
        Plant::ForgetsTheSheet => {
            "update pay_order set sent_to_pay_at_ms = null where state in ('created', 'submitted')"
        }
        _ => return None,
    })
}

/// Does the harm, where there is a row that fits.
pub fn poke(plant: Plant, stage: &Stage) {
    let Some(sql) = harm(plant) else { return };
    // Only the database that the checks look at is harmed: whether there was a row tells the trail, not the test.
    let touched = stage.sim.world().db.write(|tx| tx.execute(sql, &[]));
    match touched {
        Ok(0) => {}
        Ok(rows) => stage.note(&format!("  {plant:?} touches {rows} rows")),
        Err(error) => stage.note(&format!("  {plant:?}: {error}")),
    }
}
