#!/bin/sh
# Installs Debian's PostgreSQL for the tests, where it is missing, and starts
# nothing: the tests start a server of their own (internal/database/dbtest).
# Where it cannot be installed it says so and succeeds: then the tests on
# PostgreSQL are skipped, or fail with CI=true.
set -eu

for server in /usr/lib/postgresql/*/bin/postgres; do
	[ -x "$server" ] && exit 0
done

if ! command -v apt-get >/dev/null; then
	echo "postgres.sh: no PostgreSQL under /usr/lib/postgresql, and no apt-get to install it with." >&2
	exit 0
fi
if [ "$(id -u)" -ne 0 ]; then
	echo "postgres.sh: no PostgreSQL; the tests on it are skipped. Install it: sudo scripts/postgres.sh" >&2
	exit 0
fi

# The package makes a cluster and starts it, unless it is told not to.
fresh=
if [ ! -d /etc/postgresql-common ]; then
	fresh=yes
	mkdir -p /etc/postgresql-common/createcluster.d
	echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.d/tests-only.conf
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends postgresql >/dev/null

if [ -n "$fresh" ] && command -v pg_lsclusters >/dev/null && [ -n "$(pg_lsclusters -h)" ]; then
	echo "postgres.sh: the package made a cluster of the system's although it was told not to:" >&2
	pg_lsclusters >&2
	exit 1
fi
