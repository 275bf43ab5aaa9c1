#!/bin/sh
# Order the certificates of names.yml at the staging directory, with a Traefik that serves nobody, and throw them away.
# Ends with 0 when all of them came; says what the directory answered when not. A name may be young: it is tried again.
set -u

wanted=1
for is_exposed in "${EXPOSE_ADMIN:-}" "${EXPOSE_FLOWER:-}"; do
    [ "$is_exposed" = true ] && wanted=$((wanted + 1))
done

come() {
    if [ -s /tmp/acme.json ]; then grep -c '"certificate":' /tmp/acme.json; else echo 0; fi
}

refused() {
    grep -h 'Unable to obtain ACME certificate' /tmp/dry-run.log 2>/dev/null | tail -n 3
}

try() {
    rm -f /tmp/acme.json
    traefik --configFile=/etc/traefik/traefik.yml >/tmp/dry-run.log 2>&1 &
    traefik=$!
    left=300
    while [ "$left" -gt 0 ] && [ "$(come)" -lt "$wanted" ] && [ -z "$(refused)" ] && kill -0 "$traefik"; do
        sleep 0.2
        left=$((left - 1))
    done
    kill "$traefik" 2>/dev/null
    wait "$traefik" 2>/dev/null
    [ "$(come)" -ge "$wanted" ]
}

for attempt in 1 2 3; do
    if try; then
        echo "$wanted of $wanted certificates came from $ACME_CA_SERVER"
        exit 0
    fi
    [ "$attempt" = 3 ] || sleep 10
done
refused
tail -n 3 /tmp/dry-run.log
echo "$(come) of $wanted certificates came from $ACME_CA_SERVER"
exit 1
