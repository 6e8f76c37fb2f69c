import { describe, expect, test } from 'vitest';
import { ENUMS, FLAGS } from '../../wasi/names.ts';
import {
  type DecodedValue,
  fdArg,
  isScalar,
  lengthArg,
  type ScalarType,
  scalarAt,
  scalarValue,
} from '../../wasi/scalars.ts';
import { bytes, u32, u64 } from './bytes.ts';

describe('an argument', () => {
  test.each<[ScalarType, number | bigint, DecodedValue]>([
    ['size', -1, 4294967295],
    ['exitcode', -2147483648, 2147483648],
    ['fd', -1, -1],
    ['filesize', -1n, '18446744073709551615'],
    ['filesize', 9007199254740991n, 9007199254740991],
    ['filesize', 9007199254740992n, '9007199254740992'],
    ['filedelta', -16n, -16],
    ['filedelta', -(1n << 63n), '-9223372036854775808'],
    ['whence', 2, 'end'],
    ['whence', 3, 3],
    ['whence', -1, 4294967295],
    ['oflags', 9, ['creat', 'trunc']],
    ['rights', 2n, ['fd_read']],
  ])('%s %d is %j', (type, arg, value) => {
    expect(scalarValue(type, arg)).toEqual(value);
  });

  test('that the trace lacks is null', () => {
    expect(scalarValue('fd', undefined)).toBeNull();
    expect(fdArg(undefined)).toBe(-1);
    expect(lengthArg(undefined)).toBe(0);
  });

  test('of the wrong core type is taken modulo its width', () => {
    expect(scalarValue('size', (1n << 40n) + 5n)).toBe(5);
    expect(scalarValue('fd', 0xffff_ffffn)).toBe(-1);
    expect(scalarValue('filesize', -1)).toBe(4294967295);
    expect(scalarValue('size', Number.NaN)).toBe(0);
    expect(lengthArg(-1n)).toBe(4294967295);
  });
});

describe('bytes in memory', () => {
  test.each<[ScalarType, Uint8Array, DecodedValue]>([
    ['filetype', Uint8Array.of(4), 'regular_file'],
    ['filetype', Uint8Array.of(255), 255],
    ['errno', Uint8Array.of(44, 0), 'noent'],
    ['errno', Uint8Array.of(0, 1), 256],
    ['roflags', Uint8Array.of(1, 0x80), ['recv_data_truncated', '0x8000']],
    ['size', u32(0x8000_0000), 2147483648],
    ['fd', u32(0xffff_ffff), -1],
    ['filesize', u64((1n << 53n) - 1n), 9007199254740991],
    ['filesize', u64(1n << 53n), '9007199254740992'],
    ['timestamp', u64((1n << 64n) - 1n), '18446744073709551615'],
    ['rights', u64(1n << 32n), ['0x100000000']],
  ])('of a %s: %j is %j', (type, memory, value) => {
    expect(scalarAt(type, bytes(Uint8Array.of(9), memory), 1)).toEqual(value);
  });

  test.each<[ScalarType, number]>([
    ['filetype', 1],
    ['errno', 2],
    ['size', 4],
    ['filesize', 8],
  ])('a %s needs %i bytes, else it is null', (type, width) => {
    expect(scalarAt(type, new Uint8Array(width), 0)).not.toBeNull();
    expect(scalarAt(type, new Uint8Array(width - 1), 0)).toBeNull();
    expect(scalarAt(type, new Uint8Array(width), 1)).toBeNull();
  });
});

test('every enumeration and flag set has a width', () => {
  for (const type of [...Object.keys(ENUMS), ...Object.keys(FLAGS)]) {
    expect([type, isScalar(type)]).toEqual([type, true]);
  }
  expect(isScalar('toString')).toBe(false);
});
