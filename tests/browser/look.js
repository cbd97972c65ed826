// Looks at a page in Chromium, as people will: phone, laptop and paper, each light and dark.
//   node look.js CHROMIUM FOLDER page NAME URL [LOOK]   no complaint of the console, no request to anywhere
//                                                else, nothing wider than the screen; pictures are
//                                                left in FOLDER as NAME-phone-light.png, ...
//   node look.js CHROMIUM FOLDER axe AXE.js URL  axe-core finds nothing
//   node look.js CHROMIUM FOLDER big URL MS      it opens within so many milliseconds
// Prints what it saw. Exit code: 0 all is well, 1 something was found, 2 it could not look.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { Browser } = require('./browser.js');

const looks = [
  { name: 'phone', width: 390, height: 844, phone: true },
  { name: 'laptop', width: 1440, height: 900 },
  // A4 at 96 pixels an inch, without its margins of 15 mm.
  { name: 'paper', width: 680, height: 1010, media: 'print' },
].flatMap((look) => ['light', 'dark'].map((scheme) => ({ ...look, scheme })));

async function on(browser, look, url, see) {
  const page = await browser.open(look);
  const ms = await page.go(url);
  const findings = await see(page, ms);
  await page.close();
  findings.forEach((finding) => console.log(`FOUND ${look.name} ${look.scheme}: ${finding}`));
  return findings.length;
}

const own = (url) => (request) => request.split('#')[0] === url ||
  (url.startsWith('http') && new URL(request).origin === new URL(url).origin);

async function page(browser, folder, [name, url, only]) {
  let found = 0;
  for (const look of looks.filter((one) => !only || one.name === only)) {
    found += await on(browser, look, url, async (at, ms) => {
      fs.writeFileSync(path.join(folder, `${name}-${look.name}-${look.scheme}.png`),
        await at.photo(look.width, 12000));
      // A page that asks again and again has time to do so.
      if (url.startsWith('http')) await new Promise((resolve) => setTimeout(resolve, 2500));
      const wide = await at.run('document.documentElement.scrollWidth - document.documentElement.clientWidth');
      const back = await at.run('getComputedStyle(document.documentElement).backgroundColor + ' +
        'getComputedStyle(document.body).backgroundColor');
      console.log(`${look.name} ${look.scheme}: opened in ${ms} ms, ${at.requests.length} requests, background ${back}`);
      return [
        ...at.complaints.map((text) => `the console says: ${text}`),
        ...at.requests.filter((request) => !own(url)(request)).map((request) => `asks ${request}`),
        ...(at.requests.length > (url.startsWith('http') ? 1 : 0) ? [] : ['too few requests were seen']),
        ...(wide > 0 ? [`${wide} pixels wider than the screen`] : []),
      ];
    });
  }
  return found;
}

async function axe(browser, folder, [script, url]) {
  const source = fs.readFileSync(script, 'utf8');
  let found = 0;
  for (const look of looks.filter(({ media }) => media !== 'print')) {
    found += await on(browser, look, url, async (at) => {
      await at.run(`${source}; true`);
      const { passes, violations } = await at.run(
        'axe.run(document).then(({passes, violations}) => ({passes: passes.length, violations: ' +
        'violations.map(({id, impact, nodes}) => `${id} (${impact}), ${nodes.length} times: ${nodes[0].html}`)}))');
      console.log(`${look.name} ${look.scheme}: ${passes} rules passed`);
      return passes > 0 ? violations.map((text) => `axe: ${text}`) : ['axe has looked at nothing'];
    });
  }
  return found;
}

async function big(browser, folder, [url, most]) {
  return on(browser, { ...looks[2], name: 'laptop' }, url, async (at, ms) => {
    console.log(`opened in ${ms} ms`);
    return ms < Number(most) ? [] : [`it took ${ms} ms, not less than ${most}`];
  });
}

(async () => {
  const [program, folder, what, ...rest] = process.argv.slice(2);
  const profile = fs.mkdtempSync(path.join(folder, 'profile-'));
  const browser = new Browser(program, profile);
  try {
    const found = await { page, axe, big }[what](browser, folder, rest);
    process.exitCode = found === 0 ? 0 : 1;
  } finally {
    await browser.close();
    fs.rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
})().catch((error) => {
  console.error(error);
  process.exitCode = 2;
});
