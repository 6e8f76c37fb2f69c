/**
 * Guest paths for display: joined and tidied by their text alone. `..` behind a symbolic link leads
 * elsewhere than here, so never use these to find a file.
 */
import { CUT, MAX_PATH_BYTES } from './text.ts';

/**
 * @param directory path of the directory that `path` is resolved against; undefined or
 *   empty where it is unknown
 * @returns at most `MAX_PATH_BYTES` characters: a hostile trace may nest directories without end
 */
export function joinPath(directory: string | undefined, path: string): string {
  const joined = !directory || path.startsWith('/') ? path : `${directory}/${path}`;
  // nearly all paths are tidy already, and this runs once for each recorded path_open
  const tidy = UNTIDY.test(joined) ? tidied(joined) : joined;
  return tidy.length > MAX_PATH_BYTES ? tidy.slice(0, MAX_PATH_BYTES - 1) + CUT : tidy;
}

/** A `.`, `..` or empty segment, a slash at the end, nothing at all. */
const UNTIDY = /(^|\/)\.{1,2}(\/|$)|\/\/|.\/$|^$/;

function tidied(path: string): string {
  const root = path.startsWith('/') ? '/' : '';
  const segments: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '' || segment === '.') continue;
    if (segment !== '..') segments.push(segment);
    else if (segments.length > 0 && segments.at(-1) !== '..') segments.pop();
    else if (root === '') segments.push(segment);
  }
  return root + segments.join('/') || '.';
}
