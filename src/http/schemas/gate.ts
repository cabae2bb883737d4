import { z } from 'zod';
import { VOTER_ROLES } from '../../core/policy/gates/gate-policy.ts';
import { GATE_NAMES, type GateView } from '../../core/policy/gates/gate-state.ts';

const time = z.iso.datetime();

export const GateSchema: z.ZodType<GateView> = z
  .object({
    gate: z.enum(GATE_NAMES),
    source: z.string().describe('`label`, or the name of the policy that asks for it.'),
    since: time,
    until: time
      .nullable()
      .describe('When it opens; for an approval, when it expires. Null if not known.'),
    detail: z.string().describe('One line for a person.'),
    votes: z
      .object({ given: z.int(), needed: z.int(), by: z.array(z.string()) })
      .nullable()
      .describe('Null where votes do not open it.'),
    canOpen: z.array(z.enum(VOTER_ROLES)).describe('Roles that can open it by voting.'),
  })
  .meta({ id: 'Gate' });
