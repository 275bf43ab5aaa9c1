import { describe, expect, it } from "vitest";
import { explain, fieldErrors, isStatus, readProblem } from "./errors";

const said = (status: number, body: unknown = {}, headers: Record<string, string> = {}) =>
  readProblem(new Response(typeof body === "string" ? body : JSON.stringify(body), { status, headers }));

describe("an answer that is an error", () => {
  it.each([
    [429, { "Retry-After": "7" }, "wait 7 seconds"],
    [429, { "Retry-After": "600" }, "wait 10 minutes"],
    [429, {}, "wait a moment"],
    [503, {}, "not available right now"],
    [500, {}, "on our side"],
    [403, {}, "may not do this"],
    [418, {}, "status 418"],
  ])("is a sentence for people when it says %i", async (status, headers, sentence) => {
    expect(explain(await said(status, {}, headers))).toContain(sentence);
  });

  it("says what the API says about it", async () => {
    expect(explain(await said(409, { detail: "The last owner stays." }))).toBe("The last owner stays.");
  });

  it("never shows what a broken server says", async () => {
    expect(explain(await said(500, { detail: "Traceback" }))).not.toContain("Traceback");
    expect(explain(await said(502, "<html>"))).toContain("on our side");
  });

  it("puts complaints beside their fields, as sentences", async () => {
    const errors = [
      { location: ["body", "email"], message: "value is not a valid email address: no dot" },
      { location: ["body", "shifts", "1", "title"], message: "Value error, is too long" },
      { location: ["body", "email"], message: "again" },
      { location: "nowhere", message: 1 },
    ];
    const problem = await said(422, { errors });
    expect(fieldErrors(problem)).toEqual({ email: "This is not an e-mail address.", "shifts.1.title": "Is too long." });
    expect(explain(problem)).toBe("Please check what is marked.");
  });

  it("can be told by its status", async () => {
    expect(isStatus(await said(404), 404, 410)).toBe(true);
    expect(isStatus(new Error("404"), 404)).toBe(false);
  });
});

describe("an error of the page itself", () => {
  it("tells no detail", () => expect(explain(new TypeError("x is undefined"))).toContain("in this page"));
});
