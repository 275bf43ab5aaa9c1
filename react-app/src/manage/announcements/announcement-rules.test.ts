import { describe, expect, it } from "vitest";
import { messageFaults, reachWords, sentTo } from "./announcement-rules";

describe("an announcement", () => {
  it("says whom it reaches", () => {
    expect(reachWords({ people: 1, atLeast: false })).toBe("1 person");
    expect(reachWords({ people: 1000, atLeast: true })).toBe("more than 1,000 people");
    expect(sentTo({ event_title: null, audience: "everyone", recipients: null })).toContain("being sent");
  });

  it("needs a subject and a message", () => {
    expect(Object.keys(messageFaults({ subject: " ", body: "" }))).toEqual(["subject", "body"]);
    expect(messageFaults({ subject: "Hello", body: "There" })).toEqual({});
  });
});
