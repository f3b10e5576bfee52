// One point of the latent plane, decoded by several networks at once: each has a map to point at.
export default {
  template: `
    <div class="peu-game">
      <div class="peu-planes">
        <section v-for="(one, number) in planes" :key="one.url" class="peu-plane">
          <h3>{{ one.title }}</h3>
          <canvas :ref="(element) => shown[number] = element" class="peu-decoded" :class="{fine: one.width > 40}" :width="one.width" :height="one.height"
                  role="img" :aria-label="texts.decoded.replace('{name}', one.title)"></canvas>
          <div class="peu-map" tabindex="0" role="slider" :aria-label="texts.map.replace('{name}', one.title)" aria-describedby="peu-plane-hint"
               :aria-valuemin="-one.reach" :aria-valuemax="one.reach" :aria-valuenow="x.toFixed(1)" :aria-valuetext="said"
               @pointerdown="hold" @pointermove="point" @keydown="press">
            <canvas :ref="(element) => maps[number] = element" :style="{aspectRatio: one.width + ' / ' + one.height}" aria-hidden="true"></canvas>
            <svg v-if="dots" viewBox="-1 -1 2 2" preserveAspectRatio="none" aria-hidden="true"><path :d="one.path" /></svg>
            <span class="peu-point" aria-hidden="true" :style="{left: place(x, one.reach), top: place(-y, one.reach)}"></span>
          </div>
          <p class="peu-soft">{{ one.text }}</p>
        </section>
      </div>
      <div class="peu-row">
        <p class="peu-grow peu-soft" id="peu-plane-hint">{{ texts.hint }}</p>
        <output class="peu-place-said">{{ said }}</output>
        <label class="peu-choice"><input type="checkbox" v-model="dots"> <span>{{ texts.dots }}</span></label>
      </div>
    </div>`,
  props: { texts: Object, planes: Array },
  data: () => ({ x: 0, y: 0, dots: false }),
  created() { this.shown = []; this.maps = []; this.grids = {}; },
  mounted() { this.load(); },
  watch: { planes() { this.$nextTick(() => this.load()); } },
  computed: {
    said() {
      const write = new Intl.NumberFormat(document.documentElement.lang || "en", { minimumFractionDigits: 1, maximumFractionDigits: 1 });
      return this.texts.at.replace("{x}", write.format(this.x + 0)).replace("{y}", write.format(this.y + 0));
    },
  },
  methods: {
    place(value, reach) { return `${50 + (50 * value) / reach}%`; },
    async load() {
      await Promise.all(this.planes.map(async (one, number) => {
        if (!this.grids[one.url]) {
          const image = new Image();
          image.src = one.url;
          try { await image.decode(); } catch { return; }
          const canvas = new OffscreenCanvas(image.width, image.height);
          const context = canvas.getContext("2d", { willReadFrequently: true });
          context.drawImage(image, 0, 0);
          this.grids[one.url] = context.getImageData(0, 0, image.width, image.height);
          this.sketch(number, image);
        }
      }));
      this.draw();
    },
    // The map shows every third image of the grid: all of them would be too small to be seen.
    sketch(number, image) {
      const { steps, width, height } = this.planes[number], map = this.maps[number], every = steps > 12 ? 3 : 1;
      const count = Math.ceil(steps / every);
      map.width = count * width;
      map.height = count * height;
      const context = map.getContext("2d");
      for (let row = 0; row < count; row++)
        for (let column = 0; column < count; column++)
          context.drawImage(image, column * every * width, row * every * height, width, height, column * width, row * height, width, height);
    },
    draw() { this.planes.forEach((one, number) => this.decode(one, this.grids[one.url], this.shown[number])); },
    // The mean of the four images around the point, weighted by how near they are.
    decode({ steps, width, height, reach }, grid, canvas) {
      if (!grid || !canvas) return;
      const across = ((this.x + reach) / (2 * reach)) * (steps - 1), down = ((reach - this.y) / (2 * reach)) * (steps - 1);
      const left = Math.min(Math.floor(across), steps - 2), top = Math.min(Math.floor(down), steps - 2);
      const right = across - left, below = down - top;
      const weights = [(1 - right) * (1 - below), right * (1 - below), (1 - right) * below, right * below];
      const line = grid.width * 4, next = width * 4, under = height * line, first = top * under + left * next;
      const context = canvas.getContext("2d"), drawn = context.createImageData(width, height), from = grid.data;
      for (let row = 0, at = 0; row < height; row++)
        for (let source = first + row * line, end = source + next; source < end; source++, at++)
          drawn.data[at] = weights[0] * from[source] + weights[1] * from[source + next] + weights[2] * from[source + under] + weights[3] * from[source + under + next];
      context.putImageData(drawn, 0, 0);
    },
    hold(event) { event.currentTarget.focus(); event.currentTarget.setPointerCapture(event.pointerId); this.point(event); },
    point(event) {
      const box = event.currentTarget.getBoundingClientRect(), reach = this.planes[0].reach;
      this.move(((2 * (event.clientX - box.left)) / box.width - 1) * reach, (1 - (2 * (event.clientY - box.top)) / box.height) * reach);
    },
    press(event) {
      const step = event.shiftKey ? 1 : 0.1;
      const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, step], ArrowDown: [0, -step], PageUp: [0, 1], PageDown: [0, -1] };
      if (event.key === "Home") this.move(0, 0);
      else if (moves[event.key]) this.move(this.x + moves[event.key][0], this.y + moves[event.key][1]);
      else return;
      event.preventDefault();
    },
    move(x, y) {
      const reach = this.planes[0].reach, within = (value) => Math.max(-reach, Math.min(reach, value));
      [this.x, this.y] = [within(x), within(y)];
      this.draw();
    },
  },
};
