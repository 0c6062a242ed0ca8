-- Indexes of trigrams find a word anywhere in a text.
CREATE EXTENSION IF NOT EXISTS pg_trgm;

-- A text without case and accents, for sorting. The result is the same under every collation.
CREATE FUNCTION plain(value text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN lower(regexp_replace(normalize(value, NFKD), '[\u0300-\u036f]', '', 'g'));

-- A text as a search compares it: plain, without quotes and invisible marks, without what separates digits
-- ("45-678", "10.500", "05/12/2026", "(11) 90000-0142"), and with a space for each dash between words.
CREATE FUNCTION searchable(value text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN regexp_replace(
        regexp_replace(
            -- The marks go first: NFKD turns some of them into spaces.
            plain(regexp_replace(
                value,
                '[''"`´‘’‚‛“”„‟‹›«»′″\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]', '', 'g')),
            '([0-9])[ .,:;/()+‐-―−-]+(?=[0-9])', '\1', 'g'),
        '[‐-―−-]+', ' ', 'g');
