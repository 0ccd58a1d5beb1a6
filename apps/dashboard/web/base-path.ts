/** Where the console is on its host: empty, or such as `/mycelium`. The server writes it into the page. */
const base = document.querySelector<HTMLMetaElement>('meta[name="base-path"]')?.content ?? '';

/** The path of a page, of the API or of Bull Board as the browser has to ask for it. */
export const at = (path: string) => `${base}${path}`;

/** The page that the browser shows, whatever the console's place on its host. */
export const pageAt = (pathname: string) => pathname.slice(base.length) || '/';
