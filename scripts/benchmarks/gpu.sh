#!/bin/sh
# Everything that a GPU is wanted for, in one run of some ten minutes: the tests marked gpu, engines of 1 and 10 million rows of 512
# dimensions, boosting, encoders against the bare model. Writes one JSON object; fails where a part did, after the others.
#
#     scripts/benchmarks/gpu.sh OUT.json [DATA]
#
# DATA is a labelled set (docs/benchmarks.md) whose titles and pictures are encoded; without it encoders are left out. DEVICE=cpu and
# ROWS="20000" try the script where there is no GPU. PYTHON names the interpreter.
set -eu
[ $# -ge 1 ] || { sed -n '2,9p' "$0" | cut -c3-; exit 2; }
out=$1 data=${2:-} python=${PYTHON:-python3} device=${DEVICE:-cuda} rows=${ROWS:-1000000 10000000} pairs=${PAIRS:-1000000}
parts=$(mktemp -d)
trap 'rm -rf "$parts"' EXIT

part() { # NAME COMMAND...: what it prints is kept, and why it failed; the others go on
  name=$1
  shift
  echo "gpu.sh: $name" >&2
  if "$@" >"$parts/$name.out" 2>"$parts/$name.err"; then echo 0 >"$parts/$name.rc"; else echo $? >"$parts/$name.rc"; fi
}

part machine sh -c 'nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader || true'
part devices "$python" -c 'import json; from indexing.search.device import describe_devices; print(json.dumps(describe_devices()))'
part tests "$python" -m pytest -q -m gpu tests/indexing tests/reranking
for size in $rows; do
  beside=--beside
  [ "$size" -le 1000000 ] || beside=--alone # ten million on the CPU would take the time of all else
  part "index-$size" "$python" -m scripts.benchmarks.gpu --rows "$size" --device "$device" "$beside" --pairs "$pairs"
  pairs=0 # boosters are trained once
done
if [ -n "$data" ]; then
  part encoders "$python" -m scripts.benchmarks.encoders "$data" --limit 2000
fi

"$python" - "$parts" >"$out" <<'PYTHON' || failed=1
import json
import sys
from pathlib import Path

told = {}
for code in sorted(Path(sys.argv[1]).glob("*.rc")):
    printed, error = (code.with_suffix(end).read_text() for end in (".out", ".err"))
    begins = printed.find("{")
    try:
        found = json.loads(printed[begins:]) if begins >= 0 else printed.strip()[-2000:]
    except ValueError:
        found = printed.strip()[-2000:]
    told[code.stem] = {"rc": int(code.read_text()), "found": found, **({"error": error[-2000:]} if code.read_text() != "0\n" else {})}
print(json.dumps(told, indent=1))
sys.exit(any(part["rc"] for part in told.values()))
PYTHON
echo "gpu.sh: $out" >&2
exit "${failed:-0}"
