//! Nodes by letters: which program is the cluster daemon of each node. All else of a node is the same.
//!
//! `C` is Samba's ctdbd: Debian's, or the one below the directory that [`OTHER_C`] names. `R` is ours. There is none yet, so a
//! mix with it is refused: a node of C's ctdbd with some of our daemons around it is still a node of C.

use std::env;
use std::path::PathBuf;

use crate::cluster::{Builder, Cluster};
use crate::error::{Error, Result};

/// The variable that names the directory in which another Samba was installed, with `sbin/ctdbd` and `bin/ctdb` below it.
pub const OTHER_C: &str = "CTDB_OTHER_C";

/// Most nodes of a mix: as many as there are addresses.
const MOST: usize = 254;

/// The directory of another C, if one is named.
pub(crate) fn other_c() -> Option<PathBuf> {
    env::var_os(OTHER_C).filter(|dir| !dir.is_empty()).map(PathBuf::from)
}

/// Looks at each letter; returns how many nodes there are.
pub(crate) fn check(mix: &str) -> Result<u8> {
    let refused = |why: &str| Error::Mix { mix: mix.to_owned(), why: why.to_owned() };
    for letter in mix.chars() {
        match letter {
            'C' => {}
            'R' => {
                return Err(refused("there is no cluster daemon of this project yet, so no node can be R"));
            }
            other => {
                return Err(refused(&format!("no kind of node is called {other:?}; C is Samba's ctdbd")));
            }
        }
    }
    u8::try_from(mix.len())
        .ok()
        .filter(|nodes| (1..=MOST).contains(&usize::from(*nodes)))
        .ok_or_else(|| refused("a mix has a letter for each of 1 to 254 nodes"))
}

impl Cluster {
    /// A cluster of a node for each letter, otherwise as [`Cluster::builder`] says.
    ///
    /// # Errors
    /// [`Error::Mix`] when there is no node of a letter.
    pub fn mix(letters: &str) -> Result<Builder> {
        Ok(Self::builder().nodes(check(letters)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_of_ours_is_refused_as_long_as_there_is_none() {
        assert_eq!(check("CCC").unwrap(), 3);
        let told = |mix: &str| check(mix).unwrap_err().to_string();
        assert_eq!(
            told("CCR"),
            "mix \"CCR\": there is no cluster daemon of this project yet, so no node can be R"
        );
        assert_eq!(told("CX"), "mix \"CX\": no kind of node is called 'X'; C is Samba's ctdbd");
        assert!(told("").ends_with("a letter for each of 1 to 254 nodes"));
        assert!(check(&"C".repeat(255)).is_err() && check(&"C".repeat(254)).is_ok());
    }
}
