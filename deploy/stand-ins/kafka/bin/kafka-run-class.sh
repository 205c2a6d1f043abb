#!/usr/bin/env bash
# Runs a class of Kafka.
log_settings=${KAFKA_LOG4J_OPTS:--Dlog4j2.configurationFile=/opt/kafka/config/tools-log4j2.yaml}
# shellcheck disable=SC2086 # heap options are several words
exec java ${KAFKA_HEAP_OPTS:--Xmx256m} "$log_settings" -cp '/opt/kafka/libs/*' "$@"
