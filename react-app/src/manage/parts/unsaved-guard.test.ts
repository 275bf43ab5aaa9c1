import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { leave, letGuardHearFirst } from "../../navigation";
import { guardPage } from "./unsaved-guard";

const FORM = "/manage/tidy/events/new";

/** As much of a browser as the guard sees; like in one, an entry is reached before anybody hears of it. */
class Browser extends EventTarget {
  entries = ["/", "/manage/tidy", FORM, "/events/7"];
  index = 2;
  location = { pathname: FORM, search: "" };
  navigation: { currentEntry: { index: number } } | undefined = { currentEntry: { index: 2 } };
  history = { go: (by: number) => this.go(by) };

  go(by: number) {
    this.index += by;
    this.location.pathname = this.entries[this.index] ?? "";
    if (this.navigation) this.navigation.currentEntry.index = this.index;
    this.dispatchEvent(new Event("popstate"));
  }
}

let browser: Browser;
let heard: string[];
let asked: (() => void)[];
let release: () => void;

beforeEach(() => {
  browser = new Browser();
  heard = [];
  asked = [];
  vi.stubGlobal("window", browser);
  letGuardHearFirst();
  browser.addEventListener("popstate", () => heard.push(browser.location.pathname)); // the application's own
  release = guardPage((goOn) => asked.push(goOn));
});

afterEach(() => {
  release();
  vi.unstubAllGlobals();
});

describe("a page with something unsaved", () => {
  it("stays where it is while it is asked about a link, and goes on when it may", () => {
    const goOn = vi.fn();
    leave(goOn);
    expect(goOn).not.toHaveBeenCalled();
    asked[0]?.();
    expect(goOn).toHaveBeenCalledOnce();
    leave(goOn); // nobody is asked twice
    expect(goOn).toHaveBeenCalledTimes(2);
  });

  it.each([-1, -2, 1])("is returned to before anybody hears of a step of %i, which is taken again when it may", (by) => {
    browser.go(by);
    expect(browser.location.pathname).toBe(FORM);
    expect([asked.length, heard]).toEqual([1, []]);
    asked[0]?.();
    expect(heard).toEqual([browser.entries[2 + by]]);
  });

  it("takes a step for one back where the browser cannot tell", () => {
    release();
    browser.navigation = undefined;
    release = guardPage((goOn) => asked.push(goOn));
    browser.go(-1);
    expect(browser.location.pathname).toBe(FORM);
  });

  it("lets links within the page pass", () => {
    browser.entries[3] = FORM;
    browser.go(1);
    expect([asked.length, heard]).toEqual([0, [FORM]]);
    browser.go(-2);
    expect([browser.index, asked.length]).toEqual([3, 1]);
  });

  it("has the browser ask before the tab is closed, and no longer once it is saved", () => {
    const closing = () => !browser.dispatchEvent(new Event("beforeunload", { cancelable: true }));
    expect(closing()).toBe(true);
    release();
    expect(closing()).toBe(false);
    browser.go(-1);
    expect([asked.length, heard]).toEqual([0, ["/manage/tidy"]]);
  });
});
