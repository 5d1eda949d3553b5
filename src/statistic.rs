use std::{borrow::Cow, fmt::Debug};

use serde::Serialize;

use crate::{MetricError, Result, State};

/// What a batch contributes: the part of a metric that sees tensors.
///
/// A statistic is plain data: the configuration that decides what is counted. Metrics of a
/// [`Collection`](crate::Collection) whose statistics are equal share one state.
///
/// # Contract
///
/// `update` checks shapes and element types on the host first and returns an error with `state`
/// untouched; then it queues device work and reads nothing back. Splitting the data into other
/// batches, or merging the states of parts, must not change the total.
pub trait Statistic: Debug + Clone + PartialEq + Serialize + Send + Sync {
    /// A batch.
    type Input: Clone + Send + Sync;
    /// What is kept of all batches.
    type State: State;

    /// The name that identifies this kind of statistic in files and in messages between processes.
    ///
    /// By default the name of its type, without modules. A type that is renamed keeps reading its old files if it returns its
    /// old name here. The options, [serialized](Serialize), are compared as well, so that states of different options never
    /// mix; `#[serde(rename)]` keeps the name of an option whose field is renamed.
    fn tag(&self) -> Cow<'static, str> {
        short_name(std::any::type_name::<Self>()).into()
    }

    /// Checks that a state, such as one that was loaded, can be one of this statistic.
    ///
    /// # Errors
    ///
    /// [`MetricError::State`].
    fn check_state(&self, _state: &Self::State) -> Result<()> {
        Ok(())
    }

    /// Adds what `input` contributes to `state`.
    ///
    /// # Errors
    ///
    /// See [`MetricError`]. The state is then unchanged.
    fn update(&self, state: &mut Self::State, input: Self::Input) -> Result<()>;

    /// Adds to an error about [bad values](MetricError::Values) which values this statistic takes.
    ///
    /// Accumulators and collections call it for errors of `update` and of values that were found on a device.
    fn explain(&self, error: MetricError) -> MetricError {
        error
    }
}

/// What a file or a message says of the statistic that its state belongs to: the tag and the options.
pub(crate) fn identity(statistic: &impl Statistic) -> String {
    // Options that have no form in JSON, which plain data always has, compare as no options.
    let options = serde_json::to_string(statistic).unwrap_or_default();
    format!("{} {options}", statistic.tag())
}

/// The name of a type without the modules of its parts: `Tally<Multiclass, Global>`.
fn short_name(name: &str) -> String {
    let mut short = String::with_capacity(name.len());
    for part in name.split_inclusive(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')) {
        let start = part.rfind("::").map_or(0, |path| path + 2);
        short.push_str(&part[start..]);
    }
    short
}

#[cfg(test)]
mod tests {
    #[test]
    fn short_names_have_no_modules() {
        let name = "a::b::Tally<a::Multiclass, c::Global>";
        assert_eq!(super::short_name(name), "Tally<Multiclass, Global>");
        assert_eq!(super::short_name("(a::B, [c::D; 2])"), "(B, [D; 2])");
    }
}
