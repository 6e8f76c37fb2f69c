#!/bin/bash
# Builds the programs of the tests of values again. Debian 12:
#   apt-get install clang-19 lld-19 wasi-libc libclang-rt-19-dev-wasm32 libc++-19-dev-wasm32 libc++abi-19-dev-wasm32
#   apt-get install rustc libstd-rust-dev-wasm32                                                 (rusty only)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
objects=$(mktemp -d)
trap 'rm -rf "$objects"' EXIT
flags=(--target=wasm32-wasi -fno-exceptions -mbulk-memory -fdebug-compilation-dir=. -g -gno-pubnames)
# wasm-ld itself: clang would run any wasm-opt that it finds
link=(wasm-ld-19 --no-entry --export=__stack_pointer)
for level in O0 O2; do
  version=4
  [ $level = O2 ] && version=5
  clang-19 "${flags[@]}" -ffreestanding "-$level" "-gdwarf-$version" -c values.c -o "$objects/values.o"
  "${link[@]}" "$objects/values.o" -o "values-$level.wasm"
  clang-19 "${flags[@]}" -ffreestanding "-$level" "-gdwarf-$version" -c returns.c -o "$objects/returns.o"
  "${link[@]}" "$objects/returns.o" -o "returns-$level.wasm"
  clang++-19 "${flags[@]}" -fno-rtti "-$level" "-gdwarf-$version" -c classes.cpp -o "$objects/classes.o"
  "${link[@]}" "$objects/classes.o" -o "classes-$level.wasm"
done
clang++-19 "${flags[@]}" -fno-rtti -O1 -gdwarf-4 -c containers.cpp -o "$objects/containers.o"
libraries=(-L/usr/lib/llvm-19/lib/wasm32-wasi -L/usr/lib/wasm32-wasi -lc++ -lc)
"${link[@]}" "$objects/containers.o" "${libraries[@]}" -o containers-O1.wasm
clang++-19 "${flags[@]}" -fno-rtti -std=c++20 -O1 -gdwarf-4 -c collections.cpp -o "$objects/collections.o"
"${link[@]}" "$objects/collections.o" "${libraries[@]}" -o collections-O1.wasm
# without its libraries, whose debug information is twenty times as large: what is called of them traps
/usr/bin/rustc --target wasm32-wasi -C panic=abort -C opt-level=0 -C target-feature=+bulk-memory -g \
  --crate-type lib --emit obj "--remap-path-prefix=$PWD=." rusty.rs -o "$objects/rusty.o"
wasm-ld-19 --no-entry --export=_start --unresolved-symbols=ignore-all "$objects/rusty.o" -o rusty-O0.wasm
chmod 644 ./*.wasm
