#!/bin/bash
# Builds the programs of the debug information tests again: every level of optimisation, DWARF 4 and 5; the
# two units of `shapes` are of different versions. Debian 12: apt-get install clang-19 lld-19
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
chmod 644 ./*.wasm
