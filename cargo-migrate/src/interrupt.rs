//! Ctrl-C and SIGTERM: the first asks the run to stop, which rolls back and unlocks; the second
//! ends the process at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::exit::Exit;

/// A flag that becomes true at the first signal. Must be called inside the async runtime.
pub(crate) fn flag() -> Arc<AtomicBool> {
    let flag = Arc::new(AtomicBool::new(false));
    let raised = Arc::clone(&flag);
    tokio::spawn(async move {
        loop {
            signal().await;
            if raised.swap(true, Ordering::Relaxed) {
                std::process::exit(Exit::Interrupted as i32);
            }
        }
    });
    flag
}

#[cfg(unix)]
async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    // A system that gives no signals ends the process in its own way.
    let Ok(mut terminate) = signal(SignalKind::terminate()) else { return never().await };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}

#[cfg(not(unix))]
async fn signal() {
    if tokio::signal::ctrl_c().await.is_err() {
        never().await;
    }
}

async fn never() {
    std::future::pending::<()>().await;
}
