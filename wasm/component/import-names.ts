/** The names of what a component imports and exports, read without its types. */
import { BinaryInput, binaryKind } from '../binary.ts';
import { readImportName } from './type-reader.ts';

const SECTION = { import: 10, export: 11 } as const;
const SORT = { core: 0, value: 2, type: 3 } as const;

export interface ComponentNames {
  /** With their versions. */
  readonly imports: readonly string[];
  readonly exports: readonly string[];
}

/** @returns what could be read before anything that is not known here */
export function readComponentNames(bytes: Uint8Array): ComponentNames {
  const imports: string[] = [];
  const exports: string[] = [];
  if (binaryKind(bytes) !== 'component') return { imports, exports };
  try {
    const input = new BinaryInput(bytes, 8, bytes.length);
    while (!input.atEnd()) {
      const id = input.byte();
      const section = input.slice(input.u32());
      if (id === SECTION.import) section.list(() => readImport(section, imports));
      else if (id === SECTION.export) section.list(() => readExport(section, exports));
    }
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown;
  }
  return { imports, exports };
}

function readImport(input: BinaryInput, names: string[]): void {
  names.push(readImportName(input));
  passDescription(input);
}

function readExport(input: BinaryInput, names: string[]): void {
  names.push(readImportName(input));
  if (input.byte() === SORT.core) input.byte();
  input.u32();
  if (input.byte() === 1) passDescription(input);
}

/** Past what says of which type something is. */
function passDescription(input: BinaryInput): void {
  const sort = input.byte();
  if (sort === SORT.core) input.byte();
  // the bound of a type is an index or a word that it is a resource
  if (sort === SORT.type && input.byte() === 1) return;
  if (sort === SORT.value) throw new RangeError('values are not supported');
  input.u32();
}
