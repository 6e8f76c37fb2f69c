/** The directory that paths are relative to. */
import { WasiRrError } from '../errors.ts';

export function hasCurrentDirectory(): boolean {
  try {
    process.cwd();
    return true;
  } catch {
    return false;
  }
}

/** Without one Node starts no thread. @throws WasiRrError DIRECTORY_NOT_FOUND where it has been removed */
export function checkCurrentDirectory(): void {
  if (hasCurrentDirectory()) return;
  throw new WasiRrError(
    'DIRECTORY_NOT_FOUND',
    'the current directory has been removed. Change to another one.',
  );
}
