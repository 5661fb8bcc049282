#!/bin/sh
# Installs Debian's Chromium for the tests that play in a browser, where there
# is none. Where it cannot be installed it says so and succeeds: then those
# tests fail, and name this script.
set -eu

for browser in chromium chromium-browser google-chrome; do
	command -v "$browser" >/dev/null && exit 0
done

if ! command -v apt-get >/dev/null; then
	echo "chromium.sh: no Chromium, and no apt-get to install it with; the tests in a browser will fail." >&2
	exit 0
fi
if [ "$(id -u)" -ne 0 ]; then
	echo "chromium.sh: no Chromium; the tests in a browser will fail. Install it: sudo scripts/chromium.sh" >&2
	exit 0
fi

export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends chromium fonts-noto-core fonts-noto-color-emoji >/dev/null
