/**
 * Answers to calls that had returned without them, where they came: part of the call index, for people, never for
 * a replay. Only traces of components in which that happened have the table.
 */
import type Database from 'better-sqlite3';

export interface LateAnswerRow {
  /** Event with which it came. */
  readonly event: number;
  /** Number of the call, or of the entry that a task began with. */
  readonly call: number;
  /** In words; undefined for a function without a result. Unescaped, as everything in a trace. */
  readonly result: string | undefined;
  /** `success`, or the case of an error. */
  readonly errno: string | undefined;
}

/** What is read at once. */
const MOST = 10_000;

const SCHEMA = `
create table if not exists late_answers (
  event integer primary key,
  call integer not null,
  result text,
  errno text
);
create index if not exists late_answers_call on late_answers (call);
`;

/** Run inside a transaction. */
export function storeLateAnswers(db: Database.Database, answers: readonly LateAnswerRow[]): void {
  if (answers.length === 0) return;
  db.exec(SCHEMA);
  const insert = db.prepare('insert or replace into late_answers values (?,?,?,?)');
  for (const { event, call, result, errno } of answers) {
    insert.run(event, call, result ?? null, errno ?? null);
  }
}

/** Reads them; none where a trace has no such table. */
export class LateAnswers {
  private readonly db: Database.Database;
  private readonly statements = new Map<string, Database.Statement>();

  constructor(db: Database.Database) {
    this.db = db;
  }

  /** Those that came with the events from `from` up to, without, `to`. */
  cameWith(from: number, to: number): LateAnswerRow[] {
    return this.rows(`event >= ? and event < ? order by event limit ${MOST}`, from, to);
  }

  /** That of a call; undefined where none came. */
  ofCall(call: number): LateAnswerRow | undefined {
    return this.rows('call = ? order by event limit 1', call)[0];
  }

  /** A trace that grows may get the table later. What a damaged file does not give up is left out. */
  private rows(where: string, ...values: readonly number[]): LateAnswerRow[] {
    try {
      const sql = `select event, call, result, errno from late_answers where ${where}`;
      const statement = this.statements.get(sql) ?? this.db.prepare(sql);
      this.statements.set(sql, statement);
      const rows = statement.all(...values) as Record<keyof LateAnswerRow, unknown>[];
      return rows.map((row) => ({
        event: Number(row.event),
        call: Number(row.call),
        result: textOf(row.result),
        errno: textOf(row.errno),
      }));
    } catch {
      return [];
    }
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
