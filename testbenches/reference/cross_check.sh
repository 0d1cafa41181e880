#!/usr/bin/env bash
# cross_check.sh VECTOR_TOOL [SEED]: golden and the NumPy reference against each other: the
# reference's own tests, the vectors that golden made, and 500 fresh random jobs that golden fills
# in and the reference recomputes. Prints the seed; the same seed gives the same jobs.
set -euo pipefail
tool=$(realpath "$1")
seed=${2:-$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}
cd "$(dirname "$0")"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

/usr/bin/python3 -B test_reference.py
/usr/bin/python3 -B check_vectors.py ../vectors
echo "500 fresh random jobs, seed $seed"
/usr/bin/python3 -B random_jobs.py --seed "$seed" --count 500 --ahead --out "$folder/jobs.json"
"$tool" fill "$folder/jobs.json" "$folder/filled.json"
/usr/bin/python3 -B check_vectors.py "$folder/filled.json"
