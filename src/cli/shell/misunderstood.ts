/** A line of the shell that cannot be meant; the message is a sentence without its full stop, for people. */
export class Misunderstood extends Error {
  override readonly name = "Misunderstood";
}
