#!/bin/sh
# The start script of a custom application: initialise, export the environment, become the server.
set -e
# shellcheck source=/dev/null
[ ! -r ./conf ] || . ./conf

# Initialise: whatever has to be there before the first request.
: "${DATA:=/var/lib/myapp}"
mkdir -p "$DATA/www"
cp -R app/. "$DATA/www"
starts=$(cat "$DATA/starts" 2>/dev/null || echo 0)
starts=$((starts + 1))
echo "$starts" >"$DATA/starts"
echo "start $starts"

# Export: what the application is to know.
export APP_GREETING="${GREETING:-Hello from a supervised application}"
export APP_STARTS="$starts"

# Become the server, so that its process is the one that the supervisor watches and signals.
set -- busybox httpd -f -v -p "${ADDRESS:-127.0.0.1}:${PORT:-8080}" -h "$DATA/www"
[ "$(id -u)" -ne 0 ] || set -- chpst -u "${RUN_AS:-nobody:nogroup}" "$@"
exec "$@"
