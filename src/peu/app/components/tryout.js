// One image after the other, or the camera, shown to the model: what it says, and why.
export default {
  template: `
    <div class="peu-try">
      <div class="peu-card">
        <div class="peu-drop" :class="{over}" @dragenter.prevent="over = true" @dragover.prevent="over = true"
             @dragleave="over = false" @drop.prevent="dropped">
          <div class="peu-drop-text">{{ texts.hint }}</div>
          <div class="peu-drop-buttons">
            <button type="button" class="peu-button" :class="{main: !shown && !stream}" @click="$refs.file.click()">{{ texts.file }}</button>
            <button type="button" class="peu-button" @click="stream ? stop() : start()">{{ stream ? texts.stop : texts.camera }}</button>
          </div>
          <input ref="file" type="file" accept="image/*,.heic,.heif" class="peu-hidden" tabindex="-1" :aria-label="texts.file" @change="picked">
        </div>
        <p v-if="trouble" class="peu-bad peu-break" role="alert">{{ trouble }}</p>
        <video v-show="stream" ref="video" class="peu-try-image" autoplay muted playsinline :aria-label="texts.video"></video>
        <template v-if="!stream && shown">
          <img class="peu-try-image" :src="heat && found && found.heat_map ? found.heat_map : shown" :alt="heat ? texts.heat_alt : name">
          <label v-if="found && found.heat_map" class="peu-choice"><input type="checkbox" v-model="heat"> <span>{{ texts.heat }}</span></label>
        </template>
      </div>
      <div class="peu-card" v-if="found || asking" role="status" aria-live="polite" :aria-busy="asking">
        <p v-if="!found" class="peu-soft">…</p>
        <template v-else>
          <p v-if="found.none_of_these" class="peu-try-label peu-warn">{{ texts.none }}</p>
          <p class="peu-try-label" :class="{'peu-soft': found.none_of_these}">
            <span v-if="found.none_of_these">{{ texts.if_any }} </span>{{ found.label }} <small>{{ percent(found.probability) }}</small></p>
          <ul class="peu-try-classes">
            <li v-for="one in found.classes" :key="one.name">
              <span class="peu-break">{{ one.name }}</span>
              <span class="peu-bar" aria-hidden="true" :style="{'--mean': one.probability, '--low': 0, '--high': 0}"></span>
              <span>{{ percent(one.probability) }}</span></li>
          </ul>
          <p v-if="found.prediction_set" class="peu-soft">{{ texts.set }} <strong>{{ found.prediction_set.join(", ") || texts.set_empty }}</strong></p>
          <template v-if="found.alike && found.alike.length">
            <h3>{{ texts.alike }}</h3>
            <div class="peu-row">
              <figure v-for="one in found.alike" :key="one.id" class="peu-alike">
                <img :src="'/images/' + one.id + '/thumbnail?' + one.stamp" :alt="one.label" loading="lazy"><figcaption>{{ one.label }}</figcaption>
              </figure>
            </div>
          </template>
          <p class="peu-soft">{{ texts.time.replace("{n}", found.milliseconds) }}</p>
        </template>
      </div>
    </div>`,
  props: { texts: Object },
  data: () => ({ over: false, shown: "", name: "", found: null, asking: false, trouble: "", heat: false, stream: null }),
  mounted() {
    this.onPaste = (event) => {
      const file = [...(event.clipboardData?.files || [])].find((one) => one.type.startsWith("image/"));
      if (file && this.$el.offsetParent) { event.preventDefault(); this.show(file); }
    };
    document.addEventListener("paste", this.onPaste);
  },
  beforeUnmount() { document.removeEventListener("paste", this.onPaste); this.stop(); },
  methods: {
    percent(value) {
      const shown = Math.min(value, value < 1 ? 0.999 : 1);
      return new Intl.NumberFormat(document.documentElement.lang || "en", { style: "percent", maximumFractionDigits: 1 }).format(shown);
    },
    dropped(event) { this.over = false; const file = event.dataTransfer.files[0]; if (file) this.show(file); },
    picked(event) { const file = event.target.files[0]; event.target.value = ""; if (file) this.show(file); },
    async show(file) {
      this.stop();
      if (this.shown) URL.revokeObjectURL(this.shown);
      this.shown = URL.createObjectURL(file);
      this.name = file.name;
      this.found = null;
      this.asking = true;
      await this.ask(file, false);
      this.asking = false;
    },
    async ask(content, live) {
      try {
        const answer = await fetch(`/try?live=${live}&language=${document.documentElement.lang.slice(0, 2)}`, { method: "POST", body: content });
        const said = await answer.json();
        if (said.error) { this.trouble = said.error; this.found = null; return false; }
        this.trouble = "";
        this.found = said;
        return true;
      } catch { this.trouble = this.texts.unreachable; return false; }
    },
    async start() {
      this.trouble = "";
      try {
        if (!navigator.mediaDevices) throw new DOMException("", "SecurityError");
        this.stream = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 640 }, height: { ideal: 480 } }, audio: false });
      } catch (error) { this.trouble = error.name === "NotFoundError" ? this.texts.no_camera : this.texts.refused; return; }
      this.found = null;
      this.$refs.video.srcObject = this.stream;
      const canvas = document.createElement("canvas");
      while (this.stream) {
        const video = this.$refs.video;
        // On another screen nobody looks.
        if (video && video.videoWidth && this.$el.offsetParent) {
          canvas.width = video.videoWidth;
          canvas.height = video.videoHeight;
          canvas.getContext("2d").drawImage(video, 0, 0);
          const photo = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.9));
          if (!this.stream || !(await this.ask(photo, true))) { this.stop(); return; }
        }
        await new Promise((done) => setTimeout(done, 60));
      }
    },
    stop() { this.stream?.getTracks().forEach((one) => one.stop()); this.stream = null; },
  },
};
