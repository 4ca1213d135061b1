//! A queue of fixed size.

/// A first-in-first-out queue of at most `N` items, in place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fifo<T, const N: usize> {
    items: [Option<T>; N],
    len: usize,
}

impl<T: Copy, const N: usize> Fifo<T, N> {
    pub(crate) const fn new() -> Self {
        Self { items: [None; N], len: 0 }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Appends `item`, or gives it back if the queue is full.
    pub(crate) fn push(&mut self, item: T) -> Result<(), T> {
        let Some(slot) = self.items.get_mut(self.len) else {
            return Err(item);
        };
        *slot = Some(item);
        self.len = self.len.saturating_add(1);
        Ok(())
    }

    /// Takes out the first item for which `wanted` holds; those behind it move up.
    pub(crate) fn take_first(&mut self, wanted: impl Fn(&T) -> bool) -> Option<T> {
        let index = self.iter().position(wanted)?;
        let tail = self.items.get_mut(index..self.len)?;
        tail.rotate_left(1);
        let taken = tail.last_mut()?.take();
        self.len = self.len.saturating_sub(1);
        taken
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.items.iter().flatten()
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.items.iter_mut().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_leave_in_the_order_they_came_and_a_full_queue_refuses() {
        let mut fifo = Fifo::<u8, 3>::new();
        for item in [1, 2, 3] {
            fifo.push(item).unwrap();
        }
        assert_eq!(fifo.push(4), Err(4));
        assert_eq!(fifo.take_first(|item| *item == 2), Some(2));
        assert_eq!(fifo.take_first(|item| *item == 2), None);
        fifo.push(4).unwrap();
        assert!(fifo.iter().copied().eq([1, 3, 4]));
        for item in [1, 3, 4] {
            assert_eq!(fifo.take_first(|_| true), Some(item));
        }
        assert!(fifo.is_empty());
        assert_eq!(fifo.take_first(|_| true), None);
    }
}
