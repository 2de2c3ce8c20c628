//! WeChat non-tax, money back as a whole: the platform tells it beside the order and not among the refunds of parts.

use clearway_connect::payments::{Payments, RefundState};
use serde_json::json;

use super::stage::Stage;
use super::wire_nontax::{ask, back, changed, nontax, settle};

#[test]
fn a_refund_of_the_whole_is_read_beside_the_order() {
    let stage = Stage::new();
    let pay = nontax(&stage);
    assert!(!pay.repeats_refunds(), "the number makes no repetition harmless there");
    let handle = pay.prepay(&ask(&stage, "ORDER-0001")).expect("placed").prepay_id;
    settle(&stage, "ORDER-0001");
    let (whole, part) = (back("ORDER-0001-1", &handle, 15_000), back("ORDER-0001-1", &handle, 10_000));
    assert_eq!(pay.query_refund(&whole), Ok(None), "nothing went back yet");
    for (status, state) in [(6, RefundState::Processing), (5, RefundState::Success)] {
        let told =
            json!({ "/status": status, "/refund_order_id": "R-1", "/refund_finish_time": 1_586_055_600 });
        changed(&stage, "getorder", told);
        let found = pay.query_refund(&whole).expect("an answer").expect("told");
        assert_eq!(
            (found.state, found.refund, found.out_refund_no.as_str()),
            (state, whole.refund, "ORDER-0001-1")
        );
        assert_eq!(found.refund_id.as_deref(), Some("R-1"));
        assert_eq!(found.done.is_some(), state == RefundState::Success);
        assert_eq!(pay.query_refund(&part), Ok(None), "the whole is no part");
        // Asked for all the same, it is not sent a second time.
        assert_eq!(pay.refund(&whole).expect("an answer").state, state);
    }
    assert!(stage.calls("nontax_refund").is_empty());
    // Under another number it is somebody else's, and so it is when others are told by their numbers.
    changed(&stage, "getorder", json!({ "/status": 5, "/refund_out_id": "OTHER-1" }));
    assert_eq!(pay.query_refund(&whole), Ok(None));
    let others = json!([{ "refund_out_id": "OTHER-1", "refund_fee": 15_000, "refund_status": 5 }]);
    changed(&stage, "getorder", json!({ "/status": 5, "/partial_refund_info": others }));
    assert_eq!(pay.query_refund(&whole), Ok(None));
}
