//! Keyset pagination: a page begins after a row, not at a number, so that it stays correct while rows are
//! added and removed.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// The position of a row in a list ordered by time and id.
///
/// In a query string: microseconds since 1970, a hyphen, the id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    pub at: DateTime<Utc>,
    pub id: i64,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.at.timestamp_micros(), self.id)
    }
}

impl FromStr for Cursor {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        let (micros, id) = text.split_once('-').ok_or(())?;
        let micros: i64 = micros.parse().map_err(drop)?;
        let at = DateTime::from_timestamp_micros(micros).ok_or(())?;
        Ok(Self { at, id: id.parse().map_err(drop)? })
    }
}

/// The position of a row in a list ordered by name and id.
///
/// In a query string: the id, a hyphen, the name as in the column `sort_name`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameCursor {
    pub name: String,
    pub id: i64,
}

impl fmt::Display for NameCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.id, utf8_percent_encode(&self.name, NON_ALPHANUMERIC))
    }
}

impl FromStr for NameCursor {
    type Err = ();
    /// Parses a value of a query string after percent-decoding.
    fn from_str(text: &str) -> Result<Self, ()> {
        let (id, name) = text.split_once('-').ok_or(())?;
        let is_text = !name.contains('\0');
        is_text.then_some(()).ok_or(())?;
        Ok(Self { name: name.to_owned(), id: id.parse().map_err(drop)? })
    }
}

/// One page of rows, and the cursors of the pages before and after it.
#[derive(Debug)]
pub struct PageOf<T, C = Cursor> {
    pub rows: Vec<T>,
    pub before: Option<C>,
    pub after: Option<C>,
}

impl<T, C> PageOf<T, C> {
    /// Cuts `rows` to `limit`. The query must ask for one more row, which shows that there is another page.
    ///
    /// `from` holds the page's cursor, and whether the query read backwards from it. If so, `rows` is in
    /// reverse order.
    pub fn cut(mut rows: Vec<T>, limit: usize, from: (Option<C>, bool), cursor: impl Fn(&T) -> C) -> Self {
        let has_more = rows.len() > limit;
        rows.truncate(limit);
        let (start, is_backwards) = from;
        if is_backwards {
            rows.reverse();
        }
        let (has_before, has_after) = match (start.is_some(), is_backwards) {
            (true, true) => (has_more, true),
            (true, false) => (true, has_more),
            (false, _) => (false, has_more),
        };
        let before = rows.first().filter(|_| has_before).map(&cursor);
        let after = rows.last().filter(|_| has_after).map(&cursor);
        Self { rows, before, after }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cursor(n: &i64) -> Cursor {
        Cursor { at: DateTime::UNIX_EPOCH, id: *n }
    }

    #[test]
    fn a_cursor_reads_back() {
        let text = "1796475600123456-42";
        assert_eq!(text.parse::<Cursor>().unwrap().to_string(), text);
        assert!("x-1".parse::<Cursor>().is_err());
        assert!("9999999999999999999-1".parse::<Cursor>().is_err());
    }

    #[test]
    fn a_name_may_hold_anything() {
        let cursor = NameCursor { name: "a-b & ção".into(), id: 7 };
        let written = cursor.to_string();
        assert_eq!(written, "7-a%2Db%20%26%20%C3%A7%C3%A3o");
        let read = percent_encoding::percent_decode_str(&written).decode_utf8().unwrap();
        assert_eq!(read.parse::<NameCursor>().unwrap(), cursor);
        assert!("x-a".parse::<NameCursor>().is_err());
    }

    #[test]
    fn the_first_page_has_no_neighbour_before_it() {
        let page = PageOf::cut(vec![9, 8, 7], 2, (None, false), cursor);
        assert_eq!((page.rows, page.before, page.after.map(|c| c.id)), (vec![9, 8], None, Some(8)));
    }

    #[test]
    fn a_page_read_backwards_is_shown_forwards() {
        let page = PageOf::cut(vec![7, 8, 9], 2, (Some(cursor(&6)), true), cursor);
        assert_eq!(page.rows, [8, 7]);
        assert_eq!((page.before.map(|c| c.id), page.after.map(|c| c.id)), (Some(8), Some(7)));
    }
}
