// Photos from the camera: a button for each class, and as many photos as it is held for.
export default {
  template: `
    <div class="peu-webcam">
      <video ref="video" autoplay muted playsinline :aria-label="texts.video"></video>
      <p v-if="trouble" class="peu-bad" role="alert">{{ trouble }}</p>
      <div v-else class="peu-row">
        <button v-for="name in classes" :key="name" type="button" class="peu-button peu-hold"
                :class="{main: holding === name}" @pointerdown.prevent="hold(name, $event)"
                @pointerup="release" @pointercancel="release" @lostpointercapture="release" @contextmenu.prevent
                @keydown.space.prevent="$event.repeat || hold(name)" @keyup.space="release" @blur="release">
          {{ texts.hold.replace("{name}", name) }}
          <span v-if="taken[name]" class="peu-count">{{ taken[name] }}</span>
        </button>
      </div>
      <p class="peu-soft" role="status">{{ texts.hint }}</p>
    </div>`,
  props: { texts: Object, classes: Array },
  emits: ["sent"],
  data: () => ({ trouble: "", holding: null, taken: {} }),
  async mounted() {
    try {
      if (!navigator.mediaDevices) throw new DOMException("", "SecurityError");
      const wanted = { width: { ideal: 640 }, height: { ideal: 480 }, facingMode: "environment" };
      const stream = await navigator.mediaDevices.getUserMedia({ video: wanted, audio: false });
      if (this.gone) { stream.getTracks().forEach((one) => one.stop()); return; }
      this.stream = stream;
      this.$refs.video.srcObject = stream;
    } catch (error) {
      this.trouble = error.name === "NotFoundError" ? this.texts.none : this.texts.refused;
    }
  },
  beforeUnmount() {
    this.gone = true;
    this.release();
    this.stream?.getTracks().forEach((one) => one.stop());
  },
  methods: {
    hold(name, event) {
      if (this.holding || !this.stream) return;
      event?.target.setPointerCapture?.(event.pointerId);
      this.holding = name;
      this.batch = "camera-" + crypto.getRandomValues(new Uint32Array(2)).join("-");
      this.waiting = 0;
      this.added = 0;
      this.shoot();
      this.timer = setInterval(() => this.shoot(), 200);
    },
    release() {
      if (!this.holding) return;
      clearInterval(this.timer);
      this.holding = null;
      this.tell();
    },
    tell() { if (!this.holding && !this.waiting) this.$emit("sent", this.added); },
    shoot() {
      const video = this.$refs.video, name = this.holding, batch = this.batch;
      // Never more on the way than the server takes.
      if (!name || !video.videoWidth || this.waiting > 3) return;
      const canvas = document.createElement("canvas");
      canvas.width = video.videoWidth;
      canvas.height = video.videoHeight;
      canvas.getContext("2d").drawImage(video, 0, 0);
      this.waiting++;
      canvas.toBlob(async (photo) => {
        const time = new Date().toISOString().replace(/[^0-9]/g, "").slice(0, 17);
        const query = new URLSearchParams({ name: `camera-${time}.jpg`, class_name: name, batch });
        try {
          const answer = await fetch("/images?" + query, { method: "POST", body: photo });
          const added = (await answer.json()).added || 0;
          this.added += added;
          this.taken = { ...this.taken, [name]: (this.taken[name] || 0) + added };
        } catch { this.trouble = this.texts.unreachable; }
        this.waiting--;
        this.tell();
      }, "image/jpeg", 0.92);
    },
  },
};
