#!/usr/bin/env bash
# add_format.sh SOURCES FOLDER: adds the format of docs/adding-a-format.md, one row, to a copy of the
# sources in FOLDER, builds it, and uses the format for everything: training on golden, SystemC and
# RTL, simulation, generated Verilog with its testbench, and verification. Fails if any step does.
set -euo pipefail
sources=$(realpath "$1")
mkdir -p "$2"
folder=$(realpath "$2")
copy=$folder/sources
table=golden/numerics/format.cpp
program=$copy/build/release/bin/sylvester
use_format=(--set hardware.modes=e2m1xe2m1 --set accumulator.bits=10)
for role in forward_input forward_activation forward_weight input_gradient backward_weight \
  weight_gradient backward_activation; do
  use_format+=(--set "operands.$role.format=e2m1")
done

fail() { echo "add_format: $1" >&2; exit 1; }

echo "copy the sources and add the row"
rm -rf "$copy"
mkdir -p "$copy"
tar -C "$sources" --exclude=./build --exclude=./out --exclude=./.git -cf - . | tar -C "$copy" -xf -
row=$(sed -n '/^```cpp$/,/^```$/p' "$copy/docs/adding-a-format.md" | sed '1d;$d')
[ -n "$row" ] || fail "docs/adding-a-format.md holds no row"
# make_table() is the first function of the file that returns the table.
ROW=$row perl -pi -e 's/^  return table;$/$ENV{ROW}\n  return table;/ unless $done; $done ||= /return table/' "$copy/$table"
[ "$(diff "$sources/$table" "$copy/$table" | grep -c '^>')" = "$(wc -l <<<"$row")" ] ||
  fail "the copy differs from the sources by more than the row"

echo "build"
"$copy/scripts/build" release sylvester >"$folder/build.log" 2>&1 ||
  { tail -n 30 "$folder/build.log" >&2; fail "the build failed"; }

weights_of() {  # weights_of OVERRIDE...: the hash of the trained weights
  if ! "$program" train train-small "$@" >"$folder/train.log" 2>&1; then
    cat "$folder/train.log" >&2
    return 1
  fi
  grep -o 'weights [0-9a-f]*' "$folder/train.log"
}
echo "train on golden, SystemC and RTL"
golden=$(weights_of "${use_format[@]}" --backend golden)
echo "  golden  $golden"
for backend in systemc rtl; do
  found=$(weights_of "${use_format[@]}" --backend "$backend")
  echo "  $backend $found"
  [ "$found" = "$golden" ] || fail "$backend trains other weights than golden"
done
[ "$golden" != "$(weights_of --set accumulator.bits=10)" ] || fail "the format changes nothing"

echo "simulate"
"$program" simulate train-small "${use_format[@]}" --gemm 20,30,40 --training
echo "generate, and run the testbench"
rm -rf "$folder/rtl"
"$program" generate train-small "${use_format[@]}" --out "$folder/rtl"
"$folder/rtl/run_test"
grep -q "Magnitudes = 128'hffffffffffffffff0c08060403020100" "$folder/rtl/rtl/sylvester_top.v" ||
  fail "the generated top does not hold the format's magnitudes"
echo "verify"
"$program" verify train-small "${use_format[@]}" --jobs 60
