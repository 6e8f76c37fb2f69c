/** Which types are characters. */
import type { Type } from '../dwarf/type.ts';

export function isCharacter(type: Type | undefined): boolean {
  return (
    type?.kind === 'base' &&
    (type.encoding === 'signed character' ||
      type.encoding === 'unsigned character' ||
      type.encoding === 'code unit')
  );
}
