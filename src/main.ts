/** Composition root: the only file that knows every other part. Placeholder until the commands are wired up. */
process.stderr.write('hedgerow: no commands yet\n');
process.exitCode = 2;
