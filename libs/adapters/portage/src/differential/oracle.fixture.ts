import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

import type { Portage } from '../portage.js';

const program = join(import.meta.dirname, '..', '..', 'oracle', 'oracle.py');
const BATCH = 500;

/** A question to Portage; `oracle.py` says which there are. */
export interface Question {
  readonly kind: 'portage' | 'version' | 'cpv' | 'atom' | 'match' | 'use_reduce' | 'required_use';
  readonly [detail: string]: unknown;
}

/** What Portage answers, in the order of the questions. Rejects where the oracle itself fails. */
export async function askPortage(portage: Portage, questions: readonly Question[]): Promise<unknown[]> {
  const child = spawn(portage.python, [program], { stdio: ['pipe', 'pipe', 'pipe'] });
  const exit = once(child, 'exit');
  const output = text(child.stdout);
  const complaints = text(child.stderr);
  for (let from = 0; from < questions.length; from += BATCH) {
    child.stdin.write(`${JSON.stringify(questions.slice(from, from + BATCH))}\n`);
  }
  child.stdin.end();
  await exit;
  const answers = (await output)
    .split('\n')
    .filter((line) => line !== '')
    .flatMap((line) => JSON.parse(line) as unknown[]);
  if (answers.length !== questions.length) {
    throw new Error(`${answers.length} answers to ${questions.length} questions: ${await complaints}`);
  }
  return answers;
}
