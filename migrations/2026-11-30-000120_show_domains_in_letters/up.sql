-- An e-mail address has one form, in which the domain is in letters. Older rows may have it in punycode
-- (RFC 3492), as a browser sent it. Where two users turn out to have one address, the one in letters keeps it
-- and the other stays as it is: it cannot sign in any more, which an administrator can mend.
CREATE FUNCTION pg_temp.in_letters(label text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    body text := substr(label, 5);
    cut integer := length(body) - position('-' IN reverse(body)) + 1;
    points integer[] := '{}';
    code integer := 128;
    bias integer := 72;
    place integer := 0;
    start integer;
    weight integer;
    step integer;
    threshold integer;
    digit integer;
    delta integer;
    at integer := 1;
BEGIN
    IF label NOT LIKE 'xn--%' THEN
        RETURN label;
    END IF;
    IF position('-' IN body) > 0 THEN
        SELECT array_agg(ascii(c) ORDER BY n) INTO points
          FROM unnest(string_to_array(left(body, cut - 1), NULL)) WITH ORDINALITY AS l (c, n);
        points := coalesce(points, '{}');
        at := cut + 1;
    END IF;
    -- Letters alone are no punycode, and would be the address of somebody else.
    IF at > length(body) THEN
        RETURN label;
    END IF;
    WHILE at <= length(body) LOOP
        start := place;
        weight := 1;
        step := 36;
        LOOP
            digit := position(substr(body, at, 1) IN 'abcdefghijklmnopqrstuvwxyz0123456789') - 1;
            IF at > length(body) OR digit < 0 THEN
                RETURN label;
            END IF;
            at := at + 1;
            place := place + digit * weight;
            threshold := least(greatest(step - bias, 1), 26);
            EXIT WHEN digit < threshold;
            weight := weight * (36 - threshold);
            step := step + 36;
        END LOOP;
        delta := (place - start) / CASE WHEN start = 0 THEN 700 ELSE 2 END;
        delta := delta + delta / (cardinality(points) + 1);
        bias := 0;
        WHILE delta > 455 LOOP
            delta := delta / 35;
            bias := bias + 36;
        END LOOP;
        bias := bias + 36 * delta / (delta + 38);
        code := code + place / (cardinality(points) + 1);
        place := place % (cardinality(points) + 1);
        points := points[:place] || code || points[place + 1:];
        place := place + 1;
    END LOOP;
    RETURN (SELECT string_agg(chr(p), '' ORDER BY n) FROM unnest(points) WITH ORDINALITY AS l (p, n));
EXCEPTION WHEN OTHERS THEN
    RETURN label;
END $$;

CREATE FUNCTION pg_temp.email_in_letters(email text) RETURNS text LANGUAGE sql AS $$
    SELECT split_part(email, '@', 1) || '@' || string_agg(pg_temp.in_letters(label), '.' ORDER BY n)
      FROM unnest(string_to_array(split_part(email, '@', 2), '.')) WITH ORDINALITY AS l (label, n);
$$;

UPDATE users u SET email = pg_temp.email_in_letters(u.email)
 WHERE u.email ~ '@(.+\.)?xn--'
   AND NOT EXISTS (SELECT FROM users o WHERE o.id <> u.id AND o.email = pg_temp.email_in_letters(u.email));

UPDATE contacts c SET email = pg_temp.email_in_letters(c.email) WHERE c.email ~ '@(.+\.)?xn--';

UPDATE contacts c SET address = pg_temp.email_in_letters(c.address)
  FROM channels ch
 WHERE ch.id = c.channel_id AND ch.kind = 'email' AND c.address ~ '@(.+\.)?xn--'
   AND NOT EXISTS (SELECT FROM contacts o
                    WHERE o.channel_id = c.channel_id AND o.address = pg_temp.email_in_letters(c.address));

DROP FUNCTION pg_temp.email_in_letters(text);
DROP FUNCTION pg_temp.in_letters(text);
