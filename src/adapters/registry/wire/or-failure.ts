import type { Lookup } from '../../../core/image/published.ts';
import { RegistryError } from './registry-error.ts';

export type FailedLookup = Extract<Lookup, { kind: 'failed' }>;

const toFailure = (error: RegistryError): FailedLookup => ({
  kind: 'failed',
  reason: error.reason,
  detail: error.message,
  ...(error.reason === 'sign-in-refused' && error.status !== null ? { isDenied: true } : {}),
  retryAfterMs: error.retryAfterMs,
});

/** Turns a registry's error into an answer. */
export const orFailure = async <T>(
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T | FailedLookup> => {
  signal.throwIfAborted();
  try {
    return await work();
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof RegistryError) return toFailure(error);
    throw error;
  }
};
