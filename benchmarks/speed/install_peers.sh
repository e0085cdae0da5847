#!/usr/bin/env bash
# Installs the programs that `make bench` compares with, from Debian. One that cannot be had is named, not fatal.
set -uo pipefail
sudo=""
[ "$(id -u)" -eq 0 ] || sudo="sudo"
command -v apt-get >/dev/null || { echo "apt-get is not here: install darktable, rawtherapee, gmic, imagemagick, libvips-tools by hand" >&2; exit 1; }
export DEBIAN_FRONTEND=noninteractive
$sudo apt-get update -qq || echo "the package lists could not be renewed; the old ones are used" >&2
status=0
for package in imagemagick libvips-tools gmic darktable rawtherapee; do
    if $sudo apt-get install -y -qq --no-install-recommends "$package" >/dev/null; then
        echo "$package $(dpkg-query -W -f '${Version}' "$package")"
    else
        echo "$package could not be installed" >&2
        status=1
    fi
done
exit "$status"
