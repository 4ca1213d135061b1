//! Counts the bytes that come in below the WebSocket, and reads as much at once as the line brings.

use core::cell::Cell;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use std::io::{self, IoSlice};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::task::coop;

/// A byte stream that counts what is read from it, so that a message that is coming in is seen
/// before it is whole.
///
/// [`connect`](crate::connect()) and [`Client`](crate::Client) put it between the WebSocket and
/// the transport. With TLS it counts what was decrypted: a record, of 16 KiB at most, counts when
/// all of it has come.
///
/// It also keeps the last 129 bytes read, which is what a Close frame can have: tungstenite
/// replaces a close code that RFC 6455 forbids by another.
///
/// A WebSocket asks for as much as a quiet line needs. Where that came back full, 64 KiB are read
/// at once until the line has nothing left: a busy line costs few system calls, and one that is at
/// rest holds no buffer here. Each thread keeps one for the next.
#[derive(Debug)]
pub struct Metered<S> {
    inner: S,
    received: Received,
    ahead: Ahead,
}

/// What was read and not asked for yet.
#[derive(Debug)]
struct Ahead {
    /// Borrowed from the thread when a read came back full, and given back when the line has
    /// nothing left.
    buffer: Vec<u8>,
    from: usize,
    to: usize,
    /// Whether as much as was asked for has come, so that there may be more.
    is_busy: bool,
}

thread_local! {
    /// A buffer for whichever line of this thread is busy. One from the heap for each burst would
    /// leave a hole there, because what the burst has brought lies beside it for longer.
    static SPARE: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

impl Ahead {
    /// How much is read at once from a busy line.
    const BYTES: usize = 64 << 10;

    const NOTHING: Self = Self { buffer: Vec::new(), from: 0, to: 0, is_busy: false };

    const fn is_empty(&self) -> bool {
        self.from == self.to
    }

    /// Hands on as much as there is room for.
    fn copy_to(&mut self, buf: &mut ReadBuf<'_>) {
        let to = self.to.min(self.from.saturating_add(buf.remaining()));
        if let Some(bytes) = self.buffer.get(self.from..to) {
            buf.put_slice(bytes);
            self.from = to;
        }
    }

    /// Reads as much as there is.
    fn poll_fill(
        &mut self,
        cx: &mut Context<'_>,
        inner: Pin<&mut impl AsyncRead>,
    ) -> Poll<io::Result<()>> {
        if self.buffer.is_empty() {
            // A thread that ends has none.
            self.buffer = SPARE.try_with(Cell::take).unwrap_or_default();
            self.buffer.resize(Self::BYTES, 0);
        }
        let mut buf = ReadBuf::new(&mut self.buffer);
        ready!(inner.poll_read(cx, &mut buf))?;
        (self.from, self.to) = (0, buf.filled().len());
        Poll::Ready(Ok(()))
    }

    fn give_back(&mut self) {
        let buffer = core::mem::replace(self, Self::NOTHING).buffer;
        if !buffer.is_empty() {
            let _ = SPARE.try_with(|spare| spare.set(buffer));
        }
    }
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
        Self { inner, received: Received::NOTHING, ahead: Ahead::NOTHING }
    }

    /// Returns the stream below.
    pub const fn get_ref(&self) -> &S {
        &self.inner
    }

    /// Returns the stream below.
    pub const fn get_mut(&mut self) -> &mut S {
        &mut self.inner
    }

    /// Takes the stream below out. What was read ahead is lost, as the WebSocket's own buffer is.
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
        let read = this.read_by_need(cx, buf);
        if let Some(bytes) = buf.filled().get(before..).filter(|bytes| !bytes.is_empty()) {
            this.received.take(bytes);
        }
        read
    }
}

impl<S: AsyncRead + Unpin> Metered<S> {
    fn read_by_need(
        &mut self,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let inner = Pin::new(&mut self.inner);
        if self.ahead.is_empty() && !self.ahead.is_busy {
            let read = inner.poll_read(cx, buf);
            self.ahead.is_busy = read.is_ready() && buf.remaining() == 0;
            return read;
        }
        if self.ahead.is_empty() {
            let filled = self.ahead.poll_fill(cx, inner);
            if !matches!(filled, Poll::Ready(Ok(()))) {
                // A task that has used up its cooperative budget is told that there is nothing.
                if coop::has_budget_remaining() {
                    self.ahead.give_back();
                }
                return filled;
            }
        }
        self.ahead.copy_to(buf);
        Poll::Ready(Ok(()))
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

    /// A line that has so many bytes, and notes how many it was asked for at once.
    struct Line {
        left: usize,
        sent: usize,
        asked: Vec<usize>,
    }

    impl AsyncRead for Line {
        fn poll_read(
            self: Pin<&mut Self>,
            _cx: &mut Context<'_>,
            buf: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            let this = self.get_mut();
            this.asked.push(buf.remaining());
            let bytes = this.left.min(buf.remaining());
            for _ in 0..bytes {
                buf.put_slice(&[byte_at(this.sent)]);
                this.sent += 1;
            }
            this.left -= bytes;
            if bytes == 0 { Poll::Pending } else { Poll::Ready(Ok(())) }
        }
    }

    fn byte_at(at: usize) -> u8 {
        u8::try_from(at % 251).unwrap()
    }

    /// Reads in pieces until there is nothing, and returns what came.
    fn read_all(line: &mut Metered<Line>, piece: usize) -> Vec<u8> {
        let mut all = Vec::new();
        let mut cx = Context::from_waker(core::task::Waker::noop());
        loop {
            let mut bytes = vec![0; piece];
            let mut buf = ReadBuf::new(&mut bytes);
            if Pin::new(&mut *line).poll_read(&mut cx, &mut buf).is_pending() {
                return all;
            }
            all.extend(buf.filled());
        }
    }

    fn line(bytes: usize) -> Metered<Line> {
        Metered::new(Line { left: bytes, sent: 0, asked: Vec::new() })
    }

    #[test]
    fn a_quiet_line_is_read_as_it_is_asked_for_and_holds_nothing() {
        let mut line = line(4_095);
        assert_eq!(read_all(&mut line, 4_096).len(), 4_095);
        assert_eq!(line.get_ref().asked, [4_096, 4_096]);
        assert_eq!(line.ahead.buffer.capacity(), 0);
    }

    #[test]
    fn a_busy_line_is_read_in_large_pieces_and_its_buffer_given_back() {
        let mut line = line(200_000);
        let all = read_all(&mut line, 4_096);
        assert!(all.iter().zip(0..).all(|(byte, at)| *byte == byte_at(at)), "in order");
        assert_eq!((all.len(), line.received().bytes()), (200_000, 200_000));
        let (first, large) = (4_096, 65_536);
        assert_eq!(line.get_ref().asked, [first, large, large, large, large]);
        assert_eq!(line.ahead.buffer.capacity(), 0, "it has nothing left");
        assert_eq!(SPARE.take().len(), large, "the thread keeps it for the next");
        // And from the beginning.
        line.get_mut().left = 10;
        line.get_mut().asked.clear();
        assert_eq!(read_all(&mut line, 4_096).len(), 10);
        assert_eq!(line.get_ref().asked, [4_096, 4_096]);
    }

    #[test]
    fn what_was_read_ahead_counts_when_it_is_handed_on() {
        let mut line = line(20_000);
        let mut cx = Context::from_waker(core::task::Waker::noop());
        let mut bytes = [0; 4_096];
        for _ in 0..2 {
            let read = Pin::new(&mut line).poll_read(&mut cx, &mut ReadBuf::new(&mut bytes));
            assert!(read.is_ready());
        }
        assert_eq!((line.get_ref().sent, line.received().bytes()), (20_000, 8_192));
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
