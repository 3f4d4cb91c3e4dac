export interface Voice {
  id: string;
  name: string;
  language: string;
  gender: string;
  provider: string;
  previewUrl: string;
  /** The voice that speaks in its place where no configured provider has it. */
  spokenBy: string;
}
