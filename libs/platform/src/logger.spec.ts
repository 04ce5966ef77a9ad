import { describe, expect, it } from '@jest/globals';

import { Secret } from './config.js';
import { createLogger, nestLogger, type Logger } from './logger.js';

function recording(): { readonly logger: Logger; readonly lines: Record<string, unknown>[] } {
  const lines: Record<string, unknown>[] = [];
  const destination = { write: (line: string) => lines.push(JSON.parse(line) as Record<string, unknown>) };
  return { logger: createLogger({ service: 'scheduler', level: 'debug', destination }), lines };
}

describe('the logger', () => {
  it('writes one JSON object per line: static message, fields beside it', () => {
    const { logger, lines } = recording();
    logger.info({ jobId: 'j1', key: new Secret('hunter2') }, 'job published');
    expect(lines).toEqual([
      expect.objectContaining({
        level: 'info',
        service: 'scheduler',
        jobId: 'j1',
        key: '[secret]',
        msg: 'job published',
      }),
    ]);
    expect(new Date(String(lines[0]?.['time'])).getTime()).not.toBeNaN();
  });

  it('shows errors with their causes', () => {
    const { logger, lines } = recording();
    logger.error({ error: new Error('outer', { cause: new Error('inner') }) }, 'step failed');
    expect(JSON.stringify(lines[0]?.['error'])).toMatch(/outer.*inner/);
  });

  it('tells what Nest says as a field of a static message, and its chatter only when debugging', () => {
    const { logger, lines } = recording();
    const nest = nestLogger(logger);
    nest.log('Nest application successfully started', 'NestApplication');
    nest.error('it broke', 'a stack', 'Router');
    expect(lines).toMatchObject([
      {
        level: 'debug',
        msg: 'nest',
        text: 'Nest application successfully started',
        context: 'NestApplication',
      },
      { level: 'error', msg: 'nest', text: 'it broke', context: 'Router', detail: ['a stack'] },
    ]);
  });
});
