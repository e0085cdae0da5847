#!/bin/sh
# Make .venv and install fluxroom with some extras into it: tools/venv.sh STAMP EXTRAS [more for pip ...]
# VENV=folder makes another one than .venv.
set -eu
venv="${VENV:-.venv}"
stamp="$venv/.$1"
extras="$2"
shift 2

# Python may be told with PYTHON=...; otherwise the first that is new enough.
found=""
for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        found="$candidate"
        break
    fi
done
if [ -z "$found" ]; then
    echo "fluxroom needs Python 3.11 or newer; none of '${PYTHON:-python3, python3.11 ...}' is (say which: make PYTHON=/path/to/python3)" >&2
    exit 1
fi

if ! [ -x "$venv"/bin/python ] || ! "$venv"/bin/python -c 'import pip' 2>/dev/null; then
    echo "making $venv with $("$found" --version) ..."
    rm -rf "$venv"
    log=$(mktemp)
    if ! "$found" -m venv "$venv" >"$log" 2>&1; then
        # Debian and Ubuntu keep a part of venv in a package of its own; the system's pip does as well.
        rm -rf "$venv"
        if ! { "$found" -m venv --without-pip "$venv" && "$found" -m pip --python "$venv"/bin/python install -qq pip; } >"$log" 2>&1; then
            rm -rf "$venv" "$log"
            echo "$found cannot make virtual environments; on Debian and Ubuntu: sudo apt install python3-venv" >&2
            exit 1
        fi
    fi
    rm -f "$log"
fi

echo "installing fluxroom$extras into $venv (the first time takes a minute or two) ..."
"$venv"/bin/python -m pip install -qq --disable-pip-version-check --editable ".$extras" "$@"
# Half a minute now, instead of waiting in the first edits. Nothing depends on it, so it may fail.
if [ "$venv" = .venv ]; then
    "$venv"/bin/fluxroom warm-up || echo "kernels are compiled when they are first used"
fi
touch "$stamp"
