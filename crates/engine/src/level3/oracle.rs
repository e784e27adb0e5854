//! What Kraken does not document, found out from its checksum: which amends keep their place in the queue.
//!
//! The sum covers the sequence of the orders of the ten best levels. So where an amend could have kept its place or lost
//! it, and the two give different digits, the message's own sum says which it was. A book goes on with what has been
//! seen so far; a message that contradicts it is proven by the other answer, and counted.

/// A kind of amend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// The quantity became less, and no trade took it.
    QtyDown,
    /// The quantity became more.
    QtyUp,
    /// The price changed.
    Price,
}

impl Rule {
    /// All kinds, in the order of their numbers.
    pub const ALL: [Self; 3] = [Self::QtyDown, Self::QtyUp, Self::Price];

    /// The name used everywhere.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::QtyDown => "qty_down",
            Self::QtyUp => "qty_up",
            Self::Price => "price",
        }
    }
}

/// What the evidence says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The order keeps its place.
    Keep,
    /// It goes to the back of its queue; of the new one, if its price changed.
    Back,
    /// Too little was seen, or both.
    Undecided,
}

impl Verdict {
    /// The name used everywhere.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Back => "back",
            Self::Undecided => "undecided",
        }
    }
}

/// Amends of one kind, by what the checksum said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    /// Only keeping the place gives the sum.
    pub keep: u64,
    /// Only going to the back does, or the message itself said so.
    pub back: u64,
    /// Both do: the order was the last, or outside the checksum, or behind it stood only its like.
    pub ambiguous: u64,
}

/// How many amends decide, and by how many to one.
const ENOUGH: u64 = 3;
const CLEARLY: u64 = 20;

impl Evidence {
    /// What it says.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        if self.keep >= ENOUGH && self.keep >= CLEARLY * self.back {
            Verdict::Keep
        } else if self.back >= ENOUGH && self.back >= CLEARLY * self.keep {
            Verdict::Back
        } else {
            Verdict::Undecided
        }
    }
}

/// What the queue of one book is taken to do with amends that keep their price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Beliefs {
    pub(crate) down_keeps: bool,
    pub(crate) up_keeps: bool,
}

impl Beliefs {
    pub(crate) fn keeps(self, rule: Rule) -> bool {
        match rule {
            Rule::QtyDown => self.down_keeps,
            Rule::QtyUp => self.up_keeps,
            Rule::Price => false,
        }
    }

    /// The other answers to the questions that a message asked.
    pub(crate) fn others(self, asked: [bool; 2]) -> impl Iterator<Item = Self> {
        let flips = [(true, false), (false, true), (true, true)];
        flips
            .into_iter()
            .filter(move |(down, up)| (asked[0] || !down) && (asked[1] || !up))
            .map(move |(down, up)| Self { down_keeps: self.down_keeps ^ down, up_keeps: self.up_keeps ^ up })
    }
}

/// The evidence of one book since it was tracked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Oracle {
    evidence: [Evidence; 3],
}

impl Oracle {
    /// What was seen of one kind of amend.
    #[must_use]
    pub fn evidence(&self, rule: Rule) -> Evidence {
        self.evidence[rule as usize]
    }

    pub(crate) fn count(&mut self, rule: Rule, kept: bool, decisive: bool) {
        let evidence = &mut self.evidence[rule as usize];
        match (decisive, kept) {
            (false, _) => evidence.ambiguous += 1,
            (true, true) => evidence.keep += 1,
            (true, false) => evidence.back += 1,
        }
    }

    /// What to go on with: what was seen more often; before that what exchanges usually do.
    pub(crate) fn beliefs(&self) -> Beliefs {
        let keeps = |rule: Rule, usually: bool| {
            let evidence = self.evidence(rule);
            if evidence.keep == evidence.back { usually } else { evidence.keep > evidence.back }
        };
        Beliefs { down_keeps: keeps(Rule::QtyDown, true), up_keeps: keeps(Rule::QtyUp, false) }
    }
}
