/** A blocking read of a component's stream gives something, or says that it is closed: never nothing. */
import { expect, test } from 'vitest';
import { blockUntilSome } from '../../recorder/component/blocking-reads.ts';

/** A stream of the shim's kind that has nothing twice before each piece, and before it is closed. */
function streamOf(...pieces: readonly string[]) {
  const answers = [...pieces, undefined].flatMap((piece) => ['', '', piece]);
  class InputStream {
    asked = 0;
    blockingRead(length: bigint): Uint8Array {
      this.asked++;
      if (length === 0n) return new Uint8Array(0);
      const piece = answers.shift();
      if (piece === undefined) throw { tag: 'closed' };
      return Buffer.from(piece);
    }
    blockingSkip(length: bigint): bigint {
      return BigInt(this.blockingRead(length).length);
    }
  }
  const methods = InputStream.prototype;
  blockUntilSome({ 'wasi:io/streams': { InputStream } });
  expect(InputStream.prototype).toBe(methods);
  return new InputStream();
}

test('a read waits for the next piece, and for the end', () => {
  const stream = streamOf('one', 'two');
  expect(stream.blockingRead(9n)).toEqual(Buffer.from('one'));
  expect(stream.blockingRead(9n)).toEqual(Buffer.from('two'));
  expect(() => stream.blockingRead(9n)).toThrow(expect.objectContaining({ tag: 'closed' }));
});

test('what is skipped, too', () => {
  const stream = streamOf('one');
  expect(stream.blockingSkip(9n)).toBe(3n);
  expect(() => stream.blockingSkip(9n)).toThrow(expect.objectContaining({ tag: 'closed' }));
});

test('a read of no bytes waits for none', () => {
  const stream = streamOf('one');
  expect(stream.blockingRead(0n)).toHaveLength(0);
  expect(stream.asked).toBe(1);
});
