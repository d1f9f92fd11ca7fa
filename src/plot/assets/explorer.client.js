// The explorer: everything on screen follows from `state`; `draw` paints it anew.
(() => {
  const study = JSON.parse(document.getElementById('study').textContent);
  const $ = (id) => document.getElementById(id);
  const bytesOf = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer;
  const count = (n) => n.toLocaleString('en-US');
  const element = (tag, parts = {}, ...children) => {
    const made = Object.assign(document.createElement(tag), parts);
    made.append(...children.filter((child) => child !== undefined));
    return made;
  };
  const views = study.views.map((view) => ({ ...view, vertex: new Uint32Array(bytesOf(view.vertex)) }));
  const regionKeys = study.regions && new Uint16Array(bytesOf(study.regions.keys));
  const regionNames = new Map(study.regions?.names);
  const best = study.best?.map((text) => new Int32Array(bytesOf(text)));
  const vertices = study.concepts.map((concept) =>
    concept.vertices.map((text) => new Uint32Array(bytesOf(text))),
  );
  const nParticipants = study.participants.length;
  const rgb = (hex) => [1, 3, 5].map((i) => Number.parseInt(hex.slice(i, i + 2), 16));
  const palette = [...study.colours, study.overlap].map(rgb);
  const nVertices = Math.max(...views.map((view) => view.vertex.reduce((most, v) => Math.max(most, v), 0)));
  const state = { concept: 0, view: 0, on: study.participants.map(() => true), at: undefined };

  // What lies at each vertex: for every concept a bit list of participants, made when first asked.
  const members = new Map();
  const membersOf = (c) => {
    if (!members.has(c)) {
      const sets = vertices[c]?.map((list) => {
        const inside = new Uint8Array(nVertices);
        for (const v of list) inside[v] = 1;
        return inside;
      });
      members.set(c, sets ?? []);
    }
    return members.get(c);
  };

  function list() {
    const words = $('search').value.trim().toLowerCase();
    const text = (concept) => JSON.stringify(concept.card).toLowerCase();
    const shown = study.concepts
      .map((_, c) => c)
      .filter((c) => !words || text(study.concepts[c]).includes(words));
    const most = Math.max(1, ...study.concepts.map(({ card }) => card.nVoxels));
    $('concepts').replaceChildren(
      ...shown.map((c) => {
        const { card, nVoxels } = study.concepts[c];
        const share = element('div', { className: 'share' });
        share.setAttribute('aria-hidden', 'true');
        share.style.width = `${(100 * Math.sqrt(card.nVoxels / most)).toFixed(1)}%`;
        nVoxels.forEach((n, p) => {
          if (n) share.append(element('span', { style: `flex:${n};background:${study.colours[p]}` }));
        });
        const item = element(
          'li',
          { id: `concept-${c}`, onclick: () => choose(c) },
          element('b', { textContent: card.name }),
          element('small', {
            textContent: `${count(card.nVoxels)} voxels, ${card.nParticipants} participants`,
          }),
          share,
        );
        item.setAttribute('role', 'option');
        item.setAttribute('aria-selected', String(c === state.concept));
        return item;
      }),
    );
    if (shown.length === 0) $('concepts').append(element('li', { textContent: 'No concept matches.' }));
    return shown;
  }

  function choose(c) {
    if (!study.concepts[c]) return;
    state.concept = c;
    for (const item of $('concepts').children) {
      item.setAttribute('aria-selected', String(item.id === `concept-${c}`));
    }
    $('concepts').setAttribute('aria-activedescendant', `concept-${c}`);
    $(`concept-${c}`)?.scrollIntoView({ block: 'nearest' });
    card();
    controls();
    draw();
  }

  function card() {
    const concept = study.concepts[state.concept];
    if (!concept) {
      $('card').replaceChildren(element('p', { textContent: 'No concept was found in this study.' }));
      return;
    }
    // The card is HTML of the page's own making; only its pictures are put in here, for each is in the page once.
    $('card').innerHTML = concept.html;
    const gallery = element('div', { className: 'sdc-gallery' });
    for (const row of concept.pictures) {
      gallery.append(element('h4', { textContent: row.heading }));
      const pictures = row.pictures.map((p) =>
        element(
          'li',
          {},
          element('img', {
            src: study.pictures[p],
            alt: study.pictureNames[p],
            title: study.pictureNames[p],
          }),
        ),
      );
      gallery.append(element('ul', {}, ...pictures));
    }
    $('card').querySelector('.pictures').replaceChildren(gallery);
  }

  function controls() {
    $('views').replaceChildren(
      ...views.map((view, i) => {
        const input = element('input', {
          type: 'radio',
          name: 'view',
          checked: i === state.view,
          onchange: () => show(i),
        });
        return element('label', {}, input, view.name);
      }),
    );
    const counts = study.concepts[state.concept]?.nVoxels ?? [];
    const boxes = study.participants.map((name, p) => {
      const input = element('input', { type: 'checkbox', checked: state.on[p], onchange: () => toggle(p) });
      const swatch = element('i', { style: `background:${study.colours[p]}` });
      return element(
        'label',
        {},
        input,
        swatch,
        name,
        element('small', { textContent: count(counts[p] ?? 0) }),
      );
    });
    const overlap = element(
      'span',
      { className: 'overlap', style: 'font-size:.9rem' },
      element('i', { style: `background:${study.overlap}` }),
      ' overlap',
    );
    const note = element('small', { className: 'note', textContent: study.masksAre ?? '' });
    $('participants').replaceChildren($('participants').firstElementChild, ...boxes, overlap, note);
  }

  const toggle = (p) => {
    state.on[p] = !state.on[p];
    controls();
    draw();
  };
  const show = (i) => {
    state.view = i;
    state.at = undefined;
    controls();
    draw();
  };

  const pictures = new Map();
  const picture = (source) => {
    if (!pictures.has(source)) {
      const image = new Image();
      pictures.set(
        source,
        new Promise((done) => {
          image.onload = () => done(image);
          image.src = source;
        }),
      );
    }
    return pictures.get(source);
  };

  let drawing = 0;
  async function draw() {
    const mine = ++drawing;
    const view = views[state.view];
    const canvas = $('map');
    const codes = new Uint8Array(nVertices);
    vertices[state.concept]?.forEach((list, p) => {
      if (state.on[p]) for (const v of list) codes[v] = codes[v] ? nParticipants + 1 : p + 1;
    });
    const [cortex, outlines] = await Promise.all([
      picture(view.cortex),
      view.outlines && picture(view.outlines),
    ]);
    const layer = new OffscreenCanvas(view.width, view.height);
    const context = layer.getContext('2d');
    const image = context.createImageData(view.width, view.height);
    view.vertex.forEach((v, pixel) => {
      const code = v && codes[v - 1];
      if (code) image.data.set([...palette[code - 1], 255], 4 * pixel);
    });
    context.putImageData(image, 0, 0);
    if (mine !== drawing) return;
    canvas.width = view.width;
    canvas.height = view.height;
    const on = canvas.getContext('2d');
    on.drawImage(cortex, 0, 0);
    on.drawImage(layer, 0, 0);
    if (outlines) on.drawImage(outlines, 0, 0);
    on.textAlign = 'center';
    on.textBaseline = 'middle';
    on.font = '500 18px sans-serif';
    on.lineWidth = 4;
    on.lineJoin = 'round';
    on.strokeStyle = '#ffffffcc';
    on.fillStyle = '#14171c';
    for (const { name, x, y } of view.labels ?? []) {
      on.strokeText(name, x, y);
      on.fillText(name, x, y);
    }
    on.fillStyle = getComputedStyle(document.documentElement).getPropertyValue('--muted');
    for (const { label, x, y, width } of view.panels) on.fillText(label, x + width / 2, Math.max(10, y - 12));
    if (state.at) {
      on.strokeStyle = '#14171c';
      on.lineWidth = 2;
      on.strokeRect(state.at.x - 6, state.at.y - 6, 12, 12);
    }
    const own = study.concepts[state.concept];
    const shown = study.participants.filter((_, p) => state.on[p] && own?.nVoxels[p]);
    canvas.setAttribute(
      'aria-label',
      own
        ? `${own.card.name} on the ${view.name} cortex: ${shown.join(', ') || 'no participant shown'}`
        : 'the cortex',
    );
    canvas.dataset.drawn = `${state.concept}/${view.name}/${state.on.map(Number).join('')}`;
  }

  /** What is at a pixel of the map, in words and pictures. */
  function about(x, y) {
    const view = views[state.view];
    const v = (view.vertex[y * view.width + x] ?? 0) - 1;
    if (v < 0) return undefined;
    const side = v < study.nLeft ? 'left' : 'right';
    const region = regionKeys && regionNames.get(regionKeys[v]);
    const concepts = study.concepts.flatMap(({ card }, c) => {
      const who = membersOf(c).flatMap((inside, p) =>
        inside[v] && state.on[p] ? [study.participants[p]] : [],
      );
      return who.length ? [`${card.name} (${who.join(', ')})`] : [];
    });
    const thumbs =
      best?.flatMap((own, p) => (own[v] && state.on[p] ? [{ p, picture: own[v] - 1 }] : [])) ?? [];
    const place = `${side}${region ? `, ${region}` : ''}, vertex ${v < study.nLeft ? v : v - study.nLeft}`;
    return { place, concepts, thumbs };
  }

  function tip(found, x, y) {
    const box = $('tip');
    if (!found) {
      box.hidden = true;
      return;
    }
    const thumbs = found.thumbs.map(({ p, picture }) => {
      const image = element('img', { src: study.pictures[picture], alt: study.pictureNames[picture] });
      const line = element('span', { style: `background:${study.colours[p]}`, title: study.participants[p] });
      return element('figure', {}, image, line);
    });
    box.replaceChildren(
      element('strong', { textContent: found.place }),
      ...found.concepts.slice(0, 6).map((text) => element('div', { textContent: text })),
      element('div', { className: 'best' }, ...thumbs),
    );
    box.hidden = false;
    const frame = $('map').getBoundingClientRect();
    const scale = frame.width / $('map').width;
    const right = x * scale + 18 + box.offsetWidth > frame.width;
    box.style.left = `${right ? Math.max(0, x * scale - 14 - box.offsetWidth) : x * scale + 18}px`;
    box.style.top = `${Math.max(0, Math.min(frame.height - box.offsetHeight, y * scale + 12))}px`;
  }

  const canvas = $('map');
  const placeOf = (event) => {
    const frame = canvas.getBoundingClientRect();
    return {
      x: Math.floor(((event.clientX - frame.left) / frame.width) * canvas.width),
      y: Math.floor(((event.clientY - frame.top) / frame.height) * canvas.height),
    };
  };
  canvas.addEventListener('mousemove', (event) => {
    const { x, y } = placeOf(event);
    tip(about(x, y), x, y);
  });
  canvas.addEventListener('mouseleave', () => tip(undefined));
  canvas.addEventListener('keydown', (event) => {
    const step = event.shiftKey ? 40 : 10;
    const move = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] }[
      event.key
    ];
    if (!move) return;
    event.preventDefault();
    const at = state.at ?? { x: canvas.width >> 1, y: canvas.height >> 1 };
    state.at = {
      x: Math.max(0, Math.min(canvas.width - 1, at.x + move[0])),
      y: Math.max(0, Math.min(canvas.height - 1, at.y + move[1])),
    };
    const found = about(state.at.x, state.at.y);
    const names =
      found?.thumbs.map(({ p, picture }) => `${study.participants[p]}: ${study.pictureNames[picture]}`) ?? [];
    $('under').textContent = found
      ? [found.place, ...found.concepts, ...names.slice(0, 3)].join('; ')
      : 'outside the cortex';
    tip(found, state.at.x, state.at.y);
    draw();
  });
  canvas.addEventListener('blur', () => tip(undefined));
  $('concepts').addEventListener('keydown', (event) => {
    const shown = [...$('concepts').children].map((item) => Number(item.id.slice(8))).filter((c) => c >= 0);
    const place = shown.indexOf(state.concept);
    const to = { ArrowDown: place + 1, ArrowUp: place - 1, Home: 0, End: shown.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    choose(shown[Math.max(0, Math.min(shown.length - 1, to))]);
  });
  $('search').addEventListener('input', () => {
    const shown = list();
    if (shown.length && !shown.includes(state.concept)) choose(shown[0]);
  });
  document.addEventListener('keydown', (event) => {
    if (event.target.tagName === 'INPUT' && event.target.type === 'search') return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (/^[1-9]$/.test(event.key) && Number(event.key) <= nParticipants) toggle(Number(event.key) - 1);
    if (event.key === 's') show((state.view + 1) % views.length);
  });
  const turn = (theme) => {
    document.documentElement.dataset.theme = theme;
    $('theme').textContent = theme === 'dark' ? 'Light' : 'Dark';
    $('theme').setAttribute('aria-pressed', String(theme === 'dark'));
    draw();
  };
  $('theme').addEventListener('click', () =>
    turn(document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark'),
  );
  list();
  choose(0);
  if (!study.concepts.length) {
    card();
    controls();
  }
  turn(matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');
})();
