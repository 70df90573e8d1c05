//! Lines as `kcat -J` prints them.

use std::io::BufRead;

use segflow_wire::envelope;

use super::{ArchiveError, Held, Records};

/// The longest line, in bytes: a record is at most 16 MiB, and escaping may make it six times as long.
const LINE_MAX_BYTES: u64 = 96 << 20;

/// U+FEFF in UTF-8, which programs on Windows write first (RFC 8259, section 8.1: a reader may ignore it).
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// What is said of a file in UTF-16.
const UTF_16: &str = "UTF-16, as Windows PowerShell writes with `>`; write it with `| Out-File -Encoding utf8`, or convert it \
                      with `iconv -f UTF-16 -t UTF-8`";

/// Whether a text begins as UTF-16 does: with its byte-order mark, or with a character of which one byte is zero.
fn is_utf16(text: &[u8]) -> bool {
    text.starts_with(b"\xff\xfe") || text.starts_with(b"\xfe\xff") || text.iter().take(2).any(|byte| *byte == 0)
}

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
            if self.number == 1 && is_utf16(&text) {
                return Err(ArchiveError::Format {
                    file: self.file.clone(),
                    expected: "UTF-8",
                    found: UTF_16.to_owned(),
                });
            }
            // One stands at the beginning of every file that was appended to another.
            if text.starts_with(BYTE_ORDER_MARK) {
                text.drain(..BYTE_ORDER_MARK.len());
            }
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

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = r#"{"topic":"t","ts":1,"key":"C-1","payload":null}"#;

    /// The numbers of the lines that are records; the first error otherwise.
    fn read(bytes: &[u8]) -> Result<Vec<u64>, String> {
        let mut file = Ndjson::new("e.ndjson".to_owned(), Box::new(std::io::Cursor::new(bytes.to_vec())));
        let (mut held, mut numbers) = (Held::default(), Vec::new());
        while file.next(&mut held).map_err(|error| error.to_string())? {
            if let Some(malformed) = &held.malformed {
                return Err(malformed.clone());
            }
            assert_eq!(held.text, LINE.as_bytes());
            numbers.push(held.number);
        }
        Ok(numbers)
    }

    #[test]
    fn files_from_windows_are_read() {
        let windows = format!("\u{feff}{LINE}\r\n\r\n   \r\n{LINE}\r\n\u{feff}{LINE}");
        assert_eq!(read(windows.as_bytes()), Ok(vec![1, 4, 5]));
        assert_eq!(read("\u{feff}\r\n".as_bytes()), Ok(Vec::new()));
    }

    #[test]
    fn utf_16_is_named_and_what_to_do_about_it() {
        let little: Vec<u8> = LINE.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = LINE.encode_utf16().flat_map(u16::to_be_bytes).collect();
        for file in [[b"\xff\xfe", &little[..]].concat(), [b"\xfe\xff", &big[..]].concat(), little, big] {
            assert_eq!(read(&file).unwrap_err(), format!("e.ndjson: expected UTF-8, found: {UTF_16}"));
        }
    }
}
