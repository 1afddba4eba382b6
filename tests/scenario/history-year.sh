#!/bin/bash
# A year of events in the history: totals exactly what was sent, top lists as
# exact as they say, the file within its limit all the time.
#
# WEIR_HISTORY_PER_HOUR and WEIR_HISTORY_MB: more than that of `make check`.
set -euo pipefail
export LC_ALL=C
top=${top_builddir:-.}
# Memory will do: each of its 9,000 hours is synchronized.
work=$(mktemp -d -p /dev/shm 2>/dev/null || mktemp -d)
trap 'rm -rf "$work"' EXIT
# The limit is felt: without it the file would be some three times as large.
"$top/tests/tools/history_year" "$work/history.db" 365 \
	"${WEIR_HISTORY_PER_HOUR:-8}" "${WEIR_HISTORY_MB:-12}"
