//! The rows of the table, each tried on one platform.

mod answers;
mod json;
mod meaning;
mod mutation;
mod writing;

use super::report::Row;
use super::trial::{Trial, Tried};

/// How a row is tried.
type Try = fn(&mut Trial<'_>) -> Tried;

/// Every row.
pub(super) const ALL: &[(Row, Try)] = &[
    (Row::Defaults, writing::try_defaults),
    (Row::Statements, meaning::try_statements),
    (Row::Coverage, meaning::try_coverage),
    (Row::ControlFrames, meaning::try_control_frames),
    (Row::Replies, writing::try_replies),
    (Row::Tokens, writing::try_tokens),
    (Row::Truncations, mutation::try_truncations),
    (Row::ByteChanges, mutation::try_byte_changes),
    (Row::Rewritings, json::try_rewritings),
    (Row::Repetitions, json::try_repetitions),
    (Row::Wrappings, json::try_wrappings),
    (Row::Bound, json::try_bound),
    (Row::WrongAnswers, answers::try_wrong_answers),
];
