import { FORGE_DELIVERY_WORDS, type ForgeView } from '../../core/forge/forge-view.ts';
import type { Labelled } from './labelled-lines.ts';

/** What the forge shows for the deployment's commit, with links; empty if no forge gets reports. */
export const forgeFacts = (forge: ForgeView | undefined): readonly Labelled[] => {
  if (forge === undefined) return [];
  const where = `${forge.environment} on ${forge.forge}/${forge.repository}`;
  return [
    [
      'forge',
      `${forge.state}${FORGE_DELIVERY_WORDS[forge.delivery]}: ${where}`,
      forge.lastError ?? '',
      forge.url ?? '',
    ],
    ['commit', forge.commitUrl ?? ''],
    ['request', forge.pullRequestUrl ?? ''],
    ['changes', forge.compareUrl ?? ''],
  ];
};
