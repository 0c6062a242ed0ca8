//! Signatures by Standard Webhooks 1.0.0, <https://github.com/standard-webhooks/standard-webhooks>.

use base64::Engine;
use base64::alphabet::STANDARD as ALPHABET;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use super::{PREVIOUS_SECRET, SECRET};
use crate::channels::Secrets;
use crate::keys::random_bytes;

const PREFIX: &str = "whsec_";

/// Number of bytes that a secret may have, by the specification.
const SECRET_BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// How much the sender's clock may differ from ours, in seconds.
const TOLERANCE: i64 = 5 * 60;

/// Maximum signatures of a request that are looked at.
const MAX_SIGNATURES: usize = 16;

/// Some tools write base64 without padding.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &ALPHABET,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A secret that both sides know.
#[derive(Clone)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// `whsec_` and 24 to 64 bytes in base64.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = LENIENT.decode(text.trim().strip_prefix(PREFIX)?).ok()?;
        SECRET_BYTES.contains(&bytes.len()).then_some(Self(bytes))
    }

    /// A new secret, as text.
    pub fn generate() -> String {
        format!("{PREFIX}{}", STANDARD.encode(random_bytes::<32>()))
    }

    fn tag(&self, id: &str, timestamp: i64, body: &[u8]) -> [u8; 32] {
        #[expect(clippy::expect_used, reason = "HMAC takes keys of every length")]
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes any key");
        mac.update(format!("{id}.{timestamp}.").as_bytes());
        mac.update(body);
        mac.finalize().into_bytes().into()
    }
}

/// The secrets of a channel: one, or two while the former one stays valid.
#[derive(Clone)]
pub struct SigningSecrets(Vec<Secret>);

/// The headers of a signed request.
#[derive(Clone, Copy, Debug)]
pub struct SignedHead<'a> {
    pub id: &'a str,
    pub timestamp: &'a str,
    pub signature: &'a str,
}

impl SigningSecrets {
    /// `None` without a valid secret.
    pub fn of(secrets: &Secrets) -> Option<Self> {
        let current = Secret::parse(secrets.get(SECRET))?;
        Some(Self(std::iter::once(current).chain(Secret::parse(secrets.get(PREVIOUS_SECRET))).collect()))
    }

    /// The header `webhook-signature`: a signature by each secret.
    pub fn sign(&self, id: &str, timestamp: i64, body: &[u8]) -> String {
        let signatures =
            self.0.iter().map(|secret| format!("v1,{}", STANDARD.encode(secret.tag(id, timestamp, body))));
        signatures.collect::<Vec<_>>().join(" ")
    }

    /// Whether one of our secrets signed the request within the last minutes. `now` is a Unix time.
    pub fn verify(&self, head: SignedHead<'_>, body: &[u8], now: i64) -> bool {
        let Ok(timestamp) = head.timestamp.parse::<i64>() else { return false };
        if timestamp.abs_diff(now) > TOLERANCE.unsigned_abs() {
            return false;
        }
        let tags: Vec<_> = self.0.iter().map(|secret| secret.tag(head.id, timestamp, body)).collect();
        let given = head.signature.split(' ').take(MAX_SIGNATURES);
        let given = given.filter_map(|one| LENIENT.decode(one.strip_prefix("v1,")?).ok());
        given.fold(false, |found, given| {
            found | tags.iter().fold(false, |found, tag| found | bool::from(tag.ct_eq(given.as_slice())))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets(pairs: &[(&str, &str)]) -> SigningSecrets {
        let mut secrets = Secrets::default();
        pairs.iter().for_each(|(name, value)| secrets.set(name, (*value).to_owned()));
        SigningSecrets::of(&secrets).unwrap()
    }

    const ONE: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const OTHER: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

    #[test]
    fn the_signature_is_that_of_the_specification() {
        // The example of the specification's own libraries.
        let signed = secrets(&[(SECRET, ONE)]).sign(
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            br#"{"test": 2432232314}"#,
        );
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_request_is_believed_only_if_all_of_it_was_signed_lately() {
        let (both, one) = (secrets(&[(SECRET, OTHER), (PREVIOUS_SECRET, ONE)]), secrets(&[(SECRET, ONE)]));
        let signature = one.sign("msg_1", 1_000_000, b"{}");
        let head = SignedHead { id: "msg_1", timestamp: "1000000", signature: &signature };
        assert!(one.verify(head, b"{}", 1_000_000));
        assert!(one.verify(head, b"{}", 1_000_300) && one.verify(head, b"{}", 999_700));
        assert!(!one.verify(head, b"{}", 1_000_301) && !one.verify(head, b"{}", 999_699));
        assert!(both.verify(head, b"{}", 1_000_000), "the former secret is valid too");
        assert!(!secrets(&[(SECRET, OTHER)]).verify(head, b"{}", 1_000_000));
        assert!(!one.verify(head, b"{ }", 1_000_000));
        assert!(!one.verify(SignedHead { id: "msg_2", ..head }, b"{}", 1_000_000));
        assert!(!one.verify(SignedHead { timestamp: "1000001", ..head }, b"{}", 1_000_000));
        for signature in ["", "v1,", "v1,AAAA", "v2,x", &signature[3..]] {
            assert!(!one.verify(SignedHead { signature, ..head }, b"{}", 1_000_000), "{signature}");
        }
        let several = format!("v1,AAAA v1a,x {}", both.sign("msg_1", 1_000_000, b"{}"));
        assert!(one.verify(SignedHead { signature: &several, ..head }, b"{}", 1_000_000));
    }

    #[test]
    fn a_secret_has_24_to_64_bytes() {
        assert!(Secret::parse(&Secret::generate()).is_some());
        assert!(Secret::parse(ONE.trim_start_matches("whsec_")).is_none());
        assert!(Secret::parse("whsec_AAAA").is_none());
        assert!(Secret::parse(&format!("whsec_{}", "A".repeat(100))).is_none());
        assert!(Secret::parse("whsec_não").is_none());
    }
}
