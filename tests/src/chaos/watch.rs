//! A process of the run that prints its status line by line, and is started again if a signal ends it.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};

/// A watched process.
pub struct Watched {
    name: &'static str,
    command: Box<dyn Fn(u32) -> Command>,
    child: Child,
    /// The last line, and those that do not begin with `status`.
    said: Arc<Mutex<(String, Vec<String>)>>,
    /// How often it was started again.
    pub restarts: u32,
    /// The sum of the second numbers of the last `status` lines of those that died.
    pub before: i64,
}

impl Watched {
    /// Starts it; `command` is told how often it was started before.
    pub fn start(name: &'static str, command: impl Fn(u32) -> Command + 'static) -> Self {
        let said = Arc::default();
        let child = spawn(&mut command(0), &said);
        Self { name, command: Box::new(command), child, said, restarts: 0, before: 0 }
    }

    /// Starts it again if a signal ended it, as librdkafka may when a broker comes back.
    pub fn supervise(&mut self) {
        let status = self.child.try_wait().expect("a child of ours");
        if status.is_some_and(|status| status.code().is_none()) {
            println!("the {} has died ({status:?}); it is started again", self.name);
            self.restarts += 1;
            self.before += self.status().get(1).copied().unwrap_or(0);
            self.said.lock().expect("no reader panics").0.clear();
            self.child = spawn(&mut (self.command)(self.restarts), &self.said);
        }
    }

    /// How it has ended, if it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.supervise();
        self.child.try_wait().expect("a child of ours")
    }

    /// The numbers of its last `status` line.
    pub fn status(&self) -> Vec<i64> {
        let said = self.said.lock().expect("no reader panics");
        said.0.split_whitespace().skip(1).filter_map(|word| word.parse().ok()).collect()
    }

    /// The other lines that it printed.
    pub fn said(&self) -> String {
        self.said.lock().expect("no reader panics").1.join("\n")
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn spawn(command: &mut Command, said: &Arc<Mutex<(String, Vec<String>)>>) -> Child {
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("it starts");
    let out = child.stdout.take().expect("piped");
    let said = Arc::clone(said);
    std::thread::spawn(move || {
        for line in BufReader::new(out).lines().map_while(Result::ok) {
            let mut said = said.lock().expect("no reader panics");
            if line.starts_with("status ") {
                said.0 = line;
            } else {
                said.1.push(line);
            }
        }
    });
    child
}
