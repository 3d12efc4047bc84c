#!/bin/sh
# What every npm script of the project runs first: the locked dependencies, the pinned Node and the built page.
# Plain sh, because before the first run there is nothing else; quick when there is nothing to do.
set -e
cd "$(dirname "$0")/.."

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
