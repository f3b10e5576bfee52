// An image with more and more noise on it, and what the denoiser makes of it.
export default {
  template: `
    <div class="peu-game">
      <div class="peu-row" role="group" :aria-label="texts.choose">
        <button v-for="number in count" :key="number" type="button" class="peu-tile peu-example" :aria-pressed="String(number - 1 === chosen)"
                :aria-label="texts.image.replace('{n}', number)" @click="chosen = number - 1">
          <canvas :ref="(element) => tiles[number - 1] = element" :width="width" :height="height" aria-hidden="true"></canvas>
        </button>
      </div>
      <label class="peu-noise-slider"><span>{{ texts.noise }} <strong>{{ level }}</strong> <span v-if="beyond" class="peu-warn">{{ texts.beyond }}</span></span>
        <input type="range" min="0" :max="levels.length - 1" step="1" v-model.number="at" :aria-label="texts.amount" :aria-valuetext="level"></label>
      <div class="peu-three">
        <figure v-for="name in ['original', 'noisy', 'denoised']" :key="name">
          <canvas :ref="(element) => shown[name] = element" class="peu-decoded" :class="{fine: width > 40}" :width="width" :height="height" role="img" :aria-label="texts[name]"></canvas>
          <figcaption><strong>{{ texts[name] }}</strong> <span class="peu-soft">{{ quality(name) }}</span></figcaption>
        </figure>
      </div>
    </div>`,
  props: { texts: Object, urls: Object, levels: Array, count: Number, width: Number, height: Number, learnt: Number, noisy: Array, denoised: Array },
  data() { return { chosen: 0, at: Math.floor(this.levels.length / 2) }; },
  created() { this.tiles = []; this.shown = {}; this.images = {}; },
  mounted() { this.load(); },
  watch: { urls() { this.load(); }, chosen() { this.draw(); }, at() { this.draw(); } },
  computed: {
    level() { return this.write(this.levels[this.at], 2); },
    beyond() { return this.levels[this.at] > this.learnt + 1e-9; },
  },
  methods: {
    write(value, digits) { return new Intl.NumberFormat(document.documentElement.lang || "en", { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value); },
    quality(name) {
      if (name === "original" || (name === "noisy" && !this.at)) return "";
      return this.texts.quality.replace("{n}", this.write(this[name][this.at][this.chosen], 1));
    },
    async load() {
      await Promise.all(Object.entries(this.urls).map(async ([name, url]) => {
        const image = new Image();
        image.src = url;
        try { await image.decode(); this.images[name] = image; } catch { /* it is being written anew */ }
      }));
      this.tiles.forEach((canvas, number) => this.copy(canvas, "original", number, 0));
      this.draw();
    },
    draw() { for (const name of ["original", "noisy", "denoised"]) this.copy(this.shown[name], name, this.chosen, name === "original" ? 0 : this.at); },
    copy(canvas, name, column, row) {
      const image = this.images[name];
      if (image && canvas) canvas.getContext("2d").drawImage(image, column * this.width, row * this.height, this.width, this.height, 0, 0, this.width, this.height);
    },
  },
};
