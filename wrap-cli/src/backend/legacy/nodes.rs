//! What is done to one node: the controls of C ctdbd.

use legacy_codec::Shutdown;

use super::Legacy;
use crate::backend::Nodes;
use crate::error::Failure;

impl Nodes for Legacy {
    async fn shutdown(&self, of: u32) -> Result<(), Failure> {
        self.ask::<Shutdown>(of).await
    }
}
