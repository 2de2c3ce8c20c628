//! J7, J8: paying. One payment for several, one order a violation, and never another sum than the one that was read.

use serde_json::{Value, json};

use super::super::books;
use super::super::driver::{Driver, number, text};
use super::super::stack::{Engine, Stack, on_both_engines};

/// Chen's three payable violations over two vehicles.
const THREE: [&str; 3] = ["4201000000000008", "4201000000000009", "4201000000000010"];
/// Ruan's only violation, 200 yuan.
const ONE: &str = "4201000000000177";

on_both_engines!(
    j07_study_takes_points_off_and_the_fine_is_paid_first,
    j08_three_violations_of_two_vehicles_are_one_payment,
    j08_two_payees_are_two_payments_with_both_sums,
    j08_a_double_tap_gives_the_same_order,
    j08_two_phones_one_wins,
);

fn j07_study_takes_points_off_and_the_fine_is_paid_first(engine: Engine) {
    let stack = Stack::new(engine);
    let li = Driver::at_home(&stack, "demo-li-study");
    let case = li.learn("4201000000000003", "study");
    assert!(stack.calls_of("decide").is_empty(), "nothing is decided before the money is there");
    let quote = li.open(&format!("/cases/{case}"));
    assert!(quote["study"] == true && quote["total_fen"] == 10_000 && quote["points"] == 0, "{quote}");
    let order = li.order(&quote);
    assert_eq!(order["money"], "not_charged", "{order}");
    let done = li.pay(&order);
    assert_eq!(done["money"], "charged");
    let done = li.until(&format!("/cases/{case}"), "/word", &json!("done"));
    assert_eq!((number(&done, "/fewer_points"), number(&done, "/paid_fen")), (3, 10_000), "{done}");
    let calls = stack.calls();
    let place = |names: &[&str]| {
        let named = |call: &Value| names.iter().any(|name| call["call"] == *name);
        calls.iter().position(named).expect("called")
    };
    // By the rail's notice or by our question, whichever is there first.
    assert!(place(&["notify", "query"]) < place(&["decide"]), "pay first, then handled");
    let fields = &calls[place(&["decide"])]["fields"];
    for (field, value) in [("cfzl", "2"), ("wfjfs", "0"), ("jkbj", "1")] {
        assert_eq!(fields[field], value, "{field}: {fields}");
    }
    assert_eq!(books::standing(&stack).counts["uses"], 1);
    assert_eq!(books::posted(&stack, "rail:wechat"), 10_000);
    books::right(&stack);
}

fn j08_three_violations_of_two_vehicles_are_one_payment(engine: Engine) {
    let stack = Stack::new(engine);
    let chen = Driver::at_home(&stack, "demo-chen-merge");
    let quote = chen.go("/quotes", &json!({ "all": true }));
    assert_eq!((quote["payments"].as_array().map(Vec::len), number(&quote, "/total_fen")), (Some(1), 50_000));
    let order = chen.order(&quote);
    assert_eq!(order["legs"].as_array().map(Vec::len), Some(3), "{order}");
    let done = chen.pay(&order);
    assert_eq!(done["money"], "charged");
    let mut written: Vec<String> =
        stack.calls_of("decide").iter().map(|call| text(call, "/fields/xh").to_owned()).collect();
    written.sort();
    assert_eq!(written, THREE);
    assert_eq!(stack.calls_of("prepay").len(), 1, "one payment");
    assert_eq!(books::posted(&stack, "rail:wechat"), 50_000);
    assert_eq!(books::posted(&stack, "treasury:420100:fine"), -50_000);
    for violation in THREE {
        assert_eq!(chen.card(violation), None, "{violation} is not open any more");
    }
    let receipt = chen.open(&format!("/orders/{}/receipt", text(&order, "/id")));
    assert_eq!(
        (receipt["lines"].as_array().map(Vec::len), number(&receipt, "/total_fen")),
        (Some(3), 50_000)
    );
    books::right(&stack);
}

fn j08_two_payees_are_two_payments_with_both_sums(engine: Engine) {
    let stack = Stack::new(engine);
    let liu = Driver::at_home(&stack, "demo-liu-payees");
    let quote = liu.quote(&["4201000000000011", "4201000000000012"]);
    let payments = quote["payments"].as_array().expect("payments");
    let sums: Vec<i64> = payments.iter().map(|payment| number(payment, "/total_fen")).collect();
    assert_eq!((sums, number(&quote, "/total_fen")), (vec![20_000, 20_000], 40_000));
    assert_ne!(payments[0]["payee"], payments[1]["payee"]);
    let first = liu.order(&quote);
    let next = text(&first, "/next").to_owned();
    let paid = liu.pay(&first);
    assert_eq!(paid["next"], next.as_str(), "the other payment is still to be made");
    let second = liu.open(&format!("/orders/{next}"));
    assert_eq!(second["money"], "not_charged");
    let second = liu.pay(&second);
    assert!(second["next"].is_null());
    assert_ne!(second["payee"], paid["payee"]);
    assert_eq!(books::posted(&stack, "rail:wechat"), 40_000);
    assert_eq!(books::posted(&stack, "treasury:420100:fine"), -20_000);
    books::right(&stack);
}

fn j08_a_double_tap_gives_the_same_order(engine: Engine) {
    let stack = Stack::new(engine);
    let ruan = Driver::at_home(&stack, "demo-pay-one");
    let quote = ruan.quote(&[ONE]);
    let taps = std::thread::scope(|scope| {
        let tap = || scope.spawn(|| Driver::enter(&stack, "demo-pay-one").accept(&quote).next());
        let taps: Vec<_> = (0..4).map(|_| tap()).collect();
        taps.into_iter().map(|tap| tap.join().expect("a tap")).collect::<Vec<_>>()
    });
    assert!(taps.iter().all(|next| *next == taps[0]), "{taps:?}");
    assert_eq!(ruan.accept(&quote).next(), taps[0], "and a tap much later");
    let standing = books::standing(&stack);
    assert_eq!((standing.counts["orders"], standing.counts["cases"], standing.lines), (1, 1, 1));
    // A second order on the same violation is refused while the first one is open.
    let again = ruan.post("/quotes", &json!({ "violation": [ONE] }));
    again.problem(409, "payment-open");
    let order = ruan.open(&taps[0]);
    ruan.pay(&order);
    assert_eq!(books::posted(&stack, "rail:wechat"), 20_000);
    books::right(&stack);
}

fn j08_two_phones_one_wins(engine: Engine) {
    let stack = Stack::new(engine);
    // A record of the vehicle that Ni and Tang have both bound.
    let shared = "4201000000009055";
    let set = json!({ "serial": shared, "plate": "鄂AB0055", "handled": "0", "paid": "0", "decision": "" });
    stack.change("new_record", ONE, &set);
    for openid in ["demo-user-one", "demo-user-two"] {
        stack.refresh(openid);
    }
    let phones = [Driver::at_home(&stack, "demo-user-one"), Driver::at_home(&stack, "demo-user-two")];
    let quotes: Vec<Value> = phones.iter().map(|phone| phone.quote(&[shared])).collect();
    let answers = std::thread::scope(|scope| {
        let taps: Vec<_> = phones
            .iter()
            .zip(&quotes)
            .map(|(phone, quote)| {
                let (stack, openid) = (phone.stack, phone.openid.clone());
                scope.spawn(move || Driver::enter(stack, &openid).accept(quote))
            })
            .collect();
        taps.into_iter().map(|tap| tap.join().expect("a tap")).collect::<Vec<_>>()
    });
    let won: Vec<usize> = (0..2).filter(|phone| answers[*phone].status == 303).collect();
    assert_eq!(won.len(), 1, "{answers:?}");
    let loser = &answers[1 - won[0]];
    assert_eq!((loser.status, loser.kind.as_str()), (409, "application/problem+json"), "{}", loser.body);
    assert_eq!(books::standing(&stack).counts["orders"], 1);
    let order = phones[won[0]].open(&answers[won[0]].next());
    phones[won[0]].pay(&order);
    assert_eq!(books::posted(&stack, "rail:wechat"), 20_000);
    assert_eq!(stack.calls_of("decide").len(), 1);
    books::right(&stack);
    // And the other one's payment page says that it is gone.
    let again = phones[1 - won[0]].accept(&quotes[1 - won[0]]);
    assert!(again.status == 409 || again.status == 404, "{}", again.body);
}
