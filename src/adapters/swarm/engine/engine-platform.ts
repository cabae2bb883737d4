import type { Platform } from '../../../core/image/published.ts';
import type { EnginePlatform } from './engine-answers.ts';

/** What nodes call an architecture that images call otherwise; swarmkit knows both (its platform filter). */
const AS_IMAGES_SPELL: ReadonlyMap<string, string> = new Map([
  ['x86_64', 'amd64'],
  ['aarch64', 'arm64'],
]);

export const toPlatform = ({ Architecture = '', OS = '' }: EnginePlatform): Platform => ({
  architecture: AS_IMAGES_SPELL.get(Architecture) ?? Architecture,
  os: OS,
});
