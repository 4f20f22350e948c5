#!/bin/sh
# pytest-xdist 3.8.0 and pytest 9.2.0: groups of tests for one worker. 2026-12-01.
#
# One would guess: with --dist loadgroup, the tests of one xdist_group run in one worker.
# What happens: xdist writes the group behind the test's id, in item._nodeid, which pytest 9.2 reads no more (its id is an
# object of its own). So there is no group: each test goes to whichever worker is free, and what a file's tests share is
# made in each worker. Nothing says so. --dist loadfile, which needs no mark, keeps a file together.
# Seen on Python 3.11:
#   pytest 8.4.2, loadgroup: 1 worker had the group
#   pytest 9.2.0, loadgroup: 2 workers had the group
#   pytest 9.2.0, loadfile: 1 worker had the group
# Needs pip and the network for the packages.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat > "$folder/test_group.py" <<'PY'
import os
import pathlib
import pytest

pytestmark = pytest.mark.xdist_group("one")


@pytest.mark.parametrize("number", range(40))
def test_where(number):
    pathlib.Path(os.environ["SEEN"], os.environ["PYTEST_XDIST_WORKER"]).touch()
PY
workers() { # pytest's version, the way of distribution
    mkdir "$folder/$1-$2"
    SEEN="$folder/$1-$2" "$folder/$1/bin/python" -m pytest -q -p no:cacheprovider -n 2 --dist "$2" "$folder/test_group.py" > "$folder/log" || { cat "$folder/log"; exit 2; }
    count=$(ls "$folder/$1-$2" | wc -l)
    echo "pytest $1, $2: $count worker$([ "$count" = 1 ] || echo s) had the group"
}
for version in 8.4.2 9.2.0; do
    python3 -m venv "$folder/$version"
    "$folder/$version/bin/pip" install -q "pytest==$version" "pytest-xdist==3.8.0"
done
seen=$(workers 8.4.2 loadgroup; workers 9.2.0 loadgroup; workers 9.2.0 loadfile)
echo "$seen"
[ "$seen" = "pytest 8.4.2, loadgroup: 1 worker had the group
pytest 9.2.0, loadgroup: 2 workers had the group
pytest 9.2.0, loadfile: 1 worker had the group" ]
