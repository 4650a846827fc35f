//! Edges of one kind in one direction, packed: those of a revision lie side by side, and all of
//! them are two pieces of memory, however many there are. Knows indices only.

/// Where the edges of each revision lead.
#[derive(Debug, Clone)]
pub(super) struct Edges {
    /// Where the edges of each revision begin; the last one is the end of all.
    starts: Vec<usize>,
    ends: Vec<usize>,
}

impl Default for Edges {
    fn default() -> Self {
        Self { starts: vec![0], ends: Vec::new() }
    }
}

impl Edges {
    pub(super) fn with_capacity(revisions: usize) -> Self {
        let mut starts = Vec::with_capacity(revisions + 1);
        starts.push(0);
        Self { starts, ends: Vec::with_capacity(revisions) }
    }

    /// Adds the edges of the next revision.
    pub(super) fn push<E>(
        &mut self,
        ends: impl IntoIterator<Item = Result<usize, E>>,
    ) -> Result<(), E> {
        for end in ends {
            self.ends.push(end?);
        }
        self.starts.push(self.ends.len());
        Ok(())
    }

    /// Where the edges of a revision lead.
    pub(super) fn of(&self, index: usize) -> &[usize] {
        &self.ends[self.starts[index]..self.starts[index + 1]]
    }

    /// The same edges from their other end, each revision's in load order.
    pub(super) fn reversed(&self) -> Self {
        let revisions = self.starts.len() - 1;
        // Counts, then sums of the counts, then places that move on as they are taken.
        let mut starts = vec![0; revisions + 1];
        for end in &self.ends {
            starts[end + 1] += 1;
        }
        for index in 0..revisions {
            starts[index + 1] += starts[index];
        }
        let mut free = starts.clone();
        let mut ends = vec![0; self.ends.len()];
        for index in 0..revisions {
            for end in self.of(index) {
                ends[free[*end]] = index;
                free[*end] += 1;
            }
        }
        Self { starts, ends }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_other_end_is_in_load_order() {
        let mut edges = Edges::with_capacity(4);
        for ends in [&[][..], &[0], &[0, 3], &[0]] {
            edges.push(ends.iter().map(|end| Ok::<_, ()>(*end))).unwrap();
        }
        let reversed = edges.reversed();
        let all: Vec<&[usize]> = (0..4).map(|index| reversed.of(index)).collect();
        assert_eq!(all, [&[1, 2, 3][..], &[], &[], &[2]]);
        assert_eq!(reversed.reversed().of(2), [0, 3]);
    }
}
