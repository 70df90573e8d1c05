//! The faults that strike a running service, and the reaction of an operator or a supervisor to each.

use std::fmt::{self, Display, Formatter};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::service::{Service, run};

/// One fault. The run chooses the instance that it strikes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// SIGKILL; the supervisor starts it again.
    Kill,
    /// SIGSTOP beyond the session timeout, then SIGCONT: its tasks went to others meanwhile.
    Pause,
    /// SIGKILL for the broker, which is started again.
    Broker,
    /// SIGTERM; it must end in good order, and is started again.
    Restart,
    /// SIGKILL, and its state directory is lost; it is started again with an empty one.
    LostDisk,
    /// Its disk is full: it must stop by itself, saying so. Room is made, and it is started again.
    FullDisk,
}

/// How long a fault may take to show.
const LIMIT: Duration = Duration::from_secs(60);
/// How much room the state of an instance has, in MiB.
const ROOM_MIB: u64 = 3_072;
/// The room left on a full disk, in MiB: less than `segflow` asks for before it commits.
const LEFT_MIB: u64 = 64;

impl Fault {
    /// All, in the order in which a run takes them.
    pub const ALL: [Self; 6] = [Self::Kill, Self::Pause, Self::Broker, Self::Restart, Self::LostDisk, Self::FullDisk];

    /// Strikes, and does what an operator would; the instance runs again afterwards.
    ///
    /// # Errors
    ///
    /// If the service does not behave as it must.
    pub fn strike(self, service: &mut Service<'_>, instance: usize, session: Duration) -> Result<(), String> {
        match self {
            Self::Kill => service.kill(instance),
            Self::Pause => {
                service.signal(instance, "-STOP");
                std::thread::sleep(session + Duration::from_secs(4));
                service.signal(instance, "-CONT");
                return Ok(());
            }
            Self::Broker => {
                service.crash_broker();
                return Ok(());
            }
            Self::Restart => Self::end(service, instance)?,
            Self::LostDisk => {
                service.kill(instance);
                empty(&service.state_dir(instance));
            }
            Self::FullDisk => {
                let filler = service.state_dir(instance).join("filler");
                fill(&service.state_dir(instance), &filler);
                let status = ends(service, instance)?;
                let log = service.log(instance);
                let said = log.lines().rev().take(5).any(|line| line.contains("no room left"));
                std::fs::remove_file(&filler).map_err(|error| error.to_string())?;
                if status.code().is_some_and(|code| code == 0) || !said {
                    return Err(format!("instance {instance} ended with {status} on a full disk, saying: {log}"));
                }
            }
        }
        service.start(instance);
        Ok(())
    }

    /// SIGTERM, upon which an instance must end in good order.
    ///
    /// # Errors
    ///
    /// If it does not.
    pub fn end(service: &mut Service<'_>, instance: usize) -> Result<(), String> {
        service.signal(instance, "-TERM");
        let status = ends(service, instance)?;
        let sound = status.success();
        if sound { Ok(()) } else { Err(format!("instance {instance} ended with {status} on SIGTERM")) }
    }
}

impl Display for Fault {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Kill => "SIGKILL",
            Self::Pause => "SIGSTOP, SIGCONT",
            Self::Broker => "broker crash",
            Self::Restart => "SIGTERM, restart",
            Self::LostDisk => "lost disk",
            Self::FullDisk => "full disk",
        })
    }
}

fn ends(service: &mut Service<'_>, instance: usize) -> Result<std::process::ExitStatus, String> {
    let since = Instant::now();
    while since.elapsed() < LIMIT {
        if let Some(status) = service.ended(instance) {
            return Ok(status);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Err(format!("instance {instance} had not ended after {LIMIT:?}"))
}

fn empty(dir: &Path) {
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        let gone = if path.is_dir() { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) };
        gone.unwrap_or_else(|error| panic!("{} could not be removed: {error}", path.display()));
    }
}

fn fill(dir: &Path, filler: &Path) {
    let free = free_mib(dir);
    let take = free.saturating_sub(LEFT_MIB);
    run(Command::new("fallocate").args(["-l", &format!("{take}MiB")]).arg(filler));
}

fn free_mib(dir: &Path) -> u64 {
    let told = run(Command::new("df").args(["--output=avail", "-BM"]).arg(dir));
    let last = told.lines().last().unwrap_or_default().trim().trim_end_matches('M');
    last.parse().unwrap_or_else(|_| panic!("df said {told}"))
}

/// File systems of limited size for the state of some instances, unmounted at the end.
pub(super) struct Disks(Vec<std::path::PathBuf>);

impl Disks {
    /// Whether this process may mount file systems.
    pub fn are_possible() -> bool {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let mounted = mount(dir.path(), 1);
        if mounted {
            unmount(dir.path());
        }
        mounted
    }

    /// One for each directory, which is created.
    pub fn mount(dirs: Vec<std::path::PathBuf>) -> Self {
        for dir in &dirs {
            std::fs::create_dir_all(dir).expect("a directory");
            assert!(mount(dir, ROOM_MIB), "a tmpfs on {}", dir.display());
        }
        Self(dirs)
    }
}

impl Drop for Disks {
    fn drop(&mut self) {
        self.0.iter().for_each(|dir| unmount(dir));
    }
}

fn mount(dir: &Path, mib: u64) -> bool {
    let options = format!("size={mib}m");
    let status = Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(dir).output();
    status.is_ok_and(|output| output.status.success())
}

fn unmount(dir: &Path) {
    // Lazily: a process that is still ending may hold a file.
    drop(Command::new("umount").arg("-l").arg(dir).output());
}
