//! MySQL and MariaDB. The client `mysql` is told by `DELIMITER` where a stored program ends; a
//! script without that is split as the server's own grammar would, by the blocks of the program.

mod compound;

use super::{Pieces, Split};
use crate::dialect::Dialect;
use crate::script::error::{ScriptError, ScriptProblem};
use crate::script::lexer::{MysqlLexer, Token, TokenKind};
use compound::Compound;

pub(super) fn split(dialect: Dialect, text: &str) -> Result<Split, ScriptError> {
    let mut pieces = Pieces::default();
    let mut compound = Compound::default();
    let mut lexer = MysqlLexer::new(dialect, text);
    while let Some(token) = lexer.next() {
        let Token { kind, span } = token?;
        let word = &text[span.clone()];
        // A delimiter of the script's own always ends a statement. A `;` within a program is the
        // program's; outside of one the server takes what follows it for another statement,
        // whatever the delimiter.
        let ends = match kind {
            TokenKind::Semicolon => word != ";" || !compound.is_open(),
            _ => word == ";" && !lexer.is_in_code() && !compound.is_program(),
        };
        if ends {
            pieces.finish(span.end);
            compound = Compound::default();
            lexer.end_statement();
            continue;
        }
        match kind {
            TokenKind::Blank => continue,
            TokenKind::Mark => {}
            TokenKind::Word | TokenKind::Quoted | TokenKind::Semicolon | TokenKind::Other => {
                if word == "\\" && !lexer.is_in_code() && !text[span.end..].starts_with('N') {
                    let command = text[span.start..].chars().take(2).collect();
                    let problem = ScriptProblem::ClientOnly { command };
                    return Err(ScriptError { offset: span.start, problem });
                }
                compound.take(kind, word, span.start);
            }
        }
        pieces.extend(span);
    }
    match compound.open_block() {
        Some(offset) if !lexer.has_own_delimiter() => {
            let problem = ScriptProblem::Unterminated { what: "block" };
            Err(ScriptError { offset, problem })
        }
        _ => Ok(pieces.into_split(text.len())),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::dialect::Dialect;
    use crate::script::split::laws;

    #[track_caller]
    fn splits(text: &str, expected: &[&str]) {
        assert_eq!(laws::statements(Dialect::Mysql, text), expected);
        assert_eq!(laws::statements(Dialect::Mariadb, text), expected);
    }

    #[track_caller]
    fn refuses(text: &str, offset: usize, code: &str) {
        assert_eq!(laws::refused(Dialect::Mysql, text), (offset, code));
    }

    /// A statement that holds `;`, and one behind it.
    #[track_caller]
    fn one(statement: &str) {
        splits(&format!("{statement}; SELECT 2"), &[statement, "SELECT 2"]);
    }

    #[test]
    fn quotes_hide_semicolons() {
        one(r#"SELECT ';''\';', ";""\";", `;``\`, N'\\', _utf8mb4'é\é;'"#);
        splits(r"SELECT '\\'; a", &[r"SELECT '\\'", "a"]);
    }

    #[test]
    fn comments_hide_semicolons() {
        splits("a -- ;\n; b # ;'\n; c /* ; /* */; d --", &["a", "b", "c", "d"]);
        splits("SELECT 5--3; a --\x01;\nb", &["SELECT 5--3", "a --\x01;\nb"]);
        splits("a --é; b", &["a --é", "b"]);
    }

    #[test]
    fn comments_with_code_are_code() {
        one("/*!40101 SET NAMES utf8mb4 */");
        one("SELECT /*+ NO_INDEX_MERGE(t; u) */ 1 /*!80013 ; /* ; */ ';' */");
        splits("SELECT 2*/*!1*/*3; a", &["SELECT 2*/*!1*/*3", "a"]);
        refuses("a /*!80000 b; c", 2, "script.unterminated");
        let text = "/*M!100100 a; ' */ ; b";
        assert_eq!(laws::refused(Dialect::Mariadb, text), (14, "script.unterminated"));
        assert_eq!(laws::statements(Dialect::Mysql, text), ["b"]);
        let text = "/*M!100100 a; */; b";
        assert_eq!(laws::statements(Dialect::Mariadb, text), ["/*M!100100 a; */", "b"]);
        let dump = "/*!999999\\- enable the sandbox mode */ \n-- MariaDB dump\n/*!1 a */; b";
        assert_eq!(laws::statements(Dialect::Mariadb, dump)[1..], ["b"]);
    }

    #[test]
    fn the_delimiter_can_be_changed() {
        splits(
            "a;\ndelimiter $$\nCREATE TRIGGER t BEGIN b; END$$ CREATE VIEW v AS SELECT ';'$$\n\
             DELIMITER ;\nc; d",
            &["a", "CREATE TRIGGER t BEGIN b; END", "CREATE VIEW v AS SELECT ';'", "c", "d"],
        );
        splits("  DELIMITER '//' rest\na//b -- //\n//", &["a", "b"]);
        splits("DELIMITER #\na # b\nDELIMITER --\nc -- d", &["a", "b", "c", "d"]);
        splits("DELIMITER go\na go b", &["a", "b"]);
        // The server reads one statement after the other, whatever the client's delimiter is.
        splits("DELIMITER $$\na; b$$", &["a", "b"]);
    }

    #[test]
    fn a_delimiter_in_the_middle_is_one_only_if_nothing_else_can_be_meant() {
        one("CREATE TABLE a (\ndelimiter varchar(1),\n  delimiter ;\n)".trim_end_matches(" ;\n)"));
        splits("DELIMITER $$\nBEGIN NOT ATOMIC a;\nDELIMITER ;\nb", &["BEGIN NOT ATOMIC a;", "b"]);
        splits("SELECT delimiter $$", &["SELECT delimiter $$"]);
        refuses("DELIMITER\na", 0, "script.client_command");
        refuses("DELIMITER \\\\\na", 0, "script.client_command");
        refuses("DELIMITER 1234567890123456\n", 0, "script.client_command");
        refuses("SELECT 1\\G", 8, "script.client_command");
        splits("SELECT \\N; a", &["SELECT \\N", "a"]);
    }

    #[test]
    fn a_program_ends_with_its_blocks() {
        one("CREATE PROCEDURE p(a SET('x')) BEGIN SELECT 1; BEGIN END; END");
        one(
            "create definer=`a`@`b` trigger t after insert on row for each row begin set @if = 1; end",
        );
        one(
            "CREATE DEFINER = event@127.0.0.1 EVENT e ON SCHEDULE EVERY IF(1, 2, 3) DAY DO BEGIN a; END",
        );
        one(
            "CREATE OR REPLACE AGGREGATE FUNCTION IF NOT EXISTS db.begin() RETURNS INT BEGIN a; END",
        );
        one("ALTER EVENT e COMMENT 'DO' DO BEGIN a; END");
        one("CREATE TRIGGER t BEFORE UPDATE ON a FOR EACH ROW FOLLOWS `begin` BEGIN a; END");
        one(
            "/*!50003 CREATE*/ /*!50017 DEFINER=`a`@`b`*/ /*!50003 TRIGGER t BEFORE INSERT ON x FOR \
             EACH ROW BEGIN a; END */",
        );
        refuses("a; CREATE PROCEDURE p() BEGIN SELECT 1;", 24, "script.unterminated");
    }

    #[test]
    fn blocks_of_every_kind_are_followed() {
        let program =
            |body: &str| one(&format!("CREATE PROCEDURE p() MODIFIES SQL DATA\nBEGIN {body} END"));
        program("IF a THEN b; ELSEIF IF(a, b, c) THEN d; ELSE IF e THEN f; END IF; END IF;");
        program("CASE a WHEN CASE 1 WHEN 1 THEN 2 ELSE 3 END THEN b; ELSE BEGIN END; END CASE;");
        program("l: LOOP LEAVE l; END LOOP l; m:WHILE a DO DO SLEEP(1); END WHILE m;");
        program("REPEAT SET a = REPEAT('x', 3); UNTIL CASE a WHEN 1 THEN 2 END > 1 END REPEAT;");
        program("FOR i IN 1..10 DO SELECT i FOR UPDATE; END FOR;");
        program("DECLARE EXIT HANDLER FOR SQLSTATE VALUE '23000', NOT FOUND, 1062 BEGIN a; END;");
        program("DECLARE CONTINUE HANDLER FOR c IF a THEN b; END IF;");
        program("DECLARE CONTINUE HANDLER FOR NOT FOUND SET done = IF(a, b, c);");
        program("DROP TABLE IF EXISTS a; CREATE TABLE IF NOT EXISTS b (begin INT, end INT);");
        program("SELECT begin, end, a.case, CASE WHEN end THEN end ELSE 1 END AS end FROM a;");
        program("INSERT INTO a (begin, end) VALUES (1, IF(1, 2, 3)); IF(a) THEN b; END IF;");
        program("START TRANSACTION; BEGIN NOT ATOMIC a; END; COMMIT;");
    }

    #[test]
    fn a_body_may_be_one_statement() {
        one(
            "CREATE FUNCTION f() RETURNS SET('a') CHARACTER SET utf8 RETURN IF(a, CASE 1 WHEN 2 END, b)",
        );
        one("CREATE PROCEDURE p() DROP TABLE IF EXISTS a");
        one("CREATE PROCEDURE p() COMMENT 'begin' SET @begin = REPEAT('x', 3)");
        one("CREATE PROCEDURE p() IF a THEN b; END IF");
        one("CREATE PROCEDURE p() l: LOOP LEAVE l; END LOOP");
        one(
            "CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW SET NEW.a = IF(a, CASE WHEN 1 THEN 2 END, end)",
        );
        one(
            "CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW IF NOT EXISTS (SELECT 1) THEN b; END IF",
        );
        one("CREATE EVENT e ON SCHEDULE AT NOW() DO CALL p()");
        one("CREATE FUNCTION f RETURNS STRING SONAME 'f.so'");
    }

    #[test]
    fn other_statements_have_no_blocks() {
        one("CREATE TABLE trigger_log (begin INT)");
        one(
            "CREATE DEFINER=a SQL SECURITY INVOKER VIEW procedure_list AS SELECT CASE 1 WHEN 2 THEN 3 END",
        );
        splits("BEGIN; SELECT 1; END", &["BEGIN", "SELECT 1", "END"]);
        splits(
            "DROP PROCEDURE IF EXISTS p; DROP EVENT e",
            &["DROP PROCEDURE IF EXISTS p", "DROP EVENT e"],
        );
        splits("SELECT IF(1, 2, 3); SET @a = 1", &["SELECT IF(1, 2, 3)", "SET @a = 1"]);
    }

    #[test]
    fn mariadb_has_programs_of_its_own() {
        one("BEGIN NOT ATOMIC DECLARE a INT; IF a THEN b; END IF; END");
        one("IF (SELECT 1) THEN BEGIN a; END; END IF");
        one("FOR i IN 1..2 DO a; END FOR");
        one("CREATE PACKAGE p FUNCTION f() RETURNS INT; PROCEDURE q(); END");
        one("CREATE OR REPLACE PACKAGE BODY IF NOT EXISTS p\n  PROCEDURE q() BEGIN a; END;\n  \
             FUNCTION f() RETURNS INT RETURN 1;\nEND");
        one("CREATE PACKAGE BODY p AS x INT; PROCEDURE q AS a INT; b INT; BEGIN c; END q; BEGIN \
             SET x = 1; END");
    }

    #[test]
    fn what_never_ends_is_refused_where_it_begins() {
        for text in ["a 'b\\'", "a \"b", "a `b", "a /* b", "a /*! b", "a /*+ b", "a /*/"] {
            refuses(text, 2, "script.unterminated");
        }
    }

    #[test]
    fn nothing_is_no_statement() {
        splits("", &[]);
        splits(" ; -- x\n ;/* y */ #", &[]);
        splits("DELIMITER ;;\n;;\nDELIMITER ;\n", &[]);
    }

    #[test]
    fn a_dump_is_split() {
        let dump = include_str!("samples/mysql.sql");
        let statements = laws::statements(Dialect::Mysql, dump);
        assert_eq!(laws::statements(Dialect::Mariadb, dump), statements);
        let starts: Vec<&str> =
            statements.iter().map(|sql| sql.lines().next().unwrap_or_default()).collect();
        assert_eq!(
            starts,
            [
                "/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */",
                "/*!40103 SET TIME_ZONE='+00:00' */",
                "DROP TABLE IF EXISTS `projects`",
                "CREATE TABLE `projects` (",
                "LOCK TABLES `projects` WRITE",
                "/*!40000 ALTER TABLE `projects` DISABLE KEYS */",
                r#"INSERT INTO `projects` VALUES (1,'it\'s; \\',";"),(2,'#',_binary 'a\0;')"#,
                "/*!40000 ALTER TABLE `projects` ENABLE KEYS */",
                "UNLOCK TABLES",
                "/*!50003 SET sql_mode              = 'STRICT_TRANS_TABLES' */",
                "/*!50003 CREATE*/ /*!50017 DEFINER=`shop`@`%`*/ /*!50003 TRIGGER `touch` BEFORE UPDATE ON `projects` FOR EACH ROW BEGIN",
                "CREATE DEFINER=`shop`@`%` PROCEDURE `tidy`()",
                "/*!50106 CREATE*/ /*!50117 DEFINER=`shop`@`%`*/ /*!50106 EVENT `nightly` ON SCHEDULE EVERY 1 DAY DO BEGIN",
                "/*!50001 CREATE ALGORITHM=UNDEFINED */",
                "/*!40111 SET SQL_NOTES=@OLD_SQL_NOTES */",
            ]
        );
    }

    const PIECES: &str = "('|\"|`|\\\\|/\\*|/\\*!|/\\*M!1|/\\*\\+|\\*/|-- |--|#|\n|\n|;|\\$\\$|\nDELIMITER |\\$\\$\n|;\n|CREATE \
                          PROCEDURE p\\(\\) |CREATE PACKAGE p |BEGIN |NOT ATOMIC |CASE |IF |THEN |LOOP |REPEAT |UNTIL |WHILE |DO |END |AS \
                          |PROCEDURE |HANDLER |EXIT |FOR |x|é| |:|,|\\.){0,30}";

    const STATEMENTS: &str = "(SELECT '|'; |'\\\\''|`a;`|\";\"|/\\* ; \\*/|/\\*! ; \\*/|/\\*\\+ ; \\*/|-- x\n|#;\n|;|CREATE TRIGGER t ON a FOR EACH ROW \
                              BEGIN IF a THEN b; END IF; END;|BEGIN NOT ATOMIC |END;|x|é| |\n|1){0,20}";

    proptest! {
        #[test]
        fn the_pieces_cover_the_script(text in PIECES) {
            laws::cover(Dialect::Mysql, &text)?;
            laws::cover(Dialect::Mariadb, &text)?;
        }

        #[test]
        fn any_text_is_covered(text in "\\PC{0,40}") {
            laws::cover(Dialect::Mysql, &text)?;
        }

        #[test]
        fn what_is_joined_is_taken_apart(text in STATEMENTS) {
            laws::join(Dialect::Mysql, &text)?;
        }
    }
}
