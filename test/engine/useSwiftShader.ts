import { existsSync } from 'node:fs';

const icd = '/usr/lib/chromium/vk_swiftshader_icd.json';

/** WebGPU without a GPU: SwiftShader, where Chromium is installed, shows correctness, not speed. */
export function useSwiftShader(): void {
  if (existsSync(icd)) process.env['VK_ICD_FILENAMES'] ??= icd;
}
