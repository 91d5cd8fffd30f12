//! Log files of generated events: what `weir-generate` writes.

use crate::event::Event;
use crate::others::{Others, sign_in};
use crate::random::Random;
use crate::render::{SHAPES, Shape, Style, document};
use crate::stream::Endless;
use crate::tenant::Tenant;
use std::io::{self, Write};

/// Which events are generated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scene {
    /// Hours of a tenant with two attackers and a near-miss.
    Hours(u32),
    /// Eight days in which every rule on the log finds something.
    AllRules,
    /// Groups at every threshold.
    Edges,
}

/// A log file, one document a line.
#[derive(Clone, Copy, Debug)]
pub struct Log {
    /// Shape of the documents; none for a random one each.
    pub shape: Option<Shape>,
    /// Number of events.
    pub events: u64,
    /// Seed of all that is random.
    pub seed: u64,
    /// Kind of events.
    pub scene: Scene,
    /// Number of users beside the attackers; none for one for each 300 calls of an hour.
    pub users: Option<u64>,
    /// Share of records of another data set, in percent, below 100.
    pub others: u64,
}

impl Default for Log {
    /// A tenant's hour of 100,000 events in the Event Hub shape.
    fn default() -> Self {
        Log {
            shape: Some(Shape::EventHub),
            events: 100_000,
            seed: 1,
            scene: Scene::Hours(1),
            users: None,
            others: 0,
        }
    }
}

impl Log {
    /// The shape of a name as the command line has it, with `mixed` for a random one each.
    #[must_use]
    pub fn shape(name: &str) -> Option<Option<Shape>> {
        match name {
            "mixed" => Some(None),
            name => Shape::named(name).map(Some),
        }
    }

    /// The events in order of arrival.
    fn events(&self) -> Box<dyn Iterator<Item = Event>> {
        let tenant = match self.scene {
            Scene::Edges => {
                let count = usize::try_from(self.events).unwrap_or(usize::MAX);
                return Box::new(Endless::new(self.seed).take(count));
            }
            Scene::AllRules => Tenant::for_all_rules(self.events, self.seed),
            Scene::Hours(hours) => Tenant::new(self.events, self.seed, hours),
        };
        Box::new(match self.users {
            Some(users) => tenant.with_users(users),
            None => tenant,
        })
    }

    /// Writes the file, and hands each event over.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, out: &mut impl Write, mut each: impl FnMut(&Event)) -> io::Result<()> {
        let mut random = Random::new(self.seed ^ 0x9e37);
        let style = match self.scene {
            Scene::Edges => Style::Wild,
            _ => Style::Plain,
        };
        let mut others = Others::new(self.others);
        // Numbers of their own, so that the calls do not depend on the share of others.
        let mut other_random = Random::new(self.seed ^ 0x51_6e_49_6e);
        for event in self.events() {
            for _ in 0..others.due() {
                out.write_all(sign_in(event.time, &mut other_random).as_bytes())?;
                out.write_all(b"\n")?;
            }
            let shape = self.shape.unwrap_or_else(|| *random.pick(&SHAPES));
            out.write_all(document(&event, shape, style, &mut random).as_bytes())?;
            out.write_all(b"\n")?;
            each(&event);
        }
        out.flush()
    }
}
