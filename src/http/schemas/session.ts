import { z } from 'zod';
import { ROLES } from '../../core/contract/role.ts';
import { time } from './service.ts';

const patterns = z.array(z.string()).readonly().nullable();
const LONGEST_TOKEN = 4096;

export const SignInSchema = z
  .strictObject({ token: z.string().min(1).max(LONGEST_TOKEN) })
  .meta({ id: 'SignIn' });

export const SessionSchema = z
  .object({
    name: z.string().describe('Of the token.'),
    role: z.enum(ROLES),
    scope: z
      .object({ clusters: patterns, stacks: patterns })
      .nullable()
      .describe(
        'Patterns of what the token may see and act on; null where it is limited to nothing.',
      ),
    tokenExpiresAt: time.nullable().describe('When the token expires; null if it never does.'),
    expiresAt: time
      .nullable()
      .describe('When the session ends unless it is used; null for a token.'),
    version: z.string().describe('Version of the helper.'),
  })
  .meta({ id: 'Session' });
