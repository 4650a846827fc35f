//! This process as others see it, and whether another one is gone. Knows the system; knows nothing
//! of databases.

use std::sync::OnceLock;

/// Where the numbers of processes are the same as here: this machine since it was started, and
/// the container. `None` where the system doesn't tell, which only Linux does.
pub(crate) fn place() -> Option<&'static str> {
    static PLACE: OnceLock<Option<String>> = OnceLock::new();
    PLACE.get_or_init(find_place).as_deref()
}

#[cfg(target_os = "linux")]
fn find_place() -> Option<String> {
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let numbers = std::fs::read_link("/proc/self/ns/pid").ok()?;
    Some(format!("{}/{}", boot.trim(), numbers.to_str()?))
}

#[cfg(not(target_os = "linux"))]
fn find_place() -> Option<String> {
    None
}

/// Whether the process of that number at that place is gone for certain. One that took over its
/// number hides that, so the answer errs on the side of "no".
pub(crate) fn is_gone(place: &str, number: u32) -> bool {
    self::place() == Some(place) && is_missing(number)
}

#[cfg(target_os = "linux")]
fn is_missing(number: u32) -> bool {
    use rustix::io::Errno;
    use rustix::process::{Pid, test_kill_process};
    let number = i32::try_from(number).ok().and_then(Pid::from_raw);
    // A process of somebody else's is "not permitted", and there.
    number.is_some_and(|number| test_kill_process(number) == Err(Errno::SRCH))
}

#[cfg(not(target_os = "linux"))]
fn is_missing(_number: u32) -> bool {
    false
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_there_until_it_has_ended() {
        let place = place().unwrap();
        assert!(!is_gone(place, std::process::id()));
        let mut child = std::process::Command::new("true").spawn().unwrap();
        child.wait().unwrap();
        assert!(is_gone(place, child.id()));
        assert!(!is_gone("elsewhere", child.id()));
    }
}
