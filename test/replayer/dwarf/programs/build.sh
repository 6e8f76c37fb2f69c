#!/bin/bash
# Builds the programs of the debug information tests again: every level of optimisation, DWARF 4 and 5; the
# two units of `shapes` are of different versions. Debian 12: apt-get install clang-19 lld-19 llvm-19
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
objects=$(mktemp -d)
trap 'rm -rf "$objects"' EXIT
flags=(--target=wasm32-wasi -ffreestanding -fdebug-compilation-dir=. -fno-exceptions -g)
# wasm-ld itself: clang would run any wasm-opt that it finds
link=(wasm-ld-19 --no-entry --allow-undefined --export=__stack_pointer)
for level in O0 O1 O2 Os; do
  for version in 4 5; do
    clang-19 "${flags[@]}" "-$level" "-gdwarf-$version" -c shapes.c -o "$objects/shapes.o"
    clang-19 "${flags[@]}" "-$level" "-gdwarf-$((9 - version))" -c other.c -o "$objects/other.o"
    "${link[@]}" --export=start --export=later "$objects"/{shapes,other}.o -o "shapes-$level-dwarf$version.wasm"
    case $level in O1 | Os) continue ;; esac
    clang++-19 "${flags[@]}" "-$level" "-gdwarf-$version" -c classes.cpp -o "$objects/classes.o"
    "${link[@]}" --export=run "$objects/classes.o" -o "classes-$level-dwarf$version.wasm"
  done
done
# The same with their debug information in split files. A package of units (.dwp) holds one version.
mkdir -p split
for version in 4 5; do
  split=("${flags[@]}" -O2 "-gdwarf-$version" -gsplit-dwarf)
  for unit in shapes.c other.c classes.cpp; do
    clang-19 "${split[@]}" -c "$unit" -o "$objects/${unit%.*}-split.o"
  done
  "${link[@]}" --export=start --export=later "$objects"/{shapes,other}-split.o -o "split/shapes-dwarf$version.wasm"
  "${link[@]}" --export=run "$objects/classes-split.o" -o "split/classes-dwarf$version.wasm"
  llvm-dwp-19 "$objects"/{shapes,other}-split.dwo -o "split/shapes-dwarf$version.dwp"
  for unit in shapes other classes; do cp "$objects/$unit-split.dwo" "split/$unit-dwarf$version.dwo"; done
done
chmod 644 ./*.wasm split/*
