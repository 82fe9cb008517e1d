/**
 * Who signed an L1 action: the action is packed with MessagePack, hashed together with its nonce, vault and deadline, and signed as the
 * `connectionId` of an EIP-712 `Agent`. Written from Hyperliquid's documentation of signing, apart from any client's code.
 */
import { encode } from '@msgpack/msgpack';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js';

export interface Signature {
  readonly r: string;
  readonly s: string;
  /** 27 or 28. */
  readonly v: number;
}

export interface SignedAction {
  readonly action: unknown;
  readonly nonce: number;
  /** 0x and 40 hex digits, lower case; null: for the signer's own account. */
  readonly vaultAddress: string | null;
  /** Not carried out after this time, ms; null: no deadline. */
  readonly expiresAfter: number | null;
  readonly signature: Signature;
}

/** `a` is the main network, `b` the test network. */
export type Network = 'a' | 'b';

const CHAIN_ID = 1337n;
const WORD_BYTES = 32;

const DOMAIN_SEPARATOR = keccak_256(
  concatBytes(
    keccak_256(utf8ToBytes('EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)')),
    keccak_256(utf8ToBytes('Exchange')),
    keccak_256(utf8ToBytes('1')),
    word(CHAIN_ID),
    word(0n),
  ),
);
const AGENT_TYPE = keccak_256(utf8ToBytes('Agent(string source,bytes32 connectionId)'));

/** The address whose key signed, 0x and 40 hex digits in lower case; null when the signature is none. */
export function signerOf(signed: SignedAction, network: Network): string | null {
  try {
    const { r, s, v } = signed.signature;
    const signature = new secp256k1.Signature(BigInt(r), BigInt(s)).addRecoveryBit(v - 27);
    return addressOfPoint(signature.recoverPublicKey(digestOf(signed, network)).toBytes(false));
  } catch {
    return null;
  }
}

/** The address of a private key (0x and 64 hex digits). */
export function addressOf(privateKey: string): string {
  return addressOfPoint(secp256k1.getPublicKey(hexToBytes(bare(privateKey)), false));
}

/** Numbers are packed as JSON has them and keys in the order they came: another order is another signer. */
export function actionHash({ action, nonce, vaultAddress, expiresAfter }: Omit<SignedAction, 'signature'>): Uint8Array {
  return keccak_256(
    concatBytes(
      encode(action),
      bigEndian(BigInt(nonce), 8),
      ...(vaultAddress === null ? [Uint8Array.of(0)] : [Uint8Array.of(1), hexToBytes(bare(vaultAddress))]),
      ...(expiresAfter === null ? [] : [Uint8Array.of(0), bigEndian(BigInt(expiresAfter), 8)]),
    ),
  );
}

function digestOf(signed: SignedAction, network: Network): Uint8Array {
  const agent = keccak_256(concatBytes(AGENT_TYPE, keccak_256(utf8ToBytes(network)), actionHash(signed)));
  return keccak_256(concatBytes(Uint8Array.of(0x19, 0x01), DOMAIN_SEPARATOR, agent));
}

function addressOfPoint(uncompressed: Uint8Array): string {
  return `0x${bytesToHex(keccak_256(uncompressed.slice(1)).slice(-20))}`;
}

function word(value: bigint): Uint8Array {
  return bigEndian(value, WORD_BYTES);
}

function bigEndian(value: bigint, bytes: number): Uint8Array {
  return hexToBytes(value.toString(16).padStart(bytes * 2, '0'));
}

function bare(hex: string): string {
  return hex.replace(/^0x/, '').toLowerCase();
}
