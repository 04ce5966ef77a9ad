import { z } from 'zod';

/** What an artifact exports, as its column has it; null where nobody knows. */
export const Abi = z
  .record(z.string(), z.object({ digest: z.string(), symbols: z.array(z.string()).nullable() }))
  .nullable();
