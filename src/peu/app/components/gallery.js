// A grid of thumbnails of which only the visible rows exist, whatever the number of images.
export default {
  template: `
    <div class="peu-gallery" ref="frame" role="listbox" aria-multiselectable="true" :aria-label="label"
         tabindex="0" @keydown="key" @scroll.passive="look"
         :aria-activedescendant="focused >= 0 ? 'image-' + focused : null">
      <div class="peu-gallery-all" :style="{height: height + 'px'}">
        <div v-for="one in shown" :key="one.place + one.id" class="peu-thumbnail" role="option"
             :id="'image-' + one.place" :aria-selected="chosen.has(one.id) ? 'true' : 'false'"
             :aria-label="one.name" :title="one.name"
             :class="{chosen: chosen.has(one.id), focused: one.place === focused}"
             :style="{width: side + 'px', height: side + 'px', transform: one.at}"
             @click="press(one, $event)" @dblclick="$emit('open', one.id)">
          <img v-if="one.wanted" :src="'/images/' + one.id + '/thumbnail?' + one.stamp" alt="" decoding="async"
               @error="broken" draggable="false">
        </div>
      </div>
    </div>`,
  props: { className: String, version: Number, label: String },
  emits: ["choose", "open"],
  data: () => ({
    total: 0, width: 0, top: 0, seen: 0, chosen: new Set(), focused: -1, last: -1, pages: {}, asked: {}, flying: false,
  }),
  computed: {
    columns() { return Math.max(2, Math.floor((this.width + 8) / 108)); },
    side() { return Math.floor((this.width - 8 * (this.columns - 1)) / this.columns); },
    row() { return this.side + 8; },
    height() { return Math.max(0, Math.ceil(this.total / this.columns) * this.row - 8); },
    shown() {
      const first = Math.max(0, Math.floor(this.top / this.row) - 2) * this.columns;
      const after = Math.min(this.total, (Math.ceil((this.top + this.seen) / this.row) + 2) * this.columns);
      const found = [];
      for (let place = first; place < after; place++) {
        const one = this.image(place);
        const x = (place % this.columns) * (this.side + 8), y = Math.floor(place / this.columns) * this.row;
        // What flies past in a quick scroll is not asked for.
        if (one && !this.flying) this.looked.add(one.stamp);
        if (one) found.push({ ...one, place, wanted: this.looked.has(one.stamp), at: `translate(${x}px, ${y}px)` });
      }
      return found;
    },
  },
  watch: {
    version() { this.reload(); },
    className() { this.chosen = new Set(); this.tell(); this.$refs.frame.scrollTop = 0; this.reload(); },
  },
  created() { this.looked = new Set(); },
  mounted() {
    this.watcher = new ResizeObserver(() => {
      this.width = this.$refs.frame.clientWidth - 16;
      this.look();
    });
    this.watcher.observe(this.$refs.frame);
    this.reload();
  },
  beforeUnmount() { this.watcher.disconnect(); },
  methods: {
    image(place) {
      const page = Math.floor(place / 200);
      if (!this.pages[page]) { this.fetch(page); return null; }
      return this.pages[page][place % 200];
    },
    async fetch(page) {
      if (this.asked[page] === this.version) return;
      this.asked[page] = this.version;
      const query = new URLSearchParams({ class_name: this.className, offset: page * 200, limit: 200 });
      const answer = await fetch("/images?" + query).catch(() => null);
      if (!answer || !answer.ok) { delete this.asked[page]; return; }
      const found = await answer.json();
      this.total = found.total;
      this.pages = { ...this.pages, [page]: found.images };
    },
    reload() {
      this.asked = {};
      const page = Math.max(0, Math.floor(this.top / this.row) * this.columns / 200 | 0);
      // What is shown stays until the new list is there: nothing flickers.
      this.fetch(page).then(() => {
        this.pages = { [page]: this.pages[page] || [] };
        this.look();
      });
      if (page) this.fetch(0);
    },
    look() {
      const top = this.$refs.frame.scrollTop;
      if (Math.abs(top - this.top) > this.row) this.flying = true;
      clearTimeout(this.landing);
      this.landing = setTimeout(() => (this.flying = false), 80);
      this.top = top;
      this.seen = this.$refs.frame.clientHeight;
    },
    press(one, event) {
      if (event.shiftKey && this.last >= 0) this.range(this.last, one.place);
      else this.toggle(one.id);
      this.last = this.focused = one.place;
      this.tell();
    },
    toggle(id) {
      const chosen = new Set(this.chosen);
      if (!chosen.delete(id)) chosen.add(id);
      this.chosen = chosen;
    },
    range(from, to) {
      const chosen = new Set(this.chosen);
      for (let place = Math.min(from, to); place <= Math.max(from, to); place++) {
        const one = this.image(place);
        if (one) chosen.add(one.id);
      }
      this.chosen = chosen;
    },
    key(event) {
      const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: this.columns, ArrowUp: -this.columns,
                     Home: -this.total, End: this.total }[event.key];
      if (step !== undefined) {
        this.focused = Math.min(this.total - 1, Math.max(0, this.focused + step));
        const y = Math.floor(this.focused / this.columns) * this.row, frame = this.$refs.frame;
        if (y < frame.scrollTop) frame.scrollTop = y;
        if (y + this.row > frame.scrollTop + frame.clientHeight) frame.scrollTop = y + this.row - frame.clientHeight;
        if (event.shiftKey && this.last >= 0) { this.range(this.last, this.focused); this.tell(); }
        else this.last = this.focused;
      } else if ((event.key === " " || event.key === "Enter") && this.focused >= 0) {
        const one = this.image(this.focused);
        if (one && event.key === " ") { this.toggle(one.id); this.tell(); }
        else if (one) this.$emit("open", one.id);
      } else if (event.key === "Escape") this.clear();
      else return;
      event.preventDefault();
    },
    clear() { this.choose([]); },
    choose(ids) { this.chosen = new Set(ids); this.tell(); },
    tell() { this.$emit("choose", [...this.chosen]); },
    broken(event) { event.target.parentElement.classList.add("broken"); },
  },
};
