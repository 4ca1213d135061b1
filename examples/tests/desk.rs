//! What a desk writes is short, and works.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]

mod support;

use support::example;

#[test]
fn a_login_three_subscriptions_and_two_requests_work_without_an_argument() {
    let output = example("desk").output().unwrap();
    let said = str::from_utf8(&output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    for line in [
        r#"placed: {"mock":"placed","id":2,"order":"a-1"}"#,
        r#"cancelled: {"mock":"cancelled","id":3,"order":"a-1"}"#,
        "book.ETH-PERPETUAL.raw: active after",
        "ticker.BTC-PERPETUAL.100ms: active after",
        "user.trades.any.any.raw: active after",
        r#"data: {"jsonrpc":"2.0","method":"subscription""#,
    ] {
        assert!(said.contains(line), "{line}: {said}");
    }
}

#[test]
fn it_takes_fewer_than_forty_lines() {
    let text = include_str!("../desk.rs");
    let desk = text.split("// What a desk writes begins here.\n").nth(1).unwrap();
    let desk = desk.split("// It ends here.").next().unwrap();
    let lines = desk.lines().filter(|line| !line.trim().is_empty()).count();
    assert!(lines < 40, "{lines} lines");
}
