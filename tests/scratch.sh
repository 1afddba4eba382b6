# shellcheck shell=sh
# scratch.sh - where tests keep their files.  Sourced by `make check`.
#
# In memory, if there is room: what a test waits for on a disk is fsync, a
# thousand times, and for others who use that disk.  TMPDIR says otherwise.
if [ -z "${TMPDIR:-}" ] && [ -w /dev/shm ] && [ -r /proc/meminfo ]; then
	if [ "$(df -Pk /dev/shm | awk 'NR == 2 { print int($4 / 1024) }')" \
		-ge 1024 ] && [ "$(awk '$1 == "MemAvailable:" {
			print int($2 / 1024) }' /proc/meminfo)" -ge 2048 ]; then
		TMPDIR=/dev/shm
		export TMPDIR
	fi
fi
