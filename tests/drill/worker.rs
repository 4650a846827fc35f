//! `drill-worker <folder of revisions> <url> up|down kill|stop <n>`: runs as an application would,
//! and kills or stops itself at the n-th event, counted from 0.

fn main() {
    #[cfg(unix)]
    worker::run();
}

#[cfg(unix)]
mod worker {
    use std::process::exit;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use migrate_tests::migrator;
    use nix::sys::signal::{Signal, raise};

    pub(crate) fn run() {
        let arguments: Vec<String> = std::env::args().skip(1).collect();
        let [folder, url, way, action, number] = arguments.as_slice() else {
            eprintln!("drill-worker <folder> <url> up|down kill|stop <n>");
            exit(2);
        };
        let signal = if action == "kill" { Signal::SIGKILL } else { Signal::SIGSTOP };
        let number: usize = number.parse().expect("a number");
        let events = AtomicUsize::new(0);
        let migrator = migrator(folder.as_ref()).on_event(move |_| {
            if events.fetch_add(1, Ordering::SeqCst) == number {
                raise(signal).expect("the signal is ours to send");
            }
        });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let outcome = runtime.expect("a runtime").block_on(async {
            match way.as_str() {
                "up" => migrator.run(url.as_str()).await,
                _ => migrator.down(url.as_str(), "base").await,
            }
        });
        if let Err(error) = outcome {
            eprintln!("{}: {error}", error.code());
            exit(1);
        }
    }
}
