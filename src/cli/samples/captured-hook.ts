import type { IncomingDelivery } from '../../core/contract/delivery.ts';

/** A captured webhook. `problem` is for a person. */
export type CapturedHook =
  | { readonly ok: true; readonly delivery: IncomingDelivery }
  | { readonly ok: false; readonly problem: string };

const parseHeaders = (lines: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    lines.flatMap((line) => {
      const colon = line.indexOf(':');
      return colon < 1
        ? []
        : [[line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()]];
    }),
  );

/**
 * Reads a captured webhook: only its body, or the whole request with headers, an empty line and the body. `headers`
 * are additional ones, as `Name: value`.
 */
export const readCapturedHook = (text: string, headers: readonly string[]): CapturedHook => {
  const isBodyAlone = /^\s*[[{]/.test(text);
  const empty = /\r?\n\r?\n/.exec(text);
  if (!isBodyAlone && empty === null) {
    return {
      ok: false,
      problem: 'expected JSON, or a request: headers, an empty line and JSON',
    };
  }
  const split = isBodyAlone || empty === null ? 0 : empty.index + empty[0].length;
  const raw = Buffer.from(text.slice(split));
  try {
    const body: unknown = JSON.parse(raw.toString('utf8'));
    const head = text.slice(0, split).split(/\r?\n/).slice(1);
    return {
      ok: true,
      delivery: { headers: parseHeaders([...head, ...headers]), raw, body },
    };
  } catch {
    return { ok: false, problem: 'its body is not JSON' };
  }
};
