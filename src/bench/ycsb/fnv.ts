const offsetBasis = 0xcbf29ce484222325n;
const prime = 1_099_511_628_211n;

/** YCSB's hash of a whole number: FNV-1a over its eight bytes, lowest first, and of that, as a signed number, the magnitude. */
export function fnvHash64(value: number): bigint {
  let hash = offsetBasis;
  let rest = BigInt(value);
  for (let i = 0; i < 8; i += 1) {
    hash = BigInt.asUintN(64, (hash ^ (rest & 0xffn)) * prime);
    rest >>= 8n;
  }
  const signed = BigInt.asIntN(64, hash);
  return signed < 0n ? -signed : signed;
}
