#!/usr/bin/env bash
# Runs the trials with several processes that docs/scaling.md describes: deploy/try.sh [story…]. The
# stories are balancer, pooler and standby; without a name, all three run, in about four minutes. Installs
# nothing and leaves nothing behind. PONTUAL_BIN names a binary other than target/release/pontual.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../bin/_steps.sh"

PONTUAL_BIN=${PONTUAL_BIN:-$target/release/pontual}
[ -x "$PONTUAL_BIN" ] || fail "$PONTUAL_BIN is missing: cargo build --release, or set PONTUAL_BIN."
[ -d node_modules/pg ] || fail "The front-end libraries are missing: bin/setup brings them."
have haproxy || PATH=$PATH:/usr/sbin
have haproxy || fail "HAProxy is missing: install it (Debian: haproxy), then run this again."
find_postgres || fail "PostgreSQL's server programs are missing: bin/setup brings them."
[ -z "${bin:-}" ] || PATH=$bin:$PATH

if [ $# = 0 ]; then set -- balancer pooler standby; fi
place=$(mktemp -d)
# PostgreSQL and PgBouncer refuse to run as root.
account=$(id -un)
if is_root; then account=postgres; fi
chown "$account" "$place"
chmod 711 "$place"
trap 'rm -rf "$place"' EXIT
for story in "$@"; do
    case $story in balancer | pooler | standby) ;; *) fail "There is no story \"$story\"." ;; esac
    if [ "$story" = pooler ] && ! have pgbouncer; then
        step "Left out: pooler, for PgBouncer is missing (Debian: pgbouncer)"
        continue
    fi
    step "Trying: $story"
    PONTUAL_BIN=$PONTUAL_BIN TRY_ACCOUNT=$account TRY_PLACE=$place/$story node "deploy/try/$story.mjs"
done
step "All of it holds"
