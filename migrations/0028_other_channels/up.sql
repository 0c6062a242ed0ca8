-- Whether channels of this kind can send. The same as `Capabilities::of` in Rust; a test compares them.
CREATE FUNCTION sends_messages(channel_kind text) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN channel_kind IN ('web_chat', 'email', 'webhook');

-- Whether the contact has an address on an active channel that can send, apart from this one.
CREATE FUNCTION has_other_channel(contact bigint, channel bigint) RETURNS boolean LANGUAGE sql STABLE
    RETURN EXISTS (SELECT FROM contact_identities i JOIN channels o ON o.id = i.channel_id
                    WHERE i.contact_id = contact AND i.channel_id <> channel AND i.kind = identity_kind(o.kind)
                      AND o.deactivated_at IS NULL AND sends_messages(o.kind));
