//! Work to be counted in instructions: so much of it and nothing else.

use std::error::Error;

use heartbeat_core::Outbox;

use crate::bare::{BUSY, runtime};
use crate::detect::classify;
use crate::line::{Line, Lines};
use crate::rivals::{self, buffers, tungstenite};
use crate::session::{Pace, batch, respond};
use crate::traffic;

/// Does a kind of work so often: whoever counts takes the difference of two numbers.
pub(crate) fn run(work: &str, count: usize) -> Result<(), Box<dyn Error>> {
    let message = traffic::deribit(200);
    let line = || Line::open(&message, count, BUSY).unarmed();
    match work {
        "detect" => {
            let samples = traffic::mix();
            samples.chunks(count.min(samples.len())).take(1).for_each(classify);
        }
        "session" => {
            let (texts, mut pace) = (batch(), Pace::new());
            (0..count / texts.len()).for_each(|_| pace.batch(&texts));
        }
        "answer" => {
            let mut out = Outbox::new();
            (0..count).for_each(|_| respond(&mut out));
        }
        "stream" => runtime().block_on(async {
            rivals::stream(tungstenite(line(), Some(buffers())).await, count).await;
        }),
        "connection" => runtime().block_on(async {
            rivals::connection(tungstenite(line(), Some(buffers())).await, count).await;
        }),
        "client" => {
            let lines = Lines { message, count, piece: BUSY };
            let builder = rivals::deribit("ws://venue/").connector(lines);
            runtime().block_on(rivals::client(builder, count));
        }
        _ => return Err(format!("no work `{work}`").into()),
    }
    Ok(())
}
