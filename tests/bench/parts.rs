//! Parts of benchmarks that run in their own process, so that their CPU and memory are counted apart. A part is
//! this program with a hidden argument.

use std::process::Command;

use crate::Outcome;
use crate::{bare, bell, clients};

/// The argument before the name of a part.
const MARK: &str = "--part";

type Part = (&'static str, fn() -> Outcome);

const PARTS: &[Part] = &[("clients", clients::serve), ("bare", bare::serve), ("streams", bell::hold)];

/// The command that starts a part.
pub fn command(part: &str) -> Outcome<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args([MARK, part]);
    Ok(command)
}

/// Runs the part that this process was started for, if any.
pub fn run() -> Option<Outcome> {
    let mut arguments = std::env::args().skip(1);
    arguments.next().filter(|first| first == MARK)?;
    let name = arguments.next()?;
    PARTS.iter().find(|(part, _)| *part == name).map(|(_, serve)| serve())
}
