import type { Sender } from './sender.ts';
import { distribution } from './senders/distribution.ts';
import { dockerHub } from './senders/docker-hub.ts';
import { generic } from './senders/generic.ts';

/**
 * Every sender, in the order in which a delivery is held against them: those that are told by a
 * header of their own first, then those told by their body, our own form last.
 */
export const SENDERS: readonly Sender[] = [distribution, dockerHub, generic];
