import { commandsPage } from './commands-page.ts';
import { licencesPage } from './licences-page.ts';
import { settingsPage } from './settings-page.ts';

/** The pages of docs/ that are generated from the code. */
export const pages = {
  'docs/commands.md': commandsPage,
  'docs/settings.md': settingsPage,
  'docs/licences.md': licencesPage,
};
