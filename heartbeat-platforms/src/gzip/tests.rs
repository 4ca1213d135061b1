//! Inflation against flate2, and against peers that mean harm.

use std::io::{Read as _, Write as _};
use std::vec;
use std::vec::Vec;

use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;
use flate2::{Compression, GzBuilder};
use proptest::collection::vec as vec_of;
use proptest::prelude::*;
use proptest::sample::Index;

use super::*;

fn deflate(builder: GzBuilder, level: u32, bytes: &[u8]) -> Vec<u8> {
    let mut encoder: GzEncoder<_> = builder.write(Vec::new(), Compression::new(level));
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    deflate(GzBuilder::new(), 6, bytes)
}

/// What a member holds by flate2: one member, whole, of at most `longest` bytes.
fn reference(member: &[u8], longest: usize) -> Option<Vec<u8>> {
    let mut decoder = GzDecoder::new(member);
    let mut inflated = Vec::new();
    let bound = u64::try_from(longest).unwrap() + 1;
    decoder.by_ref().take(bound).read_to_end(&mut inflated).ok()?;
    (inflated.len() <= longest && decoder.get_ref().is_empty()).then_some(inflated)
}

fn assert_agreement(member: &[u8]) {
    let mut out = [0; INFLATED_MAX];
    let slow = reference(member, INFLATED_MAX);
    assert_eq!(inflate(member, &mut out), slow.as_deref(), "{}", member.escape_ascii());
}

proptest! {
    #[test]
    fn any_bytes_come_out_as_they_went_in(
        bytes in vec_of(any::<u8>(), 0..=INFLATED_MAX),
        repeated in any::<u8>(),
        level in 0..10u32,
        name in proptest::option::of("[a-z]{0,9}"),
        comment in proptest::option::of("[a-z]{0,9}"),
        extra in proptest::option::of(vec_of(any::<u8>(), 0..9)),
    ) {
        let repeated = vec![repeated; bytes.len()];
        for bytes in [bytes, repeated] {
            let mut builder = GzBuilder::new();
            if let Some(name) = &name {
                builder = builder.filename(name.as_str());
            }
            if let Some(comment) = &comment {
                builder = builder.comment(comment.as_str());
            }
            if let Some(extra) = &extra {
                builder = builder.extra(extra.as_slice());
            }
            let member = deflate(builder, level, &bytes);
            let mut out = [0; INFLATED_MAX];
            prop_assert_eq!(inflate(&member, &mut out), Some(bytes.as_slice()));
            // Not a byte of room to spare, and not a byte too little.
            let mut exact = vec![0; bytes.len()];
            prop_assert_eq!(inflate(&member, &mut exact), Some(bytes.as_slice()));
            if let Some(less) = exact.len().checked_sub(1) {
                prop_assert_eq!(inflate(&member, &mut exact[..less]), None);
            }
        }
    }

    #[test]
    fn a_member_that_was_tampered_with_is_judged_as_by_flate2(
        text in "[a-z0-9]{0,40}",
        level in 0..10u32,
        changes in vec_of((any::<Index>(), any::<u8>()), 1..4),
    ) {
        let builder = GzBuilder::new().filename("a").extra(*b"bc");
        for mut member in [deflate(builder, level, text.as_bytes()), gzip(text.as_bytes())] {
            for (at, byte) in &changes {
                let at = at.index(member.len());
                member[at] = *byte;
                assert_agreement(&member);
            }
        }
    }

    #[test]
    fn any_bytes_are_judged_as_by_flate2(mut bytes in vec_of(any::<u8>(), 0..64)) {
        assert_agreement(&bytes);
        let magic = [0x1f, 0x8b, 8];
        let len = bytes.len().min(magic.len());
        bytes[..len].copy_from_slice(&magic[..len]);
        assert_agreement(&bytes);
    }
}

#[test]
fn every_truncation_and_anything_behind_is_refused() {
    let mut member = gzip(br#"{"ping":1492420473027}"#);
    for end in 0..member.len() {
        assert_eq!(inflate(&member[..end], &mut [0; INFLATED_MAX]), None, "{end}");
    }
    let second = member.clone();
    for behind in [&b"\0"[..], &second] {
        member.extend_from_slice(behind);
        assert_eq!(inflate(&member, &mut [0; INFLATED_MAX]), None);
    }
}

#[test]
fn a_wrong_checksum_or_length_is_refused() {
    let member = gzip(b"Ping");
    for at in member.len() - 8..member.len() {
        for bit in 0..8 {
            let mut member = member.clone();
            member[at] ^= 1 << bit;
            assert_eq!(inflate(&member, &mut [0; INFLATED_MAX]), None, "bit {bit} of {at}");
        }
    }
}

#[test]
fn a_headers_own_checksum_is_checked() {
    let plain = gzip(b"Ping");
    let mut member = plain[..10].to_vec();
    member[3] |= HEADER_CHECKSUM;
    let [low, high, ..] = crc32(&member).to_le_bytes();
    member.extend([low, high]);
    member.extend_from_slice(&plain[10..]);
    assert_agreement(&member);
    assert_eq!(inflate(&member, &mut [0; INFLATED_MAX]), Some(&b"Ping"[..]));
    member[10] ^= 1;
    assert_eq!(inflate(&member, &mut [0; INFLATED_MAX]), None);
}

#[test]
fn a_bomb_stays_within_the_bound() {
    // A megabyte of zeros in a kilobyte, once honest about its length and once not.
    let mut bomb = gzip(&vec![0; 1 << 20]);
    assert!(bomb.len() < 2_000);
    assert_eq!(inflate(&bomb, &mut [0; INFLATED_MAX]), None);
    let at = bomb.len() - 4;
    bomb[at..].copy_from_slice(&4u32.to_le_bytes());
    let mut out = [7; INFLATED_MAX];
    assert_eq!(inflate(&bomb, &mut out), None);
    assert_eq!(out[4..], [7; INFLATED_MAX - 4], "nothing was written past what it claimed");
}

#[test]
fn only_a_short_binary_message_is_inflated() {
    let asked = |frame, longest| {
        let mut asked = false;
        classify(frame, longest, |_| {
            asked = true;
            None
        });
        asked
    };
    let member = gzip(b"Ping");
    assert!(asked(Frame::Binary(&member), member.len()));
    assert!(!asked(Frame::Binary(&member), member.len() - 1));
    let noise = gzip(b"\xff");
    assert!(!asked(Frame::Binary(&noise), 64), "not a text");
    assert!(!asked(Frame::Binary(b"Ping"), 64));
    assert!(!asked(Frame::Ping(&member), 64));
    assert!(!asked(Frame::Text("Ping"), 64));
}

#[test]
fn what_is_not_read_keeps_its_plain_meaning() {
    let member = gzip(b"Ping");
    let read = |text: &str| (text == "Pong").then_some(Signal::Armed);
    assert_eq!(classify(Frame::Binary(&member), 64, read), Signal::Data);
    assert_eq!(classify(Frame::Binary(&gzip(b"Pong")), 64, read), Signal::Armed);
    assert_eq!(classify(Frame::Pong(b""), 64, read), Signal::Unsolicited);
}
