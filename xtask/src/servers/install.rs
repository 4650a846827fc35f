//! Installing what a machine lacks, where we may: as root, on Debian and its kin.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use super::{account, programs};
use crate::command::{Outcome, output_of};

/// Asked by Debian's packages before they start a service; 101 means that they must not.
const POLICY: &str = "/usr/sbin/policy-rc.d";

/// Installs packages; no service of theirs is started.
pub(super) fn install(packages: &[&str]) -> Outcome {
    let names = packages.join(" ");
    if programs::find("apt-get").is_none() {
        return Err("not on this machine, and there is no apt-get to install it".to_owned());
    }
    if !account::is_root() {
        return Err(format!("not on this machine; as root: apt-get install {names}"));
    }
    println!("installing {names}");
    let _policy = Policy::no_services()?;
    if apt_get(&["install"], packages).is_ok() {
        return Ok(());
    }
    // Lists of packages that are missing or too old are the usual reason.
    apt_get(&["update"], &[])?;
    apt_get(&["install"], packages)
}

fn apt_get(action: &[&str], packages: &[&str]) -> Outcome {
    let mut apt_get = Command::new("apt-get");
    apt_get.env("DEBIAN_FRONTEND", "noninteractive").args(["-q", "-y"]);
    apt_get.args(["-o", "DPkg::Lock::Timeout=300", "--no-install-recommends"]);
    output_of(apt_get.args(action).args(packages)).map(drop)
}

/// The machine's answer to "may a service be started?", changed until it is dropped.
struct Policy {
    is_ours: bool,
}

impl Policy {
    /// Says no, unless the machine has an answer of its own; that is no, too, on all machines that
    /// have one without being asked, like containers.
    fn no_services() -> Outcome<Self> {
        if Path::new(POLICY).exists() {
            return Ok(Self { is_ours: false });
        }
        fs::write(POLICY, "#!/bin/sh\nexit 101\n")
            .and_then(|()| fs::set_permissions(POLICY, fs::Permissions::from_mode(0o755)))
            .map(|()| Self { is_ours: true })
            .map_err(|error| format!("{POLICY}: {error}"))
    }
}

impl Drop for Policy {
    fn drop(&mut self) {
        if self.is_ours
            && let Err(error) = fs::remove_file(POLICY)
        {
            eprintln!("warning: {POLICY} keeps services from starting, and stays: {error}");
        }
    }
}
