//! All services of a node, each behind those for which it waits.

use std::collections::BTreeMap;
use std::ops::{Index, IndexMut};
use std::slice::{Iter, IterMut};
use std::sync::Arc;

use crate::course::Course;
use crate::io::{Refusal, Token};
use crate::service::Service;
use crate::task::Task;
use crate::tokens::Tokens;
use crate::words::cut;

#[derive(Debug, Default)]
pub(crate) struct Fleet(Vec<Service>);

impl Fleet {
    pub(crate) fn iter(&self) -> Iter<'_, Service> {
        self.0.iter()
    }

    pub(crate) fn iter_mut(&mut self) -> IterMut<'_, Service> {
        self.0.iter_mut()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn at(&self, name: &str) -> Option<usize> {
        self.iter().position(|service| service.spec.name == name)
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Service> {
        self.iter().find(|service| service.spec.name == name)
    }

    /// One that is configured.
    pub(crate) fn find(&mut self, name: &str) -> Result<&mut Service, Refusal> {
        let there = self.iter_mut().find(|service| service.spec.name == name && !service.leaving);
        there.ok_or_else(|| Refusal::Unknown(cut(name)))
    }

    /// The one with which an operation goes on.
    pub(crate) fn with(&self, token: Token) -> Option<usize> {
        self.iter().position(|service| service.task.as_ref().is_some_and(|task| task.token == token))
    }

    /// Those that a service requires.
    pub(crate) fn needs<'a>(&'a self, service: &'a Service) -> impl Iterator<Item = &'a Service> {
        service.place.needs.iter().map(|need| &self.0[*need])
    }

    /// Those that are started before a service.
    pub(crate) fn follows<'a>(&'a self, service: &'a Service) -> impl Iterator<Item = &'a Service> {
        service.place.follows.iter().map(|other| &self.0[*other])
    }

    /// Whether nothing is being done with any service.
    pub(crate) fn is_idle(&self) -> bool {
        self.iter().all(|service| service.task.is_none())
    }

    /// Whether services of a daemon before this one are still being looked at. Until then nothing is started or stopped, and
    /// the node is as well as it was.
    pub(crate) fn is_adopting(&self, course: Course, tokens: &Tokens) -> bool {
        let old = |task: &Task| tokens.is_old(task.token) && !task.counted;
        let open = |service: &Service| service.is_open() || service.task.as_ref().is_some_and(old);
        course.is_active() && self.iter().any(open)
    }

    /// Takes a further service; where it stands until they are sorted.
    pub(crate) fn push(&mut self, service: Service) -> usize {
        self.0.push(service);
        self.0.len() - 1
    }

    /// Puts services in their order and finds out where those stand for which they wait.
    pub(crate) fn sort(&mut self) {
        let specs: Vec<Arc<_>> = self.iter().map(|service| Arc::clone(&service.spec)).collect();
        // A configuration with a cycle is not taken, and services that leave have nobody who waits for them but each other.
        let order = crate::graph::order(specs.iter().map(Arc::as_ref)).unwrap_or_default();
        let place: BTreeMap<&str, usize> =
            order.iter().enumerate().map(|(at, name)| (name.as_str(), at)).collect();
        self.0.sort_by_key(|service| place.get(service.spec.name.as_str()).copied());
        let find =
            |names: &[String]| names.iter().filter_map(|name| place.get(name.as_str()).copied()).collect();
        for service in &mut self.0 {
            service.place.needs = find(&service.spec.requires);
            service.place.follows = find(&service.spec.after);
        }
    }

    /// Forgets services that are configured no more and have stopped.
    pub(crate) fn remove_left(&mut self) {
        let left =
            |service: &Service| service.leaving && service.presence.is_down() && service.task.is_none();
        if self.iter().any(left) {
            self.0.retain(|service| !left(service));
            self.sort();
        }
    }
}

impl Index<usize> for Fleet {
    type Output = Service;

    fn index(&self, at: usize) -> &Service {
        &self.0[at]
    }
}

impl IndexMut<usize> for Fleet {
    fn index_mut(&mut self, at: usize) -> &mut Service {
        &mut self.0[at]
    }
}
