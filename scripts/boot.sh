#!/bin/sh
# What every npm script of the project runs first: the locked dependencies, the pinned Node and the built page.
# Plain sh, because before the first run there is nothing else; quick when there is nothing to do.
set -e
# Set by `npm test` for its tests, which start and end some sixty clusters: all of it was done a moment ago.
[ -z "${GANTRY_BOOTED:-}" ] || exit 0
cd "$(dirname "$0")/.."

# By what the lock file says, not by its age. `--as-it-is`: what is installed will do. Ending a cluster must not replace
# the code that others still run, nor may a start within the tests (GANTRY_FREEZE) replace what these run on.
needs_install() {
  if [ "$keep_installed" = yes ] && [ -x node_modules/.bin/node ]; then return 1; fi
  ! cmp -s package-lock.json node_modules/.boot-lock
}
keep_installed=no
if [ "${1:-}" = --as-it-is ] || [ -n "${GANTRY_FREEZE:-}" ]; then keep_installed=yes; fi

# Two installations at once take each other's files away and leave nothing: the second waits, then finds all done.
# The lock names its holder, so that one that was killed does not hold up the next. Not in node_modules, which npm empties.
lock=.nx/boot-installing
take_lock() {
  mkdir -p .nx
  waited=0
  until mkdir "$lock" 2>/dev/null; do
    holder=$(cat "$lock/pid" 2>/dev/null || true)
    if [ -n "$holder" ] && kill -0 "$holder" 2>/dev/null; then
      [ "$waited" -ne 0 ] || echo "another command is installing dependencies (process $holder): waiting for it"
    elif [ -n "$holder" ] || [ "$waited" -ge 5 ]; then
      rm -rf "$lock"
      continue
    fi
    if [ "$waited" -ge 600 ]; then
      echo "dependencies are still being installed after 10 minutes: end process $holder and run this again" >&2
      exit 1
    fi
    waited=$((waited + 1))
    sleep 1
  done
  trap 'rm -rf "$lock"' EXIT
  trap 'exit 130' INT TERM HUP
  echo $$ >"$lock/pid"
}

if needs_install; then
  take_lock
  if needs_install; then
    echo "installing dependencies (npm ci)"
    npm ci --no-audit --no-fund --loglevel=error
    cp package-lock.json node_modules/.boot-lock
  fi
  rm -rf "$lock"
  trap - EXIT INT TERM HUP
fi
PATH="$PWD/node_modules/.bin:$PATH"
version=$(node -v)
case $version in
  v26.*) ;;
  *)
    echo "gantry needs Node 26, which its dependencies bring for linux-x64, linux-arm64 and darwin-arm64; here node is $version." >&2
    echo "Install Node 26 or newer yourself (https://nodejs.org), or do not omit optional dependencies." >&2
    exit 1
    ;;
esac

# Nx knows what is built, but takes a second to say so: it is asked where a source is newer than the last build.
needs_build() {
  [ -f node_modules/.boot-built ] && [ -d apps/dashboard/dist ] && [ -d apps/agent/dist ] || return 0
  [ "$1" != --as-it-is ] || return 1
  [ -n "$(find apps/*/* packages/*/* package-lock.json tsconfig.base.json nx.json \
    \( -name node_modules -o -name dist -o -name .nx \) -prune -o -newer node_modules/.boot-built -print | head -n 1)" ]
}
if needs_build "${1:-}"; then
  # What is changed while it builds is newer than this; several commands may build at the same time.
  building=node_modules/.boot-building.$$
  touch "$building"
  nx run-many -t build --outputStyle=static >node_modules/.boot-build.log 2>&1 || { cat node_modules/.boot-build.log >&2; exit 1; }
  mv "$building" node_modules/.boot-built
fi
