//! Tunables of C ctdbd: one by one, because each version has others.

use async_trait::async_trait;
use legacy_codec::{GetTunable, ListTunables, SetTunable, Text, TunableName, TunableValue};

use super::Legacy;
use crate::backend::Tunables;
use crate::error::Failure;
use crate::model::Tunable;
use futures_util::future::join_all;

/// The status of a tunable that is known and does nothing any more.
const OBSOLETE: i32 = 1;

#[async_trait(?Send)]
impl Tunables for Legacy {
    async fn tunables(&self, of: u32) -> Result<Vec<Tunable>, Failure> {
        let names = self.tunable_names(of).await?;
        let values = join_all(names.iter().map(|name| self.tunable(of, name))).await;
        names.into_iter().zip(values).map(|(name, value)| Ok(Tunable { name, value: value? })).collect()
    }

    async fn tunable_names(&self, of: u32) -> Result<Vec<String>, Failure> {
        let names = self.ask::<ListTunables>(of).await?;
        Ok(names.iter().map(|name| String::from_utf8_lossy(name).into_owned()).collect())
    }

    async fn tunable(&self, of: u32, name: &str) -> Result<u32, Failure> {
        self.call::<GetTunable>(of, TunableName { name: Text::from(name) }).await
    }

    async fn set_tunable(&self, of: u32, name: &str, value: u32) -> Result<bool, Failure> {
        let status = self.status::<SetTunable>(of, TunableValue { value, name: Text::from(name) }).await?;
        Ok(status == OBSOLETE)
    }
}
