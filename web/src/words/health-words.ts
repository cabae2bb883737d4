import type { HealthName } from '../../../src/core/health/health.ts';
import { healthWords } from '../../../src/core/health/health-words.ts';
import type { ServiceView } from '../../../src/core/contract/views.ts';
import type { Look } from './look.ts';

/** Each has its own shape, so that it is readable without colour. */
const LOOKS: Readonly<Record<HealthName, Look>> = {
  failing: { tone: 'bad', icon: 'cross' },
  paused: { tone: 'hold', icon: 'pause' },
  deploying: { tone: 'info', icon: 'cycle' },
  degraded: { tone: 'warn', icon: 'minus' },
  stopped: { tone: 'mute', icon: 'minus' },
  ok: { tone: 'good', icon: 'check' },
  unknown: { tone: 'warn', icon: 'question' },
};

const MEANINGS: Readonly<Record<HealthName, string>> = {
  failing: 'The service does not work.',
  paused: 'The engine has paused an update and waits for a person.',
  deploying: 'A rollout is in progress.',
  degraded: 'The service works, but not as it should.',
  stopped: 'The service should have no tasks.',
  ok: 'The service works.',
  unknown: 'Whether the service works could not be determined.',
};

/** A newer helper may have more values than this page knows. */
export const healthLook = (health: HealthName): Look =>
  LOOKS[health] ?? { tone: 'mute', icon: 'question' };

export const healthMeaning = (health: HealthName): string => MEANINGS[health] ?? '';

type Standing = Pick<ServiceView, 'health' | 'healthReason'>;

/** An older helper reports no health, and there is nothing to say if nothing was observed. */
export const isObserved = ({ health, healthReason }: Standing): boolean =>
  health !== undefined && healthReason !== 'not-observed';

/** Whether there is anything to say besides the verdict. */
export const isNoteworthy = (service: Standing): boolean =>
  isObserved(service) && service.health !== 'ok';

/** The health of the service, in a sentence. */
export const explainHealth = (service: Standing): string => {
  const meaning = healthMeaning(service.health);
  const words = healthWords(service.healthReason);
  return words === '' ? meaning : `${meaning.replace(/\.$/, '')}: ${words}.`;
};
