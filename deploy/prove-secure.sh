#!/usr/bin/env bash
# Proves the secured stack on this machine: starts it with its one command, then tries what must work and what must not.
#
#   deploy/prove-secure.sh       needs Docker, Compose, openssl and the images; takes about five minutes
#
# In a Compose project of its own, with certificates of its own, both removed at the end. The ports 9092, 8080 and 2575 of
# 127.0.0.1 must be free. docs/operating/prove-the-image.md tells what to do where images cannot be pulled.
set -euo pipefail
cd "$(dirname "$0")/.."

scratch=$(mktemp -d)
export BLINWATCH_CERTIFICATES=$scratch/certificates COMPOSE_PROJECT_NAME=blinwatch-secure-proof
stack=(deploy/secure/start.sh --profile demo)
services="kafka topics worker board gateway simulator"
wait_most_s=240 # as in deploy/prove.sh

say() { printf '\n== %s\n' "$*"; }
fail() { printf 'FAILED: %s\n' "$*" >&2; exit 1; }
finish() {
  status=$?
  if ((status)); then "${stack[@]}" logs --no-color --tail 40 || true; fi
  "${stack[@]}" down --volumes --remove-orphans >/dev/null 2>&1 || true
  rm -rf "$scratch"
  exit "$status"
}
trap finish EXIT

# must_fail WHAT WORD...: the command must end with another status than 0.
must_fail() {
  local what=$1
  shift
  if "$@" >"$scratch/said" 2>&1; then
    cat "$scratch/said"
    fail "$what was possible"
  fi
  echo "refused: $what"
}

# as_role SERVICE PYTHON: runs in the service's container, with its identity.
as_role() { "${stack[@]}" exec -T "$1" python -c "$2"; }

say "the stack starts with its one command: $services"
docker build --quiet --network "${BUILD_NETWORK:-default}" -f deploy/Dockerfile -t blinwatch:0.1.0 .
# shellcheck disable=SC2086 # a list of names
"${stack[@]}" up --detach $services | tee "$scratch/start"

say "the worker becomes healthy and raises alerts of the simulated ward"
deadline=$((SECONDS + wait_most_s))
until "${stack[@]}" exec -T board blinwatch alerts >"$scratch/alerts" 2>&1 && grep -q sim- "$scratch/alerts"; do
  ((SECONDS < deadline)) || fail "no alert after $wait_most_s s"
  sleep 5
done
head -5 "$scratch/alerts"

say "the board answers by HTTPS with a certificate that the authority signed, and not otherwise"
ask_board='
import json, ssl, sys, urllib.request as web
context = ssl.create_default_context(cafile=sys.argv[1])
print(web.urlopen("https://127.0.0.1:8080/healthz", timeout=5, context=context).read().decode())
'
python3 -c "$ask_board" "$BLINWATCH_CERTIFICATES/ca.pem"
ask_as='
import ssl, sys, urllib.parse, urllib.request as web
context = ssl.create_default_context(cafile=sys.argv[1])
browser = web.build_opener(web.HTTPSHandler(context=context), web.HTTPCookieProcessor())
form = urllib.parse.urlencode({"name": "first", "password": sys.argv[2]}).encode()
browser.open(web.Request("https://127.0.0.1:8080/sign-in", form, {"Origin": "https://127.0.0.1:8080"}), timeout=10)
print(browser.open("https://127.0.0.1:8080/api/me", timeout=5).read().decode())
'
password=$(sed -n 's/.*sign in as "first" with the password //p' "$scratch/start")
python3 -c "$ask_as" "$BLINWATCH_CERTIFICATES/ca.pem" "$password"
must_fail "the board with a wrong password" python3 -c "$ask_as" "$BLINWATCH_CERTIFICATES/ca.pem" "not the password"
must_fail "the board without a name" python3 -c "${ask_board/healthz/api\/me}" "$BLINWATCH_CERTIFICATES/ca.pem"
must_fail "the board without TLS" python3 -c 'import urllib.request as web; web.urlopen("http://127.0.0.1:8080/", timeout=5)'

say "MLLP wants TLS and a certificate"
speak='
import socket, ssl, sys
context = ssl.create_default_context(cafile=sys.argv[1])
if len(sys.argv) > 2:
    context.load_cert_chain(sys.argv[2], sys.argv[3])
peer = context.wrap_socket(socket.create_connection(("127.0.0.1", 2575), timeout=10), server_hostname="127.0.0.1")
message = "MSH|^~\\&|E|H|B|H|20260301080000+0000||ORU^R01^ORU_R01|c-1|P|2.6\rPID|||p-1\r"
peer.sendall(b"\x0b" + message.encode() + b"\x1c\r")
answer = peer.recv(4096).decode()
assert "MSA|" in answer, answer
print(answer.split("\r")[1])
'
certificates=$BLINWATCH_CERTIFICATES
python3 -c "$speak" "$certificates/ca.pem" "$certificates/engine.pem" "$certificates/engine.key"
must_fail "MLLP without a certificate" python3 -c "$speak" "$certificates/ca.pem"
must_fail "MLLP without TLS" python3 -c '
import socket
peer = socket.create_connection(("127.0.0.1", 2575), timeout=10)
peer.sendall(b"\x0bMSH|^~\\&|E\x1c\r")
assert peer.recv(4096), "nothing came back"
'

say "Kafka wants TLS and a certificate, and each role may do its own work only"
must_fail "Kafka without TLS" "${stack[@]}" exec -T -e BLINWATCH_KAFKA_SECURITY=plaintext -e BLINWATCH_KAFKA_CA_FILE= \
  -e BLINWATCH_KAFKA_CERTIFICATE_FILE= -e BLINWATCH_KAFKA_KEY_FILE= board timeout 30 blinwatch alerts
write='
import asyncio, sys
from aiokafka import AIOKafkaProducer
from blinwatch.kafka_identity import kafka_options
async def main():
    producer = AIOKafkaProducer(bootstrap_servers="kafka:9094", **kafka_options())
    await producer.start()
    try:
        await producer.send_and_wait("TOPIC", b"{}", key=b"proof")
    finally:
        await producer.stop()
asyncio.run(main())
'
must_fail "a gateway that writes an alert" as_role gateway "${write/TOPIC/alerts.lifecycle.v1}"
grep -q Authorization "$scratch/said" || fail "for another reason: $(tail -1 "$scratch/said")"
must_fail "a board that writes a vital sign" as_role board "${write/TOPIC/vitals.observed.v1}"
grep -q Authorization "$scratch/said" || fail "for another reason: $(tail -1 "$scratch/said")"
must_fail "a gateway that grants rights" "${stack[@]}" exec -T gateway blinwatch roles apply
as_role board "${write/TOPIC/alerts.commands.v1}" && echo "allowed: a board that writes a command"

say "proven"
