/** How much of a component's calls a log tells: texts and lists are cut, unless it is asked for all of them. */
import { ComponentCalls, type CoreMeanings } from '../../index.ts';
import type { ViewOptions } from './view.ts';

/** Characters of data, and elements of a list, where nothing else is asked for. */
const LIMITS = { text: 32, jsonText: 4096, items: 8 };

export function describedCalls(
  meanings: CoreMeanings,
  { strings, verbose, json }: ViewOptions,
): ComponentCalls {
  return new ComponentCalls(meanings, {
    maxText: strings ?? (json ? LIMITS.jsonText : LIMITS.text),
    maxItems: verbose || json ? Number.POSITIVE_INFINITY : LIMITS.items,
  });
}
