//! What stands in a SQL revision below its header: sections, and statements within them. Knows
//! the lexical rules of the dialects; knows nothing of databases.

mod check;
mod compare;
mod control;
mod effect;
mod error;
mod lexer;
mod section;
mod session;
mod split;

pub use check::{check, statements};
pub use compare::same_statements;
pub use control::{names, refuse_in_transaction, refuse_outside_transaction};
pub use effect::Effect;
pub use error::{ScriptError, ScriptProblem};
pub use section::{MARKER, Script, Section, Transaction};
pub use session::SessionChange;
pub use split::{Split, Statement, split};
