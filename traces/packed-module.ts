/** A module as a trace holds it. */
import { constants as zlib, zstdCompressSync } from 'node:zlib';
import { sha256 } from './sha256.ts';

/** Measured on esbuild's 20 MB: level 1 takes two thirds of level 3's time, and 8 % more room. */
const ZSTD = { params: { [zlib.ZSTD_c_compressionLevel]: 1 } };

export interface PackedModule {
  /** Of the bytes, hexadecimal. */
  readonly sha256: string;
  /** Bytes, uncompressed. */
  readonly size: number;
  readonly data: Uint8Array;
}

/** Takes 4 ms a megabyte. */
export function packModule(bytes: Uint8Array): PackedModule {
  return {
    sha256: sha256(bytes).toString('hex'),
    size: bytes.length,
    data: zstdCompressSync(bytes, ZSTD),
  };
}
