//! Any sequence of operations against a map that does the same.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use proptest::prelude::*;
use tdb::{Create, OpenFlags, Store, Tdb};

#[derive(Clone, Debug)]
enum Step {
    Store(Vec<u8>, Vec<Vec<u8>>),
    Delete(Vec<u8>),
    Fetch(Vec<u8>),
}

fn step() -> impl Strategy<Value = Step> {
    let key = || prop::collection::vec(0..4_u8, 0..3);
    let data = prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..4);
    prop_oneof![
        3 => (key(), data).prop_map(|(key, parts)| Step::Store(key, parts)),
        1 => key().prop_map(Step::Delete),
        1 => key().prop_map(Step::Fetch),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_file_is_a_map(steps in prop::collection::vec(step(), 0..60), mutexes in any::<bool>()) {
        let dir = tempfile::tempdir().unwrap();
        let flags = if mutexes { OpenFlags::VOLATILE | OpenFlags::MUTEX_LOCKING } else { OpenFlags::PERSISTENT | OpenFlags::NOSYNC };
        let tdb = Tdb::create(dir.path().join("x"), flags, Create { mode: 0o600, hash_size: 3 }).unwrap();
        let mut model = BTreeMap::new();
        for step in steps {
            match step {
                Step::Store(key, parts) => {
                    let slices: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
                    tdb.store(&key, &slices, Store::Replace).unwrap();
                    model.insert(key, parts.concat());
                }
                Step::Delete(key) => prop_assert_eq!(tdb.delete(&key).unwrap(), model.remove(&key).is_some()),
                Step::Fetch(key) => prop_assert_eq!(tdb.fetch(&key).unwrap(), model.get(&key).cloned()),
            }
        }
        let mut all = BTreeMap::new();
        tdb.traverse(|key, data| { all.insert(key.to_vec(), data.to_vec()); ControlFlow::Continue(()) }).unwrap();
        prop_assert_eq!(all, model);
        tdb.check().unwrap();
    }
}
