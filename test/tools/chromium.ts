import { globSync } from 'node:fs';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findProgram, output, unpackTestTool } from '@mycelium/embedded/testing';

const browserIn = 'usr/lib/chromium/chromium';

const debianChromium = {
  packages: ['chromium', 'fonts-wqy-zenhei'],
  // Desktop components and graphics drivers that it does not need.
  leaveOut:
    /^(systemd|dbus|debconf|libpam-|init-system|sysvinit|mount$|mawk|base-files|procps|perl|adwaita|hicolor|x11-utils|x11-common|xdg-utils|dconf|mesa-libgallium|libgl1-mesa|libglx-mesa|libllvm|libz3)/,
  programs: [browserIn, 'usr/lib/chromium/chrome_crashpad_handler'],
};

/**
 * Finds a Chromium for browser tests: the installed one, or else one unpacked into the home, with a Chinese font.
 * @returns the path of a program that is started like `chromium`
 */
export async function findChromium(home: string): Promise<string> {
  for (const name of ['chromium', 'chromium-browser', 'google-chrome']) {
    const path = await findProgram(name);
    if (path && (await output(path, ['--version']).catch(() => undefined))) return path;
  }
  const folder = await unpackTestTool(home, 'chromium', { ...debianChromium, marker: browserIn });
  return writeLauncher(folder, join(folder, browserIn));
}

/** Environment variables point Chromium to the unpacked fonts, and to libraries with their own search path. */
async function writeLauncher(folder: string, browser: string): Promise<string> {
  const fonts = join(folder, 'fonts.conf');
  const launcher = join(folder, 'chromium');
  const libraries = globSync(join(folder, 'usr/lib/*-linux-gnu*/{.,pulseaudio}/'));
  await writeFile(
    fonts,
    `<fontconfig><dir>${folder}/usr/share/fonts</dir><cachedir prefix="xdg">fontconfig</cachedir></fontconfig>\n`,
  );
  await writeFile(
    launcher,
    `#!/bin/sh\nLD_LIBRARY_PATH='${libraries.join(':')}' FONTCONFIG_FILE='${fonts}' exec '${browser}' "$@"\n`,
  );
  await chmod(launcher, 0o755);
  return launcher;
}
