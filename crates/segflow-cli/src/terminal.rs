//! Text for people, on standard output and standard error. Everything that a command says goes through here, since a part of
//! it is what other people wrote: customer ids, values, file names, what a cluster answers.

use std::fmt::Arguments;
use std::io::{self, ErrorKind, IsTerminal, Write};

use anyhow::{Context, Error, Result};
use segflow_explain::printable::printable_lines;

/// Says a line on standard output.
macro_rules! say {
    ($($text:tt)*) => { $crate::terminal::print(format_args!("{}\n", format_args!($($text)*))) };
}

/// Tells a line on standard error.
macro_rules! tell {
    ($($text:tt)*) => { $crate::terminal::remark(format_args!("{}\n", format_args!($($text)*))) };
}

pub(crate) use {say, tell};

/// Writes a text to standard output.
///
/// # Errors
/// If it takes no more; see [`is_enough`].
pub fn print(text: Arguments<'_>) -> Result<()> {
    let text = text.to_string();
    io::stdout().write_all(printable_lines(&text).as_bytes()).context("cannot write to standard output")
}

/// Writes a text to standard error. Nobody can be told if that takes no more.
pub fn remark(text: Arguments<'_>) {
    let text = text.to_string();
    let _ = io::stderr().write_all(printable_lines(&text).as_bytes());
}

/// Standard output for records, one a line, which programs read: they get every byte, and a terminal gets text.
pub fn records() -> Box<dyn Write> {
    let output = io::stdout();
    if output.is_terminal() { Box::new(Lines(output)) } else { Box::new(io::BufWriter::new(output)) }
}

/// Whether a command ended because whoever reads its output has enough of it, as `head` does.
pub fn is_enough(error: &Error) -> bool {
    let closed = |cause: &(dyn std::error::Error + 'static)| {
        cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
    };
    error.chain().any(closed)
}

/// Writes whole lines, without what a terminal would obey.
struct Lines<W>(W);

impl<W: Write> Write for Lines<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        self.0.write_all(printable_lines(&text).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_gets_no_character_that_it_would_obey() {
        let mut written = Vec::new();
        Lines(&mut written).write_all("{\"id\":\"\u{9b}31m\"}\n".as_bytes()).unwrap();
        assert_eq!(String::from_utf8(written).unwrap(), "{\"id\":\"\\u{9b}31m\"}\n");
    }

    #[test]
    fn only_a_closed_pipe_is_enough() {
        let of = |kind| Error::from(io::Error::from(kind)).context("cannot write to standard output");
        assert_eq!([ErrorKind::BrokenPipe, ErrorKind::StorageFull].map(|kind| is_enough(&of(kind))), [true, false]);
    }
}
