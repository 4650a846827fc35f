//! The checksum that decides whether a revision was edited. Knows bytes; knows nothing of what
//! they mean.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};

/// The SHA-256 of a revision file after removing a byte order mark and turning CRLF into LF.
///
/// Nothing else is normalised, so one sentence explains it (design, section 4). Written as
/// `sha256:` and 64 hexadecimal digits.
///
/// ```
/// use migrate_model::Checksum;
///
/// assert_eq!(Checksum::of(b"a\r\nb\n"), Checksum::of(b"\xEF\xBB\xBFa\nb\n"));
/// assert_ne!(Checksum::of(b"a \n"), Checksum::of(b"a\n"));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Checksum([u8; 32]);

impl Checksum {
    /// The checksum of a file's bytes, normalised first.
    ///
    /// ```
    /// let sum = migrate_model::Checksum::of(b"a\nb\n");
    /// assert_eq!(sum.to_string().parse(), Ok(sum));
    /// ```
    pub fn of(bytes: &[u8]) -> Self {
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        let mut hasher = Sha256::new();
        let mut rest = bytes;
        // Looking for one byte first is many times cheaper, and most files have none.
        while rest.contains(&b'\r')
            && let Some(at) = rest.windows(2).position(|pair| pair == b"\r\n")
        {
            hasher.update(&rest[..at]);
            rest = &rest[at + 1..];
        }
        hasher.update(rest);
        Self(hasher.finalize().into())
    }

    /// The first twelve hexadecimal digits and an ellipsis, for people.
    ///
    /// ```
    /// let sum = migrate_model::Checksum::of(b"a\nb\n");
    /// assert_eq!(sum.short(), "911169ddaaf1…");
    /// ```
    pub fn short(&self) -> String {
        let mut hex = hex(&self.0);
        hex.truncate(12);
        hex + "…"
    }
}

impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{}", hex(&self.0))
    }
}

impl fmt::Debug for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that is no `sha256:<64 hexadecimal digits>`.
///
/// ```
/// use migrate_model::checksum::{Checksum, ParseChecksumError};
///
/// let parsed: Result<Checksum, ParseChecksumError> = "md5:00".parse();
/// assert!(parsed.unwrap_err().to_string().contains("`md5:00` is no checksum"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no checksum of the form sha256:<64 hexadecimal digits>")]
pub struct ParseChecksumError(String);

impl FromStr for Checksum {
    type Err = ParseChecksumError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || ParseChecksumError(text.to_owned());
        let digits = text.strip_prefix("sha256:").ok_or_else(error)?.as_bytes();
        if digits.len() != 64 {
            return Err(error());
        }
        let mut sum = [0; 32];
        for (byte, pair) in sum.iter_mut().zip(digits.chunks_exact(2)) {
            let high = nibble(pair[0]).ok_or_else(error)?;
            let low = nibble(pair[1]).ok_or_else(error)?;
            *byte = high << 4 | low;
        }
        Ok(Self(sum))
    }
}

fn nibble(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|byte| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]])
        .map(char::from)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_sha256_of_the_normalised_bytes() {
        // printf 'a\nb\n' | sha256sum
        let expected = "sha256:911169ddaaf146aff539f58c26c489af3b892dff0fe283c1c264c65ae5aa59a2";
        let sum = Checksum::of(b"a\nb\n").to_string();
        assert_eq!(sum, expected);
        assert_eq!(sum.parse::<Checksum>().unwrap(), Checksum::of(b"a\nb\n"));
    }

    #[test]
    fn a_bom_and_crlf_do_not_count_and_a_lone_cr_does() {
        assert_eq!(Checksum::of(b"a\nb\n"), Checksum::of(b"a\r\nb\r\n"));
        assert_eq!(Checksum::of(b"a\nb\n"), Checksum::of(b"\xEF\xBB\xBFa\nb\n"));
        assert_ne!(Checksum::of(b"a\nb\n"), Checksum::of(b"a\rb\n"));
        assert_ne!(Checksum::of(b"a\r\r\n"), Checksum::of(b"a\n"));
    }

    #[test]
    fn what_is_no_checksum_is_refused() {
        for text in ["", "sha256:", "md5:00", "sha256:zz", &format!("sha256:{}é", "0".repeat(62))]
        {
            assert!(text.parse::<Checksum>().is_err(), "{text}");
        }
    }
}
