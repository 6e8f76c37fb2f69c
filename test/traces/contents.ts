/** Everything that a trace holds, as bytes: the file itself, each value of each table, and what is packed in it. */
import { existsSync, readFileSync } from 'node:fs';
import { zstdDecompressSync } from 'node:zlib';
import Database from 'better-sqlite3';

const ZSTD = Buffer.from('28b52ffd', 'hex');

/** @returns where in a trace these bytes stand, as `table.column` or a file; none if nowhere */
export function placesOf(bytes: Buffer, trace: string): string[] {
  const places = new Set<string>();
  const look = (place: string, content: Buffer) => {
    if (content.includes(bytes) || content.includes(bytes.toString('hex'))) places.add(place);
  };
  for (const path of [trace, `${trace}-wal`, `${trace}-journal`]) {
    if (existsSync(path)) look(path.slice(trace.length) || 'file', readFileSync(path));
  }
  const db = new Database(trace, { readonly: true });
  const tables = db
    .prepare("select name from sqlite_master where type in ('table', 'view')")
    .pluck()
    .all();
  for (const table of tables) {
    for (const row of db.prepare(`select * from "${String(table)}"`).iterate()) {
      for (const [column, value] of Object.entries(row as object)) {
        const content = Buffer.isBuffer(value) ? value : Buffer.from(String(value));
        look(`${String(table)}.${column}`, content);
        if (content.subarray(0, 4).equals(ZSTD)) {
          look(`${String(table)}.${column}, unpacked`, zstdDecompressSync(content));
        }
      }
    }
  }
  db.close();
  return [...places].sort();
}
