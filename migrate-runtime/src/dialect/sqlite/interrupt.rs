//! Interrupting a statement: SQLite asks a handler now and then whether it shall go on.

use std::sync::Arc;

use super::connect::Handle;
use crate::error::ErrorKind;
use crate::interrupt::Interrupt;

/// How many instructions of SQLite's virtual machine run between two questions: some hundred
/// microseconds.
const INSTRUCTIONS: i32 = 10_000;

/// Interrupts whatever runs on the connection when it is due.
pub(crate) async fn interrupt_when(
    handle: &mut Handle<'_>,
    interrupt: &Arc<Interrupt>,
) -> Result<(), ErrorKind> {
    let failed = |source| ErrorKind::Database { doing: "reaching the database".to_owned(), source };
    let interrupt = Arc::clone(interrupt);
    let mut locked = handle.connection().lock_handle().await.map_err(failed)?;
    locked.set_progress_handler(INSTRUCTIONS, move || !interrupt.is_due());
    Ok(())
}

/// Takes the question away again.
pub(crate) async fn interrupt_no_more(handle: &mut Handle<'_>) {
    // A connection that can't be locked runs nothing any more.
    if let Ok(mut locked) = handle.connection().lock_handle().await {
        locked.remove_progress_handler();
    }
}
