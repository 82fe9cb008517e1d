/**
 * The one way to ccxt: only the class of the exchange in use is loaded, because the whole library costs half a second and 80 MB.
 * The package exports nothing but its entry, so the file is found beside it; the classes are the very ones of the whole library.
 */
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import type { errors, exchanges, pro } from 'ccxt';
import type { ExchangeId } from '../../domain/strategy.ts';

/** The exchanges ccxt knows: all but our own simulated one. */
export type CcxtExchangeId = Exclude<ExchangeId, 'simulated'>;
/** `rest`: requests only. `pro`: requests and streams; one instance serves both. */
export type CcxtFlavour = 'rest' | 'pro';
/** The class of an exchange, typed as ccxt types it. Amounts and prices are typed `number`; with `number: String` they are text. */
export type CcxtClass<Id extends CcxtExchangeId, Flavour extends CcxtFlavour> = Flavour extends 'pro' ? (typeof pro)[Id] : (typeof exchanges)[Id];
/** An instance of it. */
export type CcxtClient<Id extends CcxtExchangeId = CcxtExchangeId, Flavour extends CcxtFlavour = CcxtFlavour> = InstanceType<CcxtClass<Id, Flavour>>;
/** ccxt's error classes by name, the same objects every client throws. */
export type CcxtErrors = typeof errors;

/** `ccxt/js/`. Its CommonJS entry lies in the folder beside; that resolver also works where `import.meta.resolve` does not. */
function sources(): URL {
  const entry = pathToFileURL(createRequire(import.meta.url).resolve('ccxt'));
  return new URL('../js/', entry);
}

/** Loads the class of one exchange. Rejects only when the installation lacks ccxt. */
export async function loadCcxtClass<Id extends CcxtExchangeId, Flavour extends CcxtFlavour>(id: Id, flavour: Flavour): Promise<CcxtClass<Id, Flavour>> {
  const file = flavour === 'pro' ? `src/pro/${id}.js` : `src/${id}.js`;
  const module = (await import(new URL(file, sources()).href)) as { readonly default: CcxtClass<Id, Flavour> };
  return module.default;
}

/** Loads ccxt's error classes, and nothing else of it. */
export async function loadCcxtErrors(): Promise<CcxtErrors> {
  return (await import(new URL('src/base/errors.js', sources()).href)) as CcxtErrors;
}
