#!/bin/sh
# What every npm script of the project runs first: the locked dependencies, the pinned Node and the built parts.
# Plain sh, because before the first run there is nothing else; quick when there is nothing to do.
set -e
cd "$(dirname "$0")/.."

# Two starts at once must not install into one folder: the second waits for the first, unless that has died.
lock=.boot-running
until mkdir "$lock" 2>/dev/null; do
  owner=$(cat "$lock/pid" 2>/dev/null || true)
  if [ -n "$owner" ] && ! kill -0 "$owner" 2>/dev/null; then rm -rf "$lock"; fi
  sleep 0.2
done
echo $$ >"$lock/pid"
trap 'rm -rf "$lock"' EXIT
trap 'exit 130' INT TERM

if ! cmp -s package-lock.json node_modules/.boot-lock; then
  echo "installing dependencies (npm ci)"
  npm ci --no-audit --no-fund --loglevel=error
  cp package-lock.json node_modules/.boot-lock
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
nx run-many -t build --outputStyle=static >node_modules/.boot-build.log 2>&1 || { cat node_modules/.boot-build.log >&2; exit 1; }
