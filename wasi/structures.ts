/**
 * The structures that Preview 1 passes through guest memory, as layouts that code walks.
 * Source: typenames.witx; offsets as wasi-libc's api.h asserts them. Little-endian.
 */
import { type DecodedValue, type ScalarType, scalarAt } from './scalars.ts';

interface StructureField {
  readonly name: string;
  readonly type: ScalarType;
  readonly offset: number;
}

export interface Structure {
  /** In bytes, padding included. */
  readonly size: number;
  readonly fields: readonly StructureField[];
  /** For a tagged union: the fields that follow, by the value of the tag. */
  readonly variants?: {
    readonly tag: number;
    readonly fields: readonly (readonly StructureField[])[];
  };
  /** The fields that a one-line rendering shows; all where absent. */
  readonly brief?: readonly string[];
}

function field(offset: number, name: string, type: ScalarType): StructureField {
  return { name, type, offset };
}

const FILE_DESCRIPTOR = [field(16, 'file_descriptor', 'fd')];
const READWRITE = [field(16, 'nbytes', 'filesize'), field(24, 'flags', 'eventrwflags')];

export const STRUCTURES = {
  fdstat: {
    size: 24,
    fields: [
      field(0, 'fs_filetype', 'filetype'),
      field(2, 'fs_flags', 'fdflags'),
      field(8, 'fs_rights_base', 'rights'),
      field(16, 'fs_rights_inheriting', 'rights'),
    ],
  },
  filestat: {
    size: 64,
    fields: [
      field(0, 'dev', 'device'),
      field(8, 'ino', 'inode'),
      field(16, 'filetype', 'filetype'),
      field(24, 'nlink', 'linkcount'),
      field(32, 'size', 'filesize'),
      field(40, 'atim', 'timestamp'),
      field(48, 'mtim', 'timestamp'),
      field(56, 'ctim', 'timestamp'),
    ],
    brief: ['filetype', 'size'],
  },
  prestat: {
    size: 8,
    fields: [field(0, 'type', 'preopentype')],
    variants: { tag: 0, fields: [[field(4, 'pr_name_len', 'size')]] },
  },
  dirent: {
    size: 24,
    fields: [
      field(0, 'd_next', 'dircookie'),
      field(8, 'd_ino', 'inode'),
      field(16, 'd_namlen', 'dirnamlen'),
      field(20, 'd_type', 'filetype'),
    ],
    brief: ['d_type'],
  },
  subscription: {
    size: 48,
    fields: [field(0, 'userdata', 'userdata'), field(8, 'type', 'eventtype')],
    variants: {
      tag: 8,
      fields: [
        [
          field(16, 'id', 'clockid'),
          field(24, 'timeout', 'timestamp'),
          field(32, 'precision', 'timestamp'),
          field(40, 'flags', 'subclockflags'),
        ],
        FILE_DESCRIPTOR,
        FILE_DESCRIPTOR,
      ],
    },
    brief: ['type', 'id', 'timeout', 'flags', 'file_descriptor'],
  },
  event: {
    size: 32,
    fields: [
      field(0, 'userdata', 'userdata'),
      field(8, 'error', 'errno'),
      field(10, 'type', 'eventtype'),
    ],
    variants: { tag: 10, fields: [[], READWRITE, READWRITE] },
    brief: ['error', 'type', 'nbytes', 'flags'],
  },
} as const satisfies Record<string, Structure>;

export type StructureType = keyof typeof STRUCTURES;

export function isStructure(type: string): type is StructureType {
  return Object.hasOwn(STRUCTURES, type);
}

/** The fields that the structure at `offset` has: of a tagged union, those of the tag that it holds. */
export function structureFields(
  type: StructureType,
  bytes: Uint8Array,
  offset: number,
): readonly StructureField[] {
  const { fields, variants }: Structure = STRUCTURES[type];
  if (variants === undefined) return fields;
  return [...fields, ...(variants.fields[bytes[offset + variants.tag] ?? -1] ?? [])];
}

/** @returns the fields by name; null for each that lies behind the end of the bytes */
export function structureAt(
  type: StructureType,
  bytes: Uint8Array,
  offset: number,
): { readonly [name: string]: DecodedValue } {
  const value: { [name: string]: DecodedValue } = {};
  for (const { name, type: fieldType, offset: at } of structureFields(type, bytes, offset)) {
    value[name] = scalarAt(fieldType, bytes, offset + at);
  }
  return value;
}
