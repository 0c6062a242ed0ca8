//! An answer as a person sees it.

use actix_web::http::header::HeaderMap;
use scraper::{Html, Selector};

pub struct Page {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
    /// The body before decoding.
    pub bytes: Vec<u8>,
}

impl Page {
    /// The visible text, with white space collapsed.
    pub fn text(&self) -> String {
        let document = Html::parse_document(&self.body);
        let body = Selector::parse("body").unwrap();
        let text: String = document.select(&body).flat_map(|body| body.text()).collect::<Vec<_>>().join(" ");
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Fails unless the page says `sentence`.
    #[track_caller]
    pub fn assert_says(&self, sentence: &str) -> &Self {
        assert!(self.text().contains(sentence), "{sentence:?} is not in: {}", self.text());
        self
    }

    #[track_caller]
    pub fn assert_does_not_say(&self, sentence: &str) -> &Self {
        assert!(!self.text().contains(sentence), "{sentence:?} is in: {}", self.text());
        self
    }

    #[track_caller]
    pub fn assert_status(&self, status: u16) -> &Self {
        assert_eq!(self.status, status, "{}", self.text());
        self
    }

    /// Number of elements that match a CSS selector.
    pub fn count(&self, selector: &str) -> usize {
        Html::parse_document(&self.body).select(&Selector::parse(selector).unwrap()).count()
    }

    /// An attribute of the first element that matches.
    pub fn attribute(&self, selector: &str, name: &str) -> Option<String> {
        let document = Html::parse_document(&self.body);
        let element = document.select(&Selector::parse(selector).unwrap()).next()?;
        element.value().attr(name).map(str::to_owned)
    }

    /// An attribute of each element that matches.
    pub fn attributes(&self, selector: &str, name: &str) -> Vec<String> {
        let document = Html::parse_document(&self.body);
        let selector = Selector::parse(selector).unwrap();
        document
            .select(&selector)
            .filter_map(|element| element.value().attr(name).map(str::to_owned))
            .collect()
    }

    /// The text of each element that matches.
    pub fn texts(&self, selector: &str) -> Vec<String> {
        let document = Html::parse_document(&self.body);
        let fold = |text: String| text.split_whitespace().collect::<Vec<_>>().join(" ");
        document
            .select(&Selector::parse(selector).unwrap())
            .map(|element| fold(element.text().collect()))
            .collect()
    }

    /// The fields of the form for `action`, as a browser sends them if nobody changes the form.
    pub fn form_fields(&self, action: &str) -> Vec<(String, String)> {
        let document = Html::parse_document(&self.body);
        let form = Selector::parse(&format!("form[method=post][action='{action}']")).unwrap();
        let controls = Selector::parse("input[name], select[name], textarea[name]").unwrap();
        let option = Selector::parse("option").unwrap();
        let Some(form) = document.select(&form).next() else { return Vec::new() };
        let sent = form.select(&controls).filter(|control| {
            let is_sent = match control.attr("type") {
                Some("checkbox" | "radio") => control.attr("checked").is_some(),
                Some("submit" | "file") => false,
                _ => true,
            };
            is_sent && control.attr("disabled").is_none()
        });
        sent.map(|control| {
            let value = match control.value().name() {
                "select" => {
                    let options: Vec<_> = control.select(&option).collect();
                    let chosen = options.iter().find(|option| option.attr("selected").is_some());
                    chosen.or(options.first()).and_then(|option| option.attr("value")).unwrap_or("").into()
                }
                "textarea" => control.text().collect(),
                _ => control.attr("value").unwrap_or("on").to_owned(),
            };
            (control.attr("name").unwrap_or("").to_owned(), value)
        })
        .collect()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The target of a redirect.
    pub fn location(&self) -> &str {
        self.header("location")
    }
}
