//! SQLite: <https://www.sqlite.org/lang_transaction.html>.

use super::{Objection, as_slices, words};
use crate::dialect::Dialect;

pub(super) fn objection(sql: &str) -> Option<Objection> {
    let words = words(Dialect::Sqlite, sql, 5);
    match as_slices(&words).as_slice() {
        [word @ ("BEGIN" | "COMMIT" | "END" | "ROLLBACK" | "SAVEPOINT" | "RELEASE"), ..] => {
            Some(Objection::Control((*word).to_owned()))
        }
        // https://www.sqlite.org/pragma.html#pragma_foreign_keys: "a no-op within a transaction";
        // the name may follow a schema's.
        ["PRAGMA", "FOREIGN_KEYS", ..] | ["PRAGMA", _, ".", "FOREIGN_KEYS", ..] => {
            Some(Objection::NoEffect("PRAGMA foreign_keys".to_owned()))
        }
        ["VACUUM", ..] => Some(Objection::NeedsNone("VACUUM".to_owned())),
        // "cannot change into wal mode from within a transaction", "safety level may not be
        // changed inside a transaction"; asking for them is fine.
        ["PRAGMA", name @ ("JOURNAL_MODE" | "SYNCHRONOUS"), "=" | "(", ..]
        | ["PRAGMA", _, ".", name @ ("JOURNAL_MODE" | "SYNCHRONOUS"), "=" | "(", ..] => {
            Some(Objection::NeedsNone(format!("PRAGMA {}", name.to_ascii_lowercase())))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::dialect::Dialect;
    use crate::script::{refuse_in_transaction, split};

    fn check(text: &str) -> Result<(), (usize, &'static str)> {
        let split = split(Dialect::Sqlite, text).unwrap();
        refuse_in_transaction(Dialect::Sqlite, text, &split.statements)
            .map_err(|error| (error.offset, error.problem.code()))
    }

    #[test]
    fn transaction_control_is_found_at_the_top_level_only() {
        assert_eq!(check("a; /* x */ commit ;"), Err((11, "script.transaction_control")));
        assert_eq!(check("END"), Err((0, "script.transaction_control")));
        assert_eq!(check("x; SAVEPOINT s; y"), Err((3, "script.transaction_control")));
        assert_eq!(check("x;\u{FEFF}COMMIT"), Err((5, "script.transaction_control")));
        assert_eq!(
            check("CREATE TRIGGER t BEGIN SELECT 1; END; INSERT INTO begin VALUES (1)"),
            Ok(())
        );
    }

    #[test]
    fn a_pragma_without_effect_is_found() {
        assert_eq!(check("PRAGMA foreign_keys=off"), Err((0, "script.no_effect")));
        assert_eq!(check("PRAGMA main . \"foreign_keys\" = 0"), Err((0, "script.no_effect")));
        assert_eq!(check("PRAGMA [main].foreign_keys(0)"), Err((0, "script.no_effect")));
        assert_eq!(check("PRAGMA defer_foreign_keys=on"), Ok(()));
    }

    #[test]
    fn what_fails_in_a_transaction_is_found() {
        assert_eq!(check("VACUUM"), Err((0, "script.needs_no_transaction")));
        assert_eq!(check("PRAGMA journal_mode = WAL"), Err((0, "script.needs_no_transaction")));
        assert_eq!(check("PRAGMA main.synchronous(1)"), Err((0, "script.needs_no_transaction")));
        assert_eq!(check("PRAGMA journal_mode"), Ok(()));
    }
}
