#!/bin/sh
# Looks whether sopbot calls anything with a known vulnerability: govulncheck,
# of the version in go.mod. A finding fails. Where the vulnerability database
# cannot be reached nobody knows, and that is said loudly; it fails nothing, so
# that a machine without a way out can still run the tests.
set -u

go=${GO:-go}
said=$(mktemp)
trap 'rm -f "$said"' EXIT

"$go" tool govulncheck -db "${GOVULNDB:-https://vuln.go.dev}" ./... >"$said" 2>&1
code=$?
cat "$said"
case $code in
0) exit 0 ;;
3) # what govulncheck gives for findings
	echo "vuln.sh: there are known vulnerabilities in what sopbot calls; see above for the version that mends each." >&2
	exit 1 ;;
esac
if grep -q 'fetching vulnerabilities' "$said"; then
	cat >&2 <<'WORDS'
********************************************************************************
vuln.sh: the vulnerability database could not be reached: NOTHING WAS CHECKED.
Run `make vuln` where https://vuln.go.dev can be reached, or let GOVULNDB name a
copy of it, before you release.
********************************************************************************
WORDS
	exit 0
fi
echo "vuln.sh: govulncheck could not do its work, see above." >&2
exit 1
