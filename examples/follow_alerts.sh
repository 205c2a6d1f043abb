#!/bin/sh
# Follow the alerts with kcat, without a line of code: sh follow_alerts.sh BROKER [FROM] [HEADER=VALUE]
#   FROM     end (default): from now on; beginning: all there is; s@MILLISECONDS since 1970: from that moment
#   HEADER   such as page=yes or priority=high; all records when left out
# One line a record: its headers, a tab, its value.
set -eu
broker=$1
from=${2:-end}
wanted=${3:-}
follow() { kcat -C -q -u -b "$broker" -t alerts.lifecycle.v1 -o "$from" -f '%h\t%s\n'; }
if [ -n "$wanted" ]; then
    # Headers are written as NAME=VALUE,NAME=VALUE before the tab.
    follow | grep --line-buffered -E "^([^$(printf '\t')]*,)?$wanted(,|$(printf '\t'))"
else
    follow
fi
