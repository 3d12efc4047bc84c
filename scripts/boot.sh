#!/bin/sh
set -e
cd "$(dirname "$0")/.."
cmp -s package-lock.json node_modules/.boot-lock || { npm ci --no-audit --no-fund --loglevel=error && cp package-lock.json node_modules/.boot-lock; }
