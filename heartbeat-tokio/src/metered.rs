//! Counts the bytes that come in below the WebSocket.

use core::pin::Pin;
use core::task::{Context, Poll};
use std::io::{self, IoSlice};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A byte stream that counts what is read from it, so that a message that is coming in is seen
/// before it is whole.
///
/// [`connect`](crate::connect()) and [`Client`](crate::Client) put it between the WebSocket and
/// the transport. With TLS it counts what was decrypted: a record, of 16 KiB at most, counts when
/// all of it has come.
///
/// It also keeps the last 129 bytes read, which is what a Close frame can have: tungstenite
/// replaces a close code that RFC 6455 forbids by another.
#[derive(Debug)]
pub struct Metered<S> {
    inner: S,
    received: Received,
}

/// What came in through a [`Metered`] stream.
#[derive(Clone)]
pub(crate) struct Received {
    bytes: u64,
    tail: [u8; Self::TAIL],
    tail_len: usize,
}

impl Received {
    /// A header, the longest payload of a control frame, and two.
    const TAIL: usize = 129;

    const NOTHING: Self = Self { bytes: 0, tail: [0; Self::TAIL], tail_len: 0 };

    /// Returns how many bytes there were.
    pub(crate) const fn bytes(&self) -> u64 {
        self.bytes
    }

    fn take(&mut self, bytes: &[u8]) {
        self.bytes = self.bytes.saturating_add(bytes.len() as u64);
        let (_, bytes) = bytes.split_at(bytes.len().saturating_sub(Self::TAIL));
        let kept = self.tail_len.min(Self::TAIL - bytes.len());
        self.tail.copy_within(self.tail_len - kept..self.tail_len, 0);
        self.tail_len = kept + bytes.len();
        if let Some(behind) = self.tail.get_mut(kept..self.tail_len) {
            behind.copy_from_slice(bytes);
        }
    }

    /// Returns the code of the Close frame that came last, if what came last is one and nothing
    /// else that it could be.
    pub(crate) fn close_code(&self) -> Option<u16> {
        let tail = self.tail.get(..self.tail_len)?;
        let mut codes = (0..tail.len()).filter_map(|at| match tail.get(at..)? {
            // Unmasked, and as long as it says.
            [0x88, len, high, low, reason @ ..] => {
                let is_whole = usize::from(*len) == reason.len() + 2;
                let is_text = str::from_utf8(reason).is_ok();
                (is_whole && is_text).then(|| u16::from_be_bytes([*high, *low]))
            }
            _ => None,
        });
        codes.next().filter(|_| codes.next().is_none())
    }
}

impl core::fmt::Debug for Received {
    /// What came in is nobody's business.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Received").field("bytes", &self.bytes).finish_non_exhaustive()
    }
}

impl<S> Metered<S> {
    pub(crate) const fn new(inner: S) -> Self {
        Self { inner, received: Received::NOTHING }
    }

    /// Returns the stream below.
    pub const fn get_ref(&self) -> &S {
        &self.inner
    }

    /// Returns the stream below.
    pub const fn get_mut(&mut self) -> &mut S {
        &mut self.inner
    }

    /// Takes the stream below out.
    pub fn into_inner(self) -> S {
        self.inner
    }

    pub(crate) const fn received(&self) -> &Received {
        &self.received
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Metered<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buf.filled().len();
        let read = Pin::new(&mut this.inner).poll_read(cx, buf);
        if let Some(bytes) = buf.filled().get(before..).filter(|bytes| !bytes.is_empty()) {
            this.received.take(bytes);
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Metered<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().inner).poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().inner).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn received(reads: &[&[u8]]) -> Received {
        let mut received = Received::NOTHING;
        for read in reads {
            received.take(read);
        }
        received
    }

    #[test]
    fn the_tail_is_the_last_of_all_reads() {
        for piece in [1, 2, 7, 128, 129, 130, 300] {
            let all: Vec<u8> = (0..=255).cycle().take(1_000).collect();
            let received = received(&all.chunks(piece).collect::<Vec<_>>());
            assert_eq!(received.bytes(), 1_000);
            assert_eq!(received.tail, all[1_000 - 129..], "in pieces of {piece}");
        }
    }

    #[test]
    fn a_close_code_is_read_where_it_can_be_nothing_else() {
        let code = |reads: &[&[u8]]| received(reads).close_code();
        assert_eq!(code(&[b"\x88\x02\x04\x4c"]), Some(1_100));
        assert_eq!(code(&[b"\x81\x03abc\x88", b"\x06\x03", b"\xe7gone"]), Some(999));
        let mut longest = b"\x88\x7d\x00\x00".to_vec();
        longest.extend([b'x'; 123]);
        assert_eq!(code(&[&longest]), Some(0));
        assert_eq!(code(&[b"\x88\x00"]), None, "none was given");
        assert_eq!(code(&[b"\x88\x02\x04\x4c\x00"]), None, "something followed");
        // A binary message that ends like one, in front of nothing; and a reason with one in it.
        assert_eq!(code(&[b"\x88\x07\x03\xe7\xc2\x88\x02\x04\x4c"]), None, "one of two");
        assert_eq!(code(&[]), None);
    }
}
