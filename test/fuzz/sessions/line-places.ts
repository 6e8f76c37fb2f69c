/** Breakpoints by line, at lines that code has. */

import type { Pc } from '../../../replayer/instrument/plan.ts';
import type { FrameNames } from '../../../replayer/source/frame-names.ts';
import type { SourceLines } from '../../../replayer/source/source-lines.ts';
import { BreakPlaces, type BreakSpec } from '../../../replayer/timetravel/break-places.ts';

export class LinePlaces {
  private readonly places: BreakPlaces;
  private readonly names: FrameNames;

  constructor(module: Uint8Array, names: FrameNames, lines: SourceLines) {
    this.places = new BreakPlaces(module, names, lines);
    this.names = names;
  }

  /** Undefined where none is known. */
  lineAt(pc: Pc): BreakSpec | undefined {
    const place = this.names.frame(pc).source[0]?.place;
    if (place?.line === undefined) return undefined;
    return { kind: 'line', file: place.file, line: place.line };
  }

  find(spec: BreakSpec): readonly Pc[] {
    return this.places.find(spec);
  }
}
