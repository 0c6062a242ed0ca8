//! Prepares a logo: decodes it once, makes it small and writes a new PNG.
//!
//! A file of 10 KB may claim 30,000 × 30,000 pixels, and each browser would allocate gigabytes for it on
//! every page. The new PNG has no more pixels than pages show. It holds nothing but pixels: no location, no
//! comment, no second file at its end.

use std::io::{self, Cursor};
use std::path::Path;

use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits};

use crate::text::thousands;

/// Maximum width and height of an uploaded picture, in pixels.
const MAX_UPLOAD_SIDE: u32 = 4096;

/// Maximum width and height of the saved logo, in pixels: several times what pages show.
const LOGO_SIDE: u32 = 512;

/// Maximum memory per picture, in bytes: `MAX_UPLOAD_SIDE` squared times 8, and some for the decoder itself.
const MEMORY_LIMIT: u64 = 192 * 1024 * 1024;

/// Why a picture is refused.
#[derive(Debug, PartialEq, Eq)]
pub enum Refusal {
    NotAPicture,
    Broken,
    TooManyPixels { width: u32, height: u32 },
}

impl Refusal {
    pub fn sentence(&self) -> String {
        match self {
            Self::NotAPicture => "Envie uma imagem PNG, JPEG ou WebP.".into(),
            Self::Broken => "Esta imagem está incompleta ou com defeito. Envie outra.".into(),
            Self::TooManyPixels { width, height } => format!(
                "A imagem tem {} × {} pixels. Envie uma com no máximo {} de largura e de altura.",
                thousands(width),
                thousands(height),
                thousands(MAX_UPLOAD_SIDE),
            ),
        }
    }
}

/// The picture at `path` as a small PNG. Takes up to a second and `MEMORY_LIMIT` bytes, so do not call it on a
/// thread that serves requests.
pub fn small_png(path: &Path) -> io::Result<Result<Vec<u8>, Refusal>> {
    let reader = open(path)?;
    if !matches!(reader.format(), Some(ImageFormat::Png | ImageFormat::Jpeg | ImageFormat::WebP)) {
        return Ok(Err(Refusal::NotAPicture));
    }
    let Ok((width, height)) = reader.into_dimensions() else { return Ok(Err(Refusal::Broken)) };
    if width.max(height) > MAX_UPLOAD_SIDE {
        return Ok(Err(Refusal::TooManyPixels { width, height }));
    }
    let mut reader = open(path)?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(MEMORY_LIMIT);
    reader.limits(limits);
    Ok(decoded(reader).and_then(|picture| encoded(&picture)).map_err(|_| Refusal::Broken))
}

fn open(path: &Path) -> io::Result<ImageReader<io::BufReader<std::fs::File>>> {
    ImageReader::open(path)?.with_guessed_format()
}

/// The picture turned upright. Photos of telephones carry a mark that says how they were held.
fn decoded(reader: ImageReader<io::BufReader<std::fs::File>>) -> Result<DynamicImage, ImageError> {
    let mut decoder = reader.into_decoder()?;
    let orientation = decoder.orientation()?;
    let mut picture = DynamicImage::from_decoder(decoder)?;
    picture.apply_orientation(orientation);
    Ok(picture)
}

fn encoded(picture: &DynamicImage) -> Result<Vec<u8>, ImageError> {
    let small = if picture.width().max(picture.height()) > LOGO_SIDE {
        &picture.thumbnail(LOGO_SIDE, LOGO_SIDE)
    } else {
        picture
    };
    let mut png = Cursor::new(Vec::new());
    small.to_rgba8().write_to(&mut png, ImageFormat::Png)?;
    Ok(png.into_inner())
}
