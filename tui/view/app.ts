/**
 * The Ink application. Ink has the alternate screen, lends the terminal while the program is suspended, and
 * gives it back on the way out. It is rendered once and draws nothing: frames are the painter's, and a key
 * has nothing for React to find out.
 */
import { useApp } from 'ink';
import { useEffect } from 'react';

export type AppControl = ReturnType<typeof useApp>;

interface AppProps {
  /** Hands over what only Ink can do: leave, and lend the terminal. */
  readonly onMount: (control: AppControl) => void;
}

export function App({ onMount }: AppProps) {
  const control = useApp();
  useEffect(() => onMount(control), [control, onMount]);
  return null;
}
