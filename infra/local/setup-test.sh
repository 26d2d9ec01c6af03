#!/usr/bin/env bash
# What the tests need beside the platform itself: a real Chromium and a Chinese font, a Java compiler, a MariaDB.
set -eu
if ! .venv/bin/python -c 'from orchestration.reports.chromium import chromium; chromium()' 2>/dev/null || ! fc-list :lang=zh 2>/dev/null | grep -q .; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    printf '  installing Chromium and a Chinese font\n'
    apt-get update -q >/dev/null 2>&1 || true
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends chromium fonts-noto-cjk >/dev/null
  else
    printf 'hispulse: no Chromium or Chinese font; the browser tests will be reported as not run.\n' >&2
    printf '          apt-get install chromium fonts-noto-cjk (Debian, Ubuntu), or set HISPULSE_CHROMIUM.\n' >&2
  fi
fi
if ! command -v javac >/dev/null; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    printf '  installing a Java compiler for the FHIR server of the tests\n'
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends openjdk-17-jdk-headless >/dev/null
  else
    printf 'hispulse: no Java compiler; the tests against a FHIR server will be reported as not run.\n' >&2
  fi
fi
if ! PATH="$PATH:/usr/sbin" command -v mariadbd >/dev/null; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    printf '  installing MariaDB, a HIS database of the tests (its programs only: no service is started)\n'
    apt-get update -q >/dev/null 2>&1 || true
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
      mariadb-server-core mariadb-client-core >/dev/null
  else
    printf 'hispulse: no MariaDB; the tests against one will be reported as not run.\n' >&2
    printf '          apt-get install mariadb-server-core mariadb-client-core (Debian, Ubuntu).\n' >&2
  fi
fi
