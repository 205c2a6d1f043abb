#!/usr/bin/env bash
# Makes local stand-ins for the images that docker-compose.yml and deploy/Dockerfile pull, where nothing can be pulled:
#
#   python        Debian with its Python 3.11 (debootstrap); built on by the others
#   kafka         the real Apache Kafka, from its published jars, started through the image's own configuration code
#   prometheus    Debian's Prometheus
#   alertmanager  Debian's Alertmanager
#
# They carry the names of the real images on THIS machine, so that Dockerfile and Compose file run unchanged. Use them
# for proving only, never for patients; remove them with `docker rmi`. There is none for Grafana: Debian has no package.
# Needs root, Docker, debootstrap and Maven, a Debian mirror, a package index and a Maven repository.
set -euo pipefail
cd "$(dirname "$0")"

image_of() { sed -n "s|^ *image: \($1:.*\)\$|\1|p" ../../docker-compose.yml; }
python_image=$(sed -n 's/^ARG PYTHON_IMAGE=//p' ../Dockerfile)
kafka_image=$(image_of apache/kafka)
prometheus_image=$(image_of prom/prometheus)
alertmanager_image=$(image_of prom/alertmanager)
kafka_version=${kafka_image#*:}
log4j_version=2.25.1 # Kafka logs through it but leaves the choice of a back end to its own packaging
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

echo "== $python_image"
# shellcheck disable=SC2016 # apt-get replaces it
mirror=$(apt-get indextargets --format '$(SITE)' | sort -u | grep '/debian$' | head -1)
debootstrap --variant=minbase --include=python3,python3-venv,ca-certificates bookworm "$work/root" "$mirror" >/dev/null
ln -s /usr/bin/python3 "$work/root/usr/local/bin/python"
# This machine's own certificates and pip settings, in case its network needs them.
cp /etc/ssl/certs/ca-certificates.crt "$work/root/etc/ssl/certs/"
if [ -f /etc/pip.conf ]; then cp /etc/pip.conf "$work/root/etc/"; fi
tar -C "$work/root" -c . | docker import \
  -c 'ENV PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin' \
  -c 'ENV PIP_CERT=/etc/ssl/certs/ca-certificates.crt' - "$python_image"

echo "== $kafka_image"
cp -r kafka "$work/kafka"
cat >"$work/pom.xml" <<POM
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>proof</groupId><artifactId>proof</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>$kafka_version</version></dependency>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka-tools</artifactId><version>$kafka_version</version></dependency>
    <dependency><groupId>org.apache.logging.log4j</groupId><artifactId>log4j-core</artifactId><version>$log4j_version</version></dependency>
    <dependency><groupId>org.apache.logging.log4j</groupId><artifactId>log4j-slf4j-impl</artifactId><version>$log4j_version</version></dependency>
  </dependencies>
</project>
POM
mvn --quiet --file "$work/pom.xml" dependency:copy-dependencies -DoutputDirectory="$work/kafka/libs"
docker build --quiet --network "${BUILD_NETWORK:-default}" --build-arg BASE="$python_image" -t "$kafka_image" "$work/kafka"

echo "== $prometheus_image"
docker build --quiet --network "${BUILD_NETWORK:-default}" --build-arg BASE="$python_image" -t "$prometheus_image" prometheus

echo "== $alertmanager_image"
docker build --quiet --network "${BUILD_NETWORK:-default}" --build-arg BASE="$python_image" -t "$alertmanager_image" alertmanager
