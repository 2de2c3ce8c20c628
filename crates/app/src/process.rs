//! Which process this is, told so that another one on the same machine can see whether it is still there.

use std::path::Path;

/// This process: boot of the machine, space of process numbers, number, and when it began (ticks since the boot). No other
/// process is called so, before or after. `None` where the system does not tell.
#[must_use]
pub fn mine() -> Option<String> {
    let number = std::process::id();
    Some(format!("{}.{number}.{}", machine()?, begun(number)?))
}

/// Whether the process of that name is known to be over. A name of another machine, of another container or of no process says
/// nothing: then nobody is taken for dead.
#[must_use]
pub fn is_over(name: &str) -> bool {
    known_over(name).unwrap_or(false)
}

fn known_over(name: &str) -> Option<bool> {
    let (rest, start) = name.rsplit_once('.')?;
    let (place, number) = rest.rsplit_once('.')?;
    let (start, number): (u64, u32) = (start.parse().ok()?, number.parse().ok()?);
    // Where not even the first process is shown, the processes of others are hidden from us.
    let shown = begun(1).is_some();
    Some(machine()? == place && shown && begun(number) != Some(start))
}

/// Boot and space of process numbers: two containers on one machine count their processes separately.
fn machine() -> Option<String> {
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let space = std::fs::read_link("/proc/self/ns/pid").ok()?;
    let space: String = space.to_str()?.chars().filter(char::is_ascii_digit).collect();
    Some(format!("{}.{space}", boot.trim()))
}

/// When a process began, in ticks since the boot; `None` when there is none of that number.
fn begun(number: u32) -> Option<u64> {
    let text = std::fs::read_to_string(Path::new("/proc").join(number.to_string()).join("stat")).ok()?;
    // The name stands in brackets and may hold anything; proc(5) counts the start as field 22, the state as field 3.
    text.rsplit_once(')')?.1.split_whitespace().nth(19)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_over_when_it_has_ended_and_not_before() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let name = format!("{}.{}.{}", machine().unwrap(), child.id(), begun(child.id()).unwrap());
        assert!(!is_over(&name), "{name} runs");
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(is_over(&name), "{name} was killed");
    }

    #[test]
    fn who_has_the_number_of_a_dead_process_is_another_one() {
        let (rest, start) = (mine().unwrap(), begun(std::process::id()).unwrap());
        let earlier = format!("{}.{}", rest.rsplit_once('.').unwrap().0, start - 1);
        assert!(!is_over(&mine().unwrap()) && is_over(&earlier));
    }

    #[test]
    fn of_a_stranger_nothing_is_known() {
        let elsewhere = "6f1ed002-ab5e-4e1a-9e5a-5b2f3c1d0e9f.4026531836.1.7";
        for name in [elsewhere, "", "a", "1.2", "019aeb2e-7a3c-7000-8000-000000000000"] {
            assert!(!is_over(name), "{name}");
        }
    }
}
