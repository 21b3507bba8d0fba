import { standingOf } from "../../shardmaster/address.ts";
import type { Delete, Grant, Readdress } from "./commands.ts";
import type { Ledger } from "./ledger.ts";
import type { Parcel } from "./moves.ts";

/** Gives a parcel to a later owner, unless it is granted (rule 6). */
export function applyReaddress(ledger: Ledger, { shard, left, address }: Readdress): void {
  const { group } = address;
  if (group === undefined) return;
  changeParcel(ledger, shard, left, (parcel) => (standingOf(parcel, address.since, group) === "above" ? { ...parcel, address } : parcel));
}

/** Makes the address of a parcel final: its last page may leave (rule 6). */
export function applyGrant(ledger: Ledger, { shard, left, since }: Grant): void {
  changeParcel(ledger, shard, left, (parcel) =>
    parcel.address.since === since && parcel.address.group !== undefined ? { ...parcel, granted: true } : parcel,
  );
}

/** Drops a parcel that is where it was granted to (rule 8). Its rows are cleared later. */
export function applyDelete(ledger: Ledger, { shard, left, since }: Delete): void {
  const before = ledger.record(shard);
  const parcel = before.parcels.find((one) => one.left === left);
  if (parcel === undefined || !parcel.granted || parcel.address.since !== since) return;
  const parcels = before.parcels.filter((one) => one !== parcel);
  ledger.change(shard, before, { ...before, parcels, dead: [...before.dead, parcel.epoch] });
}

function changeParcel(ledger: Ledger, shard: number, left: number, change: (parcel: Parcel) => Parcel): void {
  const before = ledger.record(shard);
  const parcels = before.parcels.map((parcel) => (parcel.left === left ? change(parcel) : parcel));
  if (parcels.some((parcel, at) => parcel !== before.parcels[at])) ledger.change(shard, before, { ...before, parcels });
}
