#!/usr/bin/env bash
# Tries several processes on this machine, as docs/scaling.md tells: deploy/try.sh [story…], of
# balancer, pooler, standby; without a name, all three, in about four minutes. Installs nothing, and
# leaves nothing. PONTUAL_BIN names another binary than target/release/pontual.
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
