import { z } from 'zod';
import type { ConfiguredPolicy } from '../../core/policy/gates/matching-policies.ts';
import { VOTER_ROLES, type Window } from '../../core/policy/gates/gate-policy.ts';
import { MOST_VOTES } from '../../core/policy/gates/label-gates.ts';
import { parseWindow } from '../../core/policy/gates/window.ts';
import { duration, flag, integer, listOf, mapping, name, oneOf, text } from './fields.ts';
import { isRepositoryPattern, wholePattern } from './repository-pattern.ts';

const patterns = (expected: string) =>
  listOf(text('a name or a pattern'), expected)
    .min(1, { error: 'at least one; leave the key out where all are meant' })
    .nullable()
    .default(null);

const images = listOf(
  text('an image without a tag such as docker.io/acme/*').refine(isRepositoryPattern, {
    error: 'an image without a tag such as docker.io/acme/*',
  }),
  'a list of images',
)
  .min(1, { error: 'at least one; leave the key out where all are meant' })
  .transform((value) => value.map(wholePattern))
  .nullable()
  .default(null);

const match = mapping({
  clusters: patterns('a list of clusters'),
  stacks: patterns('a list of stacks'),
  services: patterns('a list of services'),
  images,
});

/** Its error describes the problem of this one window. */
const window = z
  .string({ error: 'a window such as mon-thu 09:00-16:00 Europe/Madrid' })
  .transform((value, context): Window => {
    const parsed = parseWindow(value);
    if (parsed.ok) return parsed.window;
    const error = `a window such as mon-thu 09:00-16:00 Europe/Madrid: ${parsed.problem}`;
    context.issues.push({ code: 'custom', message: error, input: value });
    return z.NEVER;
  });

const approval = mapping({
  votes: integer(`a whole number from 1 to ${MOST_VOTES}`, 1, MOST_VOTES).default(1),
  by: listOf(oneOf(VOTER_ROLES), 'a list of approver and operator')
    .min(1, { error: 'approver, operator, or both' })
    .nullable()
    .default(null),
  deadline: duration().nullable().default(null),
  opensMinAge: flag().nullable().default(null),
}).transform(({ deadline, ...rest }) => ({ ...rest, deadlineMs: deadline }));

/** One of `policies`. */
export const policy: z.ZodType<ConfiguredPolicy> = mapping({
  name: name().refine((value) => value !== 'label', {
    error: 'another name than label, which stands for the labels of a service',
  }),
  match: match.prefault({}),
  minAge: duration().nullable().default(null),
  windows: listOf(window, 'a list of windows')
    .min(1, { error: 'at least one window' })
    .nullable()
    .default(null),
  approval: approval.nullable().default(null),
})
  .refine(
    ({ minAge, windows, approval: votes }) => minAge !== null || windows !== null || votes !== null,
    { error: 'minAge, windows or approval: a policy without a gate does nothing' },
  )
  .transform(({ name: source, minAge: minAgeMs, ...rest }) => ({ ...rest, source, minAgeMs }));
