/** Bytes as numbers of types of C and Rust. */
import { expect, test } from 'vitest';
import { numberText } from '../../tui/model/number-text.ts';

test.each([
  ['int', [0xfe, 0xff, 0xff, 0xff], '-2'],
  ['long', [0x40, 1, 0, 0], '320'],
  ['unsigned int', [0xfe, 0xff, 0xff, 0xff], '4294967294'],
  ['uint8_t', [200], '200'],
  ['char', [0x41], '65'],
  ['i64', [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], '-1'],
  ['u64', [0, 0, 0, 0, 1, 0, 0, 0], '4294967296'],
  ['usize', [7, 0, 0, 0], '7'],
  ['float', [0, 0, 0xc0, 0x3f], '1.5'],
  ['f64', [0, 0, 0, 0, 0, 0, 0xf8, 0xbf], '-1.5'],
  ['user *', [0x10, 0x23, 1, 0], '0x12310'],
  ['&Node', [0x10, 0x23, 1, 0], '0x12310'],
  ['int (*)(const struct user *)', [0x62, 0x75, 0x72, 0], '0x727562'],
  ['bool', [1], '1'],
])('%s %j is %s', (type, bytes, text) => {
  expect(numberText(type)?.(Uint8Array.from(bytes))).toBe(text);
});

test.each([
  ['user'],
  ['char[16]'],
  ['Option<u32>'],
  ['std::string'],
  ['&str'],
  ['&mut [u8]'],
  ['int[2]'],
  ['u8[3]'],
])('%s is no number', (type) => {
  expect(numberText(type)).toBeUndefined();
});
