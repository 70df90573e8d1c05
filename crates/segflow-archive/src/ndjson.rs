//! Lines as `kcat -J` prints them.

use std::io::BufRead;

use segflow_wire::envelope;

use super::{ArchiveError, Held, Records};

/// The longest line, in bytes: a record is at most 16 MiB, and escaping may make it six times as long.
const LINE_MAX_BYTES: u64 = 96 << 20;

pub(super) struct Ndjson {
    file: String,
    reader: Box<dyn BufRead>,
    number: u64,
    bytes: u64,
}

impl Ndjson {
    pub(super) fn new(file: String, reader: Box<dyn BufRead>) -> Self {
        Self { file, reader, number: 0, bytes: 0 }
    }

    fn line(&mut self, text: &mut Vec<u8>) -> Result<usize, ArchiveError> {
        text.clear();
        let failed = |error| ArchiveError::Io { file: self.file.clone(), error };
        std::io::Read::take(&mut self.reader, LINE_MAX_BYTES).read_until(b'\n', text).map_err(failed)
    }
}

impl Records for Ndjson {
    fn next(&mut self, held: &mut Held) -> Result<bool, ArchiveError> {
        let mut text = std::mem::take(&mut held.text);
        loop {
            let read = self.line(&mut text)?;
            if read == 0 {
                return Ok(false);
            }
            self.bytes += read as u64;
            self.number += 1;
            text.truncate(text.trim_ascii_end().len());
            if !text.trim_ascii_start().is_empty() {
                break;
            }
        }
        held.number = self.number;
        held.malformed = match envelope::read(&text) {
            Ok(line) => {
                held.set_topic(&line.topic);
                held.set_bytes(line.key.as_deref().map(str::as_bytes), line.value.as_deref().map(str::as_bytes));
                (held.offset, held.timestamp, held.headers) = (line.offset, line.timestamp, line.headers);
                None
            }
            Err(malformed) => Some(malformed.to_string()),
        };
        held.text = text;
        Ok(true)
    }

    fn bytes_read(&self) -> u64 {
        self.bytes
    }
}
