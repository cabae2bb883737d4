import autocannon from 'autocannon';

export type Load = {
  /** 202 answers per second. */
  readonly perSecond: number;
  /** ms */
  readonly p50: number;
  readonly p99: number;
  readonly accepted: number;
};

/**
 * Posts these bodies in turn over several connections. Throws for any answer except 202. Each connection starts at
 * another body, so that bodies of one kind are spread over time.
 */
export const postHooks = async (options: {
  readonly url: string;
  readonly bodies: readonly unknown[];
  readonly connections: number;
  /** A number of seconds or a number of webhooks. */
  readonly until: { readonly seconds: number } | { readonly hooks: number };
}): Promise<Load> => {
  const { url, bodies, connections, until } = options;
  const requests = bodies.map((body) => ({
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  }));
  let begun = 0;
  const result = await autocannon({
    url,
    connections,
    ...('hooks' in until ? { amount: until.hooks } : { duration: until.seconds }),
    requests,
    setupClient: (client) => {
      const first = Math.floor((begun * requests.length) / connections) % requests.length;
      begun += 1;
      client.setRequests([...requests.slice(first), ...requests.slice(0, first)]);
    },
  });
  const accepted = result.statusCodeStats['202']?.count ?? 0;
  if (result.non2xx > 0 || result.errors > 0 || accepted !== result['2xx']) {
    const { statusCodeStats, errors } = result;
    throw new Error(`hooks were not accepted: ${JSON.stringify({ statusCodeStats, errors })}`);
  }
  return {
    perSecond: accepted / result.duration,
    p50: result.latency.p50,
    p99: result.latency.p99,
    accepted,
  };
};
