/** Which class of libc++ a type is. Other libraries have other namespaces: `std::__cxx11` is GNU's. */
import type { StructureType } from '../dwarf/type.ts';

/** `map` of `std::__2::map<int, int>`; undefined for what is none of libc++'s. */
export function libcxxName({ name }: StructureType): string | undefined {
  return /^std::__\d+::(\w+)</.exec(name)?.[1];
}
