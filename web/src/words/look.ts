import type { IconName } from '../parts/icon.tsx';

export type Tone = 'good' | 'warn' | 'bad' | 'info' | 'hold' | 'mute';

/** How something looks next to its word. */
export type Look = { readonly tone: Tone; readonly icon: IconName };
