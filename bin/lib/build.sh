#!/bin/sh
# Installs the tools of this checkout and builds it: build.sh COMMIT. Run by the launchers; safe to run twice at once.
set -eu
commit=$1
cd "$(dirname "$0")/../.."

fail() {
  echo "gantry: $1" >&2
  exit 1
}

command -v npm >/dev/null 2>&1 && command -v node >/dev/null 2>&1 ||
  fail "Node (20 or newer) and npm are needed to build: apt-get install nodejs npm"
major=$(node -p 'process.versions.node.split(".")[0]')
[ "$major" -ge 20 ] || fail "Node $(node -v) is too old to build with: install Node 20 or newer"
command -v "${CC:-cc}" >/dev/null 2>&1 || fail "a C compiler is needed to build: apt-get install gcc libc6-dev"
mkdir -p .tools 2>/dev/null && [ -w .tools ] || fail "this checkout is not built and cannot be written to: run this once as its owner"

# One build at a time; who waited finds the work done.
exec 9>.tools/lock
if ! flock -n 9; then
  echo "gantry: another build is under way, waiting for it"
  flock 9
fi
if [ -r .tools/built ] && [ "$(cat .tools/built)" = "$commit" ]; then exit 0; fi
rm -f .tools/built

pnpm=$(sed -n 's/.*"packageManager": "pnpm@\([0-9.]*\)".*/\1/p' package.json)
if [ "$(.tools/node_modules/.bin/pnpm --version 2>/dev/null 9>&- || true)" != "$pnpm" ]; then
  echo "gantry: installing pnpm $pnpm (1/3)"
  npm install --prefix .tools --no-audit --no-fund --loglevel=error "pnpm@$pnpm" 9>&- || fail "npm could not install pnpm"
fi
PATH=$PWD/.tools/node_modules/.bin:$PWD/node_modules/.bin:$PATH
export PATH
echo "gantry: installing dependencies (2/3)"
# CI: no question is asked, also where packages of another version are in the way.
CI=1 pnpm install --frozen-lockfile --reporter=append-only --loglevel=error 9>&- || fail "pnpm could not install the dependencies"
echo "gantry: building (3/3)"
pnpm --silent build 9>&- || fail "the build failed"

# Written last and at once: a build that was broken off is begun again.
echo "$commit" >".tools/built.$$"
mv ".tools/built.$$" .tools/built
echo "gantry: built"
