//! One history out of what the driver and many processes wrote.

use super::{Header, History, Line, Unreadable};

/// What one process wrote.
#[derive(Clone, Debug)]
pub struct Source {
    /// Its lines.
    pub text: String,
    /// It was killed, so the last line may be torn. Of whoever ended by himself every line must be whole.
    pub killed: bool,
}

/// Puts the lines in the order of time; of lines of the same moment, calls of one source stay in their order.
///
/// # Errors
/// When a line cannot be read that has to be whole.
pub fn merge(header: Header, sources: &[Source]) -> Result<History, Unreadable> {
    let mut lines: Vec<Line> = Vec::new();
    for source in sources {
        let mut rest = source.text.as_str();
        let mut number = 0;
        while !rest.is_empty() {
            number += 1;
            let Some((line, behind)) = rest.split_once('\n') else {
                if source.killed {
                    break;
                }
                return Err(Unreadable::CutOff);
            };
            lines.push(serde_json::from_str(line).map_err(|why| Unreadable::Word { line: number, why })?);
            rest = behind;
        }
    }
    lines.sort_by_key(|line| line.t);
    Ok(History { header, lines })
}
