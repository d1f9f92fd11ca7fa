// Runs in the page: draws its figures as they are scrolled to, and turns them light or dark.
(() => {
  const page = JSON.parse(document.getElementById('figures').textContent);
  const resolve = (value) => {
    if (typeof value === 'string' && value.startsWith('shared:')) return page.shared[value.slice(7)];
    if (Array.isArray(value)) return typeof value[0] === 'number' ? value : value.map(resolve);
    if (value && typeof value === 'object') {
      if (value.strings && value.codes) {
        const bytes = Uint8Array.from(atob(value.codes), (c) => c.charCodeAt(0));
        return Array.from(new Uint16Array(bytes.buffer), (code) => value.strings[code]);
      }
      return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, resolve(inner)]));
    }
    return value;
  };
  const root = document.documentElement;
  const button = document.getElementById('theme');
  let theme = 'light';
  const divs = [...document.querySelectorAll('.sdc-figure')];
  const drawn = new Set();
  const templateOf = (figure) => page.templates[figure.template]?.[theme];
  const is3d = (figure) => figure.data.some((trace) => trace.type === 'mesh3d');

  async function draw(div) {
    if (drawn.has(div)) return;
    drawn.add(div);
    const figure = page.figures[div.dataset.figure];
    const layout = resolve(figure.layout);
    const template = templateOf(figure);
    if (template) layout.template = JSON.parse(JSON.stringify(template));
    await Plotly.newPlot(div, resolve(figure.data), layout, figure.config);
    if (figure.data.some((trace) => trace.meta?.pictures)) window.sdcHover(div);
    window.sdcLayers(div);
    div.dataset.drawn = 'yes';
  }
  function erase(div) {
    if (!drawn.delete(div)) return;
    Plotly.purge(div);
    delete div.dataset.drawn;
  }
  // Figures are drawn as they come near; 3D ones are given up far away, since a browser has few WebGL contexts.
  const near = new IntersectionObserver(
    (entries) => {
      for (const entry of entries) if (entry.isIntersecting) draw(entry.target);
    },
    { rootMargin: '500px' },
  );
  const far = new IntersectionObserver(
    (entries) =>
      entries.forEach((entry) => {
        if (!entry.isIntersecting && is3d(page.figures[entry.target.dataset.figure])) erase(entry.target);
      }),
    { rootMargin: '2000px' },
  );
  function turn(to) {
    theme = to;
    root.dataset.theme = to;
    button.textContent = to === 'dark' ? 'Light' : 'Dark';
    button.setAttribute('aria-pressed', String(to === 'dark'));
    const turned = [...drawn].map((div) => {
      const template = templateOf(page.figures[div.dataset.figure]);
      return template && Plotly.relayout(div, { template: JSON.parse(JSON.stringify(template)) });
    });
    window.sdcTurned = Promise.all(turned).then(() => to);
  }
  button.addEventListener('click', () => turn(theme === 'dark' ? 'light' : 'dark'));
  const wanted = matchMedia('(prefers-color-scheme: dark)');
  turn(wanted.matches ? 'dark' : 'light');
  wanted.addEventListener('change', () => turn(wanted.matches ? 'dark' : 'light'));
  for (const div of divs) {
    near.observe(div);
    far.observe(div);
  }
  window.sdcDrawAll = () => Promise.all(divs.map(draw));
  window.addEventListener('beforeprint', () => {
    turn('light');
    window.sdcDrawAll();
  });
})();
