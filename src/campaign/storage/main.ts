/** Entry of the storage lane by itself. */
import { storageCommand } from './storage-command.ts';
process.exitCode = await storageCommand(process.argv.slice(2));
