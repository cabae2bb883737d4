import type {
  ConfiguredPolicyView,
  PolicyView,
  ServicePoliciesView,
} from '../../core/policy/gates/policy-view.ts';
import { printable } from '../output/cell-text.ts';
import type { Context } from '../client/context.ts';
import { EXIT } from '../terminal/exit-status.ts';
import { findService, servicePath } from '../find/find-service.ts';
import { type Labelled, labelledLines } from '../output/labelled-lines.ts';
import type { AddCommand } from './add-command.ts';
import { readList } from '../client/read-list.ts';
import { tableLines } from '../output/table.ts';
import { withHelp } from '../terminal/with-help.ts';

const PATH = '/api/v1/policies';
const LABEL_WIDTH = 'minimum age '.length;

/** `2 votes by approver within 1d` */
const approvalWords = ({ approval }: PolicyView): string => {
  if (approval === null) return '';
  const { votes, by, deadline, opensMinAge } = approval;
  return [
    `${votes} ${votes === 1 ? 'vote' : 'votes'}`,
    ...(by === null ? [] : [`by ${by.join(' or ')}`]),
    ...(deadline === null ? [] : [`within ${deadline}`]),
    ...(opensMinAge === false ? ['after the minimum age'] : []),
  ].join(' ');
};

const matchWords = ({ match }: ConfiguredPolicyView): string => {
  const parts = Object.entries(match).flatMap(([key, patterns]) =>
    patterns === null ? [] : [`${key} ${patterns.join(', ')}`],
  );
  return parts.length === 0 ? 'everything' : parts.join('; ');
};

const rowOf = (policy: PolicyView): readonly string[] => [
  policy.source,
  policy.minAge ?? '',
  policy.windows?.join('; ') ?? '',
  approvalWords(policy),
];

const COLUMNS = [
  { title: 'POLICY' },
  { title: 'MIN AGE' },
  { title: 'WINDOWS' },
  { title: 'APPROVAL' },
] as const;

const tell = (
  context: Context,
  policies: readonly PolicyView[],
  matches: readonly string[] | null,
): readonly string[] =>
  tableLines({
    columns: matches === null ? COLUMNS : [...COLUMNS, { title: 'FOR' }],
    rows: policies.map((policy, index) => [
      ...rowOf(policy),
      ...(matches === null ? [] : [matches[index] ?? '']),
    ]),
    width: context.width,
    paintTitle: context.colours.dim,
  });

/** The result of all policies together, with the source of each value. */
const totalLines = (
  context: Context,
  { total, problem }: ServicePoliciesView,
): readonly string[] => {
  const { minAge, windows, approval } = total;
  const lines: Labelled[] = [
    ['minimum age', minAge === null ? '' : `${minAge.value} (${minAge.source})`],
    ...windows.map(({ value, source }): Labelled => ['window', `${value.join('; ')} (${source})`]),
    [
      'approval',
      approval === null
        ? ''
        : `${approval.votes.value} of ${approval.by.join(' or ')} (${approval.votes.source}), within ${approval.deadline.value} (${approval.deadline.source})${approval.opensMinAge ? ', opens the minimum age too' : ''}`,
    ],
    ['held', problem ?? ''],
  ];
  return labelledLines(context.colours, LABEL_WIDTH, lines);
};

export const addPolicies: AddCommand = (program, act) => {
  const command = program
    .command('policies')
    .description('show the gates of all policies; with a service, the combined result for it')
    .argument('[service]', 'name or id of one service')
    .option('--cluster <name>', 'required if several clusters have it');
  withHelp(command, {
    more: 'All policies that match a service apply, together with its labels. The stricter value wins. Each value shows its source.',
    json: '{"items": [Policy]}; of one service ServicePolicies',
    examples: ['cd-helper policies', 'cd-helper policies shop_web'],
  }).action(
    act(async (context, name: string | undefined, { cluster }: { readonly cluster?: string }) => {
      const api = context.api();
      if (name === undefined) {
        const items = await readList<ConfiguredPolicyView>(api, PATH, {});
        if (context.json) context.printJson({ items });
        else if (items.length === 0) context.note('the configuration has no policies');
        else context.print(...tell(context, items, items.map(matchWords)));
        return EXIT.well;
      }
      const service = await findService(api, name, cluster);
      const found = await api.get<ServicePoliciesView>(`${servicePath(service)}/policies`);
      if (context.json) context.printJson(found);
      else if (found.policies.length === 0 && found.problem === null) {
        context.note(`${printable(service.name)} has no gate: no label or policy sets one`);
      } else {
        if (found.policies.length > 0) context.print(...tell(context, found.policies, null), '');
        context.print(...totalLines(context, found));
      }
      return EXIT.well;
    }),
  );
};
