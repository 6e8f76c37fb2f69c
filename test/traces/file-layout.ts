/** Where what a trace holds lies in its file: that differs from run to run, with the moments at which the recorder stored. */
import Database from 'better-sqlite3';

interface Page {
  readonly pageno: number;
  readonly path: string;
  readonly pagetype: 'leaf' | 'internal' | 'overflow';
  readonly ncell: number;
}

/** Bytes that must be left of a trace that is cut short. */
export interface FileLayout {
  /** For the module. */
  readonly module: number;
  /** For each segment, in their order; one that stands before another may need more. */
  readonly segments: readonly number[];
}

export function layoutOf(trace: string): FileLayout {
  const db = new Database(trace, { readonly: true });
  try {
    const size = Number(db.pragma('page_size', { simple: true }));
    const statement = db.prepare(
      'select pageno, path, pagetype, ncell from dbstat where name = ? order by path',
    );
    const pagesOf = (table: string) => statement.all(table) as Page[];
    const last = (pages: readonly Page[]) => size * Math.max(...pages.map(({ pageno }) => pageno));
    const log = pagesOf('segments');
    const segments = log.flatMap((page) => {
      if (page.pagetype !== 'leaf') return [];
      return Array.from({ length: page.ncell }, (_, cell) => {
        const own = `${page.path}${cell.toString(16).padStart(3, '0')}+`;
        return last([page, ...log.filter(({ path }) => path.startsWith(own))]);
      });
    });
    return { module: last(pagesOf('modules')), segments };
  } finally {
    db.close();
  }
}

/** Bytes of a trace after which it is cut in the middle of its log: some of that is there, and some is not. */
export function middleOfLog(trace: string): number {
  const [first = 0, ...others] = layoutOf(trace).segments;
  if (!others.some((end) => end > first)) throw new Error('the log has no middle');
  return first;
}
