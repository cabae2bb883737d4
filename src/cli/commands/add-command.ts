import type { Command } from 'commander';
import type { Context } from '../client/context.ts';

/** Adds commands to the program. `act` runs one and stores its exit status. */
export type AddCommand = (program: Command, act: Act) => void;

export type Act = <Args extends readonly unknown[]>(
  command: (context: Context, ...args: Args) => Promise<number>,
) => (...args: [...Args, Command]) => Promise<void>;
