import type { WaitingView } from '../../core/policy/approvals/waiting-view.ts';
import { decisionLines, waitingLines } from '../show/waiting-lines.ts';
import { findWaiting, WAITING } from '../find/find-waiting.ts';
import { printable } from '../output/cell-text.ts';
import type { Context } from '../client/context.ts';
import { EXIT, wrongUse } from '../terminal/exit-status.ts';
import { servicePath } from '../find/find-service.ts';
import { requireNames } from '../find/names.ts';
import type { AddCommand } from './add-command.ts';
import { readList } from '../client/read-list.ts';
import { withHelp } from '../terminal/with-help.ts';

type Where = { readonly cluster?: string; readonly stack?: string };
type Options = {
  readonly cluster?: string;
  readonly digest?: string;
  readonly reason?: string;
  readonly yes?: true;
};

export const addWaiting: AddCommand = (program, act) => {
  const command = program
    .command('waiting')
    .description('show what waits at a gate: for its age, a window or votes')
    .option('--cluster <name>', 'only this cluster')
    .option('--stack <name>', 'only this stack');
  withHelp(command, {
    more: 'One line for each gate that is closed. A newer image replaces one that waits, and needs its own votes.',
    json: '{"items": [Waiting]}',
    examples: ['cd-helper waiting', 'cd-helper waiting --stack billing'],
  }).action(
    act(async (context, { cluster, stack }: Where) => {
      const stacks = stack === undefined ? [] : [stack];
      await requireNames(context.api(), { cluster, stacks });
      const all = await readList<WaitingView>(context.api(), WAITING, {});
      const items = all.filter(
        (one) =>
          (cluster === undefined || one.cluster === cluster) &&
          (stack === undefined || one.stack === stack),
      );
      if (context.json) context.printJson({ items });
      else if (items.length === 0) context.note('nothing waits');
      else context.print(...waitingLines(context, items));
      return EXIT.well;
    }),
  );
};

const isYes = (answer: string): boolean => /^\s*y(?:es)?\s*$/i.test(answer);

/** Whether the person at the terminal agrees. Without a terminal there is nobody to ask. */
const agrees = async (
  context: Context,
  waiting: WaitingView,
  question: string,
  options: Options,
): Promise<boolean> => {
  const { ask, signal } = context.deps;
  if (options.yes === true || context.json || context.width === null || ask === undefined)
    return true;
  context.print(...decisionLines(context, waiting));
  return isYes(await ask(`${question} [y/N] `, signal));
};

/** The digest to decide on: the one that the person named, or the one just shown. */
const digestOf = (waiting: WaitingView, { digest }: Options): string => {
  const { name, target } = waiting;
  if (digest === undefined) return target.digest;
  const meant = digest.includes(':') ? digest : `sha256:${digest}`;
  if (!/^[a-z0-9]+:[0-9a-f]{6,128}$/.test(meant)) {
    throw wrongUse(`${JSON.stringify(digest)} is no digest`, `${name} waits for ${target.digest}`);
  }
  return meant;
};

/** The result of a vote, on one line. */
const tellVotes = ({ name, gates }: WaitingView): string => {
  const votes = gates.find((gate) => gate.votes !== null)?.votes ?? null;
  if (votes === null) return `${name}: approved`;
  const told = `${name}: ${votes.given} of ${votes.needed} ${votes.needed === 1 ? 'vote' : 'votes'} (${votes.by.join(', ')})`;
  const missing = votes.needed - votes.given;
  if (missing > 0) return `${told}; it waits for ${missing} more`;
  const others = gates.filter((gate) => gate.votes === null && gate.canOpen.length === 0);
  return others.length === 0
    ? `${told}; it is deployed now`
    : `${told}; it still waits: ${others.map(({ detail }) => detail).join('; ')}`;
};

export const addApprove: AddCommand = (program, act) => {
  const command = program
    .command('approve')
    .description('vote for what a service waits for')
    .argument('<service>', 'its name or id')
    .option('--cluster <name>', 'required if several clusters have it')
    .option('--digest <digest>', 'only if it waits for this digest, or one that starts like this')
    .option('--yes', 'do not ask');
  withHelp(command, {
    more: `On a terminal it shows what would change, and asks. A person is an API token's name, and has one vote: a second one
changes nothing. With enough votes the service is deployed, unless another gate is closed. Takes the role approver or
operator, as the policies say.`,
    json: 'Waiting, with the vote counted',
    examples: [
      'cd-helper approve billing_api',
      'cd-helper approve billing_api --digest sha256:2c26b46b68ff --yes',
    ],
  }).action(
    act(async (context, name: string, options: Options) => {
      const api = context.api();
      const waiting = await findWaiting(api, name, options.cluster);
      const digest = digestOf(waiting, options);
      if (!(await agrees(context, waiting, 'Approve it?', options))) {
        context.note('nothing was decided');
        return EXIT.failed;
      }
      const after = await api.post<WaitingView>(`${servicePath(waiting)}/approve`, { digest });
      if (context.json) context.printJson(after);
      else context.print(printable(tellVotes(after)));
      return EXIT.well;
    }),
  );
};

export const addReject: AddCommand = (program, act) => {
  const command = program
    .command('reject')
    .description('hold what a service waits for, until another image comes or it is released')
    .argument('<service>', 'its name or id')
    .option('--cluster <name>', 'required if several clusters have it')
    .option('--reason <text>', 'why, for everybody to read; a terminal prompts for it')
    .option('--digest <digest>', 'only if it waits for this digest, or one that starts like this')
    .option('--yes', 'do not ask');
  withHelp(command, {
    more: `One person can reject. The service keeps its running image. The same digest stays held, even if it is pushed again;
another one is not, and cd-helper release lifts the hold.`,
    json: 'Waiting, as it was',
    examples: ['cd-helper reject billing_api --reason "the migration is missing"'],
  }).action(
    act(async (context, name: string, options: Options) => {
      const api = context.api();
      const { ask, signal } = context.deps;
      if (options.reason === undefined && (context.json || ask === undefined)) {
        throw wrongUse('say why', 'cd-helper reject SERVICE --reason "…"');
      }
      const waiting = await findWaiting(api, name, options.cluster);
      const digest = digestOf(waiting, options);
      if (!(await agrees(context, waiting, 'Reject it?', options))) {
        context.note('nothing was decided');
        return EXIT.failed;
      }
      const reason = (options.reason ?? (await ask?.('Why? ', signal)) ?? '').trim();
      if (reason === '') throw wrongUse('a rejection needs a reason; nothing was changed');
      const body = { digest, reason };
      const before = await api.post<WaitingView>(`${servicePath(waiting)}/reject`, body);
      if (context.json) context.printJson(before);
      else {
        const { name: service, target } = before;
        context.print(printable(`${service}: ${target.digest} is rejected and held`));
        context.note(`cd-helper release ${printable(service)} lifts it`);
      }
      return EXIT.well;
    }),
  );
};
