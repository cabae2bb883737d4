import { ClusterError, type ClusterIdentity } from '../../../core/swarm/cluster.ts';
import type { AnswerReader } from './answer-reader.ts';
import { swarmpitVersion } from './answers.ts';
import type { SwarmpitCall, SwarmpitConnection, SwarmpitReply } from './connection.ts';
import { swarmpitProblem } from './problem.ts';
import { tokenExpiry } from './token-expiry.ts';

export type SwarmpitIdentity = ClusterIdentity & {
  /** Whether it deploys the bare tag if it finds no digest. Releases up to 1.10 then deploy nothing. */
  readonly deploysUnpinned: boolean;
};

/** Every signed-in user may request this. There is no such service. */
const A_SERVICE = '/api/services/none';
const LEAST = { major: 1, minor: 6 };
const DEPLOYS_UNPINNED = { major: 1, minor: 11 };

/** `1.10`, `1.5.1`, `1.11-SNAPSHOT`. A version that cannot be parsed counts as new. */
const isBefore = (version: string, { major, minor }: typeof LEAST): boolean => {
  const [, first, second] = /^(\d+)\.(\d+)/.exec(version) ?? [];
  if (first === undefined || second === undefined) return false;
  return Number(first) < major || (Number(first) === major && Number(second) < minor);
};

/** Identifies the server at the cluster's address, and whether the helper can work with it. */
export const identifySwarmpit = async (
  connection: SwarmpitConnection,
  options: { readonly cluster: string; readonly token: string; readonly deadlineMs: number },
  answers: AnswerReader,
  signal: AbortSignal,
): Promise<SwarmpitIdentity> => {
  const { cluster, deadlineMs } = options;
  const get = (path: string): SwarmpitCall => ({ method: 'GET', path, deadlineMs });
  const call = get('/version');
  const { address } = connection.asked(call);
  const refuse = (detail: string, retryable = false): ClusterError =>
    new ClusterError(cluster, 'refused', detail, { retryable });
  const warned = expiryWarning(options.token);

  const reply = await connection.call(call, signal);
  if (!isJson(reply)) {
    // A proxy may let only `/api` through and give any answer elsewhere.
    const other = await connection.call(get(A_SERVICE), signal);
    const isSwarmpit = !other.ok && other.refusal.isJson;
    if (!isSwarmpit) {
      if (reply.ok) throw answers.malformed(call, 'no JSON');
      throw swarmpitProblem(reply.refusal, connection.asked(call));
    }
    const description = `Swarmpit of an unknown version: ${address} does not answer /version`;
    return { swarmId: null, description, ...warned, deploysUnpinned: false };
  }
  if (!reply.ok) throw swarmpitProblem(reply.refusal, connection.asked(call));
  const { name, version, initialized, docker } = answers.json(call, swarmpitVersion, reply.body);
  if (name.toLowerCase() === 'swarmpit-xpx') {
    throw refuse(
      `${address} is swarmpit-xpx, a different program whose API the helper does not support: give the helper the engine instead`,
    );
  }
  if (name.toLowerCase() !== 'swarmpit') throw answers.malformed(call, `it names itself ${name}`);
  if (isBefore(version, LEAST)) {
    throw refuse(
      `Swarmpit at ${address} is version ${version}, whose API has other paths: upgrade it to 1.6 or newer`,
    );
  }
  if (initialized === false) {
    throw refuse(`Swarmpit at ${address} is not set up: create its first user there`, true);
  }
  const engine = docker?.engine ? `, Docker Engine ${docker.engine}` : '';
  const description = `Swarmpit ${version}${engine}`;
  const deploysUnpinned = !isBefore(version, DEPLOYS_UNPINNED);
  return { swarmId: null, description, ...warned, deploysUnpinned };
};

const isJson = (reply: SwarmpitReply): boolean => {
  if (!reply.ok) return reply.refusal.isJson || reply.refusal.status >= 500;
  try {
    JSON.parse(reply.body.toString('utf8'));
    return true;
  } catch {
    return false;
  }
};

const expiryWarning = (token: string): { readonly warning?: string } => {
  const expiry = tokenExpiry(token);
  if (expiry === null) return {};
  const warning = `the token of Swarmpit expires at ${expiry.toISOString()}: create a new one before then, or an API token that does not expire (without SWARMPIT_API_TOKEN_EXPIRY_DAYS)`;
  return { warning };
};
