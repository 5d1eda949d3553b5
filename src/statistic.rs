use std::{borrow::Cow, fmt::Debug};

use serde::Serialize;

use crate::{MetricError, Result, State};

/// The part of a metric that sees tensors: it adds the contribution of each batch to a state.
///
/// A statistic is plain data: the configuration that decides what is counted. Metrics of a
/// [`Collection`](crate::Collection) whose statistics are equal share one state.
///
/// # Contract
///
/// `update` checks shapes and element types on the host first, and returns an error without changing `state`. Then it
/// queues device work and reads nothing back. Dividing the data into other batches, or merging the states of parts of
/// the data, must not change the total.
pub trait Statistic: Debug + Clone + PartialEq + Serialize + Send + Sync {
    /// The type of a batch.
    type Input: Clone + Send + Sync;
    /// The type of the state that is kept of all batches.
    type State: State;

    /// The name that identifies this kind of statistic in files and in messages between processes.
    ///
    /// By default it is the name of the type, without modules. If a type is renamed, return its old name here to keep
    /// reading old files. The [serialized](Serialize) options are compared as well, so that states with different
    /// options are never mixed. If a field is renamed, `#[serde(rename)]` keeps the name of its option.
    fn tag(&self) -> Cow<'static, str> {
        short_name(std::any::type_name::<Self>()).into()
    }

    /// Checks that a state, such as a loaded one, can belong to this statistic.
    ///
    /// # Errors
    ///
    /// [`MetricError::State`].
    fn check_state(&self, _state: &Self::State) -> Result<()> {
        Ok(())
    }

    /// Adds the contribution of `input` to `state`.
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

/// The text that identifies a statistic in files and messages: its tag and its options.
pub(crate) fn identity(statistic: &impl Statistic) -> String {
    // Options that have no JSON form, which plain data always has, compare as no options.
    let options = serde_json::to_string(statistic).unwrap_or_default();
    format!("{} {options}", statistic.tag())
}

/// The name of a type without the modules of its parts, such as `Tally<Multiclass, Global>`.
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
