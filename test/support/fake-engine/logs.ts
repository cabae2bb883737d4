import type { EngineTask } from './spec.ts';
import type { EngineState } from './state.ts';

/** One line in the engine's framing: stream, three zeros, length, text. */
const frame = (stream: 1 | 2, text: string): Buffer => {
  const body = Buffer.from(text);
  const head = Buffer.alloc(8);
  head.writeUInt8(stream, 0);
  head.writeUInt32BE(body.length, 4);
  return Buffer.concat([head, body]);
};

/** What the containers of a service wrote, in the engine's multiplexed form. */
export const serviceLogs = (
  state: EngineState,
  linesOf: (task: EngineTask) => readonly string[],
  serviceId: string,
  query: URLSearchParams,
): Buffer | null => {
  const record = state.find(serviceId);
  if (record === undefined) return null;
  const tail = Number(query.get('tail') ?? 'all');
  const isAsked = (name: string): boolean => ['1', 'true'].includes(query.get(name) ?? '');
  const details = isAsked('details');
  const time = isAsked('timestamps') ? `${state.timestamp()} ` : '';
  return Buffer.concat(
    record.tasks.flatMap((task) => {
      const lines = linesOf(task);
      const kept = Number.isInteger(tail) ? lines.slice(Math.max(lines.length - tail, 0)) : lines;
      const prefix = details
        ? `com.docker.swarm.node.id=${task.NodeID ?? ''},com.docker.swarm.service.id=${task.ServiceID},com.docker.swarm.task.id=${task.ID} `
        : '';
      return kept.map((line) => frame(isAsked('stderr') ? 2 : 1, `${time}${prefix}${line}\n`));
    }),
  );
};
