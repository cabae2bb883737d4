/** Stream number, three zeros and the length of the payload. */
const HEADER = 8;
/** 0 to 2 are the container's output; 3 is the engine saying why it cannot send more. */
const SYSTEM_STREAM = 3;
/** Longest line kept: a container's output is untrusted. */
const LONGEST_LINE = 2000;

/** Escape sequences that colour or move, then every other control character but the tab. */
// oxlint-disable-next-line no-control-regex
const ESCAPES = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\-_])/g;
// oxlint-disable-next-line no-control-regex
const CONTROLS = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** One line that is safe to show anywhere: no control characters, no right-to-left tricks, limited length. */
export const cleanLine = (line: string): string =>
  line.replace(ESCAPES, '').replace(CONTROLS, '').slice(0, LONGEST_LINE);

/** The texts of a multiplexed stream, in order. A stream that is not multiplexed is one text. */
const textsOf = (stream: Buffer): string[] => {
  const texts: string[] = [];
  let at = 0;
  while (at + HEADER <= stream.length) {
    const kind = stream.readUInt8(at);
    if (kind > SYSTEM_STREAM || stream.readUIntBE(at + 1, 3) !== 0)
      return [stream.toString('utf8')];
    const end = at + HEADER + stream.readUInt32BE(at + 4);
    // Drop a truncated last frame: it may end within its task's name.
    if (end > stream.length) break;
    if (kind < SYSTEM_STREAM) texts.push(stream.toString('utf8', at + HEADER, end));
    at = end;
  }
  return texts;
};

const TASK_DETAIL = 'com.docker.swarm.task.id=';

/**
 * The last `lines` lines of one task, from a service's log as `GET /services/{id}/logs` returns it with `details`:
 * each line begins with `key=value,…`, which names its task, and a space.
 */
export const taskLines = (stream: Buffer, taskId: string, lines: number): string[] => {
  const own = textsOf(stream)
    .flatMap((text) => text.split('\n'))
    .flatMap((line) => {
      const space = line.indexOf(' ');
      const details = line.slice(0, Math.max(space, 0)).split(',');
      return details.includes(`${TASK_DETAIL}${taskId}`) ? [cleanLine(line.slice(space + 1))] : [];
    });
  return own.slice(Math.max(own.length - lines, 0));
};
