// Chromium without a window, told what to do over a pipe (the DevTools protocol): nothing has to be
// installed beside it, and no port is open.
'use strict';
const { spawn } = require('node:child_process');

class Browser {
  // profile: an empty folder of its own.
  constructor(program, profile) {
    const options = ['--headless', '--remote-debugging-pipe', '--disable-gpu', '--hide-scrollbars',
      '--no-first-run', '--disable-background-networking', '--disable-component-update',
      `--user-data-dir=${profile}`];
    // Chromium has no sandbox for root, and wants to hear that.
    if (process.getuid() === 0) options.push('--no-sandbox');
    this.process = spawn(program, options, { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });
    this.answers = new Map();
    this.listeners = new Map();
    this.last = 0;
    let text = '';
    this.process.stdio[4].setEncoding('utf8').on('data', (part) => {
      const messages = (text + part).split('\0');
      text = messages.pop();
      messages.forEach((message) => this.heard(JSON.parse(message)));
    });
    const gone = () => this.answers.forEach(({ reject }) => reject(new Error('chromium has ended')));
    this.process.on('error', gone).on('exit', gone);
    this.process.stdio[3].on('error', gone);
  }

  heard(message) {
    const waits = this.answers.get(message.id);
    this.answers.delete(message.id);
    if (waits && message.error) waits.reject(new Error(`${waits.method}: ${message.error.message}`));
    else if (waits) waits.resolve(message.result);
    else this.listeners.get(message.sessionId)?.(message.method, message.params);
  }

  send(method, params = {}, sessionId = undefined) {
    const id = ++this.last;
    return new Promise((resolve, reject) => {
      this.answers.set(id, { method, resolve, reject });
      this.process.stdio[3].write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    });
  }

  // A page that has nothing of any other. look: {width, height, scheme, media, phone}
  async open(look) {
    const { browserContextId } = await this.send('Target.createBrowserContext');
    const { targetId } = await this.send('Target.createTarget', { url: 'about:blank', browserContextId });
    const { sessionId } = await this.send('Target.attachToTarget', { targetId, flatten: true });
    const page = new Page(this, sessionId, browserContextId);
    for (const domain of ['Page', 'Runtime', 'Log', 'Network']) await page.send(`${domain}.enable`);
    await page.send('Emulation.setDeviceMetricsOverride',
      { width: look.width, height: look.height, deviceScaleFactor: 1, mobile: look.phone === true });
    await page.send('Emulation.setEmulatedMedia', { media: look.media || 'screen',
      features: [{ name: 'prefers-color-scheme', value: look.scheme }] });
    return page;
  }

  async close() {
    const ended = new Promise((resolve) => this.process.on('exit', resolve));
    await this.send('Browser.close').catch(() => this.process.kill('SIGKILL'));
    await ended;
  }
}

class Page {
  constructor(browser, session, context) {
    Object.assign(this, { browser, session, context, requests: [], complaints: [], loaded: null });
    browser.listeners.set(session, (method, params) => this.happened(method, params));
  }

  happened(method, params) {
    if (method === 'Network.requestWillBeSent') this.requests.push(params.request.url);
    if (method === 'Page.loadEventFired') this.loaded?.();
    if (method === 'Runtime.exceptionThrown') {
      this.complaints.push(params.exceptionDetails.exception?.description || params.exceptionDetails.text);
    }
    if (method === 'Runtime.consoleAPICalled' && ['error', 'warning', 'assert'].includes(params.type)) {
      this.complaints.push(params.args.map((one) => one.value).join(' '));
    }
    if (method === 'Log.entryAdded' && ['error', 'warning'].includes(params.entry.level)) {
      this.complaints.push(`${params.entry.text} ${params.entry.url || ''}`);
    }
  }

  send(method, params) {
    return this.browser.send(method, params, this.session);
  }

  // Milliseconds until the page was loaded and drawn.
  async go(url) {
    const began = performance.now();
    const loaded = new Promise((resolve) => { this.loaded = resolve; });
    const { errorText } = await this.send('Page.navigate', { url });
    if (errorText) throw new Error(`${url}: ${errorText}`);
    await loaded;
    await this.run('new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)))');
    return Math.round(performance.now() - began);
  }

  async run(expression) {
    const { result, exceptionDetails } = await this.send('Runtime.evaluate',
      { expression, awaitPromise: true, returnByValue: true });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description || exceptionDetails.text);
    return result.value;
  }

  // A picture of the whole page, up to so many pixels down.
  async photo(width, most) {
    const height = Math.min(await this.run('document.documentElement.scrollHeight'), most);
    const { data } = await this.send('Page.captureScreenshot',
      { captureBeyondViewport: true, clip: { x: 0, y: 0, width, height, scale: 1 } });
    return Buffer.from(data, 'base64');
  }

  async close() {
    this.browser.listeners.delete(this.session);
    await this.browser.send('Target.disposeBrowserContext', { browserContextId: this.context });
  }
}

module.exports = { Browser };
