//! The logo as it is kept: decoded once, made small and written as a new PNG.
//!
//! A file of 10 KB may claim 30,000 × 30,000 pixels, for which each browser would set aside gigabytes on
//! every page. What is kept has no more pixels than a page can show, and nothing but pixels: no place
//! where it was taken, no comment, no second file behind it.

use std::io::{self, Cursor};
use std::path::Path;

use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits};

use crate::web::thousands;

/// Maximum width and height of what is sent, in pixels.
const LARGEST: u32 = 4096;

/// Maximum width and height of what is kept, in pixels: several times what a page shows.
const KEPT: u32 = 512;

/// Maximum memory for one picture, in bytes: `LARGEST` squared with 8 bytes each, and the decoder's own.
const MEMORY: u64 = 192 * 1024 * 1024;

/// Why a picture is not taken.
#[derive(Debug, PartialEq, Eq)]
pub enum Refusal {
    NoPicture,
    Broken,
    TooManyPixels { width: u32, height: u32 },
}

impl Refusal {
    pub fn sentence(&self) -> String {
        match self {
            Self::NoPicture => "Envie uma imagem PNG, JPEG ou WebP.".into(),
            Self::Broken => "Esta imagem está incompleta ou com defeito. Envie outra.".into(),
            Self::TooManyPixels { width, height } => format!(
                "A imagem tem {} × {} pixels. Envie uma com no máximo {} de largura e de altura.",
                thousands(width),
                thousands(height),
                thousands(LARGEST),
            ),
        }
    }
}

/// The picture at `path` as a small PNG. Takes up to a second and `MEMORY`: not for the threads that
/// serve.
pub fn small_png(path: &Path) -> io::Result<Result<Vec<u8>, Refusal>> {
    let reader = open(path)?;
    if !matches!(reader.format(), Some(ImageFormat::Png | ImageFormat::Jpeg | ImageFormat::WebP)) {
        return Ok(Err(Refusal::NoPicture));
    }
    let Ok((width, height)) = reader.into_dimensions() else { return Ok(Err(Refusal::Broken)) };
    if width.max(height) > LARGEST {
        return Ok(Err(Refusal::TooManyPixels { width, height }));
    }
    let mut reader = open(path)?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(MEMORY);
    reader.limits(limits);
    Ok(decoded(reader).and_then(|picture| written(&picture)).map_err(|_| Refusal::Broken))
}

fn open(path: &Path) -> io::Result<ImageReader<io::BufReader<std::fs::File>>> {
    ImageReader::open(path)?.with_guessed_format()
}

/// The picture as people see it: a telephone's photo says in a mark of its own how it was held.
fn decoded(reader: ImageReader<io::BufReader<std::fs::File>>) -> Result<DynamicImage, ImageError> {
    let mut decoder = reader.into_decoder()?;
    let orientation = decoder.orientation()?;
    let mut picture = DynamicImage::from_decoder(decoder)?;
    picture.apply_orientation(orientation);
    Ok(picture)
}

fn written(picture: &DynamicImage) -> Result<Vec<u8>, ImageError> {
    let small =
        if picture.width().max(picture.height()) > KEPT { &picture.thumbnail(KEPT, KEPT) } else { picture };
    let mut png = Cursor::new(Vec::new());
    small.to_rgba8().write_to(&mut png, ImageFormat::Png)?;
    Ok(png.into_inner())
}
