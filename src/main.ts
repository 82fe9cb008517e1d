/** Composition root: gives the command line the process it runs in. Which parts are put together is decided by the command (src/cli). */
import { runCli } from './cli/main.ts';

// The exit code is set, not forced: what was written is flushed first.
process.exitCode = await runCli(process.argv.slice(2), process);
