/** What ends a terminal or a service ends the recording of a component in good order, whatever that is doing. */
import { describe, expect, test } from 'vitest';
import { TraceReader } from '../../traces/reader.ts';
import { httpServer } from '../components/http-server.ts';
import { replayed } from '../replayer/replayed.ts';
import { hasWritten, whenRecorded } from '../traces/when-recorded.ts';
import { finished, saidOnStderr, workspace } from './command.ts';

const SIGNALS = ['SIGTERM', 'SIGHUP'] as const;

describe.each(SIGNALS)('%s', (signal) => {
  test.each([
    ['computes', 'busy-loop'],
    ['waits for input', 'blocked-read'],
    ['waits for a time', 'blocked-sleep'],
  ])('while it %s', async (_what, name) => {
    const ws = workspace();
    const trace = ws.path('traces', `${name}-1.wrr`);
    const guest = await ws.guest(name);
    const child = ws.start({ stdin: 'open' }, 'record', '-q', '--via-component', guest);
    const end = finished(child);
    await whenRecorded(trace, hasWritten('start\n'));
    child.kill(signal);
    expect(await end).toMatchObject({ status: null, signal, stdout: 'start\n', stderr: '' });
    const again = await replayed(trace);
    expect(again).toMatchObject({
      status: 'prefix',
      outcome: { kind: 'interrupted', by: signal },
      stdout: Buffer.from('start\n'),
    });
    expect(again.events).toBe(again.totalEvents);
  });

  test('of a server: what was asked is answered and recorded', async () => {
    const ws = workspace();
    ws.write('server.wasm', await httpServer());
    const child = ws.start({}, 'record', '--serve', '127.0.0.1:0', 'server.wasm');
    const end = finished(child);
    const [, address] = await saidOnStderr(child, /(http:\/\/[\d.:]+)/);
    const response = await fetch(`${address}/asked`);
    expect(await response.text()).toBe('/asked\n');
    child.kill(signal);
    expect(await end).toMatchObject({ status: 0, signal: null });
    const trace = ws.path('traces', 'server-1.wrr');
    expect(await replayed(trace)).toMatchObject({ status: 'identical' });
    const reader = new TraceReader(trace);
    expect(reader.requests()).toMatchObject([{ path: '/asked', status: 201 }]);
    reader.close();
  });
});
