#!/bin/sh
# Installs the Debian packages that some suites need: a second PostgreSQL, an HSM in software, and what builds the add-on
# that speaks to HSMs. Not root, or not Debian: says so and leaves the rest to the suites, which skip what they cannot run.
set -eu
missing=""
ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || missing="$missing postgresql"
command -v softhsm2-util >/dev/null || missing="$missing softhsm2"
for tool in g++ make python3; do
  command -v "$tool" >/dev/null || missing="$missing $tool"
done
[ -z "$missing" ] && exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  echo "not installed, and this is not root with apt:$missing. Suites that need them will be skipped"
  exit 0
fi
echo "… installing from Debian:$missing"
export DEBIAN_FRONTEND=noninteractive
mkdir -p /etc/postgresql-common/createcluster.d
echo "create_main_cluster = false" > /etc/postgresql-common/createcluster.d/cofferdam.conf
apt-get update -qq
# shellcheck disable=SC2086 -- a list of names
apt-get install -y -qq --no-install-recommends $missing >/dev/null
