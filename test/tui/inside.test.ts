/** Time travel in the UI: from the failure to who wrote the bytes, and by line from there. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { forgeLog } from '../traces/edit-trace.ts';
import { openScreen } from './fake-screen.ts';
import { type Recorded, recordExample } from './traces.ts';

let heapsmash: Recorded;

beforeAll(async () => {
  heapsmash = await recordExample('heapsmash');
});
afterAll(() => heapsmash[Symbol.dispose]());

/** Inside of the run at its failure, with the variables shown. */
async function atFailure(trace = heapsmash.trace, columns = 140, rows = 30) {
  const screen = openScreen(trace, columns, rows);
  screen.type('iL');
  await screen.until('u = 0x12310');
  return screen;
}

describe('from the failure', () => {
  it('one key tells who wrote a variable, and Enter leads to that moment', async () => {
    await using screen = await atFailure();
    screen.type('G\r');
    await screen.until(/rank = 0x727562/);
    screen.type('j');
    screen.type('W');
    const writes = await screen.until(/1 rename_user +src\/heapsmash\.c:19/);
    expect(writes).toMatch(/rank +0x12310…0x12313 +10 writes/);
    expect(writes).toMatch(/after #8 +0x12310 +0x0 → 0x1 +add/);
    expect(writes).toContain('until after #15, tick 22,726');
    screen.type('\r');
    // the source line, the stack and the variables of that moment
    const there = await screen.until('after #10 of 16, tick 10,464');
    expect(there).toMatch(/Source src\/heapsmash\.c:13 set_name 0xe24/);
    expect(there).toMatch(/▸ 13 +\*d = 0;/);
    screen.type('L');
    const variables = await screen.until('d = 0x12313');
    expect(variables).toMatch(/name = 0x122f0 "Maximiliane-von-Hohenlohe-Langenbur"/);
    screen.type('4');
    expect(await screen.until(/2 main +src\/heapsmash\.c:28/)).toMatch(/▸ +0 set_name/);
    // the callers, and the line of input that did it
    screen.type('<');
    await screen.until(/▹ 19 .*rename_user/);
    screen.type('<L');
    await screen.until(/line = "ren\\00037\\000Maximiliane/);
    expect(screen.text()).toMatch(/▹ 28 /);
    // and back to where it began
    screen.type('\x0f');
    await screen.until(/tick 22,726[\s\S]*▸ 35 /);
  });

  it('H tells how a variable changed, in values; Enter leads to a change; H again: in all calls', async () => {
    await using screen = await atFailure();
    screen.type('GH');
    const changes = await screen.until(/u +user \* +\d+ changes in this call of main/);
    expect(changes).toMatch(/after #15 +0x12350 → 0x12310 +main +src\/heapsmash\.c:35/);
    expect(changes).toContain('until after #15, tick 22,726');
    screen.type('H');
    await screen.until(/u +user \* +124 changes in the one call of main/);
    expect(screen.text()).toMatch(/after #15 +call 1 +0x12350 → 0x12310 +main/);
    screen.type('j\rL');
    // before it changed
    await screen.until('u = 0x12350');
  });

  it('memory, globals and stack are those of the moment, not of the call', async () => {
    await using screen = await atFailure();
    screen.type(':m 0x12310\rW');
    await screen.until(/1 rename_user/);
    screen.type('Gkkkkkk\r');
    // before the first of them: the byte is there once the instruction is behind
    await screen.until(/after #10 of 16, tick 10,461/);
    screen.type('3');
    await screen.until(/00012310 {2}01◂00 00 00/);
    screen.type('i');
    await screen.until(/00012310 {2}62◂00 00 00/);
    expect(screen.text()).toMatch(/1 changed here since the stop before/);
    screen.type('/burg\r');
    await screen.until('not in memory: burg');
    screen.type('7');
    await screen.until(/__stack_pointer +\d+/);
    screen.type('y');
    await screen.until('copied:');
  });
});

describe('steps', () => {
  it('go by line, over and out of calls, and back the same way', async () => {
    await using screen = await atFailure();
    screen.type('N:9\r');
    await screen.until('after #9 of 16, tick');
    // of a call that a library made, the line of the program's own that led to it
    await screen.until(/▹ 24 +while \(fgets/);
    screen.type('4');
    await screen.until(/▸ +5 main/);
    screen.type('>>>>>');
    // a function without its source here is shown as its code, with the locals of wasm
    await screen.until(/▸ 0x3210 +i32\.const 65535/);
    screen.type('L');
    await screen.until(/local2 = 1 +i32/);
    screen.type('i');
    await screen.until(/▸ 0x3214 +i32\.and/);
    screen.type('I');
    await screen.until(/▸ 0x3210 +i32\.const/);
    screen.type('f');
    await screen.until(/Source read .*[\s\S]*▸ 0x43ce +local\.tee 0/);
    screen.type('F');
    await screen.until(/Source __stdio_read /);
    screen.type(':break rename_user\rc');
    await screen.until('breakpoint 1');
    await screen.until(/Source src\/heapsmash\.c:19 rename_user/);
    screen.type('L');
    await screen.until(/id = \d+ +int/);
    screen.type('s');
    await screen.until(/\*?. {2}▸ u = 0x/);
  });

  it('what is typed while one is under way waits; Esc gives all of it up', async () => {
    await using screen = await atFailure();
    screen.type('NN');
    await screen.until(/▸ 34 /);
    screen.type('NNN');
    screen.type('\x1b');
    await screen.until('stopped: still after #15, tick');
    screen.type('n');
    await screen.until(/▸ 35 /);
    screen.type('\x1b');
    await screen.until(/1 Timeline/);
    screen.type('S');
    await screen.until('after #15 of 16');
  });
});

describe('points', () => {
  it('a breakpoint is set on a line, met in both directions, switched off and removed', async () => {
    await using screen = await atFailure();
    screen.type('1gjjjjjjjjjjjb');
    await screen.until(/breakpoint 1/);
    expect(screen.text()).toMatch(/● {2}12 /);
    screen.type('C');
    await screen.until(/●▸ 12 .*\n/);
    screen.type('B');
    await screen.until(/● +1 +set_name src\/heapsmash\.c:12/);
    screen.type('ename[1] == 0 && u->id == 37\r');
    await screen.until('if name[1] == 0 && u->id == 37');
    screen.type('C');
    await screen.until(/tick \d+[\s\S]*●▸ 12/);
    screen.type('L');
    await screen.until(/name = 0x[0-9a-f]+ ".?" /);
    screen.type('B ');
    await screen.until(/○ +1 +set_name.*off/);
    screen.type('d');
    await screen.until('nothing stops the run yet');
    screen.type('c');
    await screen.until('this is the end of the run: no breakpoint is set');
  });

  it('a watchpoint is set on a variable, and leads back to each change', async () => {
    await using screen = await atFailure();
    screen.type('G\r');
    await screen.until(/rank = 0x727562/);
    screen.type('j');
    screen.type('t');
    await screen.until('watchpoint 1: 0x12310…0x12313 changes');
    screen.type('C');
    await screen.until(/watchpoint 1: 0x7562 → 0x727562, by the guest/);
    expect(screen.text()).toMatch(/▸ 12 +while \(\*name\)/);
    screen.type('C');
    await screen.until(/watchpoint 1: 0x62 → 0x7562/);
  });

  it('a watchpoint on reads, changed to one on writes, and on both', async () => {
    await using screen = await atFailure();
    screen.type(':rwatch 0x12310 4\r');
    await screen.until('watchpoint 1: 0x12310…0x12313 is read;');
    screen.type('C');
    await screen.until(/watchpoint 1: 62757200 read, by the guest/);
    screen.type('B');
    await screen.until(/● +1 +0x12310…0x12313 is read/);
    screen.type('t');
    await screen.until('1 stops where it is read or written');
    screen.type('C');
    await screen.until(/watchpoint 1: 62757200 → 62757200, by the guest/);
    screen.type('t');
    await screen.until('1 stops where it changes');
  });

  it.each([
    [':break nowhere\r', 'no function of the module is called "nowhere"'],
    [':break 12 if nme == 3\r', 'there is no value "nme" here'],
    [':break 12 if name ==\r', 'a value is missing at the end'],
    [':catch fd_pwrite\r', 'the run makes no call "fd_pwrite"'],
    [':watch 1 + 1\r', '1 + 1 is in no memory'],
    [':print u->nme\r', 'has no member "nme"; it has rank, id, score, name, next'],
  ])('refused: %s', async (typed, words) => {
    await using screen = await atFailure();
    screen.type(typed);
    await screen.until(words);
  });
});

describe('the watch list', () => {
  it('shows expressions, and marks what has changed', async () => {
    await using screen = await atFailure();
    screen.type('au->score + 1\r');
    await screen.until(/watch list[\s\S]* u->score \+ 1 = 3 +int/);
    screen.type(':display i\r');
    await screen.until(/ i = 123 +int[\s\S]*main/);
    screen.type('N');
    await screen.until(/\* +i = 0 [\s\S]*\* +i = 0 /);
    screen.type('gjd');
    await screen.until(/watch list +┃\n[^\n]* i = 0 /);
  });
});

it('shows nothing of a run that differs from the recorded one, and says so', async () => {
  const forged = forgeLog(heapsmash.trace, join(heapsmash.folder, 'forged.wrr'), (events) =>
    events.map((event) =>
      event.kind === 'call' && event.number === 14
        ? { ...event, args: [7, ...event.args.slice(1)] }
        : event,
    ),
  );
  await using screen = openScreen(forged);
  screen.type('iL');
  await screen.until(/did something else at event 14/);
  expect(screen.text()).not.toContain('u = ');
  screen.type('n');
  await screen.until(/✖ .*did something else at event 14/);
});
