import type { Bug } from "./plant.ts";

const folder = "shardkv/migration";
const decide = `${folder}/decide.ts`;
const plan = `${folder}/plan.ts`;
const answer = `${folder}/answer.ts`;
const arrive = `${folder}/arrive.ts`;
const depart = `${folder}/depart.ts`;
const configure = `${folder}/configure.ts`;
const acquire = `${folder}/acquire.ts`;
const addresses = "shardmaster/address.ts";
const rules = "the rules of migration, explored on a model";

/** Parcels that are not granted may be deleted when their addressee says that it has the shard. */
const askedUngranted: Bug["patches"] = [
  { file: plan, find: "if (!granted || address.group === undefined) continue;", replace: "if (address.group === undefined) continue;" },
  { file: plan, find: "for (const { granted, address } of record.parcels)", replace: "for (const { address } of record.parcels)" },
  {
    file: decide,
    find: "parcels.filter(({ granted, address }) => granted && isReached",
    replace: "parcels.filter(({ address }) => isReached",
  },
  { file: depart, find: "parcel === undefined || !parcel.granted || parcel", replace: "parcel === undefined || parcel" },
];

/** The rules of migration, each left out. */
export const moveBugs: readonly Bug[] = [
  {
    id: "m1-configuration-waits",
    title: "M1: a configuration waits until everything has arrived that an earlier one has promised",
    source: rules,
    hunted: "cluster",
    patches: [
      { file: configure, find: "number <= from) return;", replace: "number <= from || group.arriving + group.passing > 0) return;" },
    ],
  },
  {
    id: "m1-configuration-twice",
    title: "M1: a configuration is applied wherever the group is",
    source: rules,
    hunted: "cluster",
    patches: [{ file: configure, find: "if (from !== group.number || number <= from) return;", replace: "" }],
  },
  {
    id: "m2-jump-over-gift",
    title: "M2: an idle group jumps to the newest configuration, also over one that gives it a shard",
    source: rules,
    hunted: "cluster",
    patches: [
      { file: decide, find: "if (changes.length > 0 || !isIdle(group)) return step;", replace: "if (!isIdle(group)) return step;" },
    ],
  },
  {
    id: "m3-birth-by-first-owner-only",
    title: "M3: only the first owner may begin a shard, whether it ever lived or not",
    source: rules,
    hunted: "cluster",
    patches: [{ file: plan, find: "else if (last === undefined || goesOn(last)) births", replace: "else if (last === undefined) births" }],
  },
  {
    id: "m3-born-twice",
    title: "M3: the shardmaster gives the same empty parcel to every owner that asks",
    source: rules,
    hunted: "cluster",
    patches: [
      {
        file: "shardmaster/births.ts",
        find: 'if (standing === "above" && owns(claim))',
        replace: 'if (standing !== "addressee" && owns(claim))',
      },
    ],
  },
  {
    id: "m4-latest-holder-only",
    title: "M4: nobody is asked but the last owner",
    source: rules,
    hunted: "cluster",
    patches: [{ file: plan, find: "for (const holder of found) if", replace: "for (const holder of found.slice(0, 1)) if" }],
  },
  {
    id: "m5-gone-is-empty",
    title: "M5: who has nothing answers with an empty page",
    source: rules,
    hunted: "cluster",
    patches: [
      {
        file: answer,
        find: '    done({ kind: "no_page", why: whyAbsent(pull, view), acquired });\n',
        replace:
          '    const why = whyAbsent(pull, view);\n    if (why.kind === "not_yet") done({ kind: "no_page", why, acquired });\n    else done({ kind: "page", body: { start: cursor, sessions: [], data: [], next: { time: 0, versionFloor: 0 } } });\n',
      },
    ],
  },
  {
    id: "m6-last-page-ungranted",
    title: "M6: the last page leaves like any other",
    source: rules,
    hunted: "cluster",
    patches: [{ file: answer, find: "if (next === undefined && !parcel.granted) done", replace: "if (parcel.left < 0) done" }],
  },
  {
    id: "m6-granted-readdressed",
    title: "M6: a granted parcel is given to a later owner",
    source: rules,
    hunted: "cluster",
    patches: [
      { file: addresses, find: 'return granted ? "refused" : "above";', replace: 'return granted ? "above" : "above";' },
      {
        file: decide,
        find: "if (parcel === undefined || parcel.granted) return undefined;",
        replace: "if (parcel === undefined) return undefined;",
      },
    ],
  },
  {
    id: "m6-address-falls",
    title: "M6: a parcel goes back to an older owner who asks again",
    source: rules,
    hunted: "cluster",
    patches: [
      { file: addresses, find: "if (since > address.since) return", replace: "if (since !== address.since) return" },
      { file: addresses, find: "if (since < address.since || address.group === undefined)", replace: "if (address.group === undefined)" },
    ],
  },
  {
    id: "m7-page-again",
    title: "M7: a page is taken again, wherever its arrival is",
    source: rules,
    hunted: "cluster",
    patches: [
      {
        file: arrive,
        find: "if (arrival === undefined || !equalBytes(arrival.cursor, body.start)) return 0;",
        replace: "if (arrival === undefined) return 0;",
      },
    ],
  },
  {
    id: "m7-page-of-another-run",
    title: "M7: a page is taken by any run of ownership that something arrives for",
    source: rules,
    hunted: "cluster",
    patches: [
      {
        file: arrive,
        find: "  const arrival = before.arrivals.find((one) => one.since === since);\n  if (arrival === undefined || !equalBytes",
        replace: "  const arrival = before.arrivals.at(-1);\n  if (arrival === undefined || !equalBytes",
      },
    ],
  },
  {
    id: "m7-sessions-not-shipped",
    title: "M7: a shard moves without its sessions",
    source: "MIT 6.5840, lab 5: duplicate detection moves with the shard",
    hunted: "cluster",
    patches: [
      {
        file: answer,
        find: "body: { start: cursor, sessions, data, next: next ?? endOf(parcel) }",
        replace: "body: { start: cursor, sessions: sessions.slice(0, 0), data, next: next ?? endOf(parcel) }",
      },
    ],
  },
  {
    id: "m8-deleted-on-any-yes",
    title: "M8: an addressee is asked before the parcel is granted, and its yes deletes the parcel whoever it is for by then",
    source: rules,
    hunted: "cluster",
    patches: [
      ...askedUngranted,
      {
        file: decide,
        find: "delivered(shard, record, (since) => since === has ||",
        replace: "delivered(shard, record, (since) => has > 0 ||",
      },
    ],
  },
  {
    id: "m8-yes-while-arriving",
    title: "M8: a group says that it has a shard as soon as it has heard of it",
    source: rules,
    hunted: "cluster",
    patches: [{ file: answer, find: " && !readMoves(shard, view).arrivals.some((arrival) => arrival.since === since);", replace: ";" }],
  },
  {
    id: "m8-yes-too-early",
    title: "M8: an addressee is asked before the parcel is granted, and says yes before it has heard of the shard",
    source: rules,
    hunted: "cluster",
    patches: [
      ...askedUngranted,
      { file: answer, find: "return readGroup(view).number >= since && !readMoves", replace: "return !readMoves" },
    ],
  },
  {
    id: "m8-addressee-only",
    title: "M8: nobody but the addressee can confirm, though it may have passed the shard on and be gone",
    source: "found by exploring these machines",
    hunted: "cluster",
    patches: [
      { file: plan, find: "      askAcquired(shard, address.since);\n", replace: "" },
      {
        file: decide,
        find: "    commands.push(...delivered(shard, record, (since) => since < acquired));\n",
        replace: "    void acquired;\n",
      },
    ],
  },
  {
    id: "m9-thawed-though-addressed",
    title: "M9: an owner takes its parcel back that was given to a later one",
    source: rules,
    hunted: "cluster",
    patches: [{ file: configure, find: "own !== undefined && own.address.since < since", replace: "own !== undefined" }],
  },
  {
    id: "m9-thawed-though-granted",
    title: "M9: an owner takes its parcel back that is granted",
    source: rules,
    hunted: "cluster",
    patches: [{ file: configure, find: "before.parcels.find(({ granted }) => !granted)", replace: "before.parcels.at(-1)" }],
  },
  {
    id: "m9-never-thawed",
    title: "M9: an owner waits for the shard that it has itself",
    source: rules,
    hunted: "cluster",
    patches: [{ file: configure, find: "own !== undefined && own.address.since < since", replace: "own !== undefined && own.left < 0" }],
  },
  {
    id: "m10-gives-up-when-gone",
    title: "M10: an arrival is given up when its source has nothing",
    source: rules,
    hunted: "cluster",
    patches: [
      {
        file: decide,
        find: "  return overtaken(shard, record, acquired);\n}\n\n/** The ends of arrivals",
        replace:
          '  if (why.kind === "delivered" || why.kind === "never_had") return [{ op: "abandon", shard, since, above: since + 1 }];\n  return overtaken(shard, record, acquired);\n}\n\n/** The ends of arrivals',
      },
    ],
  },
  {
    id: "m10-never-gives-up",
    title: "M10: an arrival waits for ever for what a later owner has got",
    source: rules,
    hunted: "cluster",
    patches: [
      { file: decide, find: "since < acquired;\n  return arrivals", replace: "since < acquired - acquired;\n  return arrivals" },
      {
        file: decide,
        find: 'if (why.kind === "addressed" && why.since > since) return',
        replace: 'if (why.kind === "addressed" && why.since < 0) return',
      },
    ],
  },
  {
    id: "m11-frozen-serves",
    title: "M11: a group serves what it has frozen",
    source: "MIT 6.5840, lab 5: a group stops serving what it no longer owns",
    hunted: "cluster",
    patches: [
      {
        file: configure,
        find: "return { ...before, home: undefined, parcels: [...before.parcels, parcel], left };",
        replace: "return { ...before, parcels: [...before.parcels, parcel], left };",
      },
    ],
  },
  {
    id: "m12-time-of-the-group",
    title: "M12: a shard goes by the clock of the group that has it",
    source: rules,
    hunted: "cluster",
    patches: [{ file: acquire, find: "timeOffset: copy.time - time,", replace: "timeOffset: 0," }],
  },
  {
    id: "m12-larger-of-two-clocks",
    title: "M12: a shard goes by the larger of two groups' clocks",
    source: rules,
    hunted: "cluster",
    patches: [{ file: acquire, find: "timeOffset: copy.time - time,", replace: "timeOffset: Math.max(copy.time - time, 0)," }],
  },
  {
    id: "m13-safe-with-a-parcel",
    title: "M13: a group says that it is safe to stop when it still holds what nobody else has",
    source: rules,
    hunted: "cluster",
    patches: [
      { file: `${folder}/group-row.ts`, find: "!isMember && passing + parcels === 0", replace: "!isMember && passing * parcels === 0" },
    ],
  },
];
