//! A sink: alerts in one format, to one output.

use super::answer_buffer::excess;
use super::{Documents, Finals, Output, TableRenderer};
use weir_common::escape::escape_json;
use weir_host::contract::Alert;
use weir_host::error::Error;

/// A format and the output that it is written to.
pub struct Sink {
    output: Output,
    renderer: Renderer,
    finals: Option<Finals>,
    /// Most bytes of alerts that are held until the input ends.
    most_held: u64,
    /// Whether documents are for a terminal.
    escaped: bool,
    written: u64,
}

enum Renderer {
    Documents(Documents),
    None,
    Table(TableRenderer),
}

impl Sink {
    /// Text for machines, a line or more for each alert.
    #[must_use]
    pub fn documents(documents: Documents, output: Output) -> Self {
        Self::new(Renderer::Documents(documents), output)
    }

    /// Nothing is written: for who wants the ledger alone.
    #[must_use]
    pub fn none() -> Self {
        Self::new(Renderer::None, Output::stdout())
    }

    /// Tables.
    #[must_use]
    pub fn table(table: TableRenderer, output: Output) -> Self {
        Self::new(Renderer::Table(table), output)
    }

    /// For a terminal: documents have escapes where something in them could steer it.
    #[must_use]
    pub fn for_terminal(mut self, is_one: bool) -> Self {
        self.escaped = is_one;
        self
    }

    /// Writes only the last revision of each alert, when the input ends. Until then alerts of so
    /// many bytes as documents can be held.
    #[must_use]
    pub fn only_final(mut self, most: u64) -> Self {
        self.finals = Some(Finals::new());
        self.most_held = most;
        self
    }

    fn new(renderer: Renderer, output: Output) -> Self {
        Self {
            output,
            renderer,
            finals: None,
            most_held: 0,
            escaped: false,
            written: 0,
        }
    }

    /// Whether alerts are held until the input ends, and which.
    #[must_use]
    pub fn finals(&self) -> Option<Vec<Alert>> {
        self.finals.as_ref().map(Finals::all)
    }

    /// Whether alerts are held until the input ends.
    #[must_use]
    pub fn is_final(&self) -> bool {
        self.finals.is_some()
    }

    /// Goes on in the form of another sink, such as for other rules, on its own output. Alerts of
    /// rules that are no more keep the form that they have.
    ///
    /// # Errors
    ///
    /// [`Error::Output`] when what was begun cannot be written.
    pub fn reform(&mut self, other: Self) -> Result<(), Error> {
        self.end()?;
        let before = std::mem::replace(&mut self.renderer, other.renderer);
        if let (Renderer::Documents(documents), Renderer::Documents(before)) =
            (&mut self.renderer, before)
        {
            documents.keep(before);
        }
        Ok(())
    }

    /// Takes an alert.
    ///
    /// # Errors
    ///
    /// [`Error::Output`] when it cannot be written, [`Error::Trapped`] when more would be held
    /// than allowed.
    pub fn alert(&mut self, alert: Alert) -> Result<(), Error> {
        let Some(finals) = &mut self.finals else {
            return self.write(&alert);
        };
        finals.add(alert);
        match finals.bytes() <= self.most_held {
            true => Ok(()),
            false => Err(excess::<Alert>(finals.bytes(), self.most_held)),
        }
    }

    /// Hands everything on that is ready.
    ///
    /// # Errors
    ///
    /// [`Error::Output`] when it cannot be written.
    pub fn flush(&mut self) -> Result<(), Error> {
        self.output.flush()
    }

    /// Writes alerts out at once that nothing else holds any more.
    ///
    /// # Errors
    ///
    /// [`Error::Output`] when they cannot be written.
    pub fn release(&mut self, alerts: Vec<Alert>) -> Result<(), Error> {
        for alert in alerts {
            self.write(&alert)?;
        }
        self.end()
    }

    /// Makes durable what was written to a regular file; its length in bytes.
    ///
    /// # Errors
    ///
    /// [`Error::Output`] when that fails.
    pub fn settle(&mut self) -> Result<Option<u64>, Error> {
        self.output.settle()
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
        self.end()?;
        Ok(self.written)
    }

    /// Writes what is ready. The answer is the number of alerts written in all.
    ///
    /// # Errors
    ///
    /// [`Error::Output`] when it cannot be written.
    pub fn pause(&mut self) -> Result<u64, Error> {
        self.end()?;
        Ok(self.written)
    }

    fn end(&mut self) -> Result<(), Error> {
        if let Renderer::Table(table) = &mut self.renderer
            && let Some(table) = table.take()
        {
            self.output.put(&table)?;
        }
        self.flush()
    }

    fn write(&mut self, alert: &Alert) -> Result<(), Error> {
        self.written += 1;
        let text = match &mut self.renderer {
            Renderer::Documents(documents) => {
                let Some(mut text) = documents.text(alert) else {
                    let why = format!("an alert of rule {}, which is not written", alert.rule);
                    return Err(Error::Broken(why));
                };
                text.push('\n');
                match self.escaped {
                    true => escape_json(&text),
                    false => text,
                }
            }
            Renderer::None => return Ok(()),
            Renderer::Table(table) => table.add(alert).unwrap_or_default(),
        };
        self.output.put(&text)
    }
}
