//! Several nodes on one database: each takes its part of the ceiling, one is killed, and nobody loses a place.

use clearway_service::admission::ceiling;
use clearway_service::admission::node::Node;
use clearway_service::jobs::decide::DECIDE;
use clearway_store::queue;

use super::{Hall, crowd};
use crate::contract::engines::{Fresh, on_durable_engines};

on_durable_engines![
    parts_of_the_ceiling_never_add_up_to_more,
    a_lower_ceiling_is_no_reason_to_begin_anew,
    a_node_that_dies_gives_its_part_back_and_nobody_loses_a_place,
    a_restarted_node_has_its_part_at_once,
    what_a_killed_process_held_is_taken_up_as_soon_as_it_is_known_to_be_over,
    what_a_silent_process_held_is_taken_up_when_its_beats_have_stood_still,
    nobody_takes_up_what_a_living_process_holds,
    without_a_database_a_node_falls_silent_before_others_take_its_part,
    while_the_database_is_away_for_all_nobody_is_believed_dead,
];

/// Ticks all nodes a few times round.
fn rounds(nodes: &mut [(&Hall, Node)], count: usize, ceiling: u32) -> Vec<u32> {
    let mut shares = vec![0; nodes.len()];
    for _ in 0..count {
        for (at, (hall, node)) in nodes.iter_mut().enumerate() {
            shares[at] = node.tick(&hall.world).expect("a tick").share;
            assert!(shares.iter().sum::<u32>() <= ceiling, "{shares:?}");
        }
    }
    shares
}

fn parts_of_the_ceiling_never_add_up_to_more(fresh: Fresh) {
    let hall = Hall::on(fresh.ready());
    ceiling::set(&hall.world, 90, "王警官", "测试开始").expect("set");
    let (second, third) = (hall.beside(fresh.open()), hall.beside(fresh.open()));
    let mut nodes = vec![(&hall, Node::new(&hall.world, "a"))];
    assert_eq!(rounds(&mut nodes, 4, 90_000), [90_000]);
    nodes.push((&second, Node::new(&second.world, "b")));
    nodes.push((&third, Node::new(&third.world, "c")));
    // Whoever joins takes only what is free; after a few heartbeats the parts are equal.
    assert_eq!(rounds(&mut nodes, 12, 90_000), [30_000; 3]);
    // A lower ceiling holds for all within a heartbeat each, and is never exceeded afterwards.
    ceiling::set(&hall.world, 30, "王警官", "平台变慢").expect("set");
    rounds(&mut nodes, 6, 90_000);
    assert_eq!(rounds(&mut nodes, 3, 30_000), [10_000; 3]);
    // An orderly end frees a part at once.
    let (third, leaving) = nodes.pop().expect("three");
    leaving.leave(&third.world).expect("left");
    assert_eq!(rounds(&mut nodes, 6, 30_000), [15_000; 2]);
}

/// For a moment one of two nodes has no part, because the other has not made room yet. Whoever comes anew begins at half of its part.
fn a_lower_ceiling_is_no_reason_to_begin_anew(fresh: Fresh) {
    let hall = Hall::on(fresh.ready());
    ceiling::set(&hall.world, 200, "王警官", "测试开始").expect("set");
    let second = hall.beside(fresh.open());
    let mut nodes = vec![(&hall, Node::new(&hall.world, "a")), (&second, Node::new(&second.world, "b"))];
    let rates = |nodes: &mut Vec<(&Hall, Node)>, beats: usize| -> Vec<u32> {
        let mut rates = vec![0; nodes.len()];
        for _ in 0..beats * 3 {
            for (at, (hall, node)) in nodes.iter_mut().enumerate() {
                let tick = node.tick(&hall.world).expect("a tick");
                assert!(tick.rate <= tick.share, "{tick:?}");
                rates[at] = tick.rate;
            }
        }
        rates
    };
    assert_eq!(rates(&mut nodes, 3), [100_000, 50_000], "nobody needed more than what each began with");
    ceiling::set(&hall.world, 100, "王警官", "平台变慢").expect("set");
    assert_eq!(rates(&mut nodes, 2), [50_000; 2], "what was learned of the platform holds");
    // A pause is another thing: after it the platform is asked slowly at first.
    ceiling::set(&hall.world, 0, "王警官", "平台维护").expect("set");
    assert_eq!(rates(&mut nodes, 2), [0; 2]);
    ceiling::set(&hall.world, 100, "王警官", "平台恢复").expect("set");
    assert_eq!(rates(&mut nodes, 3), [1_000; 2]);
}

fn a_node_that_dies_gives_its_part_back_and_nobody_loses_a_place(fresh: Fresh) {
    let hall = Hall::on(fresh.ready());
    ceiling::set(&hall.world, 40, "王警官", "测试开始").expect("set");
    let doomed = hall.beside(fresh.open());
    let mut nodes = vec![(&hall, Node::new(&hall.world, "a")), (&doomed, Node::new(&doomed.world, "b"))];
    assert_eq!(rounds(&mut nodes, 9, 40_000), [20_000; 2]);
    let all = crowd(60);
    for (n, driver) in all.iter().enumerate() {
        if n % 2 == 0 {
            hall.come(driver)
        } else {
            doomed.come(driver)
        };
        hall.pass(100);
    }
    hall.serve(10);
    // The other one is killed with five intents in hand, one of them done at the platform and not yet noted.
    let in_hand = doomed.claim(5);
    assert_eq!(in_hand.len(), 5);
    let places: Vec<u64> = all[15..].iter().map(|driver| hall.ahead(driver)).collect();
    nodes.pop();
    let still: Vec<u64> = all[15..].iter().map(|driver| hall.ahead(driver)).collect();
    assert_eq!(places, still);
    // Its part is free after its beats have stood still for a while, and not before.
    assert_eq!(rounds(&mut nodes, 12, 40_000), [20_000]);
    assert_eq!(rounds(&mut nodes, 12, 40_000), [40_000]);
    // What it had in hand is done by the other when the lease is over; everybody once.
    let mut served = hall.serve(100);
    assert_eq!(served, all[15..]);
    hall.pass(60_000);
    served.extend(hall.serve(100));
    assert_eq!(served.len(), 50);
    let seen = hall.seen();
    assert_eq!((seen.room.waiting(), seen.room.gone()), (0, 60));
    // The dead one's late word counts for nothing.
    assert!(hall.finish(&in_hand[0]).is_err());
    assert_eq!(hall.seen().room.gone(), 60);
}

fn a_restarted_node_has_its_part_at_once(fresh: Fresh) {
    let hall = Hall::on(fresh.ready());
    ceiling::set(&hall.world, 50, "王警官", "测试开始").expect("set");
    let mut nodes = vec![(&hall, Node::new(&hall.world, "a"))];
    rounds(&mut nodes, 4, 50_000);
    // Killed and started again under its name: no waiting for its own ghost.
    let mut again = vec![(&hall, Node::new(&hall.world, "a"))];
    assert_eq!(rounds(&mut again, 1, 50_000), [50_000]);
    // The first was not dead after all (two processes of one name): the second takes no second part beside it.
    let first = nodes[0].1.tick(&hall.world);
    assert!(first.is_ok());
    let mut both = vec![nodes.pop().expect("one"), again.pop().expect("one")];
    for _ in 0..12 {
        for (hall, node) in &mut both {
            node.tick(&hall.world).expect("a tick");
        }
    }
    assert_eq!(rounds(&mut both, 3, 50_000), [25_000; 2], "one of them goes on under another name");
}

/// Six people come; the process "old" has the first two in hand.
fn six_of_whom_two_are_in_hand(hall: &Hall) -> Vec<String> {
    let all = crowd(6);
    for driver in &all {
        hall.come(driver);
        hall.pass(100);
    }
    let (now, worker) = (hall.world.now().as_millisecond(), queue::worker_name("old", 3));
    let claimed =
        hall.world.db.write(|tx| queue::claim(tx, now, &worker, &[queue::Kind::in_line(DECIDE, 60_000)], 2));
    assert_eq!(claimed.expect("claimed").len(), 2);
    all
}

fn what_a_killed_process_held_is_taken_up_as_soon_as_it_is_known_to_be_over(fresh: Fresh) {
    let hall = Hall::on(fresh.ready());
    Node::new(&hall.world, "a").of_process("old", |_| false).tick(&hall.world).expect("a tick");
    let all = six_of_whom_two_are_in_hand(&hall);
    // Started again under its name: nobody who came later goes first.
    let mut again = Node::new(&hall.world, "a").of_process("new", |name| name == "old");
    again.tick(&hall.world).expect("a tick");
    assert_eq!(hall.serve(100), all);
}

fn what_a_silent_process_held_is_taken_up_when_its_beats_have_stood_still(fresh: Fresh) {
    let hall = Hall::on(fresh.ready());
    Node::new(&hall.world, "b").of_process("old", |_| false).tick(&hall.world).expect("a tick");
    let all = six_of_whom_two_are_in_hand(&hall);
    let mut nodes = vec![(&hall, Node::new(&hall.world, "a"))];
    rounds(&mut nodes, 12, u32::MAX);
    assert_eq!(hall.serve(100), all[2..], "it may only be slow");
    rounds(&mut nodes, 12, u32::MAX);
    assert_eq!(hall.serve(100), all[..2]);
    // A machine that was started again cannot know its forerunner's process: it waits as the others do.
    let all = {
        Node::new(&hall.world, "c").of_process("old", |_| false).tick(&hall.world).expect("a tick");
        six_of_whom_two_are_in_hand(&hall)
    };
    let mut again = vec![(&hall, Node::new(&hall.world, "c"))];
    rounds(&mut again, 12, u32::MAX);
    assert_eq!(hall.serve(100), all[2..]);
    rounds(&mut again, 12, u32::MAX);
    assert_eq!(hall.serve(100), all[..2]);
}

fn nobody_takes_up_what_a_living_process_holds(fresh: Fresh) {
    let hall = Hall::on(fresh.ready());
    let mut living = Node::new(&hall.world, "a").of_process("old", |_| false);
    living.tick(&hall.world).expect("a tick");
    let all = six_of_whom_two_are_in_hand(&hall);
    // One of the same name and one of another: for a few seconds the twins share a part.
    let twin = Node::new(&hall.world, "a").of_process("twin", |_| false);
    let mut nodes = [living, twin, Node::new(&hall.world, "b")];
    for _ in 0..40 {
        for node in &mut nodes {
            node.tick(&hall.world).expect("a tick");
        }
    }
    assert_eq!(hall.serve(100), all[2..]);
}

fn without_a_database_a_node_falls_silent_before_others_take_its_part(fresh: Fresh) {
    let hall = Hall::on(fresh.ready());
    ceiling::set(&hall.world, 50, "王警官", "测试开始").expect("set");
    let mut node = Node::new(&hall.world, "a");
    assert_eq!(node.tick(&hall.world).expect("a tick").rate, 25_000, "half of its part to begin with");
    // Another world that cannot reach the database: an empty one without the tables.
    let away = hall.beside(clearway_store::Db::open("sqlite::memory:").expect("a database"));
    let mut silent = None;
    for tick in 1..15 {
        match node.tick(&away.world) {
            Ok(tick_seen) if tick_seen.rate == 0 => silent = silent.or(Some(tick)),
            _ => {}
        }
    }
    assert!(silent.is_some_and(|tick| tick < 12), "{silent:?}: others believe it dead after fifteen");
}

fn while_the_database_is_away_for_all_nobody_is_believed_dead(fresh: Fresh) {
    let hall = Hall::on(fresh.ready());
    ceiling::set(&hall.world, 50, "王警官", "测试开始").expect("set");
    let mut living = Node::new(&hall.world, "a").of_process("old", |_| false);
    let mut nodes = vec![(&hall, Node::new(&hall.world, "b"))];
    for _ in 0..9 {
        living.tick(&hall.world).expect("a tick");
        rounds(&mut nodes, 1, 50_000);
    }
    let all = six_of_whom_two_are_in_hand(&hall);
    // Half a minute: longer than any beats may stand still.
    let away = hall.beside(clearway_store::Db::open("sqlite::memory:").expect("a database"));
    for _ in 0..30 {
        for node in [&mut living, &mut nodes[0].1] {
            drop(node.tick(&away.world));
        }
    }
    // This one is back a moment earlier, and finds the other's beats where they stood.
    rounds(&mut nodes, 4, 50_000);
    assert_eq!(hall.serve(100), all[2..], "what the other has in hand is the other's");
    living.tick(&hall.world).expect("a tick");
    for _ in 0..6 {
        assert_eq!(rounds(&mut nodes, 3, 50_000), [25_000]);
        for _ in 0..3 {
            assert_eq!(living.tick(&hall.world).expect("a tick").share, 25_000);
        }
    }
    // And one that is dead is found dead all the same.
    rounds(&mut nodes, 20, 50_000);
    assert_eq!(hall.serve(100), all[..2]);
}
