//! A state directory belongs to one process while that lives: a second one would delete the first one's checkpoints and
//! restores at its start, and open stores that are another's.

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::process;

use segflow_core::time::Timestamp;

/// The file that is locked. It stays when the process ends; only the lock goes.
const FILE: &str = "process.lock";

/// The permissions of a state directory: what is known of customers is its owner's alone.
const MODE: u32 = 0o700;

/// A state directory that is held until this is dropped, or the process ends in whatever way.
#[derive(Debug)]
pub struct StateLock {
    _file: File,
    /// Whether everybody on the machine may look into the directory, which was there before.
    pub is_open_to_all: bool,
}

impl StateLock {
    /// Makes the directory, if it is not there, for its owner alone, and holds it. `instance` and `now` are told to a
    /// process that comes second.
    ///
    /// # Errors
    /// Who holds it, and what to do; or why it cannot be made or held.
    pub fn hold(state_dir: &Path, instance: &str, now: Timestamp) -> io::Result<Self> {
        if let Some(parent) = state_dir.parent() {
            fs::create_dir_all(parent)?;
        }
        match DirBuilder::new().mode(MODE).create(state_dir) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            Ok(()) | Err(_) => {}
        }
        let is_open_to_all = fs::metadata(state_dir).is_ok_and(|found| is_open_to_all(&found));
        let path = state_dir.join(FILE);
        let mut file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(&path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(held(&mut file)),
            Err(TryLockError::Error(error)) => {
                let reason = format!("{} cannot be locked: {error}; use a local disk", path.display());
                return Err(io::Error::new(error.kind(), reason));
            }
        }
        // The lock is what counts: on a full disk nobody is told whose it is.
        let _ =
            file.set_len(0).and_then(|()| write!(file, "process {}, instance {instance}, since {now}", process::id()));
        Ok(Self { _file: file, is_open_to_all })
    }
}

/// The error of a process that comes second.
fn held(file: &mut File) -> io::Error {
    let mut holder = String::new();
    let read = file.rewind().and_then(|()| file.read_to_string(&mut holder));
    let holder = if read.is_ok() && !holder.is_empty() { holder } else { "another process".to_owned() };
    let reason = format!(
        "it is held by {holder}; stop that process, or give this one an `instance` and a `state_dir` of its own"
    );
    io::Error::new(io::ErrorKind::ResourceBusy, reason)
}

fn is_open_to_all(found: &Metadata) -> bool {
    found.permissions().mode() & 0o007 != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_772_359_200_000);

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_second_holder_is_told_who_the_first_is_until_that_one_is_gone() {
        let directory = tempfile::tempdir().unwrap();
        let state_dir = directory.path().join("a/state");
        let first = StateLock::hold(&state_dir, "a", NOW).unwrap();
        let refused = StateLock::hold(&state_dir, "b", NOW).unwrap_err().to_string();
        assert_eq!(
            refused,
            format!(
                "it is held by process {}, instance a, since 2026-03-01T10:00:00.000Z; stop that process, or give this one an \
                 `instance` and a `state_dir` of its own",
                process::id()
            )
        );
        drop(first);
        StateLock::hold(&state_dir, "a-longer-name-and-then-a-short-one", NOW).unwrap();
        StateLock::hold(&state_dir, "b", NOW).unwrap();
        let told = fs::read_to_string(state_dir.join(FILE)).unwrap();
        assert!(told.ends_with("instance b, since 2026-03-01T10:00:00.000Z"), "{told}");
    }

    #[test]
    fn a_directory_is_made_for_its_owner_and_one_that_was_there_is_left_as_it_is() {
        let directory = tempfile::tempdir().unwrap();
        let made = directory.path().join("made");
        assert!(!StateLock::hold(&made, "a", NOW).unwrap().is_open_to_all);
        assert_eq!((mode(&made), mode(&made.join(FILE))), (0o700, 0o600));
        let present = directory.path().join("present");
        fs::create_dir(&present).unwrap();
        for (permissions, is_open_to_all) in [(0o750, false), (0o755, true)] {
            fs::set_permissions(&present, fs::Permissions::from_mode(permissions)).unwrap();
            assert_eq!(StateLock::hold(&present, "a", NOW).unwrap().is_open_to_all, is_open_to_all);
            assert_eq!(mode(&present), permissions);
        }
    }
}
