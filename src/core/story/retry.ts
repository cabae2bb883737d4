import type { DeploymentView, StepView } from '../contract/views.ts';
import { numberOf, textOf } from './step-detail.ts';

/** The position of a deployment among the tries of the same image. */
export type Retry = {
  /** The deployment that failed before. */
  readonly of: string;
  /** The number of this try, from 2, and the maximum; null if an earlier version did not record it. */
  readonly attempt: number | null;
  readonly most: number | null;
  /** The earliest start; null if it was not recorded. */
  readonly notBefore: string | null;
};

const readRetry = (of: string, detail: StepView['detail']): Retry => ({
  of,
  attempt: numberOf(detail, 'attempt'),
  most: numberOf(detail, 'most'),
  notBefore: textOf(detail, 'notBefore'),
});

/** Null if the deployment is not a retry. */
export const retryOf = ({ steps }: Pick<DeploymentView, 'steps'>): Retry | null => {
  const detail = steps.find(({ step }) => step === 'queued')?.detail ?? {};
  const of = textOf(detail, 'retryOf');
  return of === null ? null : readRetry(of, detail);
};

/** The retry that a failed deployment queued; null if it queued none. */
export const nextTryOf = ({ id, steps }: Pick<DeploymentView, 'id' | 'steps'>): Retry | null => {
  const step = steps.find((one) => one.step === 'retry-queued');
  return step === undefined ? null : readRetry(id, step.detail);
};

/** `try 2 of 4` */
export const tryWords = ({ attempt, most }: Retry): string =>
  attempt === null || most === null ? 'a retry' : `try ${attempt} of ${most}`;
