//! Market data of a chosen size and rate, in the venue's own shape.

use core::time::Duration;
use std::io::Read as _;

use flate2::read::GzDecoder;
use heartbeat_core::{Detector, Frame, Signal};
use heartbeat_platforms::Exchange;
use heartbeat_testkit::{MockOptions, OwnedFrame};

use crate::opposite::Opposite;

/// RFC 1952, section 2.3.1.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// The market data of the first two seconds.
fn data_of(exchange: Exchange, options: MockOptions) -> Vec<OwnedFrame> {
    let mut client = Opposite::new(exchange, options);
    client.says(Frame::Text(r#"{"mock":"subscribe","id":2,"channel":"c"}"#));
    client.run_until(2_000);
    let data = client.frames.into_iter().map(|(_, frame)| frame);
    data.filter(|frame| !matches!(frame, OwnedFrame::Ping(_))).collect()
}

fn text_of(frame: &OwnedFrame) -> String {
    match frame {
        OwnedFrame::Text(text) => text.clone(),
        // Some send text as bytes.
        OwnedFrame::Binary(bytes) if !bytes.starts_with(&GZIP) => {
            String::from_utf8_lossy(bytes).into_owned()
        }
        OwnedFrame::Binary(bytes) => {
            let mut text = String::new();
            GzDecoder::new(bytes.as_slice()).read_to_string(&mut text).unwrap();
            text
        }
        OwnedFrame::Ping(_) | OwnedFrame::Pong(_) | OwnedFrame::Close { .. } => {
            panic!("{frame} is no message")
        }
    }
}

/// Tells whether a message is JSON, or JSON in an envelope of the venue's.
fn holds_json(text: &str) -> bool {
    let begins = text.find(['{', '[']);
    let ends = text.rfind(['}', ']']);
    let inner = begins.zip(ends).and_then(|(begins, ends)| text.get(begins..=ends));
    inner.is_some_and(|inner| serde_json::from_str::<serde_json::Value>(inner).is_ok())
}

#[test]
fn market_data_is_as_long_as_it_is_asked_to_be_and_still_market_data() {
    for exchange in Exchange::all() {
        for size in [1_000, 4_096] {
            let options = MockOptions::default().data_size(size);
            let mut sized = 0;
            for frame in data_of(*exchange, options) {
                let text = text_of(&frame);
                let is_packed = matches!(&frame, OwnedFrame::Binary(it) if it.starts_with(&GZIP));
                let len = if is_packed { text.len() } else { frame.as_frame().len() };
                if len >= size {
                    // Protobuf pads by fields of two bytes at least.
                    assert!(len <= size + 1, "{exchange}: {len}");
                    let parses = holds_json(&text);
                    assert_eq!(parses, *exchange != Exchange::MexcSpot, "{exchange}: {text}");
                    assert_eq!(exchange.classify(frame.as_frame()), Signal::Data, "{exchange}");
                    sized += 1;
                }
            }
            assert_eq!(sized, 4, "{exchange}");
        }
    }
}

#[test]
fn market_data_comes_as_often_and_as_much_at_once_as_it_is_asked_to() {
    for exchange in Exchange::all() {
        let options = MockOptions::default().data_every(Some(Duration::from_millis(250)));
        let mut client = Opposite::new(*exchange, options.data_burst(50));
        client.says(Frame::Text(r#"{"mock":"subscribe","id":2,"channel":"c"}"#));
        client.run_until(999);
        assert_eq!(client.mock.counters().data, 150, "{exchange}");
        client.run_until(1_000);
        assert_eq!(client.mock.counters().data, 200, "{exchange}");
        let none = Opposite::new(*exchange, MockOptions::default().data_every(None));
        assert_eq!(none.mock.counters().data, 0, "{exchange}");
    }
}
