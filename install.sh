#!/usr/bin/env bash
# From a fresh checkout to a running container, in one command. Run it again and it starts at once.
# Usage: ./install.sh [COMMAND [ARG...]]      runs COMMAND, or "echo hello world", in a container of the image `base`
set -euo pipefail
here=$(dirname "${BASH_SOURCE[0]}")
[ "$(uname -s)" = Linux ] || { echo "install.sh: containers need Linux" >&2; exit 1; }
[ "$(id -u)" = 0 ] || { echo "install.sh: run as root, for example with sudo" >&2; exit 1; }
"$here/scripts/setup"
[ $# -gt 0 ] || set -- echo "hello world"
exec "$here/bin/docker" run --rm base "$@"
