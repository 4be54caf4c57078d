#!/bin/sh
# Installs the Debian packages that some suites need. Not root, or not Debian: says so and leaves the rest to them.
set -eu
ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 && exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  echo "postgresql is not installed and this is not root with apt: suites on Debian's PostgreSQL will be skipped"
  exit 0
fi
echo "… installing Debian's postgresql"
export DEBIAN_FRONTEND=noninteractive
mkdir -p /etc/postgresql-common/createcluster.d
echo "create_main_cluster = false" > /etc/postgresql-common/createcluster.d/cofferdam.conf
apt-get update -qq
apt-get install -y -qq --no-install-recommends postgresql >/dev/null
