/** Whose calls are whose, where the runtime goes on with one request in the async context of another. */
import { expect, test } from 'vitest';
import { type OpenRequest, RequestNotes } from '../../recorder/component/request-notes.ts';
import type { Span } from '../../traces/requests.ts';

test('a task is known by what it keeps, and a stack by where it was suspended', () => {
  const spans = new Map<string, readonly Span[]>();
  const notes = new RequestNotes(
    () => 0,
    (request) => spans.set(request.path, request.spans),
  );
  const [one, other, later] = [{}, {}, {}];
  const open = (path: string, work: () => void): OpenRequest =>
    notes.answer('GET', path, (request) => {
      work();
      return request;
    });
  const first = open('/first', () => {
    notes.context('set', 16, one);
    notes.ran(0, 3, one);
  });
  const second = open('/second', () => {
    notes.context('set', 32, other);
    notes.ran(4, 7, other);
    // a callback of the first one, whose stack is suspended
    notes.context('get', 16, later);
    notes.ran(8, 9, later);
    notes.wentOn(10, 10, later);
    // it keeps what it kept before
    notes.context('set', 16, later);
    notes.wentOn(11, 12, later);
    notes.context('get', 16, undefined);
    notes.ran(13, 14, undefined);
    notes.context('get', 32, undefined);
    notes.ran(15, 15, undefined);
  });
  for (const request of [first, second]) notes.done(request);
  expect(spans.get('/first')).toEqual([
    [0, 3],
    [8, 14],
  ]);
  expect(spans.get('/second')).toEqual([
    [4, 7],
    [15, 15],
  ]);
});

test('what is called within a stack that goes on is told once', () => {
  let spans: readonly Span[] = [];
  const notes = new RequestNotes(
    () => 0,
    (request) => {
      spans = request.spans;
    },
  );
  const stack = {};
  const request = notes.answer('GET', '/', (open) => {
    notes.ran(0, 3, stack);
    notes.ran(6, 9, {});
    notes.wentOn(5, 12, stack);
    notes.wentOn(14, 15, stack);
    return open;
  });
  notes.done(request);
  expect(spans).toEqual([
    [0, 3],
    [5, 12],
    [14, 15],
  ]);
});

test('a request is told of as it comes, for when it is never answered', () => {
  const told: [string | null, string][] = [];
  const notes = new RequestNotes(
    () => 0,
    ({ failure }, state) => told.push([failure, state]),
  );
  const request = notes.answer('GET', '/hang', (open) => {
    expect(told).toEqual([['the program was not done with it', 'begun']]);
    return open;
  });
  notes.done(request);
  expect(told[1]).toEqual([null, 'done']);
});
