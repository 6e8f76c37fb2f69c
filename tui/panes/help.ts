/** The keys of the focused pane, as lines: from the same table that the keys themselves come from. */
import type { Debugger } from '../debugger/debugger.ts';
import { focusedPane } from '../debugger/input.ts';
import { isInside } from '../debugger/inside.ts';
import { COMMANDS } from '../model/command.ts';
import { FILTER_HINT } from '../model/filter-text.ts';
import { bindingsFor, keyLabels } from '../model/keys.ts';
import { type Line, line, span } from '../text/line.ts';
import { padEnd } from '../text/width.ts';

const KEY_WIDTH = 18;
const COMMAND_WIDTH = 32;

export function helpLines(bugger: Debugger): Line[] {
  const keys = bindingsFor(focusedPane(bugger), isInside(bugger)).map(({ keys, help }) =>
    line(span(`  ${padEnd(keyLabels(keys), KEY_WIDTH)} `, 'key'), help),
  );
  const commands = COMMANDS.map(({ names, argument, help }) =>
    line(span(`  ${padEnd(`:${names.join(' :')} ${argument}`, COMMAND_WIDTH)} `, 'key'), help),
  );
  return [
    line(span('keys', 'title')),
    ...keys,
    [],
    line(span('commands', 'title')),
    line(
      span(`  ${padEnd(':1234  :50%', COMMAND_WIDTH)} `, 'key'),
      'to a call, or a part of the run',
    ),
    ...commands,
    [],
    line(span('filters and searches', 'title')),
    line(`  ${FILTER_HINT}`),
    [],
    line(span('signs', 'title')),
    line(
      '  ',
      span('✗', 'error'),
      ' an error was returned   ',
      span('✖', 'fatal'),
      ' the run failed   ',
      span('▸', 'strong'),
      ' selected   ',
      span('◆', 'key'),
      ' bookmarked',
    ),
    line(
      '  in memory: ',
      span('written by the current call', 'effect'),
      '   ',
      span('changed since the stop before', 'changed'),
    ),
    line(
      '  inside: ',
      span('▸', 'strong'),
      ' the line, ▹ that of a caller   ',
      span('●', 'fatal'),
      ' breakpoint, ○ off   ',
      span('*', 'changed'),
      ' changed since the stop before',
    ),
    line('  everything is shown as it is right after the selected event, its effects included;'),
    line('  inside, at the moment that the header names, before the instruction that comes next'),
  ];
}
