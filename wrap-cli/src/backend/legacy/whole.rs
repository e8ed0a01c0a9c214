//! The cluster as a whole: recoveries, the cluster lock, the nodes file.

use async_trait::async_trait;
use legacy_codec::{GetNodesFile, GetReclockFile, RecMode, ReloadNodesFile, SetRecMode};

use super::{Legacy, node};
use crate::backend::Whole;
use crate::error::Failure;
use crate::model::Node;

#[async_trait(?Send)]
impl Whole for Legacy {
    async fn begin_recovery(&self, of: u32) -> Result<(), Failure> {
        self.call::<SetRecMode>(of, RecMode::ACTIVE).await
    }

    async fn cluster_lock(&self, of: u32) -> Result<Option<String>, Failure> {
        let lock = self.ask::<GetReclockFile>(of).await?;
        Ok(lock
            .map(|text| String::from_utf8_lossy(text.as_bytes()).into_owned())
            .filter(|text| !text.is_empty()))
    }

    async fn nodes_file(&self, of: u32) -> Result<Vec<Node>, Failure> {
        Ok(self.ask::<GetNodesFile>(of).await?.nodes.iter().map(node).collect())
    }

    async fn hold_recoveries(&self, nodes: &[u32], seconds: u32) -> Result<(), Failure> {
        self.disable_recoveries(nodes, seconds).await
    }

    async fn reload_nodes_file(&self, of: u32) -> Result<(), Failure> {
        self.ask::<ReloadNodesFile>(of).await
    }
}
