import { createHash } from 'node:crypto';

import { expect, it } from '@jest/globals';
import { z } from 'zod';

import { factId, isToken } from './identity.js';

it('names the same fact by the same UUID, and another one by another', () => {
  expect(factId('received', 'job-1')).toBe(factId('received', 'job-1'));
  expect(factId('received', 'job-1')).not.toBe(factId('received', 'job-', '1'));
  expect(z.uuid().safeParse(factId('received', 'job-1')).success).toBe(true);
});

it('knows a token by its SHA-256 alone, and takes no other, be it a prefix or empty', () => {
  const kept = createHash('sha256').update('secret-token').digest('hex');
  expect(isToken('secret-token', kept)).toBe(true);
  for (const wrong of ['', 'secret-toke', 'secret-token ', kept]) expect(isToken(wrong, kept)).toBe(false);
  expect(isToken('', '')).toBe(false);
});
