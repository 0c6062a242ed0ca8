//! Merges a form with what another user has saved in its record meanwhile, part by part.

/// The three values of a part of a form.
pub struct Versions<T> {
    /// With which the form was opened, if that is known.
    pub opened: Option<T>,
    /// In the form now.
    pub own: T,
    /// In the record now.
    pub saved: T,
}

/// The parts of a form that another user has changed while it was open.
#[derive(Clone, Debug)]
pub struct Merge<P> {
    /// The form takes over the saved value: this user did not change it, or changed it in the same way.
    pub taken: Vec<P>,
    /// This user changed it too: the form keeps its own value.
    pub both: Vec<P>,
}

impl<P> Merge<P> {
    pub fn of<T: PartialEq>(parts: impl IntoIterator<Item = (P, Versions<T>)>) -> Self {
        let mut merge = Self { taken: Vec::new(), both: Vec::new() };
        for (part, Versions { opened, own, saved }) in parts {
            let is_same = own == saved;
            match opened {
                Some(opened) if opened == saved => {}
                Some(opened) if opened == own || is_same => merge.taken.push(part),
                None if is_same => {}
                _ => merge.both.push(part),
            }
        }
        merge
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_asked_about_only_if_both_users_changed_it_differently() {
        let of = |opened, own, saved| {
            let Merge { taken, both } = Merge::of([((), Versions { opened, own, saved })]);
            (taken.len(), both.len())
        };
        assert_eq!(of(Some("a"), "a", "a"), (0, 0));
        assert_eq!(of(Some("a"), "b", "a"), (0, 0));
        assert_eq!(of(Some("a"), "a", "b"), (1, 0));
        assert_eq!(of(Some("a"), "b", "b"), (1, 0));
        assert_eq!(of(Some("a"), "b", "c"), (0, 1));
        assert_eq!(of(None, "a", "a"), (0, 0));
        assert_eq!(of(None, "a", "b"), (0, 1));
    }
}
