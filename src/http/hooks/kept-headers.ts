import type { IncomingHttpHeaders } from 'node:http';

/** Headers that describe the delivery and are known to contain no secret. No others are stored. */
const KEPT = [
  'content-type',
  'content-length',
  'user-agent',
  'ce-id',
  'ce-source',
  'ce-specversion',
  'ce-time',
  'ce-type',
  'x-github-event',
  'x-github-delivery',
  'x-gitea-event',
  'x-gitea-delivery',
  'x-forgejo-event',
  'x-forgejo-delivery',
  'x-gitlab-event',
  'x-gitlab-event-uuid',
  'x-nexus-webhook-id',
  'x-nexus-webhook-delivery',
] as const;
const LONGEST_VALUE = 200;

/** The stored part of a delivery's headers. `clean` removes configured secrets from a value. */
export const keptHeaders = (
  headers: IncomingHttpHeaders,
  clean: (text: string) => string,
): Readonly<Record<string, string>> => {
  const kept: Record<string, string> = {};
  for (const name of KEPT) {
    const value = headers[name];
    if (typeof value === 'string') {
      kept[name] = clean(value)
        .slice(0, LONGEST_VALUE)
        .replace(/\p{Cc}/gu, '');
    }
  }
  return kept;
};
