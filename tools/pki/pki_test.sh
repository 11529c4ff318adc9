#!/bin/bash
# The commands as people type them; what certificates hold is libs/pki's own test.
set -euo pipefail
pki=$PWD/$1
cd "$TEST_TMPDIR"

"$pki" create-ca --cn test-ca --days 30 --out ca
"$pki" create-ca --cn other-ca --days 30 --out other
"$pki" issue --ca ca --cn broker-1 --host localhost --host 127.0.0.1 --usage both --days 3 --out broker
"$pki" inspect broker.pem | grep -q '^hosts  *localhost 127.0.0.1$'
[[ $(stat -c %a broker.key) == 600 && $(stat -c %a broker.pem) == 644 ]]
"$pki" verify --ca ca --usage both --host localhost broker.pem

fails() { if "$@" 2>err; then echo "passed, and should not: $*" && exit 1; fi; }
fails "$pki" verify --ca ca --host elsewhere broker.pem
grep -q 'does not name elsewhere' err
fails "$pki" verify --ca other broker.pem
grep -q 'Use the certificate of the authority' err

"$pki" request --cn wish --out satellite
"$pki" sign --ca ca --cn satellite-local --days 1 --out satellite satellite.csr
"$pki" inspect satellite.pem | grep -q '^common name  satellite-local$'
"$pki" verify --ca ca --usage client satellite.pem
chmod 644 ca.key
fails "$pki" issue --ca ca --cn late --days 1 --out late
grep -q 'can be read by others' err
fails "$pki" issue --ca ca --cn both --days 1 --seconds 5 --out both
[[ ! -e late.pem && ! -e late.key ]]
echo ok
