//! Writes alerts in one format to one place.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use super::{EcsRenderer, Finals, TableRenderer};
use crate::contract::{Alert, Rule};
use crate::error::Error;

/// A format and the place that it is written to.
pub struct Sink {
    name: String,
    writer: BufWriter<Box<dyn Write>>,
    renderer: Renderer,
    finals: Option<Finals>,
    written: u64,
}

enum Renderer {
    Ecs(Box<EcsRenderer>),
    Table(TableRenderer),
}

impl Sink {
    /// Documents of the Elastic Common Schema, one a line.
    ///
    /// # Errors
    ///
    /// [`Error::Output`] when the file cannot be created.
    pub fn ecs(rule: &Rule, path: Option<&Path>) -> Result<Self, Error> {
        Self::new(Renderer::Ecs(Box::new(EcsRenderer::new(rule))), path)
    }

    /// Tables of at most `width` characters.
    ///
    /// # Errors
    ///
    /// [`Error::Output`] when the file cannot be created.
    pub fn table(width: usize, path: Option<&Path>) -> Result<Self, Error> {
        Self::new(Renderer::Table(TableRenderer::new(width)), path)
    }

    /// Writes only the last revision of each alert, when the input ends.
    #[must_use]
    pub fn only_final(mut self) -> Self {
        self.finals = Some(Finals::new());
        self
    }

    fn new(renderer: Renderer, path: Option<&Path>) -> Result<Self, Error> {
        let (name, writer): (String, Box<dyn Write>) = match path {
            None => ("(stdout)".to_owned(), Box::new(io::stdout())),
            Some(path) => {
                let name = path.display().to_string();
                let file = File::create(path).map_err(|source| Error::Output {
                    name: name.clone(),
                    source,
                })?;
                (name, Box::new(file))
            }
        };
        Ok(Self {
            name,
            writer: BufWriter::with_capacity(64 << 10, writer),
            renderer,
            finals: None,
            written: 0,
        })
    }

    /// Takes an alert.
    ///
    /// # Errors
    ///
    /// [`Error::Output`] when it cannot be written.
    pub fn alert(&mut self, alert: Alert) -> Result<(), Error> {
        match &mut self.finals {
            Some(finals) => {
                finals.add(alert);
                Ok(())
            }
            None => self.write(&alert),
        }
    }

    /// Hands everything on that is ready.
    ///
    /// # Errors
    ///
    /// [`Error::Output`] when it cannot be written.
    pub fn flush(&mut self) -> Result<(), Error> {
        self.writer.flush().map_err(|source| Error::Output {
            name: self.name.clone(),
            source,
        })
    }

    /// Writes what was held back. The answer is the number of alerts written in
    /// all.
    ///
    /// # Errors
    ///
    /// [`Error::Output`] when it cannot be written.
    pub fn finish(&mut self) -> Result<u64, Error> {
        if let Some(finals) = self.finals.take() {
            for alert in finals.into_alerts() {
                self.write(&alert)?;
            }
        }
        if let Renderer::Table(table) = &mut self.renderer
            && let Some(table) = table.take()
        {
            self.put(&table)?;
        }
        self.flush()?;
        Ok(self.written)
    }

    fn write(&mut self, alert: &Alert) -> Result<(), Error> {
        self.written += 1;
        let text = match &mut self.renderer {
            Renderer::Ecs(ecs) => {
                let mut line = ecs.line(alert);
                line.push('\n');
                line
            }
            Renderer::Table(table) => table.add(alert).unwrap_or_default(),
        };
        self.put(&text)
    }

    fn put(&mut self, text: &str) -> Result<(), Error> {
        self.writer
            .write_all(text.as_bytes())
            .map_err(|source| Error::Output {
                name: self.name.clone(),
                source,
            })
    }
}
