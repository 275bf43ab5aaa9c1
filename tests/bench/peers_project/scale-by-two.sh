#!/bin/sh
# What docker-rollout does, by its documentation: scale to twice the containers, wait (a look a second) until the new
# one is healthy, run the hook in the old one if there is any, stop the old one and remove it.
set -eu
hook=$1
old=$(docker compose ps --quiet api)
docker compose up --detach --no-deps --no-recreate --scale api=2 api
new=$(docker compose ps --quiet api | grep -v "$old")
waited=0
until [ "$(docker inspect --format '{{.State.Health.Status}}' "$new")" = healthy ]; do
    waited=$((waited + 1))
    if [ "$waited" -gt 60 ]; then
        docker stop "$new" && docker rm "$new"
        exit 1
    fi
    sleep 1
done
if [ -n "$hook" ]; then
    docker exec "$old" sh -c "$hook"
fi
docker stop "$old"
docker rm "$old"
