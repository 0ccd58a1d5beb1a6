/** Something outside this program is down, overloaded or too slow; the data is fine. Try again later. */
export class Unavailable extends Error {
  override name = 'Unavailable';
  readonly dependency: 'captioner' | 'hub' | 'model';

  constructor(dependency: Unavailable['dependency'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.dependency = dependency;
  }
}
