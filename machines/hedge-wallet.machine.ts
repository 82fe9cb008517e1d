/**
 * The hedge wallet: `rotation` (Long → Cash → Short → Cash → Long) or `scaling` (each rung flips between long and short), DOMAIN §3.1, §3.2.
 */
import { createWalletMachine } from './wallet-cycle.ts';

export const hedgeWalletMachine = createWalletMachine('hedgeWallet');
