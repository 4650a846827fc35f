//! PgBouncer, which the tests start themselves, in front of the PostgreSQL of this machine.

use super::{install, programs};
use crate::command::Outcome;

/// Installs it if there is none and we may.
pub(super) fn install() -> Outcome {
    match programs::find("pgbouncer") {
        Some(_) => Ok(()),
        None => install::install(&["pgbouncer"]).map_err(|error| format!("PgBouncer: {error}")),
    }
}
