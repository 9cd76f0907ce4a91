#!/usr/bin/env bash
# Makes the certificates beside this file: `tests/support/tls/make.sh`. They are committed, so that tests need no openssl;
# their keys guard nothing. Good from 2020 for a hundred years, but for `expired`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
touch "$work/index"
cat >"$work/ca.cnf" <<END
[ca]
default_ca = ca_of_tests
[ca_of_tests]
database = $work/index
new_certs_dir = $work
rand_serial = yes
unique_subject = no
default_md = sha256
policy = any
[any]
organizationName = optional
organizationalUnitName = optional
commonName = supplied
END

# sign NAME SUBJECT EXTENSIONS FROM TO (signed by | by itself)
sign() {
  local name=$1 subject=$2 extensions=$3 from=$4 to=$5
  shift 5
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "$subject" \
    -keyout "$name.key" -out "$work/$name.csr" 2>/dev/null
  printf '%b' "$extensions" >"$work/extensions"
  openssl ca -batch -notext -config "$work/ca.cnf" -extfile "$work/extensions" -startdate "$from" -enddate "$to" \
    -in "$work/$name.csr" -out "$name.crt" "$@" 2>/dev/null
}

authority() {
  sign "$1" "$2" "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\nsubjectKeyIdentifier=hash\n" \
    20200101000000Z 21200101000000Z -selfsign -keyfile "$1.key"
}

# certificate NAME SUBJECT AUTHORITY SUBJECT_ALT_NAME [TO]
certificate() {
  sign "$1" "$2" "basicConstraints=CA:FALSE\nsubjectAltName=$4\n" \
    20200101000000Z "${5:-21200101000000Z}" -cert "$3.crt" -keyfile "$3.key"
}

authority authority "/O=peerwire tests/CN=authority"
authority stranger "/O=peerwire tests/CN=an authority that nobody trusts"
certificate server "/O=peerwire tests/CN=server" authority "DNS:localhost,DNS:server.example,IP:127.0.0.1"
certificate elsewhere "/O=peerwire tests/CN=elsewhere" authority "DNS:elsewhere.example"
certificate expired "/O=peerwire tests/CN=server" authority "DNS:localhost,IP:127.0.0.1" 20200201000000Z
certificate unknown "/O=peerwire tests/CN=server" stranger "DNS:localhost,IP:127.0.0.1"
certificate client "/O=peerwire tests/OU=plugins/CN=plugin one" authority "DNS:plugin-one.example"
certificate rogue "/O=peerwire tests/CN=rogue" stranger "DNS:plugin-one.example"
rm stranger.key stranger.crt
