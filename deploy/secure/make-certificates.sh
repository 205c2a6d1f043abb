#!/usr/bin/env bash
# Makes an authority of your own, a certificate for the brokers, and one for each role: what TLS between blinwatch and Kafka
# needs where a hospital's own authority gives none.
#
#   deploy/secure/make-certificates.sh FOLDER BROKER_NAME[,BROKER_NAME...] [ROLE ...]
#
# The brokers' certificate names every address under which clients reach them (host names or IP addresses). Without roles: all
# of schemas/roles.yaml. The board and the gateway also get a certificate to show to browsers and to senders of HL7, for the
# names in SERVER_NAMES (default: this machine only), and an interface engine one to show to the gateway. What exists already is kept, so a role can be added, or a certificate renewed by removing its two
# files. FOLDER/ca.key signs whoever is let in: keep it off the machines that run the service.
set -euo pipefail
umask 077

folder=${1:?folder} brokers=${2:?names of the brokers, comma between several}
shift 2
roles=("$@")
((${#roles[@]})) || roles=(worker gateway forward sealer auditor board subscriber doctor operator)
server_names=${SERVER_NAMES:-localhost,127.0.0.1}
authority_days=3650 # ten years: it outlives every certificate that it signs
service_days=397    # thirteen months: renewed once a year, with a month to spare

mkdir -p "$folder"
cd "$folder"

new_key=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes)

if [[ ! -f ca.pem ]]; then
  openssl req -x509 "${new_key[@]}" -days "$authority_days" -subj "/CN=blinwatch authority" \
    -addext "keyUsage=critical,keyCertSign,cRLSign" -keyout ca.key -out ca.pem 2>/dev/null
fi

# sign NAME SUBJECT EXTENSIONS: NAME.key (PKCS 8) and NAME.pem
sign() {
  [[ ! -f $1.pem ]] || return 0
  openssl req "${new_key[@]}" -subj "/CN=$2" -keyout "$1.key" -out "$1.csr" 2>/dev/null
  openssl x509 -req -in "$1.csr" -CA ca.pem -CAkey ca.key -days "$service_days" \
    -extfile <(printf '%s\n' "basicConstraints=critical,CA:FALSE" "keyUsage=critical,digitalSignature" "$3") -out "$1.pem" 2>/dev/null
  rm "$1.csr"
}

# subject_names NAME[,NAME...]: the extension that lists host names and addresses
subject_names() {
  local name listed=""
  for name in ${1//,/ }; do
    if [[ $name =~ ^[0-9.]+$ || $name == *:* ]]; then listed+=",IP:$name"; else listed+=",DNS:$name"; fi
  done
  printf 'subjectAltName=%s' "${listed#,}"
}

sign broker blinwatch-broker $'extendedKeyUsage=serverAuth,clientAuth\n'"$(subject_names "$brokers")"
# Kafka reads one file: the key, then the certificate, then whoever signed it.
cat broker.key broker.pem ca.pem >broker.keystore.pem
for role in "${roles[@]}"; do
  sign "$role" "blinwatch-$role" "extendedKeyUsage=clientAuth"
done
for server in board gateway; do
  sign "$server-server" "blinwatch-$server-server" $'extendedKeyUsage=serverAuth\n'"$(subject_names "$server_names")"
done
sign engine blinwatch-engine "extendedKeyUsage=clientAuth"
rm -f ca.srl
echo "in $folder: ca.pem, broker.keystore.pem, and NAME.pem with NAME.key for ${roles[*]} board-server gateway-server engine"
