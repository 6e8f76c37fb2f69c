// Built with AssemblyScript 0.28: asc digits.ts --runtime stub --use abort= --sourceMap --debug -o digits.wasm
// Sums the digits that it reads from stdin, and traps where it meets something else.
@external("wasi_snapshot_preview1", "fd_read")
declare function fd_read(fd: i32, iovs: usize, count: i32, read: usize): i32;
@external("wasi_snapshot_preview1", "fd_write")
declare function fd_write(fd: i32, iovs: usize, count: i32, written: usize): i32;

const buffer = memory.data(256);
const iovec = memory.data(16);

function digit(code: i32): i32 {
  const value = code - 48;
  if (value < 0 || value > 9) unreachable();
  return value;
}

function sum(length: i32): i32 {
  let total = 0;
  for (let i = 0; i < length; i++) {
    const code = <i32>load<u8>(buffer + i);
    if (code == 10) continue;
    total += digit(code);
  }
  return total;
}

function print(value: i32): void {
  store<u8>(buffer, 48 + value / 10);
  store<u8>(buffer, 48 + value % 10, 1);
  store<u8>(buffer, 10, 2);
  store<usize>(iovec, buffer);
  store<usize>(iovec, 3, sizeof<usize>());
  fd_write(1, iovec, 1, iovec + 8);
}

export function _start(): void {
  store<usize>(iovec, buffer);
  store<usize>(iovec, 256, sizeof<usize>());
  fd_read(0, iovec, 1, iovec + 8);
  print(sum(load<i32>(iovec + 8)));
}
