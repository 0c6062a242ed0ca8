//! SQL that finds the existing contact of a line `l`. Each function returns an expression that is an id, or null.
//!
//! If several contacts have the same number or address, one that is not archived is preferred.

/// The contact that our own exported file names by its code. One on the channel `channel` is preferred.
pub fn by_code(channel: &str) -> String {
    format!(
        "(SELECT i.contact_id FROM contact_identities i
           WHERE l.code <> '' AND i.value = l.code ORDER BY i.channel_id <> {channel}, i.contact_id LIMIT 1)"
    )
}

/// The contact with the telephone number, in its form or as an identity. A Brazilian mobile number is found with and
/// without its ninth digit; the same spelling is preferred.
pub const BY_PHONE: &str = "coalesce(
    (SELECT c.id FROM contacts c WHERE phone_match_key(c.phone) = phone_match_key(l.phone) AND c.phone <> ''
        AND c.merged_into IS NULL
      ORDER BY c.archived_at IS NOT NULL, c.phone <> l.phone, c.id LIMIT 1),
    (SELECT c.id FROM contact_identities i JOIN contacts c ON c.id = i.contact_id
      WHERE i.match_key = phone_match_key(l.phone)
      ORDER BY c.archived_at IS NOT NULL, c.id LIMIT 1))";

/// The contact with the e-mail address, in its form or as an identity.
pub const BY_EMAIL: &str = "coalesce(
    (SELECT c.id FROM contacts c WHERE c.email = l.email AND c.email <> '' AND c.merged_into IS NULL
      ORDER BY c.archived_at IS NOT NULL, c.id LIMIT 1),
    (SELECT c.id FROM contact_identities i JOIN contacts c ON c.id = i.contact_id
      WHERE i.value = l.email AND i.kind = 'email'
      ORDER BY c.archived_at IS NOT NULL, c.id LIMIT 1))";

/// Whether a contact has the line's address on the channel `channel`, which has the kind `kind`.
pub fn is_address_taken(channel: &str, kind: &str) -> String {
    format!(
        "EXISTS (SELECT FROM contact_identities i
                  WHERE i.channel_id = {channel} AND i.kind = identity_kind({kind})
                    AND CASE {kind} WHEN 'email' THEN i.value = l.email
                                    WHEN 'whatsapp' THEN i.match_key = phone_match_key(l.phone) END)"
    )
}
