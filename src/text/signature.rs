use std::fmt;

use crate::Value;

/// The version of sacrebleu whose numbers these are.
const VERSION: &str = "2.6.0";

/// A score as sacrebleu reports it: with the signature that says exactly how it was computed.
///
/// It is one number where numbers are wanted, and sacrebleu's line where it is printed.
#[derive(Debug, Clone, PartialEq)]
pub struct SignedScore {
    /// What sacrebleu calls it, such as `chrF2++`.
    pub name: String,
    /// The score, a percentage.
    pub score: f64,
    /// The signature, such as `nrefs:1|case:mixed|eff:yes|nc:6|nw:0|space:no|version:2.6.0`: quote it with the score.
    pub signature: String,
}

impl fmt::Display for SignedScore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}|{} = {:.2}", self.name, self.signature, self.score)
    }
}

impl Value for SignedScore {
    const SCALAR: bool = true;

    fn scalar(&self) -> Option<f64> {
        Some(self.score)
    }

    fn report(&self) -> String {
        self.to_string()
    }
}

/// The signature of a score with these options, over sentences that have this many references each, if the number is the
/// same for all.
pub(super) fn signature(references: Option<u64>, options: &[(&str, &str)]) -> String {
    let mut signature = match references {
        Some(n) => format!("nrefs:{n}"),
        None => "nrefs:var".to_owned(),
    };
    for (name, value) in options {
        signature.extend(["|", name, ":", value]);
    }
    signature.extend(["|version:", VERSION]);
    signature
}

pub(super) fn yes_or_no(flag: bool) -> &'static str {
    if flag { "yes" } else { "no" }
}

pub(super) fn case(is_lowercased: bool) -> &'static str {
    if is_lowercased { "lc" } else { "mixed" }
}
