//! The fields of a form as strings.

/// The fields of a form, in the order in which they were sent.
#[derive(Clone, Debug, Default)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// Parses `application/x-www-form-urlencoded`. `None` if it is invalid or holds a NUL.
    ///
    /// Browsers send line breaks as CR LF; they become LF.
    pub fn parse(body: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(body).ok()?;
        let pairs: Vec<(String, String)> = serde_urlencoded::from_str(text).ok()?;
        Self::of(pairs)
    }

    /// Takes fields that were parsed elsewhere, by the same rules.
    pub fn of(pairs: Vec<(String, String)>) -> Option<Self> {
        let has_nul = |text: &String| text.contains('\0');
        if pairs.iter().any(|(name, value)| has_nul(name) || has_nul(value)) {
            return None;
        }
        let normal = pairs.into_iter().map(|(name, value)| (name, value.replace("\r\n", "\n")));
        Some(Self(normal.collect()))
    }

    /// The first value with this name, or an empty text.
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// The names and values of all fields.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Adds a field.
    pub fn push(&mut self, name: &str, value: String) {
        self.0.push((name.to_owned(), value));
    }

    /// All values with this name, as of checkboxes.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// Line breaks in the values become LF.
impl From<Vec<(String, String)>> for Fields {
    fn from(pairs: Vec<(String, String)>) -> Self {
        Self(pairs.into_iter().map(|(name, value)| (name, value.replace("\r\n", "\n"))).collect())
    }
}

impl<const N: usize> From<[(&str, &str); N]> for Fields {
    fn from(pairs: [(&str, &str); N]) -> Self {
        Self(pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_keep_what_was_typed() {
        let fields = Fields::parse(b"a=1&b=x%20y&a=2&c=l1%0D%0Al2").unwrap();
        assert_eq!(fields.get("b"), "x y");
        assert_eq!(fields.all("a").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(fields.get("c"), "l1\nl2");
        assert_eq!(fields.get("d"), "");
    }

    #[test]
    fn a_nul_is_refused() {
        assert!(Fields::parse(b"a=x%00y").is_none());
        assert!(Fields::parse(b"a=\xff").is_none());
    }
}
