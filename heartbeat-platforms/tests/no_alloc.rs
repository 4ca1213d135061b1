//! No frame costs an allocation, whatever a peer puts into it.

use core::hint::black_box;

use heartbeat_core::{Detector, Frame, Outbox, ProbeId, Responder, Signal};
use heartbeat_platforms::{Exchange, gzip};
use heartbeat_testkit::OwnedFrame;

use super::support::fixtures;

#[test]
fn classifying_allocates_nothing() {
    for exchange in Exchange::all() {
        for fixture in fixtures::load(exchange.name()) {
            // Every venue reads it: what is data to one is a heartbeat to another.
            for reader in Exchange::all() {
                let frame = fixture.frame();
                let info = allocation_counter::measure(|| {
                    black_box(reader.classify(frame));
                });
                let (name, signal) = (fixture.name(), fixture.signal());
                assert_eq!(info.count_total, 0, "{reader}: {name}, {exchange}'s {signal}");
            }
        }
    }
}

#[test]
fn classifying_a_deep_or_long_document_allocates_nothing() {
    let deep = format!("{{\"method\":{}", "[".repeat(400));
    let long = format!(r#"{{"heartbeat":"\u0062{}"}}"#, "x".repeat(1_000_000));
    for text in [&deep, &long] {
        for reader in Exchange::all() {
            let info = allocation_counter::measure(|| {
                black_box(reader.classify(Frame::Text(text)));
            });
            assert_eq!(info.count_total, 0, "{reader}");
        }
    }
}

#[test]
fn inflating_allocates_nothing() {
    let packed = OwnedFrame::gzip(r#"{"ping":1492420473027}"#);
    let info = allocation_counter::measure(|| {
        let read = |text: &str| text.starts_with('{').then_some(Signal::Armed);
        assert_eq!(gzip::classify(packed.as_frame(), 64, black_box(read)), Signal::Armed);
    });
    assert_eq!(info.count_total, 0);
}

#[test]
fn writing_allocates_nothing() {
    for exchange in Exchange::all() {
        let mut out = Outbox::new();
        let info = allocation_counter::measure(|| {
            exchange.arm(&mut out).expect("it fits");
            exchange.respond(b"", &mut out).expect("it fits");
            exchange.probe(ProbeId::from_number(u32::MAX), &mut out).expect("it fits");
            exchange.farewell(&mut out).expect("it fits");
        });
        assert_eq!(info.count_total, 0, "{exchange}");
    }
}

#[test]
fn the_counter_counts() {
    let info = allocation_counter::measure(|| {
        black_box(Box::new(7));
    });
    assert_eq!(info.count_total, 1);
}
