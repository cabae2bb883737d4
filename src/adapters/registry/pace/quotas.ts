import type { Answer } from '../wire/exchange-once.ts';

/** What is left of a registry's own limit, by its last answer. */
export type RegistryQuota = {
  /** As in image names. */
  readonly host: string;
  /** Pulls in each window. */
  readonly limit: number;
  readonly remaining: number;
  readonly windowSeconds: number;
  /** Whom the limit counts, an address or an account, in the registry's words; null if it does not say. */
  readonly source: string | null;
  /** When the registry said so, in ms since the epoch. */
  readonly at: number;
};

const MOST_HOSTS = 256;

/** Parses `100;w=21600`, Docker Hub's format; null for anything else. */
export const parseQuotaHeader = (
  text: string | null,
): { readonly count: number; readonly windowSeconds: number } | null => {
  const match = /^\s*(\d{1,9})\s*;\s*w=(\d{1,9})\s*$/.exec(text ?? '');
  return match === null ? null : { count: Number(match[1]), windowSeconds: Number(match[2]) };
};

export type QuotaBook = {
  readonly note: (host: string, answer: Pick<Answer, 'header'>) => void;
  readonly list: () => readonly RegistryQuota[];
};

/** Keeps the limits that registries report in the headers of their answers. */
export const createQuotaBook = (now: () => number): QuotaBook => {
  const quotas = new Map<string, RegistryQuota>();
  return {
    note: (host, { header }) => {
      const limit = parseQuotaHeader(header('ratelimit-limit'));
      const remaining = parseQuotaHeader(header('ratelimit-remaining'));
      if (limit === null || remaining === null) return;
      if (!quotas.has(host) && quotas.size >= MOST_HOSTS) return;
      quotas.set(host, {
        host,
        limit: limit.count,
        remaining: remaining.count,
        windowSeconds: limit.windowSeconds,
        source: header('docker-ratelimit-source')?.slice(0, 100) ?? null,
        at: now(),
      });
    },
    list: () => [...quotas.values()],
  };
};
