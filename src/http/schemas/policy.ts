import { z } from 'zod';
import { VOTER_ROLES } from '../../core/policy/gates/gate-policy.ts';
import type {
  ConfiguredPolicyView,
  PolicyView,
  ServicePoliciesView,
} from '../../core/policy/gates/policy-view.ts';

const roles = z.array(z.enum(VOTER_ROLES));
const patterns = z.array(z.string()).nullable();
const policyFields = {
  source: z.string().describe('`label`, or the name of the policy.'),
  minAge: z.string().nullable(),
  windows: z.array(z.string()).nullable().describe('Any of them must be open.'),
  approval: z
    .object({
      votes: z.int(),
      by: roles.nullable(),
      deadline: z.string().nullable(),
      opensMinAge: z.boolean().nullable(),
    })
    .nullable()
    .describe('Null for what the policy does not set.'),
} satisfies Record<keyof PolicyView, z.ZodType>;

export const PolicySchema: z.ZodType<ConfiguredPolicyView> = z
  .object({
    ...policyFields,
    match: z
      .object({ clusters: patterns, stacks: patterns, services: patterns, images: patterns })
      .describe('Patterns; null matches all.'),
  })
  .meta({ id: 'Policy' });

const from = <T extends z.ZodType>(value: T) => z.object({ value, source: z.string() });

export const ServicePoliciesSchema: z.ZodType<ServicePoliciesView> = z
  .object({
    cluster: z.string(),
    service: z.string(),
    stack: z.string().nullable(),
    policies: z.array(z.object(policyFields)).describe('Its labels, and policies that match it.'),
    total: z
      .object({
        minAge: from(z.string()).nullable(),
        windows: z
          .array(from(z.array(z.string())))
          .describe('All must be open at the same time; for each, any of its windows.'),
        approval: z
          .object({
            votes: from(z.int()),
            by: roles,
            deadline: from(z.string()),
            opensMinAge: z.boolean(),
          })
          .nullable(),
      })
      .describe('The strictest value of each gate, and its source.'),
    problem: z
      .string()
      .nullable()
      .describe('Why its gates can never open; the service is then held.'),
  })
  .meta({ id: 'ServicePolicies' });
