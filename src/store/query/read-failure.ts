import type { FailureView } from '../../core/contract/views.ts';
import { readOptionalJson } from './json.ts';

/** Reads why a deployment failed, including failures written by versions that did not record the node's name. */
export const readFailure = (text: string | null): FailureView | null => {
  const failure = readOptionalJson<Omit<FailureView, 'nodeName'> & Partial<FailureView>>(text);
  return failure === null ? null : { ...failure, nodeName: failure.nodeName ?? null };
};
