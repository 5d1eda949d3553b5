//! TorchMetrics, in a Python process that works only when asked to.

use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::Duration,
};

pub struct TorchMetrics {
    process: Child,
    ask: ChildStdin,
    answer: BufReader<ChildStdout>,
}

impl TorchMetrics {
    /// Starts the process; it says what it is.
    pub fn start() -> (Self, String) {
        let python = std::env::var("PEERS_PYTHON").expect("benches/peers/run sets PEERS_PYTHON");
        let script = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/benches/peers/torchmetrics_peer.py"
        );
        let mut process = Command::new(python)
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Python starts");
        let mut this = Self {
            ask: process.stdin.take().unwrap(),
            answer: BufReader::new(process.stdout.take().unwrap()),
            process,
        };
        let about = this.read();
        (this, about)
    }

    /// The median seconds of a call when a workload is repeated for `time`: with validation of its
    /// arguments, and without.
    pub fn round(&mut self, workload: &str, time: Duration) -> [f64; 2] {
        writeln!(self.ask, "{}\t{workload}", time.as_secs_f64()).expect("TorchMetrics runs");
        let answer = self.read();
        let mut times = answer.split(' ').map(|time| time.parse().unwrap());
        std::array::from_fn(|_| times.next().unwrap())
    }

    fn read(&mut self) -> String {
        let mut line = String::new();
        self.answer.read_line(&mut line).unwrap();
        assert!(!line.is_empty(), "TorchMetrics failed; see above");
        line.trim_end().to_owned()
    }
}

impl Drop for TorchMetrics {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
