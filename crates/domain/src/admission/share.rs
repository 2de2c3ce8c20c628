//! Each node's part of one ceiling. A node takes what is its own and free; whoever is dead gives back when its lease ends.

/// What a node takes at its heartbeat, thousandths of a call a second: an equal part of the ceiling, but never more than
/// the others (whose leases hold) leave free. So the sum is never above the ceiling, also while somebody joins.
#[must_use]
pub fn take(ceiling: u32, others: &[u32]) -> u32 {
    let nodes = u32::try_from(others.len()).unwrap_or(u32::MAX).saturating_add(1);
    let held = others.iter().fold(0_u32, |sum, share| sum.saturating_add(*share));
    (ceiling / nodes).min(ceiling.saturating_sub(held))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn one_node_takes_all_and_two_take_a_half_each_once_both_have_looked() {
        assert_eq!(take(200, &[]), 200);
        let mut nodes = [200, 0];
        nodes[1] = take(200, &[nodes[0]]);
        assert_eq!(nodes[1], 0, "nothing is free yet");
        nodes[0] = take(200, &[nodes[1]]);
        nodes[1] = take(200, &[nodes[0]]);
        assert_eq!(nodes, [100, 100]);
    }

    proptest! {
        #[test]
        fn however_nodes_come_and_go_the_sum_stays_under_the_ceiling_and_becomes_fair(
            ceiling in 1_u32..1_000_000, steps in prop::collection::vec((0_usize..6, any::<bool>()), 1..100),
        ) {
            let mut nodes: Vec<Option<u32>> = vec![None; 6];
            let others = |nodes: &[Option<u32>], me: usize| -> Vec<u32> {
                nodes.iter().enumerate().filter(|(at, _)| *at != me).filter_map(|(_, share)| *share).collect()
            };
            for (node, lives) in steps {
                nodes[node] = lives.then(|| take(ceiling, &others(&nodes, node)));
                prop_assert!(nodes.iter().flatten().sum::<u32>() <= ceiling);
            }
            let live = nodes.iter().flatten().count();
            for _ in 0..=live {
                for node in 0..nodes.len() {
                    nodes[node] = nodes[node].map(|_| take(ceiling, &others(&nodes, node)));
                }
            }
            let fair = u32::try_from(live).ok().filter(|live| *live > 0).map(|live| ceiling / live);
            prop_assert!(nodes.iter().flatten().all(|share| Some(*share) == fair), "{:?}", nodes);
        }
    }
}
