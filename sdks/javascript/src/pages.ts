import { fromWire } from "./casing.js";
import { type Answer, APIPromise } from "./promise.js";

type Turn<T> = (offset: number) => PagePromise<T>;

/** What a list says. */
export interface PageBody<T> {
  data: T[];
  total: number;
  limit: number;
  offset: number;
}

/** A page of a list. `for await` goes on to the pages that follow, and asks for each when it is reached. */
export class Page<T> implements AsyncIterable<T> {
  readonly data: T[];
  readonly total: number;
  readonly limit: number;
  readonly offset: number;
  readonly #turn: Turn<T>;

  constructor(body: PageBody<T>, turn: Turn<T>) {
    this.data = body.data;
    this.total = body.total;
    this.limit = body.limit;
    this.offset = body.offset;
    this.#turn = turn;
  }

  /** Whether rows follow this page's. */
  get hasMore(): boolean {
    return this.data.length > 0 && this.offset + this.data.length < this.total;
  }

  /** The page after this one, or null after the last. */
  async nextPage(): Promise<Page<T> | null> {
    return this.hasMore ? this.#turn(this.offset + this.data.length) : null;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    // What is new comes first and moves the rest on, so the next page may begin with rows of the last.
    const seen = new Set<unknown>();
    for (let page: Page<T> | null = this; page; page = await page.nextPage()) {
      for (const row of page.data) {
        const id = (row as { id?: unknown }).id;
        if (id === undefined || !seen.has(id)) {
          seen.add(id);
          yield row;
        }
      }
    }
  }
}

/** Await it for a page, or walk through all rows with `for await`. */
export class PagePromise<T> extends APIPromise<Page<T>> implements AsyncIterable<T> {
  constructor(answer: Promise<Answer>, turn: Turn<T>) {
    super(answer, (body) => new Page(fromWire<PageBody<T>>(body), turn));
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    yield* await this;
  }
}
