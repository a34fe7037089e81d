#!/bin/sh
# Starts the application as such scripts do: brings its data up to date, and becomes the server.
set -e
export RACK_ENV="${RACK_ENV:-production}"

# Each migration is done once; the list of those that are done is kept with the data.
touch "$APP_DATA/migrated"
for migration in app/migrations/*; do
  name=${migration##*/}
  if ! grep -qxF "$name" "$APP_DATA/migrated"; then
    echo "migration: $name"
    "$migration"
    echo "$name" >>"$APP_DATA/migrated"
  fi
done

# Without exec this shell would stay, get the supervisor's signals, and leave the server behind.
exec puma --config app/puma.rb app/config.ru
