import type { z } from 'zod';
import { ClusterError } from '../../../core/swarm/cluster.ts';
import type { SwarmpitCall, SwarmpitConnection } from './connection.ts';

/** Parses answers. Throws `ClusterError` for one that Swarmpit would not give. */
export type AnswerReader = {
  readonly json: <T>(call: SwarmpitCall, schema: z.ZodType<T>, body: Buffer) => T;
  readonly check: <T>(call: SwarmpitCall, schema: z.ZodType<T>, value: unknown) => T;
  readonly malformed: (call: SwarmpitCall, why: string) => ClusterError;
};

export const createAnswerReader = (
  cluster: string,
  { asked }: Pick<SwarmpitConnection, 'asked'>,
): AnswerReader => {
  const malformed: AnswerReader['malformed'] = (call, why) => {
    const { address, call: shown } = asked(call);
    const detail = `the answer of ${address} to ${shown} is not Swarmpit's (${why}): correct the cluster's url, or check the proxy in front of it`;
    return new ClusterError(cluster, 'malformed-answer', detail, { retryable: true });
  };

  const check: AnswerReader['check'] = (call, schema, value) => {
    const result = schema.safeParse(value);
    if (result.success) return result.data;
    const issue = result.error.issues[0];
    throw malformed(
      call,
      `${issue?.path.join('.') || 'all of it'}: ${issue?.message ?? 'invalid'}`,
    );
  };

  const parse = (call: SwarmpitCall, body: Buffer): unknown => {
    try {
      return JSON.parse(body.toString('utf8'));
    } catch {
      throw malformed(call, 'no JSON');
    }
  };

  return { malformed, check, json: (call, schema, body) => check(call, schema, parse(call, body)) };
};
