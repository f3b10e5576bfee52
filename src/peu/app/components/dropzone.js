// A place to drop files, folders and archives, which are sent one by one and never all in memory.
const IMAGE = /\.(jpe?g|jpe|jfif|mpo|png|apng|gif|bmp|dib|webp|tiff?|p[pgbn]m|avif|hei[cf]|hif|zip)$/i;

async function inside(entry, above, found) {
  if (entry.isFile) {
    const file = await new Promise((done, failed) => entry.file(done, failed)).catch(() => null);
    if (file && !file.name.startsWith(".")) found.push({ file, folder: above });
  } else if (!entry.name.startsWith(".") && entry.name !== "__MACOSX") {
    const reader = entry.createReader();
    for (;;) {
      const some = await new Promise((done, failed) => reader.readEntries(done, failed)).catch(() => []);
      if (!some.length) break;
      for (const one of some) await inside(one, [...above, entry.name], found);
    }
  }
}

export default {
  template: `
    <div class="peu-drop" :class="{over, large}" @dragenter.prevent="over = true" @dragover.prevent="over = true"
         @dragleave="over = false" @drop.prevent="dropped">
      <div class="peu-drop-text">{{ texts.hint }}</div>
      <div class="peu-drop-buttons">
        <button type="button" class="peu-button" @click="$refs.folder.click()">{{ texts.folder }}</button>
        <button type="button" class="peu-button" @click="$refs.files.click()">{{ texts.files }}</button>
      </div>
      <input ref="files" type="file" multiple accept="image/*,.heic,.heif,.zip" class="peu-hidden" tabindex="-1"
             :aria-label="texts.files" @change="picked">
      <input ref="folder" type="file" webkitdirectory multiple class="peu-hidden" tabindex="-1"
             :aria-label="texts.folder" @change="picked">
      <div v-if="total" class="peu-sending" role="status">
        <progress :value="done" :max="total" :aria-label="texts.sending"></progress>
        <span>{{ done }} / {{ total }}</span>
      </div>
    </div>`,
  props: { texts: Object, target: String, large: Boolean },
  emits: ["asked", "sent"],
  data: () => ({ over: false, done: 0, total: 0, waiting: [] }),
  methods: {
    async dropped(event) {
      this.over = false;
      // The list is gone once this returns to the browser.
      const items = [...event.dataTransfer.items].filter((one) => one.kind === "file");
      const entries = items.map((one) => one.webkitGetAsEntry()).filter(Boolean);
      const loose = entries.length ? [] : [...event.dataTransfer.files];
      const found = loose.map((file) => ({ file, folder: [] }));
      for (const entry of entries) await inside(entry, [], found);
      this.take(found);
    },
    picked(event) {
      const found = [...event.target.files].map((file) => ({
        file, folder: (file.webkitRelativePath || "").split("/").slice(0, -1),
      }));
      event.target.value = "";
      this.take(found.filter((one) => !one.file.name.startsWith(".")));
    },
    take(all) {
      // Of train/, val/ and test/ only the first is learnt from: the others are to test with.
      const part = (one) => (one.folder[one.folder.length - 2] || "").toLowerCase();
      const parted = all.some((one) => /^train(ing)?$/.test(part(one)));
      const found = all.filter((one) => !parted || !/^(val|valid|validation|test)$/.test(part(one)));
      this.kept = all.length - found.length;
      const images = found.filter((one) => !one.folder.length || IMAGE.test(one.file.name) || !one.file.name.includes("."));
      if (!images.length) { this.$emit("sent", { added: 0, aside: 0, errors: [], empty: true }); return; }
      // The folder in which an image lies is its class.
      const loose = images.some((one) => !one.folder.length && !/\.zip$/i.test(one.file.name));
      if (loose && !this.target) { this.waiting = images; this.$emit("asked", images.length); return; }
      this.send(images, this.target);
    },
    named(name) { const images = this.waiting; this.waiting = []; this.send(images, name); },
    async send(images, loose) {
      const batch = crypto.getRandomValues(new Uint32Array(2)).join("-");
      const result = { added: 0, aside: 0, errors: [], kept: this.kept };
      this.kept = 0;
      const queue = [...images];
      this.total += queue.length;
      const worker = async () => {
        for (let one; (one = queue.shift()); this.done++) {
          const name = one.folder.length ? one.folder[one.folder.length - 1] : loose;
          const query = new URLSearchParams({ name: one.file.name, class_name: name || "", batch });
          try {
            const answer = await fetch("/images?" + query, { method: "POST", body: one.file });
            const said = await answer.json();
            result.added += said.added || 0;
            result.aside += said.set_aside || 0;
            if (said.error) result.errors.push(said.error);
          } catch { result.errors.push(this.texts.unreachable); }
        }
      };
      await Promise.all([worker(), worker(), worker()]);
      if (this.done >= this.total) this.done = this.total = 0;
      this.$emit("sent", { ...result, errors: result.errors.slice(0, 5) });
    },
  },
};
