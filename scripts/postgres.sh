#!/bin/sh
# Installs Debian's PostgreSQL for the tests, where it is missing, and starts
# nothing: the tests start a server of their own (internal/database/dbtest).
set -eu

for server in /usr/lib/postgresql/*/bin/postgres; do
	[ -x "$server" ] && exit 0
done
# Elsewhere than on Debian the tests take the one of the PATH.
command -v initdb >/dev/null && command -v postgres >/dev/null && exit 0

if ! command -v apt-get >/dev/null; then
	echo "The tests need PostgreSQL 13 or newer: install it, with initdb and postgres on the PATH (brew install postgresql, dnf install postgresql-server)." >&2
	exit 1
fi
if [ "$(id -u)" -ne 0 ]; then
	echo "The tests need PostgreSQL, and only root may install it: sudo sh scripts/postgres.sh" >&2
	exit 1
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
