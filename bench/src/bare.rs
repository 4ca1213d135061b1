//! Readers side by side on a line without a kernel, on one thread: what each costs by itself.

use core::future::Future;

use tokio::runtime::Runtime;

use crate::line::{Line, Lines, Piece};
use crate::log::Quiet;
use crate::measure::{Cost, Effort, median, process_nanos};
use crate::report::Report;
use crate::rivals::{self, Rival, buffers, tungstenite};
use crate::traffic;

/// What a busy line brings in one read.
pub(crate) const BUSY: Piece = Piece::Bytes(16 << 10);

/// All that a round measures, by name.
struct Round<'a> {
    runtime: &'a Runtime,
    message: String,
    count: usize,
    piece: Piece,
}

pub(crate) fn measure(effort: Effort, report: &mut Report) {
    let runtime = runtime();
    println!("\n## On a line without a kernel, ns a message\n");
    println!("| reader | 200 B, one a read | 200 B, batched | 1 KB, batched | 16 KB, batched |");
    println!("|---|---|---|---|---|");
    let columns = [(200, Piece::Frame), (200, BUSY), (1_000, BUSY), (16_000, BUSY)];
    let columns = columns.map(|(bytes, piece)| {
        let count = effort.pick(10_000_000, 40_000_000) / (bytes + 300);
        let message = traffic::deribit(bytes);
        Round { runtime: &runtime, message, count, piece }.medians(effort)
    });
    for (at, name) in NAMES.iter().enumerate() {
        let cells = columns.each_ref().map(|column| column[at].to_string());
        println!("| {name} | {} |", cells.join(" | "));
    }
    let [single, batched, ..] = &columns;
    report.note("conn_ns_single", single[CONNECTION].nanos());
    report.note("conn_vs_tt_single", single[TT].over(single[CONNECTION]));
    report.note("conn_ns_batched", batched[CONNECTION].nanos());
    report.note("conn_vs_ttq_batched", batched[TTQ].over(batched[CONNECTION]));
    report.note("conn_vs_tw_batched", batched[TW].over(batched[CONNECTION]));
    report.note("stream_ns_batched", batched[STREAM].nanos());
    report.note("stream_vs_tt_single", single[TT].over(single[STREAM]));
    report.note("client_vs_conn", batched[CLIENT].over(batched[CONNECTION]));
    report.note("telemetry_overhead", batched[LOGGED].over(batched[CONNECTION]));
}

const NAMES: [&str; 9] = [
    Rival::Tt.name(),
    Rival::Tt0.name(),
    Rival::Ttq.name(),
    Rival::Tw.name(),
    Rival::Fw.name(),
    "`HeartbeatStream`",
    "`Connection`",
    "`Client`",
    "`Connection`, a log at INFO",
];

const TT: usize = 0;
const TTQ: usize = 2;
const TW: usize = 3;
const STREAM: usize = 5;
const CONNECTION: usize = 6;
const CLIENT: usize = 7;
const LOGGED: usize = 8;

impl Round<'_> {
    fn medians(&self, effort: Effort) -> Vec<Cost> {
        let mut costs = vec![Vec::new(); NAMES.len()];
        for _ in 0..effort.pick(3, 9) {
            for (at, costs) in costs.iter_mut().enumerate() {
                costs.push(self.run(at));
            }
        }
        costs.into_iter().map(|costs| Cost(median(costs))).collect()
    }

    fn line(&self) -> Line {
        Line::open(&self.message, self.count, self.piece)
    }

    fn run(&self, at: usize) -> f64 {
        let count = self.count;
        match at {
            STREAM => self.time(async {
                rivals::stream(tungstenite(self.line().unarmed(), Some(buffers())).await, count)
                    .await;
            }),
            CONNECTION => self.connection(),
            CLIENT => {
                let (message, piece) = (self.message.clone(), self.piece);
                let lines = Lines { message, count, piece };
                self.time(rivals::client(rivals::deribit("ws://venue/").connector(lines), count))
            }
            LOGGED => tracing::subscriber::with_default(Quiet, || self.connection()),
            _ => self.time(Rival::ALL[at].read(self.line(), count)),
        }
    }

    fn connection(&self) -> f64 {
        self.time(async {
            let line = tungstenite(self.line().unarmed(), Some(buffers())).await;
            rivals::connection(line, self.count).await;
        })
    }

    /// Returns what a message costs.
    fn time(&self, reading: impl Future<Output = ()>) -> f64 {
        let start = process_nanos();
        self.runtime.block_on(reading);
        (process_nanos() - start) as f64 / self.count as f64
    }
}

pub(crate) fn runtime() -> Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().expect("a runtime can be made")
}
