/** The Ink application: a frame, drawn anew whenever the debugger has changed. */
import { Box, Text, useApp } from 'ink';
import { memo, useEffect, useSyncExternalStore } from 'react';
import type { Debugger } from '../debugger/debugger.ts';
import { drawFrame } from './frame.ts';

export type AppControl = ReturnType<typeof useApp>;

interface AppProps {
  readonly bugger: Debugger;
  /** Hands over what only Ink can do: leave, and lend the terminal. */
  readonly onMount?: (control: AppControl) => void;
}

export function App({ bugger, onMount }: AppProps) {
  const control = useApp();
  useEffect(() => onMount?.(control), [control, onMount]);
  useSyncExternalStore(bugger.subscribe, () => bugger.version);
  const lines = drawFrame(bugger);
  return (
    <Box flexDirection="column" height={lines.length}>
      {lines.map((text, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a row of the screen is its index
        <ScreenRow key={row} text={text} />
      ))}
    </Box>
  );
}

const ScreenRow = memo(function ScreenRow({ text }: { readonly text: string }) {
  return <Text wrap="truncate">{text}</Text>;
});
