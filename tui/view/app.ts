/**
 * The Ink application: has a frame painted whenever the debugger has changed. Ink has the alternate screen,
 * lends the terminal while the program is suspended, and gives it back on the way out; it draws nothing.
 */
import { useApp } from 'ink';
import { useEffect, useLayoutEffect, useSyncExternalStore } from 'react';
import type { Debugger } from '../debugger/debugger.ts';
import type { Painter } from './painter.ts';

export type AppControl = ReturnType<typeof useApp>;

interface AppProps {
  readonly bugger: Debugger;
  readonly painter: Painter;
  /** Hands over what only Ink can do: leave, and lend the terminal. */
  readonly onMount?: (control: AppControl) => void;
}

export function App({ bugger, painter, onMount }: AppProps) {
  const control = useApp();
  useEffect(() => onMount?.(control), [control, onMount]);
  const version = useSyncExternalStore(bugger.subscribe, () => bugger.version);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a version stands for all that is drawn
  useLayoutEffect(() => painter.changed(), [painter, version]);
  return null;
}
