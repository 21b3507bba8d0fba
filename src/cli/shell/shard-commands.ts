import type { GroupToJoin } from "../../client/admin.ts";
import { KvorumError } from "../../client/errors.ts";
import { changedText, configText, planText } from "../shard-text.ts";
import { groupsOf, numberOf } from "../shard-words.ts";
import { statusText } from "../status-text.ts";
import { Misunderstood } from "./misunderstood.ts";
import type { ShellCall, ShellCommand, ShellWorld } from "./command.ts";
import { whyMastersWait } from "./why.ts";

const many = 64;

/** For so long one waits for what a word can be. */
const offerMs = 500;
const groupsGiven = [
  "A group is its number and its servers, such as 3=127.0.0.1:7001,127.0.0.1:7002;",
  "or its number alone when it runs here.",
];

/** Commands that ask the shardmaster. */
export const shardCommands: readonly ShellCommand[] = plain().map(explained);

function plain(): readonly ShellCommand[] {
  return [
    {
      name: "status",
      usage: "",
      about: "print how everything is, and what shards wait for",
      words: [0, 0],
      run: status,
    },
    {
      name: "shard join",
      usage: "GROUP... [--force]",
      about: "give groups their share of the shards",
      more: [...groupsGiven, "They are asked first whether they are that; --force asks nobody."],
      words: [1, many],
      complete: (_, __, world) => gids(world),
      run: async (call) => call.print(changedText(await call.admin.join(await joining(call), call.options))),
    },
    {
      name: "shard leave",
      usage: "GROUP...",
      about: "take groups away; their shards go to the others",
      words: [1, many],
      complete: (_, __, world) => gids(world),
      run: async (call) => call.print(changedText(await call.admin.leave(numbers(call.words), call.options))),
    },
    {
      name: "shard move",
      usage: "SHARD GROUP",
      about: "give one shard to a group",
      more: ["The next join or leave may give it to another one."],
      words: [2, 2],
      complete: (before, _, world) => (before.length === 1 ? gids(world) : []),
      run: async ({ words: [shard = "", gid = ""], admin, options, print }) =>
        print(changedText(await admin.move(numberOf(shard, "shard", 0, refuse), numberOf(gid, "group", 1, refuse), options))),
    },
    {
      name: "shard query",
      usage: "[NUMBER]",
      about: "print a configuration; the latest one without a number",
      words: [0, 1],
      run: async ({ words: [word], admin, options, print }) => {
        const number = word === undefined ? undefined : numberOf(word, "configuration", 0, refuse);
        print(configText(await admin.query(number, options)));
      },
    },
    {
      name: "shard plan",
      usage: "join|leave GROUP...",
      about: "print what a change would come to, without making it",
      more: groupsGiven,
      words: [2, many],
      complete: (before, _, world) => (before.length === 0 ? ["join", "leave"] : gids(world)),
      run: plan,
    },
  ];
}

/** Says of a command that waits what keeps the shardmaster from answering. */
function explained(command: ShellCommand): ShellCommand {
  const run = (call: ShellCall): Promise<void> | void => {
    call.explain(() => whyMastersWait(call));
    return command.run(call);
  };
  return { ...command, run };
}

async function status({ admin, options, print }: ShellCall): Promise<void> {
  const found = await admin.status(options);
  print(statusText(found));
  if (found.failure !== undefined) throw found.failure;
}

async function plan(call: ShellCall): Promise<void> {
  const [kind, ...words] = call.words;
  if (kind !== "join" && kind !== "leave") throw new Misunderstood(`a plan is of a join or a leave, and '${kind}' was given`);
  const change = kind === "join" ? { join: await joining({ ...call, words }) } : { leave: numbers(words) };
  call.print(planText(await call.admin.plan(change, call.options)));
}

/** The groups that are to join: unless forced, only with servers that say that they are them. */
async function joining({ words, admin, options, local }: ShellCall): Promise<readonly GroupToJoin[]> {
  const isForced = words.includes("--force");
  const groups = words
    .filter((word) => word !== "--force")
    .flatMap((word): readonly GroupToJoin[] => {
      const known = local?.plan.groups.find(({ gid }) => String(gid) === word);
      return known === undefined ? groupsOf([word], undefined, refuse) : [known];
    });
  return isForced ? groups : admin.identify(groups, options);
}

function numbers(words: readonly string[]): number[] {
  return words.map((word) => numberOf(word, "group", 1, refuse));
}

function refuse(sentence: string): never {
  throw new Misunderstood(sentence);
}

/** The groups that run here, and those that the shardmaster names, if it answers soon. */
async function gids({ local, admin }: ShellWorld): Promise<readonly string[]> {
  const here = local?.plan.groups.map(({ gid }) => String(gid)) ?? [];
  try {
    const { groups } = await admin.query(undefined, { timeoutMs: offerMs });
    return [...new Set([...here, ...groups.map(({ gid }) => String(gid))])];
  } catch (error) {
    if (error instanceof KvorumError) return here;
    throw error;
  }
}
