import { readFileSync } from 'node:fs';
import type { IncomingDelivery } from '../../../src/core/contract/delivery.ts';
import { SENDERS } from '../../../src/intake/senders.ts';

/** A body from a sender's documentation, and the expected result. */
export type HookSample = {
  readonly sender: string;
  readonly name: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly registry?: string;
  readonly body?: unknown;
  /** Instead of `body`, if the exact text matters. */
  readonly raw?: string;
  readonly pushes?: readonly string[];
  /** Refused with 400, because no image in it can be read. */
  readonly unreadable?: readonly string[];
};

const FOLDER = new URL('bodies/', import.meta.url);

export const HOOK_SAMPLES: readonly HookSample[] = SENDERS.flatMap(({ name: sender }) => {
  const samples = JSON.parse(readFileSync(new URL(`${sender}.json`, FOLDER), 'utf8'));
  return (samples as readonly HookSample[]).map((sample) => ({ ...sample, sender }));
});

export const textOf = ({ raw, body }: HookSample): string => raw ?? JSON.stringify(body);

export const asDelivery = (
  text: string,
  headers: Readonly<Record<string, string>> = {},
): IncomingDelivery => ({
  headers: { 'content-type': 'application/json', ...headers },
  raw: Buffer.from(text),
  body: JSON.parse(text),
});
