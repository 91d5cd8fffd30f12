//! Memory queue: its alerts are lost when the process ends.

use std::collections::VecDeque;
use std::io;
use std::path::Path;

use super::Store;

/// Queue in memory.
#[derive(Debug, Default)]
pub(super) struct Memory {
    lines: VecDeque<String>,
    bytes: u64,
}

impl Store for Memory {
    fn append(&mut self, line: &str) -> io::Result<()> {
        self.bytes += line.len() as u64;
        self.lines.push_back(line.to_owned());
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn first(&mut self, count: usize, bytes: usize) -> io::Result<Vec<String>> {
        let mut sum = 0;
        let lines = self.lines.iter().take(count);
        let fitting = lines.take_while(|line| {
            let is_first = sum == 0;
            sum += line.len();
            is_first || sum <= bytes
        });
        Ok(fitting.cloned().collect())
    }

    fn remove(&mut self, lines: &[String]) -> io::Result<()> {
        for line in self.lines.drain(..lines.len().min(self.lines.len())) {
            self.bytes -= line.len() as u64;
        }
        Ok(())
    }

    fn waiting(&self) -> (u64, u64) {
        (self.lines.len() as u64, self.bytes)
    }

    fn dead_letter(&mut self, _: &[String], _: &str) -> io::Result<bool> {
        Ok(false)
    }

    fn folder(&self) -> Option<&Path> {
        None
    }
}
