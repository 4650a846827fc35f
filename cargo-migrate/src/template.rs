//! Rendering the templates of `template/`.

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, UndefinedBehavior, Value};

use crate::error::CliError;

/// Renders a template; `name` is for its errors.
pub(crate) fn render(name: &str, template: &str, values: Value) -> Result<String, CliError> {
    let failed = |error: minijinja::Error| CliError::Project {
        code: "project.template",
        message: format!("{name}: {error}"),
        hint: None,
        candidates: Vec::new(),
    };
    let syntax = SyntaxConfig::builder().keep_trailing_newline(true).build().map_err(failed)?;
    let mut environment = Environment::new();
    environment.set_syntax(syntax);
    // A misspelt name is a mistake, not an empty text.
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.render_str(template, values).map_err(failed)
}
