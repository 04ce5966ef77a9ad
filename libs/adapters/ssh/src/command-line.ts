/** Longest command line, in characters: ours have a dozen. */
const MAX_COMMAND_CHARS = 1_000;
const PLAIN = /^[\w@%+=:,./-]+$/;
const CONTROL = /\p{Cc}/u;

/**
 * A command as the one text that SSH carries: each argument reaches the program as it is, whatever the shell of the
 * user is. Throws for what no argument of ours has: control characters, nothing at all.
 */
export function commandLine(args: readonly string[]): string {
  if (args.length === 0 || args[0] === '') throw new Error('a command names a program');
  const line = args.map(quoted).join(' ');
  if (line.length > MAX_COMMAND_CHARS) throw new Error('the command is too long');
  return line;
}

function quoted(argument: string): string {
  if (CONTROL.test(argument)) throw new Error('an argument holds a control character');
  return PLAIN.test(argument) ? argument : `'${argument.replaceAll("'", String.raw`'\''`)}'`;
}
