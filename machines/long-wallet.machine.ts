/** The long wallet: sells fragments on the way down, buys them back on the way up, never short (DOMAIN §3.3). */
import { createWalletMachine } from './wallet-cycle.ts';

export const longWalletMachine = createWalletMachine('longWallet');
