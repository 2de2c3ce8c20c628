//! Random texts for signatures, from the house's one source of chance.

use clearway_domain::Chance;

/// 32 hexadecimal characters.
pub(crate) fn nonce(chance: &dyn Chance) -> String {
    let mut bytes = [0; 16];
    chance.fill(&mut bytes);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
