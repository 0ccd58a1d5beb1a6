import { globSync } from 'node:fs';
import { access, chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findProgram, output } from './command.ts';
import { unpackDebianPackages } from './debian-packages.ts';
import { prepareHome, servicesFolder } from './home.ts';
import { findServiceUser } from './service-user.ts';

const DEBIAN_CHROMIUM = {
  packages: ['chromium', 'fonts-wqy-zenhei'],
  // What a desktop needs around it, and drivers of graphics cards.
  leaveOut:
    /^(systemd|dbus|debconf|libpam-|init-system|sysvinit|mount$|mawk|base-files|procps|perl|adwaita|hicolor|x11-utils|x11-common|xdg-utils|dconf|mesa-libgallium|libgl1-mesa|libglx-mesa|libllvm|libz3)/,
  programs: ['usr/lib/chromium/chromium', 'usr/lib/chromium/chrome_crashpad_handler'],
};

/**
 * A Chromium for browser tests: the machine's own, else one unpacked below the home, with a font for Chinese. Gives
 * the path of a program that is started like `chromium`.
 */
export async function findChromium(
  home: string,
  { onProgress, signal }: { onProgress?: (message: string) => void; signal?: AbortSignal } = {},
): Promise<string> {
  for (const name of ['chromium', 'chromium-browser', 'google-chrome']) {
    const path = await findProgram(name);
    if (path && (await output(path, ['--version']).catch(() => undefined))) return path;
  }
  const folder = join(await servicesFolder(await prepareHome(home, await findServiceUser())), 'chromium');
  const browser = join(folder, 'usr/lib/chromium/chromium');
  const unpacked = await access(browser).then(
    () => true,
    () => false,
  );
  if (!unpacked) {
    await unpackDebianPackages({
      ...DEBIAN_CHROMIUM,
      folder,
      signal,
      onProgress: (step) => onProgress?.(`Getting Chromium, once: ${step}`),
    });
  }
  return writeLauncher(folder, browser);
}

/** Chromium finds the unpacked fonts, and libraries with a search path of their own, by environment variables. */
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
