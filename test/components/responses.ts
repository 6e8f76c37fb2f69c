/** The responses of a recorded server, from its trace alone. */
import { expect } from 'vitest';
import { replay } from '../../replayer/replay.ts';
import { TraceReader } from '../../traces/reader.ts';
import { RequestSpans } from '../../traces/requests.ts';
import type { HttpResponse } from '../../wasi/component/http-responses.ts';

/** By path. */
export async function responsesOf(trace: string): Promise<Map<string, HttpResponse>> {
  const reader = new TraceReader(trace);
  const spans = new RequestSpans(reader.requests());
  reader.close();
  const responses = new Map<string, HttpResponse>();
  const report = await replay({
    trace,
    onResponse: (response) => responses.set(spans.at(response.event)?.path ?? '', response),
  });
  expect(report.status).toBe('identical');
  return responses;
}
