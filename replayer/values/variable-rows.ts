/** Variables of a frame and what was asked for besides, as rows that open: what a view of variables shows. */
import { WasiRrError } from '../../errors.ts';
import { type Machine, Unreadable } from '../dwarf/machine.ts';
import { sizeOf } from '../dwarf/type.ts';
import { childrenOf, hasChildren } from './children.ts';
import type { Inspection } from './inspection.ts';
import type { VariableRow } from './messages.ts';
import type { Place, Scope } from './scope.ts';
import type { Value } from './value.ts';

/** Rows of one view. */
const MAX_ROWS = 2000;
/** How deep they may be opened: values may go round in circles. */
const MAX_DEPTH = 30;

export interface RowQuery {
  readonly place: Place;
  /** Expressions. */
  readonly watches: readonly string[];
  /** Keys of the rows that are open. */
  readonly open: readonly string[];
  /** Whether the locals of wasm are shown beside the variables; where there are none, they always are. */
  readonly wasm: boolean;
}

interface Named {
  readonly key: string;
  readonly name: string;
  readonly kind: VariableRow['kind'];
  readonly depth: number;
}

type Text = (value: Value) => string;

/** @param inspection undefined: locals of wasm are all there is */
export function variableRows(
  query: RowQuery,
  scope: Scope,
  inspection: Inspection | undefined,
  text: Text,
  wasmLocals: number,
): VariableRow[] {
  const open = new Set(query.open);
  const rows = new Rows((key) => open.has(key), scope.machine, text);
  fill(rows, query, scope, inspection, wasmLocals);
  return rows.rows;
}

/**
 * The value that a row shows.
 * @param key of the row, whether what it stands in is open or not
 * @returns undefined where there is no such row, or no value
 */
export function valueOfRow(
  key: string,
  query: RowQuery,
  scope: Scope,
  inspection: Inspection | undefined,
  wasmLocals: number,
): Value | undefined {
  let found: Value | undefined;
  const rows = new Rows(
    (row) => key.startsWith(`${row}/`),
    scope.machine,
    () => '',
    (row, value) => {
      if (row === key) found = value;
    },
  );
  fill(rows, query, scope, inspection, wasmLocals);
  return found;
}

function fill(
  rows: Rows,
  query: RowQuery,
  scope: Scope,
  inspection: Inspection | undefined,
  wasmLocals: number,
): void {
  query.watches.forEach((source, i) => {
    rows.expression({ key: `watch ${i} ${source}`, name: source, kind: 'watch', depth: 0 }, () =>
      scope.evaluate(source),
    );
  });
  const { level, call } = query.place;
  const stacked = inspection?.calls.filter((one) => one.level === level)[call];
  const seen = new Map<string, number>();
  for (const variable of stacked?.call.variables() ?? []) {
    const { name, kind } = variable;
    const before = seen.get(name) ?? 0;
    seen.set(name, before + 1);
    const key = before === 0 ? `var ${name}` : `var ${name} ${before}`;
    rows.expression({ key, name, kind, depth: 0 }, () => {
      if (inspection === undefined || stacked === undefined) throw new Unreadable('unknown');
      return inspection.valueOf(variable, stacked);
    });
  }
  if (seen.size === 0 || query.wasm) {
    for (let i = 0; i < wasmLocals; i++) {
      const name = `local${i}`;
      rows.expression({ key: name, name, kind: 'wasm', depth: 0 }, () => scope.evaluate(name));
    }
  }
}

class Rows {
  readonly rows: VariableRow[] = [];
  private readonly isOpen: (key: string) => boolean;
  private readonly machine: Machine;
  private readonly text: Text;
  private readonly see: (key: string, value: Value) => void;

  /** @param see is told of each value */
  constructor(
    isOpen: (key: string) => boolean,
    machine: Machine,
    text: Text,
    see: (key: string, value: Value) => void = () => {},
  ) {
    this.isOpen = isOpen;
    this.machine = machine;
    this.text = text;
    this.see = see;
  }

  expression(named: Named, evaluate: () => Value): void {
    let value: Value;
    try {
      value = evaluate();
    } catch (thrown) {
      this.put(named, `<${whyNot(thrown)}>`);
      return;
    }
    this.value(named, value);
  }

  private value(named: Named, value: Value): void {
    if (this.rows.length >= MAX_ROWS) return;
    this.see(named.key, value);
    const expands = hasChildren(value);
    const isOpen = expands && this.isOpen(named.key) && named.depth < MAX_DEPTH;
    const { address } = value.source;
    const size = value.bits === undefined ? sizeOf(value.type) : undefined;
    this.put(named, this.text(value), {
      type: value.type?.name ?? 'void',
      expands,
      isOpen,
      ...(address !== undefined && size !== undefined && size > 0 && { address, size }),
    });
    if (!isOpen) return;
    const depth = named.depth + 1;
    const part = (name: string) =>
      ({ key: `${named.key}/${name}`, name, kind: 'part', depth }) as const;
    try {
      const { children, more } = childrenOf(value, this.machine);
      for (const child of children) this.value(part(child.name), child.value);
      if (more > 0) this.put(part('…'), `${more} more`);
      if (children.length === 0) this.put(part('…'), 'nothing');
    } catch (thrown) {
      this.put(part('…'), `<${whyNot(thrown)}>`);
    }
  }

  private put(named: Named, value: string, more?: Partial<VariableRow>): void {
    if (this.rows.length >= MAX_ROWS) return;
    this.rows.push({ type: '', expands: false, isOpen: false, ...named, value, ...more });
  }
}

/** @throws what is no answer to a question about a value */
export function whyNot(thrown: unknown): string {
  const known =
    thrown instanceof Unreadable || thrown instanceof WasiRrError || thrown instanceof RangeError;
  if (!known) throw thrown;
  return thrown.message.replace(/\.$/, '');
}
