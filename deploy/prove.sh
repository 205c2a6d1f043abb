#!/usr/bin/env bash
# Proves the image and the Compose file on this machine: builds, looks inside, runs the ward, counts what came out.
#
#   deploy/prove.sh                      needs Docker and Compose; takes about five minutes
#   BUILD_NETWORK=host deploy/prove.sh   where containers reach the package index only through the host's network
#
# It works in a Compose project of its own and removes it, volumes included, when it ends. The ports 9092, 8080, 9090,
# 9093 and 3000 of 127.0.0.1 must be free. docs/operating/prove-the-image.md tells what to do where images cannot be pulled.
set -euo pipefail
cd "$(dirname "$0")/.."

project=blinwatch-proof
# SERVICES="kafka topics worker board simulator alertmanager prometheus" leaves Grafana out where its image cannot be had.
services=${SERVICES:-kafka topics worker board simulator alertmanager prometheus grafana}
board=http://127.0.0.1:8080
workers=2
scratch=$(mktemp -d)
wait_most_s=240 # Kafka's start, the workers' and one health interval each take under two minutes on two cores

if docker compose version >/dev/null 2>&1; then compose=(docker compose); else compose=(docker-compose); fi
compose+=(--project-name "$project" --profile demo)

say() { printf '\n== %s\n' "$*"; }
fail() { printf 'FAILED: %s\n' "$*" >&2; exit 1; }
web() { python3 -c 'import sys, urllib.request as web; print(web.urlopen(sys.argv[1], timeout=5).read().decode())' "$1"; }
finish() {
  status=$?
  if ((status)); then "${compose[@]}" logs --no-color --tail 40 || true; fi
  "${compose[@]}" down --volumes --remove-orphans >/dev/null 2>&1 || true
  rm -rf "$scratch"
  exit "$status"
}

say "the Compose file is valid with and without the demo"
"${compose[@]}" config >/dev/null

say "the image builds from the locked requirements"
docker build --network "${BUILD_NETWORK:-default}" -f deploy/Dockerfile -t blinwatch:0.1.0 .

# shellcheck disable=SC2054 # the commas belong to --tmpfs
locked=(--rm --read-only --cap-drop ALL --security-opt no-new-privileges:true --tmpfs /tmp:mode=1777,size=64m)
say "it runs read-only, without capabilities and not as root"
docker run "${locked[@]}" blinwatch:0.1.0 --version
docker run -i "${locked[@]}" --entrypoint python blinwatch:0.1.0 - <<'PYTHON'
import importlib.util
import os

assert os.getuid() == 10001, "the image must not run as root"
try:
    open("/opt/blinwatch/written", "w")
except OSError:
    pass
else:
    raise SystemExit("the file system is writable")
for name in ("confluent_kafka", "pytest", "hypothesis", "pip"):
    assert importlib.util.find_spec(name) is None, f"{name} has no place in a production image"
print("uid", os.getuid(), "- read-only, no test or demo parts")
PYTHON

trap finish EXIT
say "the ward runs: $services, $workers workers"
# shellcheck disable=SC2086 # a list of names
"${compose[@]}" up --detach --scale worker="$workers" $services

say "every worker becomes healthy"
deadline=$((SECONDS + wait_most_s))
until healthy=$(docker ps --quiet --filter "label=com.docker.compose.project=$project" \
  --filter label=com.docker.compose.service=worker --filter health=healthy | wc -l) && ((healthy == workers)); do
  ((SECONDS < deadline)) || fail "$healthy of $workers workers are healthy after $wait_most_s s"
  sleep 3
done

say "alerts come out on the topic, and every partition has its worker"
deadline=$((SECONDS + wait_most_s))
ask='
import re, urllib.request
text = urllib.request.urlopen("http://127.0.0.1:6066/metrics", timeout=5).read().decode()
total = lambda name: sum(float(line.split()[-1]) for line in text.splitlines() if re.match(name + r"[{ ]", line))
print(int(total("blinwatch_alerts_raised_total")), int(total("blinwatch_partitions_assigned")))
'
while :; do
  raised=0 partitions=0
  for ((number = 1; number <= workers; number++)); do
    read -r some owned < <("${compose[@]}" exec -T --index "$number" worker python -c "$ask")
    raised=$((raised + some)) partitions=$((partitions + owned))
  done
  echo "alerts raised: $raised, partitions owned: $partitions"
  ((raised > 0 && partitions == 8)) && break
  ((SECONDS < deadline)) || fail "no alert, or partitions without a worker, after $wait_most_s s"
  sleep 5
done
"${compose[@]}" exec -T worker blinwatch alerts | head -20

say "the board shows the ward, and an acknowledgement at it is found on the alert topic"
echo "the monitor is well on the board after $(python3 deploy/prove_board.py says well "$board") s"
acknowledged=$(python3 deploy/prove_board.py acknowledge "$board")
"${compose[@]}" exec -T worker blinwatch alerts --json >"$scratch/alerts"
grep "$acknowledged" "$scratch/alerts" | grep -q '"acknowledged_by": *"proof"' || fail "alert $acknowledged is not acknowledged on its topic"
echo "alert $acknowledged: acknowledged by proof"
web "$board/alarm-load.csv?days=28" | head -1 | grep patient_days

say "Prometheus has loaded the rules, and the watchdog alarm reaches Alertmanager"
deadline=$((SECONDS + wait_most_s))
until web 'http://127.0.0.1:9093/api/v2/alerts?filter=alertname%3DBlinwatchWatchdog' | grep -q BlinwatchWatchdog; do
  ((SECONDS < deadline)) || fail "no watchdog alarm at Alertmanager after $wait_most_s s"
  sleep 3
done
web http://127.0.0.1:9090/user/README.md | head -1

say "a worker that is stopped hands its patients over, and ends with status 0"
first=$(docker ps --quiet --filter "label=com.docker.compose.project=$project" \
  --filter label=com.docker.compose.service=worker | head -1)
docker stop --time 30 "$first" >/dev/null
status=$(docker inspect --format '{{.State.ExitCode}}' "$first")
((status == 0)) || fail "the stopped worker ended with status $status"

say "without any worker the board says that nobody is watching, and the alarm of it reaches Alertmanager"
# shellcheck disable=SC2046 # a list of ids
docker kill $(docker ps --quiet --filter "label=com.docker.compose.project=$project" \
  --filter label=com.docker.compose.service=worker) >/dev/null
echo "said after $(python3 deploy/prove_board.py says blind "$board") s"
deadline=$((SECONDS + wait_most_s))
until web 'http://127.0.0.1:9093/api/v2/alerts?filter=alertname%3DBlinwatchNoWorker' | grep -q BlinwatchNoWorker; do
  ((SECONDS < deadline)) || fail "no alarm of the missing workers at Alertmanager after $wait_most_s s"
  sleep 3
done

say "proven"
