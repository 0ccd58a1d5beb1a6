#!/bin/sh
# Creates ./secrets for docker-compose.yml. Existing files are kept, so running it again changes nothing.
set -eu
cd "$(dirname "$0")/.."
umask 077
mkdir -p secrets
cd secrets

random() { head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n'; }
keep() { [ -s "$1" ] || printf '%s' "$2" >"$1"; }

keep redis_password "$(random)"
keep redis_url "redis://:$(cat redis_password)@redis:6379"
keep postgres_password "$(random)"
keep database_url "postgres://mycelium:$(cat postgres_password)@postgres:5432/mycelium"
keep s3_access_key mycelium
keep s3_secret_key "$(random)"
keep s3_config "{\"identities\":[{\"name\":\"mycelium\",\"credentials\":[{\"accessKey\":\"$(cat s3_access_key)\",\"secretKey\":\"$(cat s3_secret_key)\"}],\"actions\":[\"Admin\",\"Read\",\"List\",\"Write\"]}]}"
keep dashboard_password "$(random | head -c 20)"
keep ingest_token "$(random)"
keep image_token "$(random)"
# Containers run as another user, who must be able to read the files; the folder stays closed to others.
chmod 0444 ./*
echo "Secrets are in ./secrets. The dashboard's password: secrets/dashboard_password"
