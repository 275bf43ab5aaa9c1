import { beforeEach, describe, expect, it, vi } from "vitest";

const SESSION = { access_token: "fresh", token_type: "Bearer", expires_in: 600, me: { id: 1, name: "Ada", email: "a@b.c", organizations: [] } };

/** A page that has just been opened, with an API that answers in turn. */
async function openPage({ hint = true, answers }: { hint?: boolean; answers: [number, unknown?][] }) {
  const asked: { path: string; token: string | null }[] = [];
  const stored = new Map(hint ? [["slipway-signed-in", "yes"]] : []);
  vi.stubGlobal("localStorage", {
    getItem: (name: string) => stored.get(name) ?? null,
    setItem: (name: string, value: string) => stored.set(name, value),
    removeItem: (name: string) => stored.delete(name),
  });
  vi.stubGlobal("fetch", async (target: Request | string) => {
    const request = new Request(new URL(typeof target === "string" ? target : target.url, "https://localhost"), {
      headers: typeof target === "string" ? {} : target.headers,
    });
    asked.push({ path: new URL(request.url).pathname, token: request.headers.get("Authorization") });
    const [status, body] = answers.shift() ?? [500];
    return new Response(status === 204 ? null : JSON.stringify(body ?? {}), { status });
  });
  vi.resetModules();
  const [session, authenticatedFetch] = await Promise.all([import("./session"), import("./authenticated-fetch")]);
  return { ...session, ...authenticatedFetch, asked, stored };
}

const question = () => new Request("https://localhost/api/me");

beforeEach(() => vi.unstubAllGlobals());

describe("a page that is opened", () => {
  it("asks for no session when there was none", async () => {
    const page = await openPage({ hint: false, answers: [[200]] });
    await page.authenticatedFetch(question());
    expect(page.asked).toEqual([{ path: "/api/me", token: null }]);
  });

  it("gets a session by the cookie, once for all who ask, before the first question", async () => {
    const page = await openPage({ answers: [[200, SESSION], [200], [200]] });
    await Promise.all([page.authenticatedFetch(question()), page.authenticatedFetch(question())]);
    expect(page.asked.map(({ path }) => path)).toEqual(["/api/auth/refresh", "/api/me", "/api/me"]);
    expect(page.asked[1]?.token).toBe("Bearer fresh");
    expect(page.currentSession().me?.name).toBe("Ada");
  });

  it("is anonymous when the cookie is void, and remembers that", async () => {
    const page = await openPage({ answers: [[401], [200]] });
    await page.authenticatedFetch(question());
    expect(page.currentSession().kind).toBe("anonymous");
    expect(page.stored.size).toBe(0);
  });

  it("keeps the hint when the API is ill, for a better moment", async () => {
    const page = await openPage({ answers: [[503], [200]] });
    await page.authenticatedFetch(question());
    expect(page.currentSession().kind).toBe("anonymous");
    expect(page.stored.size).toBe(1);
  });
});

describe("an access token that is void", () => {
  it("is replaced, and the question asked once more", async () => {
    const page = await openPage({ answers: [[200, SESSION], [401], [200, { ...SESSION, access_token: "newer" }], [200]] });
    expect((await page.authenticatedFetch(question())).status).toBe(200);
    expect(page.asked.map(({ token }) => token)).toEqual([null, "Bearer fresh", null, "Bearer newer"]);
  });

  it("ends the session when it cannot be replaced", async () => {
    const page = await openPage({ answers: [[200, SESSION], [401], [401]] });
    await expect(page.authenticatedFetch(question())).rejects.toMatchObject({ status: 401 });
    expect(page.currentSession().kind).toBe("anonymous");
  });
});

describe("signing out everywhere", () => {
  it("ends the session here", async () => {
    const page = await openPage({ answers: [[200, SESSION], [204]] });
    await page.sessionKnown();
    await page.signOut({ everywhere: true });
    expect(page.asked.at(-1)?.path).toBe("/api/auth/logout-everywhere");
    expect(page.currentToken()).toBe(null);
    expect(page.stored.size).toBe(0);
  });

  it("says so when it did not work, and stays signed in", async () => {
    const page = await openPage({ answers: [[200, SESSION], [503]] });
    await page.sessionKnown();
    await expect(page.signOut({ everywhere: true })).rejects.toMatchObject({ status: 503 });
    expect(page.currentSession().kind).toBe("signed-in");
  });
});

describe("the token", () => {
  it("is nowhere but in memory", async () => {
    const page = await openPage({ answers: [[200, SESSION]] });
    await page.sessionKnown();
    expect([...page.stored.values()].join()).not.toContain("fresh");
  });
});
