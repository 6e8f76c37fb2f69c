import { describe, expect, it } from 'vitest';
import { ACTIONS } from '../../tui/debugger/actions.ts';
import {
  BINDINGS,
  bindingFor,
  bindingsFor,
  keysAsMarkdown,
  type Where,
} from '../../tui/model/keys.ts';

const PANES: readonly Where[] = ['timeline', 'list', 'memory', 'bookmarks', 'past'];

describe('the key table', () => {
  it('gives no key two meanings in a pane', () => {
    for (const pane of PANES) {
      const keys = bindingsFor(pane).flatMap(({ keys }) => keys);
      expect(keys.length).toBe(new Set<string>(keys).size);
    }
  });

  it('has an action for every key', () => {
    for (const { action } of BINDINGS) expect(ACTIONS[action]).toBeTypeOf('function');
  });

  it('knows where a key holds', () => {
    expect(bindingFor('w', 'memory')?.action).toBe('memoryHistory');
    expect(bindingFor('w', 'timeline')).toBeUndefined();
    expect(bindingFor('enter', 'timeline')?.action).toBe('open');
    expect(bindingFor('q', 'memory')?.action).toBe('quit');
    expect(bindingFor('e', 'bookmarks')?.action).toBe('editEntry');
    expect(bindingFor('e', 'list')?.action).toBe('nextError');
  });

  it('gives the documentation its key list', async () => {
    await expect(keysAsMarkdown()).toMatchFileSnapshot('golden/keys.txt');
  });
});
