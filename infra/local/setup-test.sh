#!/usr/bin/env bash
# What the tests need beside the platform itself: a real Chromium and a Chinese font, a Java compiler, a MariaDB.
set -eu

# obtain WHAT WITHOUT PACKAGE…: install packages where we may, else say what will not be run and how to get it.
obtain() {
  local what="$1" without="$2"
  shift 2
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    printf '  installing %s\n' "$what"
    apt-get update -q >/dev/null 2>&1 || true  # what is listed may still be had without the network
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@" >/dev/null
  else
    printf 'hispulse: there is no %s; %s will be reported as not run.\n' "$what" "$without" >&2
    printf '          apt-get install %s (Debian, Ubuntu).\n' "$*" >&2
  fi
}

if ! .venv/bin/python -c 'from orchestration.reports.chromium import chromium; chromium()' 2>/dev/null ||
  ! fc-list :lang=zh 2>/dev/null | grep -q .; then
  obtain 'Chromium (or set HISPULSE_CHROMIUM) and a Chinese font' 'the browser tests' chromium fonts-noto-cjk
fi
if ! command -v javac >/dev/null; then
  obtain 'Java compiler for the FHIR server of the tests' 'the tests against it' openjdk-17-jdk-headless
fi
if ! PATH="$PATH:/usr/sbin" command -v mariadbd >/dev/null; then  # its programs only: no service is started
  obtain 'MariaDB, a HIS database of the tests' 'the tests against it' mariadb-server-core mariadb-client-core
fi
